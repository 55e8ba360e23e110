"""Which test files are about a module: by their name, or because they import it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from autosd.intake.sources.code import SourceFile, python_files


def own_tests(root: Path, module: str) -> tuple[str, ...]:
    """``module`` is a path below ``root``, a dotted name, or the file's name alone."""
    path = PurePosixPath(module if module.endswith(".py") else module.replace(".", "/") + ".py")
    dotted = ".".join(path.with_suffix("").parts)
    return tuple(
        file.path for file in python_files(root) if file.is_test and (_named_after(file, path.stem) or dotted in set(_imports(file)))
    )


def _named_after(file: SourceFile, stem: str) -> bool:
    return PurePosixPath(file.path).stem in (f"test_{stem}", f"{stem}_test", f"tests_{stem}")


def _imports(file: SourceFile) -> Iterator[str]:
    """Every module that is named, also by its last parts: a test need not spell it from where the root is."""
    for node in ast.walk(file.tree) if file.tree else ():
        names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{each.name}" for each in node.names)]
        for name in names:
            parts = name.split(".")
            yield from (".".join(parts[start:]) for start in range(len(parts)))
