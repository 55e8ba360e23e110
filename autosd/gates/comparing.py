"""Where no test runs a changed place: a characterisation test written for the occasion, which calls the function as it was and as it is.

It is a test file of ours beside the project's, in trees of its own that are thrown away; nothing of it lands. On the base it compares the
base with itself: what differs there (time, chance, order) says nothing and is left out. It stands in for a missing test only where it runs
the changed place, and only for rewritings that have to change nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from autosd.domain.changes import Candidate
from autosd.gates.context import GateContext

INSIDE = Path(__file__).resolve().parent.parent / "inside" / "as_before.py"
NAME = "test_autosd_as_before.py"
MOST = 40  # functions that are compared


@dataclass(frozen=True)
class Compared:
    """``difference`` is the first call that came to something else. Without one: the ``functions`` that came to the same, and the lines
    that were run meanwhile."""

    functions: tuple[str, ...] = ()
    reached: Mapping[str, frozenset[int]] = field(default_factory=dict)
    difference: str = ""


def compared(candidate: Candidate, context: GateContext, missing: Sequence[str]) -> Compared:
    """``missing`` are places as ``unreached`` tells them: ``path:line`` of the changed text."""
    wanted = functions_at(candidate.files, missing)[:MOST]
    name = _free_name(context.snapshot.root)
    if not wanted:
        return Compared()
    text = test_text(wanted, {path: context.base_text(path) for path, _ in wanted})
    ids = {f"{name}::test_{number}": f"{path}:{function or 'module'}" for number, (path, function) in enumerate(wanted)}
    with context.repository.apply(context.snapshot, {name: text}) as tree:
        steady = [id for id in context.suite(tree, tuple(ids), (name,)).passed if id in ids]
    if not steady:
        return Compared()
    with context.repository.apply(context.snapshot, {**candidate.files, name: text}) as tree:
        after = context.suite(tree, steady, (name,))
        for result in after.results:
            if result.failure and result.failure.kind == "Differs":
                what = ids.get(result.id, result.id)
                return Compared(difference=f"no test runs {what}, and it does not do as before: {result.failure.message}")
        if set(steady) - set(after.passed):
            return Compared()
        reached = context.suite(tree, steady, (name,), reach=tuple(candidate.files)).reached
    return Compared(tuple(ids[id] for id in steady), reached)


def functions_at(files: Mapping[str, str | None], missing: Sequence[str]) -> list[tuple[str, str]]:
    """Path and qualified name of what holds each place: the outermost function, a method of a class, or "" for the module itself."""
    found: dict[tuple[str, str], None] = {}
    for place in missing:
        path, _, line = place.rpartition(":")
        text = files.get(path)
        if text is not None and line.isdigit():
            found.setdefault((path, _holder(ast.parse(text), int(line))))
    return list(found)


def _holder(tree: ast.AST, line: int, inside: str = "") -> str:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                return f"{inside}{node.name}"
            return _holder(node, line, f"{inside}{node.name}." if isinstance(node, ast.ClassDef) else inside)
    return ""


def test_text(wanted: Sequence[tuple[str, str]], before: Mapping[str, str]) -> str:
    """The test file: one test a function."""
    parts = [INSIDE.read_text("utf-8"), f"BEFORE = {dict(before)!r}\n"]
    for number, (path, function) in enumerate(wanted):
        parts.append(f"def test_{number}():\n    check({module_of(path)!r}, BEFORE[{path!r}], {function!r})\n")
    return "\n\n".join(parts)


def module_of(path: str) -> str:
    """What tests import the file as: from the project's root, or from its ``src``."""
    parts = list(PurePosixPath(path).with_suffix("").parts)
    if parts[0] == "src":
        del parts[0]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _free_name(root: Path) -> str:
    name, number = NAME, 0
    while (root / name).exists():
        number += 1
        name = NAME.replace(".py", f"_{number}.py")
    return name
