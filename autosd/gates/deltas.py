"""The deltas gate: how complexity and size change against the base. Told always; a stop only above the site's cap."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from autosd.domain.changes import Candidate, GateReport, Word
from autosd.gates.context import GateContext, passed, stopped

GATE = "deltas"
_BRANCHES = (
    ast.If, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.With, ast.AsyncWith, ast.Assert, ast.IfExp, ast.comprehension,
    ast.match_case,
)  # fmt: skip


@dataclass(frozen=True)
class Deltas:
    """After minus before, over all changed files."""

    complexity: int
    lines: int


def deltas(candidate: Candidate, context: GateContext) -> GateReport:
    found = measure(candidate, context)
    detail = f"complexity {found.complexity:+d}, lines {found.lines:+d}"
    if found.complexity > context.policy.max_complexity_delta:
        most = f"at most {context.policy.max_complexity_delta:+d}"
        return stopped(GATE, Word.DELTAS_WORSE, f"complexity {found.complexity:+d}", f"{detail}; {most}")
    return passed(GATE, detail)


def measure(candidate: Candidate, context: GateContext) -> Deltas:
    complexity_delta = lines = 0
    for path, text in candidate.files.items():
        before, after = context.base_text(path), text or ""
        lines += after.count("\n") - before.count("\n")
        if path.endswith(".py"):
            complexity_delta += complexity(after) - complexity(before)
    return Deltas(complexity_delta, lines)


def complexity(text: str) -> int:
    """McCabe's count over the file: the branches, plus one for each further operand of and/or."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return 0
    count = 0
    for node in ast.walk(tree):
        count += isinstance(node, _BRANCHES)
        count += len(node.values) - 1 if isinstance(node, ast.BoolOp) else 0
    return count
