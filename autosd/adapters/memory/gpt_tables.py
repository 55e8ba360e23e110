"""The tables of the exchanges, by the guides' names, and how an older file is taken over."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import Iterable

from autosd.adapters.memory import times
from autosd.adapters.memory.schema import ensure_table, ensure_words
from autosd.adapters.memory.sqlite_file import Row, storable
from autosd.domain.memories import MemoryEntry
from autosd.governance.redaction import Redactor

SUMMARY = "summary"  # the tag, and the beginning of the prompt, of a row that stands for older ones

_INTERACTIONS = {
    "id": "INTEGER PRIMARY KEY AUTOINCREMENT",
    "prompt": "TEXT NOT NULL",
    "response": "TEXT NOT NULL",
    "tags": "TEXT NOT NULL DEFAULT ''",  # as the guide has it, for people's own SQL; what is asked is interaction_tags
    "ts": "TEXT NOT NULL DEFAULT ''",
    "embedding": "TEXT",
    "alerts": "TEXT",
    "digest": "TEXT",
    "summary": "INTEGER NOT NULL DEFAULT 0",
}
_OF_ENTRY = "interaction_id INTEGER NOT NULL REFERENCES interactions(id) ON DELETE CASCADE"
_TABLES = (
    f"interaction_tags ({_OF_ENTRY}, tag TEXT NOT NULL, PRIMARY KEY (interaction_id, tag)) WITHOUT ROWID",
    f"lesson_showings ({_OF_ENTRY}, attempt TEXT NOT NULL, strategy TEXT NOT NULL, outcome TEXT, ts TEXT NOT NULL, "
    "PRIMARY KEY (interaction_id, attempt, strategy))",
    "attempts (attempt TEXT PRIMARY KEY, won INTEGER NOT NULL, ts TEXT NOT NULL)",
    "memory_state (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
)
#: Of a row that no model may be shown.
ALERTED = "alerts IS NOT NULL AND alerts NOT IN ('', '[]', 'null')"
_INDEXES = (
    f"INDEX IF NOT EXISTS interaction_alerted ON interactions(id) WHERE {ALERTED}",
    "UNIQUE INDEX IF NOT EXISTS interaction_by_content ON interactions(digest)",
    "INDEX IF NOT EXISTS interaction_by_tag ON interaction_tags(tag, interaction_id)",
    "INDEX IF NOT EXISTS showing_by_attempt ON lesson_showings(attempt)",
)


def prepare(connection: sqlite3.Connection) -> None:
    """Tables, indexes and words; an older file's rows get their tags, their digest, and their mark as summary."""
    foreign = ensure_table(connection, "interactions", _INTERACTIONS)
    for table in _TABLES:
        connection.execute(f"CREATE TABLE IF NOT EXISTS {table}")
    for index in _INDEXES:
        connection.execute(f"CREATE {index}")
    if foreign:
        for row in connection.execute("SELECT id, prompt, response, tags FROM interactions ORDER BY id").fetchall():
            _take_over(connection, row)
    ensure_words(connection, "interactions", "prompt", "response")


def _take_over(connection: sqlite3.Connection, row: Row) -> None:
    """Its secrets are taken out; of rows that are the same exchange then, the first one has the digest."""
    tags, redactor = tags_of(row["tags"] or ""), Redactor()
    prompt, response = redactor.whole_text(row["prompt"]), redactor.whole_text(row["response"])
    summary = prompt.startswith(f"{SUMMARY}:") and SUMMARY in tags
    connection.execute("UPDATE interactions SET prompt = ?, response = ?, summary = ? WHERE id = ?", (prompt, response, summary, row["id"]))
    connection.execute("UPDATE OR IGNORE interactions SET digest = ? WHERE id = ?", (digest_of(prompt, response), row["id"]))
    add_tags(connection, row["id"], tags)


def add_tags(connection: sqlite3.Connection, id: int, tags: Iterable[str]) -> None:
    """Those that the entry has already stay."""
    connection.executemany("INSERT OR IGNORE INTO interaction_tags VALUES (?, ?)", [(id, tag) for tag in tags])


def tags_of(tags: str | Iterable[str] | None) -> tuple[str, ...]:
    """Whole words, each once, small; a comma separates, as it does in the guide's column."""
    parts = tags.split(",") if isinstance(tags, str) else [part for tag in tags or () for part in str(tag).split(",")]
    return tuple(dict.fromkeys(tag for part in parts if (tag := re.sub(r"\s+", " ", storable(part)).strip().lower())))


def digest_of(prompt: str, response: str) -> str:
    """Tells whether an exchange is there already."""
    return hashlib.sha256(json.dumps([prompt, response]).encode("ascii")).hexdigest()


def entry_of(row: Row, score: float = 0.0) -> MemoryEntry:
    """What is in the file has no secrets: they were taken out when it was written, or taken over."""
    alerts = json.loads(row["alerts"] or "[]")
    return MemoryEntry(
        id=row["id"],
        prompt=row["prompt"],
        response=row["response"],
        tags=tags_of(row["tags"]),
        ts=times.read(row["ts"]),
        alerts=tuple(alerts) if isinstance(alerts, list) else (str(alerts),),
        summary=bool(row["summary"]),
        score=score,
    )
