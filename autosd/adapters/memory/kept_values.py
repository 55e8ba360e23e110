"""``MenaceMemoryManager``: values under keys, every version of them, found again by words and tags."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from autosd.adapters.memory import times
from autosd.adapters.memory.gpt_tables import tags_of
from autosd.adapters.memory.schema import ensure_table, ensure_words
from autosd.adapters.memory.sqlite_file import Row, SqliteFile, storable
from autosd.adapters.memory.words import like_of, match_of
from autosd.domain.memories import KeptValue
from autosd.governance.redaction import Redactor

_MEMORY = {
    "id": "INTEGER PRIMARY KEY AUTOINCREMENT",
    "key": "TEXT NOT NULL",
    "data": "TEXT NOT NULL",
    "version": "INTEGER NOT NULL DEFAULT 1",
    "tags": "TEXT NOT NULL DEFAULT ''",
    "ts": "TEXT NOT NULL DEFAULT ''",
}
_WITH_TAG = "(',' || tags || ',') LIKE ? ESCAPE '\\'"


class MenaceMemoryManager:
    """The guides' class. ``now`` is a test's clock."""

    def __init__(self, path: str | Path = "menace_memory.db", *, now: times.Now | None = None) -> None:
        self._file = SqliteFile(path, _prepare)
        self._now, self._redactor = now or (lambda: datetime.now(UTC)), Redactor()

    def store(self, key: str, data: str, tags: str | Iterable[str] | None = None) -> int:
        """The new version's number, from 1. Secrets are taken out first."""
        key, data, now = self._clean(key), self._clean(data), times.written(self._now())
        with self._file.writing() as connection:
            last = connection.execute("SELECT coalesce(max(version), 0) AS last FROM memory WHERE key = ?", (key,)).fetchone()["last"]
            sql = "INSERT INTO memory (key, data, version, tags, ts) VALUES (?, ?, ?, ?, ?)"
            connection.execute(sql, (key, data, last + 1, ",".join(tags_of(tags)), now))
        return int(last) + 1

    def fetch(self, key: str, version: int | None = None) -> KeptValue | None:
        """The newest version, or the one that is named."""
        sql = "SELECT * FROM memory WHERE key = ?1 AND (?2 IS NULL OR version = ?2) ORDER BY version DESC LIMIT 1"
        return next(iter(self._values(sql, key, version)), None)

    def query(self, key: str, limit: int = 20) -> list[KeptValue]:
        """The versions of one key, the newest first."""
        return self._values("SELECT * FROM memory WHERE key = ? ORDER BY version DESC LIMIT ?", key, limit)

    def search(self, text: str, limit: int = 20) -> list[KeptValue]:
        """By words of key and data, the best first; then where ``text`` stands inside a word."""
        words, sql = match_of(text), "SELECT memory.* FROM memory_words JOIN memory ON memory.id = memory_words.rowid "
        found = self._values(f"{sql} WHERE memory_words MATCH ? ORDER BY rank LIMIT ?", words, limit) if words else []
        if len(found) < limit and text.strip():
            like = "SELECT * FROM memory WHERE key LIKE ?1 ESCAPE '\\' OR data LIKE ?1 ESCAPE '\\' ORDER BY id DESC LIMIT ?2"
            found += [each for each in self._values(like, like_of(text), limit + len(found)) if each not in found]
        return found[:limit]

    def search_by_tag(self, tag: str, limit: int = 20) -> list[KeptValue]:
        """The newest first; the tag as a whole word."""
        wanted = ",".join(tags_of(tag))
        return self._values(f"SELECT * FROM memory WHERE {_WITH_TAG} ORDER BY id DESC LIMIT ?", like_of(f",{wanted},"), limit)  # noqa: S608

    def close(self) -> None:
        """Safe to repeat."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _values(self, sql: str, *values: object) -> list[KeptValue]:
        return [_value(row) for row in self._file.rows(sql, values)]

    def _clean(self, text: str) -> str:
        return storable(self._redactor.whole_text(text))


def _prepare(connection: sqlite3.Connection) -> None:
    ensure_table(connection, "memory", _MEMORY)
    connection.execute("CREATE INDEX IF NOT EXISTS memory_by_key ON memory(key, version)")
    ensure_words(connection, "memory", "key", "data")


def _value(row: Row) -> KeptValue:
    return KeptValue(row["key"], row["data"], row["version"], tags_of(row["tags"]), times.read(row["ts"]))
