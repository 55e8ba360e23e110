"""Looks through SQLite files that somebody else keeps, whatever their tables are called. They are only read."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

MOST_ROWS, MOST_TABLES, MOST_TEXT = 2000, 50, 2000


@dataclass(frozen=True)
class Found:
    """One row: which share of the words it has, and what it says."""

    table: str
    row: int
    share: float
    text: str


def rows_about(file: Path, words: str, limit: int) -> list[Found]:
    """The newest rows of every table, the best first; nothing of a file that is no database."""
    wanted = frozenset(re.findall(r"\w{3,}", words.lower()))
    if not wanted or not file.is_file():
        return []
    found: list[Found] = []
    try:
        with closing(sqlite3.connect(f"file:{quote(str(file.resolve()))}?mode=ro", uri=True)) as connection:
            for table in _tables(connection):
                found += (Found(table, row, share, text) for row, text in _texts(connection, table) if (share := _share(wanted, text)))
    except sqlite3.Error:
        return []
    return sorted(found, key=lambda each: (-each.share, -each.row))[:limit]


def count_rows(file: Path) -> int:
    """In all tables; 0 for what is no database."""
    if not file.is_file():
        return 0
    try:
        with closing(sqlite3.connect(f"file:{quote(str(file.resolve()))}?mode=ro", uri=True)) as connection:
            return sum(int(connection.execute(f"SELECT count(*) FROM {_quoted(each)}").fetchone()[0]) for each in _tables(connection))  # noqa: S608
    except sqlite3.Error:
        return 0


def _tables(connection: sqlite3.Connection) -> list[str]:
    """Ordinary ones: what a search index keeps for itself is none of them."""
    sql = "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    rows = connection.execute(sql).fetchall()
    virtual = tuple(name for name, made in rows if made and made.upper().startswith("CREATE VIRTUAL"))
    return [name for name, _ in rows if name not in virtual and not name.startswith(tuple(f"{each}_" for each in virtual))][:MOST_TABLES]


def _texts(connection: sqlite3.Connection, table: str) -> Iterator[tuple[int, str]]:
    sql = f"SELECT rowid, * FROM {_quoted(table)} ORDER BY rowid DESC LIMIT {MOST_ROWS}"  # noqa: S608 - a name that the file itself gave, quoted
    try:
        for row, *values in connection.execute(sql):
            yield int(row), "\n".join(each for each in values if isinstance(each, str) and each)[:MOST_TEXT]
    except sqlite3.OperationalError:
        return  # a table without row ids


def _share(wanted: frozenset[str], text: str) -> float:
    return len(wanted & frozenset(re.findall(r"[^\W_]{3,}|\w{3,}", text.lower()))) / len(wanted)


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'
