"""Where lines stand in a file: exactly, then tolerant of white space and indentation; in two places is nowhere."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

#: More places than this are not looked at one by one.
MOST_PLACES = 50


@dataclass(frozen=True)
class Place:
    """Lines ``start`` up to ``end`` match. ``shifted`` says whether the new lines must be moved to the file's own indentation."""

    start: int
    end: int
    shifted: bool = False


def places(lines: Sequence[str], wanted: Sequence[str]) -> list[Place]:
    """All places of the first way of comparing that finds any."""
    if not wanted or len(wanted) > len(lines):
        return []
    for key in (_same, str.rstrip):
        if found := list(_found(lines, wanted, key)):
            return [Place(start, start + len(wanted)) for start in found]
    if not any(line.strip() for line in wanted):
        return []
    for key in (str.strip, _squeezed):
        found = list(_found(lines, wanted, key))
        even = [start for start in found if _evenly(lines[start : start + len(wanted)], wanted)]
        if even or found:
            return [Place(start, start + len(wanted), shifted=not _some_right(lines[start:], wanted)) for start in even or found]
    return []


def trimmed(lines: Sequence[str]) -> tuple[str, ...]:
    """Without the blank lines at both ends."""
    full = [number for number, line in enumerate(lines) if line.strip()]
    return tuple(lines[full[0] : full[-1] + 1]) if full else ()


def moved(new: Sequence[str], wanted: Sequence[str], found: Sequence[str]) -> list[str]:
    """``new``, written for the indentation of ``wanted``, at the indentation of ``found``."""
    theirs, ours = common_indent(wanted), common_indent(found)
    tabs = any(line.startswith("\t") for line in found) and not any(line.startswith("\t") for line in (*wanted, *new))
    unit = _unit(wanted, new)
    return [_moved_line(line, theirs, ours, unit if tabs else 0) for line in new]


def common_indent(lines: Sequence[str]) -> str:
    """The white space that all lines with something in them begin with."""
    full = [line for line in lines if line.strip()]
    if not full:
        return ""
    first, last = min(full), max(full)
    common = next((n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    return indent_of(first[:common])


def indent_of(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _found(lines: Sequence[str], wanted: Sequence[str], key: Callable[[str], str]) -> Iterator[int]:
    """Every line that a match begins at; by one search in one text, so that no file and no reply can make it slow."""
    keys = [key(line) for line in lines]
    starts, at = [], 0
    for each in keys:
        starts.append(at)
        at += len(each) + 1
    text, needle = "\n" + "\n".join(keys) + "\n", "\n" + "\n".join(map(key, wanted)) + "\n"
    at, count = text.find(needle), 0
    while at >= 0 and count < MOST_PLACES:
        yield bisect_right(starts, at) - 1
        count += 1
        at = text.find(needle, at + 1)


def _same(line: str) -> str:
    return line


def _squeezed(line: str) -> str:
    return " ".join(line.split())


def _evenly(found: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether the two differ in indentation by one and the same shift, also where tabs stand for spaces."""
    pairs = [(mine, theirs) for mine, theirs in zip(found, wanted, strict=True) if theirs.strip()]
    ours, model = common_indent([mine for mine, _ in pairs]), common_indent([theirs for _, theirs in pairs])
    rests = [(indent_of(mine)[len(ours) :], indent_of(theirs)[len(model) :]) for mine, theirs in pairs]
    if all(mine == theirs for mine, theirs in rests):
        return True
    depths: dict[int, int] = {}
    for mine, theirs in rests:  # the same steps in another unit: each depth here is one depth there
        if depths.setdefault(len(theirs.expandtabs(4)), len(mine.expandtabs(4))) != len(mine.expandtabs(4)):
            return False
    ordered = [depths[depth] for depth in sorted(depths)]
    return ordered == sorted(set(ordered))


def _some_right(found: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether some lines have the file's own indentation: then the others only lost theirs."""
    return any(theirs.strip() and indent_of(mine) and mine.rstrip() == theirs.rstrip() for mine, theirs in zip(found, wanted, strict=False))


def _unit(*texts: Sequence[str]) -> int:
    """The step of indentation in what the model wrote."""
    widths = {len(indent_of(line)) for text in texts for line in text if line.strip()}
    steps = [b - a for a, b in zip(sorted(widths), sorted(widths)[1:], strict=False)]
    return min((step for step in steps if step), default=4)


def _moved_line(line: str, theirs: str, ours: str, unit: int) -> str:
    if not line.strip():
        return line.strip(" \t")
    if line.startswith(theirs):
        rest = line[len(theirs) :]
        if unit:
            depth = len(indent_of(rest))
            rest = "\t" * (depth // unit) + " " * (depth % unit) + rest.lstrip(" ")
        return ours + rest
    less = len(theirs) - len(indent_of(line))
    step = -(-less // unit) if unit else less
    return ours[: max(0, len(ours) - step)] + line.lstrip()
