"""What the text of a fix says for it or against it: oddities that it takes away or brings in."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

from autosd.coding.repair.anomalies import brought
from autosd.coding.repair.edits import Edit
from autosd.coding.repair.model import Module

#: An oddity counts about as much as a small difference of behaviour: it settles what behaviour leaves open.
AGAINST, FOR = -0.5, 0.25
#: A function longer than this is not read once more for every fix.
MOST_CHARACTERS = 40_000


@dataclass(frozen=True)
class Signs:
    """``brought`` and ``taken`` are kinds of oddities; ``line`` is where the edit begins."""

    brought: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()
    line: int = 0

    @property
    def weight(self) -> float:
        return (AGAINST if self.brought else 0.0) + (FOR if self.taken else 0.0)

    @property
    def said(self) -> str:
        """Why the fix is suspect by its text alone, or nothing."""
        return f"it leaves something odd: {', '.join(self.brought)}" if self.brought else ""


NO_SIGNS = Signs()


def signs_of(edit: Edit, modules: Mapping[str, Module]) -> Signs:
    """Signs of an edit; oddities only for one inside one function, where the result can be read."""
    line = modules[edit.file].line_of(min((each.start for each in edit.edits if each.file == edit.file), default=0))
    files = {text.file for text in edit.edits}
    span = _function_around(edit, modules[edit.file]) if files == {edit.file} else None
    if span is None or span[1] - span[0] > MOST_CHARACTERS:
        return Signs(line=line)
    start, end = span
    before = after = modules[edit.file].text[start:end]
    for each in sorted(edit.edits, key=lambda each: (each.start, each.end), reverse=True):
        after = after[: each.start - start] + each.text + after[each.end - start :]
    old, new = _parsed(before), _parsed(after)
    if old is None or new is None:
        return Signs(line=line)
    came, went = brought(old, new)
    return Signs(tuple(sorted(came)), tuple(sorted(went)), line)


def _function_around(edit: Edit, module: Module) -> tuple[int, int] | None:
    """Offsets of the whole lines of the outermost function that all of the edit lies in."""
    low, high = min(each.start for each in edit.edits), max(each.end for each in edit.edits)
    for unit in module.units:
        if unit.is_function:
            start, end = module.starts[unit.node.lineno - 1], module.line_end(unit.node.end_lineno or 1)  # type: ignore[union-attr]
            if start <= low and high <= end:
                return start, end
    return None


def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(textwrap.dedent(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
