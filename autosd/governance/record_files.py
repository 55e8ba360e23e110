"""Where the record lies: the log in use, the segments that were rotated out of it, and lines read from the end backwards."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

STEP = 65_536
_SEGMENT = re.compile(r"\.(\d{12,18})-(\d{12,18})\Z")


@dataclass(frozen=True, order=True)
class Segment:
    """A part of the record that is written no more: its entries' numbers stand in its name."""

    first: int
    last: int
    path: Path


def segment_path(log: Path, first: int, last: int) -> Path:
    return log.with_name(f"{log.name}.{first:012d}-{last:012d}")


def segments(log: Path) -> list[Segment]:
    """The segments of ``log``, oldest first."""
    found = []
    with os.scandir(log.parent) as files:
        for file in files:
            match = _SEGMENT.fullmatch(file.name[len(log.name) :]) if file.name.startswith(log.name + ".") else None
            if match:
                found.append(Segment(int(match[1]), int(match[2]), Path(file.path)))
    return sorted(found)


def pieces_back(file: int, end: int | None = None) -> Iterator[tuple[int, bytes]]:
    """What stands between line ends before offset ``end`` (the file's size), last first, each piece with its offset.

    So the first piece is what follows the last line end (nothing, unless a writer died), then come the lines. Read in steps: the size
    of the file does not matter.
    """
    start, rest = os.fstat(file).st_size if end is None else end, b""
    while start > 0:
        step = min(STEP, start)
        start -= step
        data = os.pread(file, step, start) + rest
        rest, *others = data.split(b"\n")
        place = start + len(data)
        for piece in reversed(others):
            place -= len(piece)
            yield place, piece
            place -= 1
    yield 0, rest


def open_private(path: str | Path, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)


def write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
