"""How hard code is to follow, and what a change does to that, function by function.

A function's figure is its cyclomatic complexity (ways through it) and its cognitive complexity (breaks in the flow, nested ones
counting more). A change is charged for every function that was there and became harder, and for a new one only as far as it is harder
than a function should be: a plain new helper is no harm, or nothing could ever be added.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from autosd.intake.sources.code import Function, functions, parsed
from autosd.intake.sources.complexity import CYCLOMATIC, shape_of

COGNITIVE = 15  # above it a function counts as hard to follow
_BREAKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.IfExp, ast.Match)


@dataclass(frozen=True)
class Hardness:
    cyclomatic: int
    cognitive: int

    @property
    def figure(self) -> int:
        return self.cyclomatic + self.cognitive

    @property
    def excess(self) -> int:
        """What a new function is charged."""
        return max(0, self.cyclomatic - CYCLOMATIC) + max(0, self.cognitive - COGNITIVE)


def hardness_of(text: str) -> dict[str, Hardness]:
    """Of every function by its qualified name, and of what stands outside of them under the name ""; empty for what cannot be parsed."""
    tree = parsed(text)
    if tree is None:
        return {}
    found = {name: Hardness(shape_of(node).cyclomatic, cognitive(node)) for name, node in functions(tree)}
    outside = sum(_breaks(tree, 0))
    return {"": Hardness(1 + outside, outside), **found}


def total(text: str) -> int:
    return sum(each.figure for each in hardness_of(text).values())


def hardness_delta(before: Mapping[str, str], after: Mapping[str, str | None]) -> int:
    """By file: ``before`` has the texts of the base ("" for a file that is new)."""
    return sum(_delta(hardness_of(before.get(path, "")), hardness_of(text or "")) for path, text in after.items() if path.endswith(".py"))


def _delta(old: Mapping[str, Hardness], new: Mapping[str, Hardness]) -> int:
    stayed = sum(new[name].figure - old[name].figure for name in old if name in new)
    came = sum(each.excess for name, each in new.items() if name not in old)
    went = sum(each.figure for name, each in old.items() if name not in new)
    return stayed + came - went


def cognitive(node: Function) -> int:
    return sum(_breaks(node, 0))


def _breaks(node: ast.AST, depth: int) -> Iterator[int]:
    """One for each break in the flow and one more for each level it is nested; functions inside count for themselves."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function | ast.ClassDef | ast.Lambda):
            continue
        deeper = depth
        if isinstance(child, _BREAKS):
            chained = isinstance(node, ast.If) and isinstance(child, ast.If) and node.orelse == [child]  # elif: no deeper than its if
            yield 1 if chained else 1 + depth
            deeper = depth if chained else depth + 1
        elif isinstance(child, ast.BoolOp):
            yield 1
        yield from _breaks(child, deeper)
