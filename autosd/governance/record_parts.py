"""Reading the record from its files as one: segments and log, forwards for an export, backwards for its last entries."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from autosd.governance.chain import End, links
from autosd.governance.record_files import pieces_back, segments


class Unfit(Exception):
    """A line is not what was written, or does not follow the line before it."""


def exists(log: Path) -> bool:
    """Whether there is a record, in the log or only in segments (between a rotation and the next entry)."""
    return log.exists() or (log.parent.is_dir() and bool(segments(log)))


def entries_back(log: Path) -> Iterator[dict[str, Any]]:
    """The entries, last first; what is no entry (a torn line) is left out."""
    with ExitStack() as stack:
        for file in reversed(_opened(log, stack)):
            for _, line in pieces_back(file):
                if line and (entry := _entry(line)) is not None:
                    yield entry


def lines(log: Path, *, last: int) -> Iterator[tuple[bytes, End]]:
    """The lines up to entry ``last`` as they stand there, each checked against the one before it. Raises ``Unfit``."""
    before: End | None = None
    with ExitStack() as stack:
        for file in _opened(log, stack):
            for line in stack.enter_context(os.fdopen(os.dup(file), "rb")):
                if before is not None and before.seq >= last:
                    return
                before = _checked(line, before)
                yield line, before


def _checked(line: bytes, before: End | None) -> End:
    expected = 1 if before is None else before.seq + 1
    try:
        end, prev = links(line[:-1] if line.endswith(b"\n") else b"")
    except ValueError:
        raise Unfit(f"entry {expected} is not what was written") from None
    if before is not None and (end.seq, prev) != (expected, before.hash):
        raise Unfit(f"entry {end.seq} does not follow entry {before.seq}")
    return end


def _opened(log: Path, stack: ExitStack) -> list[int]:
    """All files of the record, oldest first. The log is opened before anybody looks for segments, so that a rotation loses none."""
    try:
        last = [os.open(log, os.O_RDONLY | os.O_CLOEXEC)]
    except FileNotFoundError:
        last = []
    files = []
    for segment in segments(log):
        file = os.open(segment.path, os.O_RDONLY | os.O_CLOEXEC)
        stack.callback(os.close, file)
        files.append(file)
    for file in last:
        stack.callback(os.close, file)
        if not any(os.path.sameopenfile(file, other) for other in files):
            files.append(file)
    return files


def _entry(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) else None
