"""The pieces of a commit that can be taken back, each by itself, and the files that a choice of them makes of the base."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from autosd.ports import Changed

_LINES = re.compile(r"[^\n]*\n|[^\n]+")
Lines = list[str]


@dataclass(frozen=True)
class Piece:
    """Lines ``start``..``end`` of the base's ``path`` become ``text``; with ``whole`` the file does (None: it goes)."""

    path: str
    text: str | None
    start: int = 0
    end: int = 0
    whole: bool = False


def pieces_of(changes: Iterable[Changed], base: Mapping[str, str | None]) -> tuple[Piece, ...]:
    """Hunks where a file is still there, the file where it came, went or moved. What later work has changed again is no piece."""
    found: list[Piece] = []
    for change in changes:
        now = base.get(change.now) if change.now else None
        if change.old is None:
            if change.now and now is not None:
                found.append(Piece(change.now, None, whole=True))
        elif change.new is None or now is None:
            if base.get(change.before) is None:
                found.append(Piece(change.before, change.old, whole=True))
        else:
            assert change.now is not None
            found += _hunks(change.now, change.old, change.new, now)
            if change.before != change.path and base.get(change.before) is None:
                found += [Piece(change.before, change.old, whole=True), Piece(change.now, None, whole=True)]
    return tuple(found)


def applied(pieces: Iterable[Piece], base: Mapping[str, str | None]) -> dict[str, str | None]:
    """The new text of every file that ``pieces`` touch."""
    files: dict[str, str | None] = {}
    by_path: dict[str, list[Piece]] = {}
    for piece in pieces:
        by_path.setdefault(piece.path, []).append(piece)
    for path, chosen in by_path.items():
        whole = next((piece for piece in chosen if piece.whole), None)
        if whole is not None:
            files[path] = whole.text
            continue
        lines = _LINES.findall(base[path] or "")
        for piece in sorted(chosen, key=lambda each: (each.start, each.end), reverse=True):
            lines[piece.start : piece.end] = [piece.text or ""]
        files[path] = "".join(lines)
    return files


def readable(files: Mapping[str, str | None]) -> bool:
    """Whether every Python file parses: a half of a commit often does not, and need not be run to know it."""
    try:
        for path, text in files.items():
            if text is not None and path.endswith(".py"):
                ast.parse(text.removeprefix("\ufeff"))
    except (SyntaxError, ValueError, RecursionError):
        return False
    return True


def _hunks(path: str, old: str, new: str, now: str) -> list[Piece]:
    before, after, current = _LINES.findall(old), _LINES.findall(new), _LINES.findall(now)
    where = _positions(after, current)
    found = []
    for kind, i1, i2, j1, j2 in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind != "equal" and (place := _place(where, j1, j2, len(after), len(current))):
            found.append(Piece(path, "".join(before[i1:i2]), *place))
    return found


def _positions(after: Sequence[str], current: Sequence[str]) -> dict[int, int]:
    """Where each line of the commit's text stands in the base's, for those that are still there."""
    if after == current:
        return {number: number for number in range(len(after))}
    blocks = difflib.SequenceMatcher(None, after, current, autojunk=False).get_matching_blocks()
    return {block.a + number: block.b + number for block in blocks for number in range(block.size)}


def _place(where: Mapping[int, int], start: int, end: int, after: int, current: int) -> tuple[int, int] | None:
    """The same lines in the base, if nobody changed them or wrote between them; of a gap, the place between its neighbours."""
    if start < end:
        first = where.get(start)
        whole = first is not None and all(where.get(number) == first + number - start for number in range(start, end))
        return (first, first + end - start) if whole and first is not None else None
    above = where.get(start - 1) if start else -1
    below = where.get(start) if start < after else current
    return (below, below) if above is not None and below is not None and above + 1 == below else None
