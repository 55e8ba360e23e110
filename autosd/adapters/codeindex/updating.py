"""Brings the index up to date with a folder: what changed by content is read again, everything else is left as it is."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from autosd.adapters.codeindex.looking import Listing, Seen, digest, look, read
from autosd.adapters.codeindex.parsed import Parsed
from autosd.adapters.codeindex.parsing import read_all
from autosd.adapters.codeindex.tables import writing
from autosd.adapters.codeindex.words import flat, spelled, told, words_of

#: A folder that nobody asked for so long is forgotten (worktrees come and go); so is one that is gone.
FORGET_SECONDS = 30 * 86_400
_ROWS = 500
_NOTHING = Parsed(0, "", ())


@dataclass(frozen=True)
class Brought:
    """What an update came to: ``files`` in the index now, ``read`` again, ``parsed`` because their content was new, ``gone``."""

    files: int
    read: int
    parsed: int
    gone: int
    seconds: float


class _Known(NamedTuple):
    unit: int
    seen: Seen
    looked: int


#: What was known of the folder that was asked about last, and of which state of the database that holds. Of one connection.
Memo = dict[Path, tuple[tuple[int, int], dict[str, _Known]]]


def bring_up_to_date(connection: sqlite3.Connection, root: Path, listing: Listing | None, memo: Memo) -> Brought:
    """After it the index says what ``root`` holds. Several may do it at once: each waits for the others, then finds little to do."""
    began = time.perf_counter()
    now = time.time_ns()
    files = look(root, listing)
    if not _differences(_remembered(connection, root, memo), files):
        return Brought(len(files), 0, 0, 0, time.perf_counter() - began)
    with writing(connection):
        known = _known(connection, root)
        id = _root(connection, root, now)
        doubtful = _differences(known, files)
        gone = known.keys() - {file.path for file in files}
        wanted = [file for file in files if file.path in doubtful]
        parsed = _take_in(connection, root, id, wanted, known, now)
        connection.executemany("DELETE FROM present WHERE root = ? AND path = ?", [(id, path) for path in gone])
        _forget(connection, now)
    return Brought(len(files), len(wanted), parsed, len(gone), time.perf_counter() - began)


def _remembered(connection: sqlite3.Connection, root: Path, memo: Memo) -> dict[str, _Known]:
    """Read anew when this connection, or another one, has written since."""
    state = (int(connection.execute("PRAGMA data_version").fetchone()[0]), connection.total_changes)
    if root not in memo or memo[root][0] != state:
        memo.clear()
        memo[root] = (state, _known(connection, root))
    return memo[root][1]


def _known(connection: sqlite3.Connection, root: Path) -> dict[str, _Known]:
    rows = connection.execute(
        "SELECT path, unit, size, mtime, ctime, inode, looked FROM present WHERE root = (SELECT id FROM roots WHERE path = ?)", (str(root),)
    )
    return {path: _Known(unit, Seen(path, size, mtime, ctime, inode), looked) for path, unit, size, mtime, ctime, inode, looked in rows}


def _differences(known: dict[str, _Known], files: Sequence[Seen]) -> set[str]:
    """Paths whose file has to be read to know; and, so that they count, those that are gone."""
    here = set()
    doubtful = set()
    for file in files:
        here.add(file.path)
        before = known.get(file.path)
        if before is None or before.seen != file or before.looked <= file.racy_until:
            doubtful.add(file.path)
    return doubtful | (known.keys() - here)


def _root(connection: sqlite3.Connection, root: Path, now: int) -> int:
    seconds = now / 1e9
    connection.execute(
        "INSERT INTO roots (path, seen) VALUES (?, ?) ON CONFLICT (path) DO UPDATE SET seen = excluded.seen", (str(root), seconds)
    )
    return int(connection.execute("SELECT id FROM roots WHERE path = ?", (str(root),)).fetchone()[0])


def _take_in(connection: sqlite3.Connection, root: Path, id: int, files: Sequence[Seen], known: dict[str, _Known], now: int) -> int:
    """Files whose content is known under their path are only noted; the others are parsed. How many were."""
    by_path = {file.path: file for file in files}
    unknown = []
    for file in files:
        unit = _unit_of(connection, root, file.path)
        if unit is None:
            unknown.append(file.path)
        else:
            _note(connection, id, unit, file, now)
    writer = _Writer(connection)
    silent = set(unknown)
    for path, found, parsed in read_all(root, unknown):
        silent.discard(path)
        _note(connection, id, writer.add(path, found, parsed or _NOTHING), by_path[path], now)
    for path in silent:  # it cannot be read, or a parser died of it: looked at again when it changes
        _note(connection, id, writer.add(path, b"", _NOTHING), by_path[path], now)
    writer.flush()
    return len(unknown)


def _unit_of(connection: sqlite3.Connection, root: Path, path: str) -> int | None:
    if connection.execute("SELECT 1 FROM units WHERE path = ? LIMIT 1", (path,)).fetchone() is None:
        return None  # no content of this path is known: it is read once, when it is parsed
    data = read(root, path)
    if data is None:
        return None
    row = connection.execute("SELECT id FROM units WHERE path = ? AND hash = ?", (path, digest(data))).fetchone()
    return int(row[0]) if row else None


def _note(connection: sqlite3.Connection, id: int, unit: int, file: Seen, now: int) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO present (root, unit, path, size, mtime, ctime, inode, looked) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (id, unit, file.path, file.size, file.mtime, file.ctime, file.inode, now),
    )


class _Writer:
    """Rows are put in many at a time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._next = int(connection.execute("SELECT coalesce(max(id), 0) + 1 FROM symbols").fetchone()[0])
        self._symbols: list[tuple[object, ...]] = []
        self._words: list[tuple[object, ...]] = []
        self._grams: list[tuple[object, ...]] = []

    def add(self, path: str, found: bytes, parsed: Parsed) -> int:
        row = self._connection.execute(
            "INSERT INTO units (path, hash, lines, imports) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (path, hash) DO UPDATE SET lines = excluded.lines RETURNING id",
            (path, found, parsed.lines, parsed.imports),
        ).fetchone()
        unit = int(row[0])
        place = told(words_of(path))
        for symbol in parsed.symbols:
            last = symbol.name.rpartition(".")[2]
            self._symbols.append((self._next, unit, symbol.kind, symbol.name, flat(last), symbol.start, symbol.end, symbol.calls))
            name = " ".join(map(spelled, symbol.name.split(".")))
            self._words.append((self._next, name, place, symbol.signature, symbol.doc, symbol.body))
            if len(last) > 2:
                self._grams.append((self._next, last))
            self._next += 1
        if len(self._symbols) > _ROWS:
            self.flush()
        return unit

    def flush(self) -> None:
        self._connection.executemany("INSERT INTO symbols VALUES (?, ?, ?, ?, ?, ?, ?, ?)", self._symbols)
        self._connection.executemany("INSERT INTO words (rowid, name, path, signature, doc, body) VALUES (?, ?, ?, ?, ?, ?)", self._words)
        self._connection.executemany("INSERT INTO grams (rowid, name) VALUES (?, ?)", self._grams)
        for rows in (self._symbols, self._words, self._grams):
            rows.clear()


def _forget(connection: sqlite3.Connection, now: int) -> None:
    """Folders that are gone, and content that stands in no folder any more."""
    rows = connection.execute("SELECT id, path, seen FROM roots").fetchall()
    stale = [id for id, path, seen in rows if seen < now / 1e9 - FORGET_SECONDS or not Path(path).is_dir()]
    for table in ("present", "commits"):
        connection.executemany(f"DELETE FROM {table} WHERE root = ?", [(id,) for id in stale])  # noqa: S608 - names of ours
    connection.executemany("DELETE FROM roots WHERE id = ?", [(id,) for id in stale])
    units = connection.execute("SELECT id FROM units WHERE NOT EXISTS (SELECT 1 FROM present WHERE unit = units.id)").fetchall()
    _remove(connection, [id for (id,) in units])


def _remove(connection: sqlite3.Connection, units: Iterable[int]) -> None:
    for unit in units:
        symbols = connection.execute("SELECT id FROM symbols WHERE unit = ?", (unit,)).fetchall()
        connection.executemany("DELETE FROM words WHERE rowid = ?", symbols)
        connection.executemany("DELETE FROM grams WHERE rowid = ?", symbols)
        connection.execute("DELETE FROM symbols WHERE unit = ?", (unit,))
        connection.execute("DELETE FROM units WHERE id = ?", (unit,))
