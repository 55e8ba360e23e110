"""The overfit gate: never a stop. It makes sure that a suspect fix carries its label into the verdict."""

from __future__ import annotations

import ast
import re

from autosd.domain.changes import Candidate, GateReport, Overfit
from autosd.gates.context import GateContext, passed

GATE = "overfit"
#: A number tells of a test when it is larger than this: one that comes anew, and one that takes another's place.
MORE_THAN, MORE_THAN_IN_PLACE = 2, 10


def overfit(candidate: Candidate, context: GateContext) -> GateReport:
    label = label_of(candidate, context)
    if label.suspect:
        return passed(GATE, f"suspect: {label.reason}")
    return passed(GATE, "survived the extra checks" if label.checked else "not checked")


def label_of(candidate: Candidate, context: GateContext) -> Overfit:
    """The coder's own label, or ours where the change repeats values of the failing tests."""
    if candidate.overfit.suspect:
        return candidate.overfit
    repeated = memorised(candidate, context)
    if repeated:
        reason = f"it adds {repeated}, a value that stands in the failing tests"
        return Overfit(candidate.overfit.checked, True, reason)
    return candidate.overfit


def memorised(candidate: Candidate, context: GateContext) -> str | None:
    """A literal that the change newly compares with or returns, and that stands in a target's own file: special-casing the test."""
    known = set[str]()
    for file in {target.partition("::")[0] for target in candidate.targets if target.partition("::")[0].endswith(".py")}:
        known |= _with_numbers(_literals(context.base_text(file), compared_only=False))
    for path, text in candidate.files.items():
        if text is not None and path.endswith(".py"):
            fresh = _literals(text, compared_only=True) - _literals(context.base_text(path), compared_only=False)
            least = MORE_THAN if _count(text) > _count(context.base_text(path)) else MORE_THAN_IN_PLACE
            told = sorted(literal for literal in fresh & known if _telling(literal, least))
            if told:
                return told[0]
    return None


def _with_numbers(literals: set[str]) -> set[str]:
    """Also the numbers inside of texts: ``"20th"`` knows 20."""
    return literals | {str(int(digits)) for literal in literals for digits in re.findall(r"\d{1,9}", literal)}


def _telling(literal: str, least: int) -> bool:
    """Small numbers, powers of ten and short texts are in every program."""
    if literal.lstrip("-").isdigit():
        return abs(int(literal)) > least and literal.strip("-0") != "1"
    return len(literal) > 3


def _count(text: str) -> int:
    try:
        return sum(isinstance(node, ast.Constant) for node in ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError, RecursionError):
        return 0


def _literals(text: str, *, compared_only: bool) -> set[str]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return set()
    if not compared_only:
        return {repr(node.value) for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    compares = [node for node in ast.walk(tree) if isinstance(node, ast.Compare | ast.Dict | ast.Match | ast.Return | ast.IfExp)]
    return {repr(part.value) for node in compares for part in ast.walk(node) if isinstance(part, ast.Constant)}
