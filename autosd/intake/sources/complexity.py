"""Functions that are hard to follow: many ways through them, deep nesting, more lines than a screen (S0)."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from autosd.domain.signals import Signal, SignalKind
from autosd.intake.sources.code import Function, functions, python_files, without_docstring

CYCLOMATIC, NESTING, LINES = 10, 4, 40  # S0's: more than these
_BRANCHES = (ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.Assert, ast.match_case)
_BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)


@dataclass(frozen=True)
class Shape:
    cyclomatic: int
    nesting: int
    lines: int

    @property
    def is_candidate(self) -> bool:
        return self.cyclomatic > CYCLOMATIC or self.nesting > NESTING or self.lines > LINES

    def priority(self, duplicates: int = 0) -> float:
        """S0's own figure, without an upper end."""
        return self.cyclomatic + 0.5 * duplicates + 0.7 * self.nesting

    @property
    def severity(self) -> float:
        """S0's figure brought into 0 to 1: half way at 28, which few functions reach. Length alone weighs little."""
        long = max(0, self.lines - LINES) / 400
        return round(min(1.0, 1 - math.exp(-max(0.0, self.priority() - 5) / 33) + min(0.1, long)), 4)

    @property
    def plan(self) -> list[str]:
        """S0's plan, in its order."""
        steps = ["extract-functions"] if self.lines > LINES else []
        return steps + (["flatten-nesting"] if self.nesting >= 3 else []) + ["lint-fix"]


class Complexity:
    """Tests are left out: they may be long, and nobody has to find their way through them at night."""

    name = "complexity"

    def signals(self, project: str, root: Path, now: datetime) -> Iterator[Signal]:
        for file in python_files(root):
            if file.tree is None or file.is_test:
                continue
            for name, node in functions(file.tree):
                shape = shape_of(node)
                if shape.is_candidate:
                    yield self._signal(project, file.path, name, node.lineno, shape, now)

    def _signal(self, project: str, path: str, name: str, line: int, shape: Shape, now: datetime) -> Signal:
        said = f"{name} has {shape.cyclomatic} ways through it, nests {shape.nesting} deep and is {shape.lines} lines long"
        evidence = {"line": line, "cyclomatic": shape.cyclomatic, "nesting": shape.nesting, "lines": shape.lines, "plan": shape.plan}
        return Signal(
            SignalKind.COMPLEXITY, project, f"{path}::{name}", said, now, shape.severity, 0.8, (path,), evidence, source=self.name
        )


def shape_of(node: Function) -> Shape:
    """Functions inside count for themselves, not for the one around them; a docstring is no length."""
    own = list(_own(node))
    branches = sum(isinstance(each, _BRANCHES) for each in own)
    branches += sum(len(each.values) - 1 for each in own if isinstance(each, ast.BoolOp))
    branches += sum(1 + len(each.ifs) for each in own if isinstance(each, ast.comprehension))
    code = without_docstring(node.body)
    explained = (node.body[0].end_lineno or 0) - node.body[0].lineno + 1 if len(code) < len(node.body) else 0
    return Shape(1 + branches, _depth(node.body), (node.end_lineno or node.lineno) - node.lineno + 1 - explained)


def _own(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, Function | ast.ClassDef | ast.Lambda):
            yield child
            yield from _own(child)


def _depth(body: list[ast.stmt]) -> int:
    return max((_depth_of(statement) for statement in body), default=0)


def _depth_of(statement: ast.stmt) -> int:
    if not isinstance(statement, _BLOCKS):
        return 0
    inner = [getattr(statement, name, []) for name in ("body", "finalbody")]
    inner += [handler.body for handler in getattr(statement, "handlers", [])] + [case.body for case in getattr(statement, "cases", [])]
    rest = getattr(statement, "orelse", [])
    chained = isinstance(statement, ast.If) and len(rest) == 1 and isinstance(rest[0], ast.If)  # elif is not one deeper
    other = _depth(rest) if chained else 1 + _depth(rest)
    return max(1 + max(map(_depth, inner), default=0), other if rest else 0)
