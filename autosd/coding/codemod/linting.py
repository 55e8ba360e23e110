"""What ruff finds, and its own safe fixes, asked for inside the sandbox: one run over the files, nothing of the project's configuration."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from autosd.coding.codemod.module import Edit, Finding, Module, pure
from autosd.domain.sandboxing import Command, Limits, Mount
from autosd.ports import Sandbox

SECONDS = 60.0


def lint(sandbox: Sandbox, root: Path, modules: Mapping[str, Module], codes: Iterable[str]) -> dict[str, dict[str, list[Finding]]]:
    """Rule -> path -> what can be fixed safely. A ruff that cannot run finds nothing."""
    from ruff import find_ruff_bin  # type: ignore[import-untyped]

    ruff = Path(find_ruff_bin())
    words = ("check", "--isolated", "--no-cache", "--exit-zero", "--quiet", "--output-format", "json", "--select", ",".join(codes), "--")
    argv = (str(ruff), *words, *(f"./{path}" for path in modules))
    limits = Limits(wall_seconds=SECONDS, cpu_seconds=SECONDS, output_bytes=40_000_000)
    done = sandbox.run(Command(argv, root, (Mount(root), Mount(ruff)), {"PATH": "/usr/bin:/bin", "HOME": "/tmp"}, limits))  # noqa: S108 - inside
    try:
        told = json.loads(done.stdout or b"[]")
    except ValueError:
        return {}
    found: dict[str, dict[str, list[Finding]]] = {}
    for each in told:
        path = Path(str(each["filename"]))
        name = (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()
        module = modules.get(name)
        finding = _finding(module, each) if module is not None else None
        if finding is not None:
            of_path = found.setdefault(str(each["code"]), {}).setdefault(name, [])
            if not any(other.edits == finding.edits for other in of_path):
                of_path.append(finding)  # two unused names of one import have one fix
    return found


def _finding(module: Module, told: Mapping[str, Any]) -> Finding | None:
    line = int(told["location"]["row"])
    if told["code"] == "F841":
        return _unused(module, line)
    fix = told.get("fix")
    if not fix or fix["applicability"] != "safe":
        return None
    return Finding(
        line, tuple(Edit(_place(module, e["location"]), _place(module, e["end_location"]), str(e["content"])) for e in fix["edits"])
    )


def _place(module: Module, place: Mapping[str, int]) -> int:
    """Ruff counts characters from 1; the place behind the last line is the end."""
    row = int(place["row"])
    return module.source.starts[row - 1] + int(place["column"]) - 1 if row <= len(module.source.starts) else len(module.text)


def _unused(module: Module, line: int) -> Finding | None:
    """Ruff's own fix may take an effect away with the name: ours only goes where the value has none."""
    for node in module.nodes:
        if isinstance(node, ast.Assign) and node.lineno == line and len(node.targets) == 1 and pure(node.value):
            start, end = module.lines(node.lineno, node.end_lineno or node.lineno)
            alone = module.text[start:end].strip() == module.of(node) and isinstance(node.targets[0], ast.Name)
            return Finding(line, (Edit(start, end, ""),)) if alone and _not_the_only_one(module, node) else None
    return None


def _not_the_only_one(module: Module, node: ast.stmt) -> bool:
    blocks = (getattr(module.parents[node], name, None) for name in ("body", "orelse", "finalbody"))
    return any(isinstance(block, list) and node in block and len(block) > 1 for block in blocks)
