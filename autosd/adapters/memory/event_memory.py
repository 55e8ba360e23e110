"""What happened, in order and not for ever: S0's event memory, with its cap and its time, without its numerology."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from autosd.adapters.memory import times
from autosd.adapters.memory.schema import ensure_table, ensure_words
from autosd.adapters.memory.sqlite_file import Row, SqliteFile, storable
from autosd.adapters.memory.words import like_of, match_of, recency
from autosd.governance.redaction import Redactor

#: What an outcome of self-coding matters, where nobody says otherwise (S0).
IMPORTANCE = 0.6

_EVENTS = {
    "id": "INTEGER PRIMARY KEY AUTOINCREMENT",
    "type": "TEXT NOT NULL",
    "event": "TEXT NOT NULL",
    "content": "TEXT NOT NULL",
    "importance": "REAL NOT NULL",
    "source": "TEXT NOT NULL",
    "request_id": "TEXT NOT NULL",
    "ts": "TEXT NOT NULL",
}
_LOOKED_AT = 200


@dataclass(frozen=True)
class Event:
    """``payload`` is plain JSON without secrets; ``importance`` lies between 0 and 1."""

    event: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    type: str = "selfcoding"
    importance: float = IMPORTANCE
    source: str = "autosd"
    request_id: str = ""
    ts: datetime | None = None
    id: int = 0


class EventMemory:
    """At most ``most`` events (the oldest go), none older than ``keep_seconds`` (0: no such limit). ``now`` is a test's clock."""

    def __init__(self, path: str | Path, *, most: int = 10_000, keep_seconds: float = 0.0, now: times.Now | None = None) -> None:
        self._file = SqliteFile(path, _prepare)
        self._most, self._keep = most, timedelta(seconds=keep_seconds)
        self._now, self._redactor = now or (lambda: datetime.now(UTC)), Redactor()

    def remember(self, event: Event) -> int:
        """Its id. What is over the cap or too old goes in the same step."""
        if not 0 <= event.importance <= 1:
            raise ValueError(event.importance)
        content = json.dumps(self._redactor.data(dict(event.payload)), ensure_ascii=True, sort_keys=True)
        now = self._now()
        values = (event.type, event.event, content, event.importance, event.source, event.request_id, times.written(event.ts or now))
        sql = "INSERT INTO events (type, event, content, importance, source, request_id, ts) VALUES (?, ?, ?, ?, ?, ?, ?)"
        with self._file.writing() as connection:
            added = int(connection.execute(sql, tuple(map(_kept, values))).lastrowid or 0)
            if self._keep:
                connection.execute("DELETE FROM events WHERE ts < ?", (times.written(now - self._keep),))
            cut = "DELETE FROM events WHERE id <= (SELECT id FROM events ORDER BY id DESC LIMIT 1 OFFSET ?)"
            connection.execute(cut, (self._most,))
        return added

    def recall(self, query: str = "", limit: int = 10, *, request_id: str | None = None) -> list[Event]:
        """By words, importance and recency, the best first; without words the newest. What is too old is not recalled."""
        words, now = match_of(query), self._now()
        oldest = times.written(now - self._keep) if self._keep else ""
        if not query.strip():
            return [_event(row) for row in self._file.rows(f"{_ALIVE} ORDER BY id DESC LIMIT ?3", (oldest, request_id, limit))]
        within = " AND id IN (SELECT rowid FROM events_words WHERE events_words MATCH ?3)" if words else ""
        like = " AND (event LIKE ?3 ESCAPE '\\' OR content LIKE ?3 ESCAPE '\\')"
        rows = self._file.rows(f"{_ALIVE}{within} ORDER BY id DESC LIMIT ?4", (oldest, request_id, words, _LOOKED_AT)) if words else []
        rows = rows or self._file.rows(f"{_ALIVE}{like} ORDER BY id DESC LIMIT ?4", (oldest, request_id, like_of(query), _LOOKED_AT))
        rows.sort(key=lambda row: -row["importance"] * (0.5 + recency(times.read(row["ts"]), now)))
        return [_event(row) for row in rows[: max(limit, 0)]]

    def close(self) -> None:
        """Safe to repeat."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


_ALIVE = "SELECT * FROM events WHERE ts >= ?1 AND (?2 IS NULL OR request_id = ?2)"


def _kept(value: object) -> object:
    return storable(value) if isinstance(value, str) else value


def _prepare(connection: sqlite3.Connection) -> None:
    ensure_table(connection, "events", _EVENTS)
    connection.execute("CREATE INDEX IF NOT EXISTS event_by_request ON events(request_id)")
    ensure_words(connection, "events", "event", "content")


def _event(row: Row) -> Event:
    return Event(
        row["event"], json.loads(row["content"]), row["type"], row["importance"], row["source"], row["request_id"],
        times.read(row["ts"]), row["id"],
    )  # fmt: skip
