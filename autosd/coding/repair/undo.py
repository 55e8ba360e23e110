"""Whole changes of history taken back, in all their files at once: few candidates, so they come before all others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from autosd.coding.repair.edits import Edit, distance, trimmed
from autosd.coding.repair.localise import Suspects
from autosd.coding.repair.model import Project
from autosd.coding.repair.source import parse_error
from autosd.coding.repair.templates.history import located
from autosd.domain.changes import TextEdit
from autosd.ports import Hunk

#: Changes looked at, and the pieces one may have: what is larger is no small fix.
MOST_CHANGES, MOST_PIECES = 10, 12


def undo_changes(project: Project, suspects: Suspects, history: Sequence[Hunk]) -> Iterator[Edit]:
    """The last changes that touched suspicious files: each with all its hunks, then with those of one file."""
    reached = {suspect.module.path for suspect in suspects} | {module.path for module in suspects.broken}
    count = 0
    for age, group in groupby(history, key=lambda hunk: hunk.age):
        edits = [edit for hunk in group if project.editable(hunk.path) for edit in _edits(project, hunk)]
        if not any(edit.file in reached for edit in edits):
            continue
        files = sorted({edit.file for edit in edits})
        for chosen in [edits, *([edit for edit in edits if edit.file == file] for file in (files if len(files) > 1 else ()))]:
            joined = _joined(project, chosen, age)
            if joined is not None:
                yield joined
        count += 1
        if count >= MOST_CHANGES:
            return


def _edits(project: Project, hunk: Hunk) -> list[TextEdit]:
    if hunk.path not in project:
        return []
    text = project[hunk.path].text
    found = located(text, hunk)
    return [TextEdit(hunk.path, *trimmed(text, *found[0]))] if len(found) == 1 else []


def _joined(project: Project, edits: Sequence[TextEdit], age: int) -> Edit | None:
    """One edit of all; None where they overlap, are too many, or leave a file that does not parse."""
    ordered = tuple(sorted(set(edits), key=lambda edit: (edit.file, edit.start, edit.end)))
    if not ordered or len(ordered) > MOST_PIECES:
        return None
    if any(one.file == other.file and other.start < one.end for one, other in pairwise(ordered)):
        return None
    file = ordered[0].file
    far = sum(distance(project[edit.file].text, edit.start, edit.end, edit.text) for edit in ordered)
    files = dict.fromkeys(edit.file for edit in ordered)
    made = Edit(file, ordered, "history.change", 2, 2.0 / (1 + age), far, f"undo a recent change of {', '.join(files)}")
    for path in files:
        if parse_error(_applied(project[path].text, [edit for edit in ordered if edit.file == path])):
            return None
    return made


def _applied(text: str, edits: Sequence[TextEdit]) -> str:
    for edit in sorted(edits, key=lambda each: (each.start, each.end), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text
