"""The queue of questions that wait for a model: guide S2's JSON lines, changed by one process at a time, readable by the owner alone."""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from autosd.adapters.private_files import write_private
from autosd.domain.errors import AutosdError
from autosd.domain.talks import WaitingPrompt

logger = logging.getLogger(__name__)

MOST = 10_000  # questions that wait; whoever comes later is told


@dataclass(frozen=True)
class FilePromptQueue:
    """Satisfies ``PromptQueue``. A line that is none of ours and none of guide S2's is left where it stands, and not shown."""

    path: Path

    def put(self, waiting: WaitingPrompt) -> bool:
        """See ``PromptQueue``."""
        with self._alone():
            there = self._read()
            if len(there) >= MOST or any((each.id, each.key) == (waiting.id, waiting.key) for each in there):
                return False
            self._append(_line(waiting))
            return True

    def all(self) -> Sequence[WaitingPrompt]:
        """See ``PromptQueue``."""
        try:
            return self._read() if self.path.stat().st_size else ()
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise _unusable(self.path, error) from error

    def change(self, id: str, key: str, how: Callable[[WaitingPrompt], WaitingPrompt | None]) -> None:
        """See ``PromptQueue``."""
        with self._alone():
            lines = []
            for raw in self._lines():
                waiting = _parsed(raw)
                if waiting is not None and (waiting.id, waiting.key) == (id, key):
                    changed = how(waiting)
                    raw = _line(changed) if changed else b""
                lines.append(raw)
            write_private(self.path, b"".join(each.rstrip(b"\n") + b"\n" for each in lines if each.strip()))

    def _read(self) -> list[WaitingPrompt]:
        return [waiting for raw in self._lines() if (waiting := _parsed(raw))]

    def _lines(self) -> list[bytes]:
        try:
            return self.path.read_bytes().splitlines(keepends=True)
        except FileNotFoundError:
            return []

    def _append(self, line: bytes) -> None:
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                line = b"\n" + line  # somebody was cut off in the middle of a line: it must not take ours with it
            if os.write(descriptor, line) != len(line):
                os.ftruncate(descriptor, size)
                raise AutosdError("AUTOSD-DISK-FULL", f"No space left at {self.path}.", "Free some space and run again.", exit_code=1)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self.path.with_name(self.path.name + ".lock").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise _unusable(self.path, error) from error


def _unusable(path: Path, error: OSError) -> AutosdError:
    message = f"The queue of prompts {path} cannot be used: {error.strerror or type(error).__name__}."
    return AutosdError("AUTOSD-PROMPT-QUEUE-UNUSABLE", message, "Set CODEX_RETRY_QUEUE to a file that you may write.", exit_code=1)


def _line(waiting: WaitingPrompt) -> bytes:
    return json.dumps(waiting.to_dict()).encode() + b"\n"


def _parsed(raw: bytes) -> WaitingPrompt | None:
    try:
        return WaitingPrompt.from_dict(json.loads(raw), id=hashlib.sha256(raw.strip()).hexdigest(), time=datetime.fromtimestamp(0, UTC))
    except (ValueError, RecursionError):
        if raw.strip():
            logger.warning("a line of the queue of prompts cannot be read and is left alone")
        return None
