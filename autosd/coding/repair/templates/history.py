"""Undoing what history did: a recent change that touched a suspicious line is taken back, whole or in part."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator

from autosd.coding.repair.templates.base import Choice, Point, short, template


@template("history.undo", 2, ast.stmt)
def undo(at: Point, node: ast.stmt) -> Iterator[Choice]:
    """Hunks whose new text stands at the statement (or, for pure deletions, beside it)."""
    module = at.module
    for hunk in at.observations.history:
        if hunk.file != module.path or not hunk.new.strip():
            continue
        start = module.text.find(hunk.new)
        while start >= 0:
            end = start + len(hunk.new)
            first, last = module.line_of(start), module.line_of(max(start, end - 1))
            if first <= at.line <= last:
                fresh = 1.0 / (1 + hunk.age)
                yield Choice(((start, end, hunk.old),), 2.0 * fresh, f"undo `{short(hunk.new)}`")
                yield from _parts(hunk.old, hunk.new, start, fresh)
            start = module.text.find(hunk.new, end)


def _parts(old: str, new: str, start: int, fresh: float) -> Iterator[Choice]:
    """Each changed run of lines of the hunk taken back alone."""
    before, now = old.splitlines(keepends=True), new.splitlines(keepends=True)
    offsets = [start]
    for line in now:
        offsets.append(offsets[-1] + len(line))
    codes = [code for code in difflib.SequenceMatcher(None, before, now, autojunk=False).get_opcodes() if code[0] != "equal"]
    for _, old_from, old_to, new_from, new_to in codes if len(codes) > 1 else ():
        text = "".join(before[old_from:old_to])
        yield Choice(((offsets[new_from], offsets[new_to], text),), fresh, f"undo a part: `{short(text)}`")
