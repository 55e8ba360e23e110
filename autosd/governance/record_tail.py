"""What stands at the end of the log, held against the signed heads: where the chain ends, and what a crash left behind it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from autosd.governance.chain import GENESIS, End, links, parse_entry
from autosd.governance.record_files import Segment, pieces_back
from autosd.governance.record_heads import Heads


class Broken(Exception):
    """The record is not what was written; ``str()`` says how that shows."""


@dataclass(frozen=True)
class Tail:
    """The end of the chain and the size of the log up to it. ``debris`` stands behind it; an empty log ``follows`` a segment."""

    size: int
    end: End
    debris: bytes = b""
    follows: Segment | None = None


def look_at(log: int, heads: Heads, find_segments: Callable[[], Sequence[Segment]]) -> Tail:
    """Raises ``Broken`` over a record that was cut or changed: going on over it would vouch for the change."""
    pieces = pieces_back(log)
    size, torn = next(pieces)
    if size == 0:
        return _at_the_beginning(heads, torn, find_segments())
    place, line = next(pieces)
    end = _end_of(line)
    if end in (heads.now, heads.next) and end.seq >= heads.now.seq:
        return Tail(size, end, torn)
    if end.seq < heads.now.seq:
        raise Broken(f"it ends at entry {end.seq} but its signed head says {heads.now.seq}")
    if end.seq == heads.now.seq:
        raise Broken(f"its entry {end.seq} is not the one in its signed head")
    if not heads.now.seq < end.seq < heads.next.seq:
        raise Broken(f"it has {end.seq} entries but the signed head ends at {heads.now.seq}: it is missing or old, or entries are forged")
    size = _after_head(heads.now, place, line, pieces)
    return Tail(size, heads.now, os.pread(log, os.fstat(log).st_size - size, size))


def _at_the_beginning(heads: Heads, torn: bytes, found: Sequence[Segment]) -> Tail:
    follows = found[-1] if found else None
    end = _end_of_segment(follows) if follows else End(0, GENESIS)
    if end != heads.now:
        raise Broken(f"it ends at entry {end.seq} but its signed head says {heads.now.seq}")
    return Tail(0, end, torn, follows)


def _end_of_segment(segment: Segment) -> End:
    file = os.open(segment.path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        pieces = pieces_back(file)
        next(pieces)
        end = _end_of(next(pieces, (0, b""))[1])
    finally:
        os.close(file)
    if end.seq != segment.last:
        raise Broken(f"its segment {segment.path.name} does not end at the entry in its name")
    return end


def _after_head(now: End, place: int, line: bytes, pieces: Iterator[tuple[int, bytes]]) -> int:
    """Where the line of the head ends: several lines were being written at once, and not all of them arrived."""
    while _end_of(line).seq > now.seq + 1:
        place, line = next(pieces, (0, b""))
    before = next(pieces, None)
    if before is not None and _end_of(before[1]) != now:
        raise Broken(f"its entry {now.seq} is not the one in its signed head")
    return place


def _end_of(line: bytes) -> End:
    try:
        return links(line)[0]
    except ValueError:
        raise Broken("its last line is not what was written, or of an older version of autosd") from None


def first_entry(log: int) -> dict[str, Any] | None:
    """The first entry of a log; None when it is empty."""
    found, place = b"", 0
    while b"\n" not in found and (step := os.pread(log, 65_536, place)):
        found, place = found + step, place + len(step)
    return parse_entry(found.partition(b"\n")[0]) if found else None
