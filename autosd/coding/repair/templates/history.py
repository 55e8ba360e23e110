"""Undoing what history did: a recent change that touched a suspicious line is taken back, whole or in part."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator

from autosd.coding.repair.templates.base import Choice, Point, short, template
from autosd.ports import Hunk

#: Hunks of a file that one suspicious line may ask for; what lies further back says little.
MOST_HUNKS = 12


@template("history.undo", 2, ast.stmt)
def undo(at: Point, node: ast.stmt) -> Iterator[Choice]:
    """Hunks whose new text stands at the statement (or, for pure deletions, beside it)."""
    module = at.module
    near = module.starts[max(0, at.line - 2)], module.line_end(min(len(module.starts), (node.end_lineno or at.line) + 1))
    for hunk in _of_file(at)[:MOST_HUNKS]:
        for start, end, old in located(module.text, hunk):
            fresh = 1.0 / (1 + hunk.age)
            pieces = list(_parts(old, module.text[start:end], start))
            touching = [piece for piece in pieces if piece[0] <= near[1] and near[0] <= piece[1]]
            if touching and len(pieces) > 1:
                yield Choice(tuple(pieces), 2.0 * fresh, f"undo a change of {len(pieces)} places")
            for first, last, text in touching:
                say = f"undo `{short(module.text[first:last])}`" if last > first else f"take back `{short(text)}`"
                yield Choice(((first, last, text),), (1.5 if len(pieces) > 1 else 2.0) * fresh, say)


def _of_file(at: Point) -> list[Hunk]:
    cached = at.pool.__dict__.setdefault("_history", {})
    if at.module.path not in cached:
        cached[at.module.path] = [each for each in at.observations.history if each.path == at.module.path]
    found: list[Hunk] = cached[at.module.path]
    return found


def located(text: str, hunk: Hunk) -> list[tuple[int, int, str]]:
    """Where the hunk's new text stands in ``text``, with what stood there before; with less context when more has changed."""
    before, now = hunk.old.splitlines(keepends=True), hunk.new.splitlines(keepends=True)
    most = min(_same(before, now), 3), min(_same(before[::-1], now[::-1]), 3)
    for cut in range(max(most) + 1):
        head, tail = min(cut, most[0]), min(cut, most[1])
        old, new = "".join(before[head : len(before) - tail]), "".join(now[head : len(now) - tail])
        found = _places(text, new) if new.strip() and (cut < 3 or now != before) else []
        if found:
            return [(start, start + len(new), old) for start in found]
    return []


def _same(one: list[str], other: list[str]) -> int:
    return next((index for index, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _places(text: str, new: str) -> list[int]:
    """Starts of whole lines only; a text that stands in many places is no place."""
    found: list[int] = []
    start = text.find(new)
    while start >= 0 and len(found) < 4:
        if start == 0 or text[start - 1] in "\n\r\ufeff":
            found.append(start)
        start = text.find(new, start + len(new))
    return found


def _parts(old: str, new: str, start: int) -> Iterator[tuple[int, int, str]]:
    """Each changed run of lines of the hunk, taken back."""
    before, now = old.splitlines(keepends=True), new.splitlines(keepends=True)
    offsets = [start]
    for line in now:
        offsets.append(offsets[-1] + len(line))
    for kind, old_from, old_to, new_from, new_to in difflib.SequenceMatcher(None, before, now, autojunk=False).get_opcodes():
        if kind != "equal":
            yield offsets[new_from], offsets[new_to], "".join(before[old_from:old_to])
