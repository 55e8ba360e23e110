"""The project's own Python files: what is generated, vendored or linked from elsewhere is somebody else's."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autosd.intake.scoring import is_test_path

_OTHERS = frozenset(
    {
        ".git", ".hg", ".tox", ".nox", ".venv", "venv", "env", ".eggs", ".mypy_cache", ".ruff_cache", ".pytest_cache", "__pycache__",
        "node_modules", "build", "dist", "site-packages", "vendor", "_vendor", "vendored", "third_party", "artifacts", ".autosd",
    }
)  # fmt: skip
MAX_FILES, MAX_BYTES = 5000, 1_000_000


@dataclass(frozen=True)
class SourceFile:
    """``tree`` is None when it cannot be parsed by the Python that autosd runs on."""

    path: str  # POSIX, relative to the project's root
    text: str
    tree: ast.Module | None

    @property
    def is_test(self) -> bool:
        return is_test_path(self.path)


def python_paths(root: Path) -> Iterator[str]:
    """In a fixed order; links are not followed."""
    count = 0
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in _OTHERS and not name.endswith(".egg-info"))
        for name in sorted(files):
            path = Path(folder, name)
            if name.endswith(".py") and not path.is_symlink() and path.stat().st_size <= MAX_BYTES:
                count += 1
                if count > MAX_FILES:
                    return
                yield path.relative_to(root).as_posix()


def python_files(root: Path) -> Iterator[SourceFile]:
    for path in python_paths(root):
        text = (root / path).read_bytes().decode("utf-8", "replace")
        yield SourceFile(path, text, parsed(text))


def parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.Module) -> Iterator[tuple[str, Function]]:
    """Every function with its qualified name, outer ones first."""
    waiting: list[tuple[str, ast.AST]] = [("", tree)]
    while waiting:
        prefix, node = waiting.pop(0)
        for child in ast.iter_child_nodes(node):
            name = prefix
            if isinstance(child, Function | ast.ClassDef):
                name = f"{prefix}{child.name}."
                if isinstance(child, Function):
                    yield name[:-1], child
            waiting.append((name, child))


def without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0] if body else None
    is_doc = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    return body[1:] if is_doc else body
