"""The index's database: a cache that may be thrown away at any time, and is when it is broken or of another make."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from autosd.domain.errors import AutosdError

#: Raise it whenever the tables, or what is read out of a file, change: older indexes are then made anew.
VERSION = 1

#: Seconds that one writer waits for another, which may be reading a large repository for the first time.
_WAIT = 600.0

#: Weight of a word by where it stands: name, path, signature, documentation, body.
WEIGHTS = (6.0, 2.0, 2.0, 2.5, 1.0)

_TABLES = """
CREATE TABLE roots (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, seen REAL NOT NULL);
CREATE TABLE units (id INTEGER PRIMARY KEY, path TEXT NOT NULL, hash BLOB NOT NULL, lines INTEGER NOT NULL, imports TEXT NOT NULL,
  UNIQUE (path, hash));
CREATE TABLE present (root INTEGER NOT NULL, unit INTEGER NOT NULL, path TEXT NOT NULL, size INTEGER NOT NULL, mtime INTEGER NOT NULL,
  ctime INTEGER NOT NULL, inode INTEGER NOT NULL, looked INTEGER NOT NULL, PRIMARY KEY (root, path)) WITHOUT ROWID;
CREATE INDEX present_unit ON present (unit, root);
CREATE TABLE symbols (id INTEGER PRIMARY KEY, unit INTEGER NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, flat TEXT NOT NULL,
  start INTEGER NOT NULL, stop INTEGER NOT NULL, calls TEXT NOT NULL);
CREATE INDEX symbols_unit ON symbols (unit);
CREATE INDEX symbols_flat ON symbols (flat);
CREATE VIRTUAL TABLE words USING fts5(name, path, signature, doc, body, tokenize = 'porter unicode61 remove_diacritics 2');
CREATE VIRTUAL TABLE grams USING fts5(name, tokenize = 'trigram');
CREATE TABLE commits (root INTEGER NOT NULL, age INTEGER NOT NULL, path TEXT NOT NULL, PRIMARY KEY (root, path, age)) WITHOUT ROWID;
CREATE INDEX commits_age ON commits (root, age);
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


def open_tables(file: Path) -> sqlite3.Connection:
    """The database at ``file``, made when there is none of this make. The connection may go from thread to thread."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            return _opened(file)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
                raise
            forget(file)
            return _opened(file)
    except (OSError, sqlite3.Error) as error:
        raise AutosdError(
            "AUTOSD-INDEX-UNUSABLE",
            f"The code index {file} cannot be used: {error}.",
            "Free some space there, or delete that file: it is made again when it is needed.",
            exit_code=1,
        ) from None


def forget(file: Path) -> None:
    """Others that have it open keep what they see; whoever comes next makes a new one."""
    for name in (file.name, f"{file.name}-wal", f"{file.name}-shm"):
        file.with_name(name).unlink(missing_ok=True)


def _opened(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, timeout=_WAIT, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")  # a cache: what a power cut breaks is noticed and made again
        connection.execute("PRAGMA cache_size = -65536")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA mmap_size = 1073741824")
        _ensure_tables(connection)
        file.chmod(0o600)
        return connection
    except BaseException:
        connection.close()
        raise


def _ensure_tables(connection: sqlite3.Connection) -> None:
    if _version(connection) == VERSION:
        return
    with writing(connection):
        version = _version(connection)
        if version == 0:
            for statement in _TABLES.split(";\n"):
                if statement.strip():
                    connection.execute(statement)
            connection.execute("INSERT INTO words (words, rank) VALUES ('rank', ?)", (f"bm25({', '.join(map(str, WEIGHTS))})",))
            connection.execute("PRAGMA user_version = %d" % VERSION)  # noqa: UP031 - a pragma takes no parameters
        elif version != VERSION:
            raise sqlite3.DatabaseError(f"version {version}")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


@contextlib.contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[None]:
    """One transaction, alone among writers from its first statement on."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


@contextlib.contextmanager
def reading(connection: sqlite3.Connection) -> Iterator[None]:
    """One state of the database for several questions."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
