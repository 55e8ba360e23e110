"""The tables of the patch history, by the guides' names, and rows from records and back."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from typing import Any

from autosd.adapters.memory import times
from autosd.adapters.memory.schema import ensure_table, ensure_words
from autosd.adapters.memory.sqlite_file import Row, storable
from autosd.domain.patches import PatchOutcome, PatchRecord
from autosd.governance.redaction import Redactor

_REAL, _INTEGER, _TEXT = "REAL", "INTEGER", "TEXT NOT NULL DEFAULT ''"

PATCH_HISTORY = {
    "id": "INTEGER PRIMARY KEY AUTOINCREMENT",
    "filename": _TEXT,
    "description": _TEXT,
    "roi_before": _REAL,
    "roi_after": _REAL,
    "roi_delta": _REAL,
    "errors_before": _INTEGER,
    "errors_after": _INTEGER,
    "tests_failed_before": _INTEGER,
    "tests_failed_after": _INTEGER,
    "complexity_before": _REAL,
    "complexity_after": _REAL,
    "complexity_delta": _REAL,
    "predicted_roi": _REAL,
    "predicted_errors": _REAL,
    "reverted": "INTEGER NOT NULL DEFAULT 0",
    "ts": _TEXT,
    "source_bot": _TEXT,
    "version": _TEXT,
    "code_id": _INTEGER,
    "code_hash": _TEXT,
    "parent_patch_id": "INTEGER REFERENCES patch_history(id)",
    "reason": _TEXT,
    "trigger": _TEXT,
    "diff": _TEXT,
    "summary": _TEXT,
    "outcome": "TEXT",
    "lines_changed": _INTEGER,
    "tests_passed": _INTEGER,
    "context_tokens": _INTEGER,
    "start_time": "TEXT",
    "time_to_completion": _REAL,
    "error_trace_count": _INTEGER,
    "enhancement_name": _TEXT,
    "prompt_headers": _TEXT,
    "prompt_order": _TEXT,
    "change_id": "TEXT",
    "project": _TEXT,
    "strategy": _TEXT,
    "base": _TEXT,
    "commit_sha": _TEXT,
    "model": _TEXT,
    "usd": "REAL NOT NULL DEFAULT 0",
}  # fmt: skip

_OF_PATCH = "patch_id INTEGER NOT NULL REFERENCES patch_history(id) ON DELETE CASCADE"
_SIDE_TABLES = (
    f"patch_files ({_OF_PATCH}, filename TEXT NOT NULL, lines INTEGER NOT NULL, PRIMARY KEY (patch_id, filename))",
    f"patch_ancestry ({_OF_PATCH}, parent_patch_id INTEGER NOT NULL, PRIMARY KEY (patch_id, parent_patch_id))",
    f"patch_provenance ({_OF_PATCH}, origin TEXT NOT NULL, name TEXT NOT NULL, influence REAL NOT NULL, license TEXT NOT NULL, "
    "ts TEXT NOT NULL, PRIMARY KEY (patch_id, origin, name))",
    f"patch_contributors ({_OF_PATCH}, name TEXT NOT NULL, role TEXT NOT NULL, share REAL NOT NULL, PRIMARY KEY (patch_id, name, role))",
    "failed_strategies (tag TEXT PRIMARY KEY, times INTEGER NOT NULL, reason TEXT NOT NULL, ts TEXT NOT NULL)",
    "flakiness_history (id INTEGER PRIMARY KEY, filename TEXT NOT NULL, flakiness REAL NOT NULL, ts TEXT NOT NULL)",
)
_INDEXES = (
    "UNIQUE INDEX IF NOT EXISTS patch_of_change ON patch_history(change_id) WHERE change_id IS NOT NULL",
    "INDEX IF NOT EXISTS patch_by_time ON patch_history(ts)",
    "INDEX IF NOT EXISTS patch_by_code ON patch_history(code_hash)",
    "INDEX IF NOT EXISTS patch_by_file ON patch_files(filename)",
    "INDEX IF NOT EXISTS patch_by_project ON patch_history(project)",
    "INDEX IF NOT EXISTS flakiness_by_file ON flakiness_history(filename, id)",
)

_TIMES = ("ts", "start_time")
_CODE = ("diff",)


def prepare(connection: sqlite3.Connection) -> None:
    """Tables, indexes and words; an older file gets what it lacks."""
    ensure_table(connection, "patch_history", PATCH_HISTORY)
    for table in _SIDE_TABLES:
        connection.execute(f"CREATE TABLE IF NOT EXISTS {table}")
    for index in _INDEXES:
        connection.execute(f"CREATE {index}")
    ensure_words(connection, "patch_history", "filename", "description", "summary", "reason", "diff")


def row_of(record: PatchRecord, redactor: Redactor) -> dict[str, Any]:
    """Without the id; secrets are taken out of every text."""
    row: dict[str, Any] = {}
    for name in (field.name for field in fields(record) if field.name != "id"):
        value = getattr(record, name)
        if isinstance(value, datetime):
            value = times.written(value)
        elif isinstance(value, PatchOutcome):
            value = str(value)
        elif isinstance(value, str):
            value = storable((redactor.code if name in _CODE else redactor.whole_text)(value))
        row[name] = value
    return row


def record_of(row: Row) -> PatchRecord:
    """What an older file left empty has the value that an empty record has."""
    values: dict[str, Any] = {}
    for field in fields(PatchRecord):
        value = row[field.name]
        if value is None:
            continue
        read = _READERS.get(field.name)
        values[field.name] = read(value) if read else value
    return PatchRecord(**values)


def _outcome(value: str) -> PatchOutcome | None:
    return PatchOutcome(value) if value in list(PatchOutcome) else None


_READERS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(_TIMES, times.read),
    "outcome": _outcome,
    "reverted": bool,
    "tests_passed": bool,
}
