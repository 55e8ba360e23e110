"""One SQLite file by path, or in memory: private to its owner, safe for threads, processes and forks, its failures in one line each."""

from __future__ import annotations

import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autosd.domain.errors import AutosdError

IN_MEMORY = ":memory:"
#: How long one process waits for another's write.
BUSY_SECONDS = 30

_CODES = {
    "SQLITE_FULL": ("AUTOSD-DISK-FULL", "Free some space on its disk."),
    "SQLITE_IOERR": ("AUTOSD-DISK-FULL", "Check its disk: it is full, limited, or faulty."),
    "SQLITE_READONLY": ("AUTOSD-STORE-READONLY", "Name a file that you may write."),
    "SQLITE_CANTOPEN": ("AUTOSD-STORE-READONLY", "Name a file that you may write."),
    "SQLITE_PERM": ("AUTOSD-STORE-READONLY", "Name a file that you may write."),
    "SQLITE_BUSY": ("AUTOSD-STORE-BUSY", "Another process holds it; run again when that has ended."),
    "SQLITE_LOCKED": ("AUTOSD-STORE-BUSY", "Another process holds it; run again when that has ended."),
    "SQLITE_CORRUPT": ("AUTOSD-STORE-CORRUPT", "Move the file away; a new one is made at the next start."),
    "SQLITE_NOTADB": ("AUTOSD-STORE-CORRUPT", "Name another file: this one is no SQLite database."),
}

Row = sqlite3.Row


class SqliteFile:
    """``prepare`` brings the schema up to date, in one transaction, each time the file is opened."""

    def __init__(self, path: str | Path, prepare: Callable[[sqlite3.Connection], None]) -> None:
        self.path = str(path)
        self._prepare = prepare
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._owner = 0
        with self.writing():
            pass

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that has the file to itself from its first line on; undone when the block fails."""
        with self._lock, self._told():
            connection = self._opened()
            _begin(connection)
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """All rows of one question."""
        with self._lock, self._told():
            return self._opened().execute(sql, [storable(each) if isinstance(each, str) else each for each in values]).fetchall()

    def close(self) -> None:
        """Safe to repeat. What was in memory is gone."""
        with self._lock:
            if self._connection is not None and self._owner == os.getpid():
                self._connection.close()
            self._connection, self._owner = None, -1

    def _opened(self) -> sqlite3.Connection:
        if self._owner == -1:
            raise AutosdError("AUTOSD-STORE-CLOSED", f"{self.path} was closed.", "Open it again.", exit_code=1)
        if self._connection is None or self._owner != os.getpid():  # a connection does not survive a fork
            self._connection = self._connected()
            self._owner = os.getpid()
        return self._connection

    def _connected(self) -> sqlite3.Connection:
        if self.path != IN_MEMORY:
            self._make_private()
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=BUSY_SECONDS)
        try:
            connection.row_factory = sqlite3.Row
            for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
                connection.execute(f"PRAGMA {pragma}")
            _begin(connection)
            self._prepare(connection)
            connection.execute("COMMIT")
        except BaseException:
            connection.close()
            raise
        return connection

    def _make_private(self) -> None:
        """Readable by its owner alone from the first moment on (SQLite gives its side files the same mode)."""
        file = Path(self.path)
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            name = getattr(error, "sqlite_errorname", None) or ""
            known = next((value for prefix, value in _CODES.items() if name.startswith(prefix)), None)
            code, remedy = known or ("AUTOSD-STORE-FAILED", "Check the file.")
            raise AutosdError(code, f"{self.path}: {error}", remedy, exit_code=1) from error
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise AutosdError("AUTOSD-STORE-READONLY", f"{self.path}: {why}", "Name a file that you may write.", exit_code=1) from error


def _begin(connection: sqlite3.Connection) -> None:
    """SQLite's own waiting asks more and more seldom, so that the last comer is served first; asking at random intervals is fair."""
    deadline = time.monotonic() + BUSY_SECONDS
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if not error.sqlite_errorname.startswith("SQLITE_BUSY") or time.monotonic() > deadline:
                    raise
            time.sleep(random.uniform(0.002, 0.015))  # noqa: S311 - no secret
    finally:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")


def storable(text: str) -> str:
    """``text`` with what SQLite refuses (lone surrogates) written out, and without NUL, at which its functions stop."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")
