"""The hunks of a change, each with a digest that a rebase over other work keeps and one changed byte does not.

A digest is over the path, the lines that went and came, the lines around them in the old file, and which of equal places in that file it
is. As few lines around are taken as make the place the only one of its kind, so what others change further off changes nothing. Which
lines were changed is found by our own rules alone, so that no version of git and none of its settings has a say.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from autosd.domain.provenance import FileChange, Part

#: How many lines around a hunk may be looked at, fewest first.
WINDOWS = (1, 2, 3, 5, 8)
#: A file with more pairs of equal lines than this is taken whole.
MOST_PAIRS = 4_000_000
NOTHING = "000000"
_REGULAR = frozenset({"100644", "100755", NOTHING})
_LINE = re.compile(rb"[^\n]*\n|[^\n]+")


@dataclass(frozen=True)
class Hunk:
    """One place that a commit changes. ``digests``: under each window; ``own``: the one that is signed."""

    path: str
    own: str
    digests: frozenset[str]
    line: int = 0  # in the new file, for people

    @property
    def place(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path


def hunks_of(files: Iterable[FileChange]) -> tuple[Hunk, ...]:
    """All of them, by path and place."""
    return tuple(hunk for file in sorted(files, key=lambda each: each.path) for hunk in _hunks(file))


def parts_of(hunks: Iterable[Hunk]) -> tuple[Part, ...]:
    return tuple(Part(hunk.path, hunk.own) for hunk in hunks)


def digest_of(parts: Iterable[Part]) -> str:
    """Of the whole change: the same in whatever order its parts stand."""
    return hashlib.sha256("\n".join(sorted(part.digest for part in parts)).encode("ascii")).hexdigest()


def _hunks(file: FileChange) -> Iterator[Hunk]:
    old_mode, new_mode = file.modes
    if not file.read or not {old_mode, new_mode} <= _REGULAR or b"\0" in (file.old or b"") + (file.new or b""):
        yield _whole(file)
        return
    if NOTHING in file.modes:
        text = file.new if old_mode == NOTHING else file.old
        yield _hunk(file.path, [_digest("file", file.path, *file.modes, text or b"")])
        return
    if old_mode != new_mode:
        yield _hunk(file.path, [_digest("mode", file.path, old_mode, new_mode)])
    old, new = _lines(file.old or b""), _lines(file.new or b"")
    groups = _groups(old, new)
    if groups is None:
        yield _whole(file)
        return
    places = _places(old)
    for group in groups:
        yield _of_lines(file.path, old, new, group, places)


def _whole(file: FileChange) -> Hunk:
    sides = (file.old, file.new) if file.read else file.blobs
    said = [side.encode() if isinstance(side, str) else hashlib.sha256(side or b"").digest() for side in sides]
    return _hunk(file.path, [_digest("whole", file.path, *file.modes, *said)])


def _lines(data: bytes) -> list[bytes]:
    return _LINE.findall(data)


Group = tuple[int, int, int, int]  # old[i1:i2] became new[j1:j2]


def _groups(old: Sequence[bytes], new: Sequence[bytes]) -> list[Group] | None:
    """What was changed; None where finding it would take for ever."""
    first = 0
    while first < min(len(old), len(new)) and old[first] == new[first]:
        first += 1
    last = 0
    while last < min(len(old), len(new)) - first and old[-1 - last] == new[-1 - last]:
        last += 1
    a, b = old[first : len(old) - last], new[first : len(new) - last]
    counts = Counter(b)
    if sum(counts[line] for line in a) > MOST_PAIRS:
        return None
    codes = SequenceMatcher(None, a, b, autojunk=False).get_opcodes()
    found = [(i1 + first, i2 + first, j1 + first, j2 + first) for tag, i1, i2, j1, j2 in codes if tag != "equal"]
    ends = [group[0] for group in found[1:]] + [len(old)]
    return [_slid(old, new, group, end) for group, end in zip(found, ends, strict=False)]


def _slid(old: Sequence[bytes], new: Sequence[bytes], group: Group, end: int) -> Group:
    """Lines that only came, or only went, may be told at several places where they repeat: the last one is taken."""
    i1, i2, j1, j2 = group
    while i2 < end and ((i1 == i2 and old[i2] == new[j1]) or (j1 == j2 and old[i2] == old[i1])):
        i1, i2, j1, j2 = i1 + 1, i2 + 1, j1 + 1, j2 + 1
    return i1, i2, j1, j2


def _places(lines: Sequence[bytes]) -> dict[bytes, list[int]]:
    places: dict[bytes, list[int]] = {}
    for number, line in enumerate(lines):
        places.setdefault(line, []).append(number)
    return places


def _of_lines(path: str, old: Sequence[bytes], new: Sequence[bytes], group: Group, places: dict[bytes, list[int]]) -> Hunk:
    i1, i2, j1, j2 = group
    digests, own = [], ""
    for window in WINDOWS:
        start, end = max(0, i1 - window), min(len(old), i2 + window)
        block = old[start:end]
        equal = [at for at in places.get(block[0], ()) if old[at : at + len(block)] == block] if block else [0]
        said = [b"".join(each) for each in (old[start:i1], old[i1:i2], new[j1:j2], old[i2:end])]
        digests.append(_digest("lines", path, str(window), *said, str(equal.index(start) if block else 0)))
        own = own or (digests[-1] if len(equal) == 1 else "")
    return _hunk(path, digests, own, j1 + 1)


def _hunk(path: str, digests: Sequence[str], own: str = "", line: int = 0) -> Hunk:
    return Hunk(path, own or digests[-1], frozenset(digests), line)


def _digest(*parts: str | bytes) -> str:
    """Each part after its length, so that no two ways of cutting the same bytes are alike."""
    found = hashlib.sha256(b"autosd-part-1\n")
    for part in parts:
        data = part.encode("utf-8", "surrogateescape") if isinstance(part, str) else part
        found.update(b"%d:" % len(data) + data)
    return found.hexdigest()
