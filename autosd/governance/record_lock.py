"""The open log under its lock: one writer at a time among all processes, also while the log is rotated or moved away."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autosd.governance.record_files import open_private

LOCK_SECONDS = 15.0


class LockedOut(Exception):
    """Another process holds the log and does not let go."""


class OpenLog:
    """The log stays open between writes. ``opened`` counts up whenever it is another file than before."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.opened = 0
        self._file = -1

    @contextmanager
    def locked(self) -> Iterator[int]:
        """The log, ours alone among all processes (threads have to keep order themselves)."""
        deadline = time.monotonic() + LOCK_SECONDS
        while True:
            if self._file < 0:
                self.path.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
                self._file = open_private(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
                self.opened += 1
            file = self._file
            _lock(file, deadline)
            try:
                if self._is_in_place():
                    yield file
                    return
            finally:
                fcntl.flock(file, fcntl.LOCK_UN)
            self.close()

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _is_in_place(self) -> bool:
        try:
            return os.path.samestat(os.fstat(self._file), self.path.stat())
        except FileNotFoundError:
            return False


def _lock(file: int, deadline: float) -> None:
    pause = 0.00002
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise LockedOut from None
            time.sleep(pause)
            pause = min(pause * 2, 0.002)
