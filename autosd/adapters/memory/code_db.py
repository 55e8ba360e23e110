"""``CodeDB``: pieces of code that may serve again, found by words, how new they are, and how patches with them came out."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from autosd.adapters.memory import times
from autosd.adapters.memory.schema import ensure_table, ensure_words
from autosd.adapters.memory.sqlite_file import Row, SqliteFile, storable
from autosd.adapters.memory.words import like_of, match_of, weighed
from autosd.domain.memories import CodeRecord, LicenseViolation
from autosd.governance.redaction import MASK, Redactor

_TEXT = "TEXT NOT NULL DEFAULT ''"
_CODE = {
    "id": "INTEGER PRIMARY KEY AUTOINCREMENT",
    "code": "TEXT NOT NULL",
    "template_type": _TEXT,
    "language": "TEXT NOT NULL DEFAULT 'python'",
    "version": "TEXT NOT NULL DEFAULT '1.0'",
    "complexity": "REAL NOT NULL DEFAULT 0",
    "summary": _TEXT,
    "revision": "INTEGER NOT NULL DEFAULT 0",
    "source_menace_id": _TEXT,
    "content_hash": "TEXT",
    "ts": _TEXT,
}
#: What a record may be tied to, and the guides' tables for it.
LINKS = {"bot": "code_bots", "enhancement": "code_enhancements", "error": "code_errors"}
_LOOKED_AT = 200  # best by words, before the rest is weighed
#: A text that stands behind a name that promises a secret; code without quotes (``token = next(tokens)``) is none.
_LITERAL = re.compile(r"(?i)(\w*(?:password|passwd|passphrase|secret|token|api_?key|credential)\w*[\"']?\s*[:=]\s*)([\"'])[^\"'\n]+\2")


class Successes(Protocol):
    """Whoever knows how patches with a piece of code came out: ``PatchHistoryDB``."""

    def code_outcomes(self, code_ids: list[int]) -> Mapping[int, tuple[int, int]]: ...


class CodeDB:
    """The guides' class. ``patches`` lets past success count in the order; ``now`` is a test's clock."""

    def __init__(self, path: str | Path = "code.db", *, patches: Successes | None = None, now: times.Now | None = None) -> None:
        self._file = SqliteFile(path, _prepare)
        self._patches, self._now, self._redactor = patches, now or (lambda: datetime.now(UTC)), Redactor()

    def add(self, record: CodeRecord, *, source: str = "") -> int:
        """Its id; the same code again is the record that is there. Credentials are taken out first."""
        code = self._clean_code(record.code)
        values = (
            code, storable(record.template_type), record.language, record.version, record.complexity_score, self._clean(record.summary),
            record.revision, source, hash_of(code), times.written(self._now()),
        )  # fmt: skip
        sql = (
            "INSERT INTO code (code, template_type, language, version, complexity, summary, revision, source_menace_id, content_hash, ts) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (content_hash) DO NOTHING"
        )
        with self._file.writing() as connection:
            connection.execute(sql, values)
            return int(connection.execute("SELECT id FROM code WHERE content_hash = ?", (hash_of(code),)).fetchone()["id"])

    def get(self, cid: int) -> CodeRecord | None:
        """The record of this id."""
        return next((_record(row) for row in self._file.rows("SELECT * FROM code WHERE id = ?", (cid,))), None)

    def fetch_all(self, limit: int = 1000) -> list[CodeRecord]:
        """The newest first."""
        return [_record(row) for row in self._file.rows("SELECT * FROM code ORDER BY id DESC LIMIT ?", (limit,))]

    def suggest(self, description: str, limit: int = 3) -> list[CodeRecord]:
        """The most useful for any text; nothing of a license that may not be used here. Never fails for what the text is."""
        return self.search(description, limit)

    def search(self, term: str, limit: int = 10) -> list[CodeRecord]:
        """Records with any of the words, the best first; then those where ``term`` stands inside a word."""
        words, now = match_of(term), self._now()
        rows = self._file.rows(_BY_WORDS, (words, _LOOKED_AT)) if words else []
        success = self._success([row["id"] for row in rows])
        scored = [(weighed(row["found"], times.read(row["ts"]), now, success.get(row["id"], 0.5)), row) for row in rows]
        scored.sort(key=lambda pair: (-pair[0], -pair[1]["id"]))
        best = [replace(_record(row), score=score) for score, row in scored[: max(limit, 0)]]
        if len(best) < limit and term.strip():
            there = {row["id"] for row in rows}
            best += [_record(row) for row in self._file.rows(_BY_TEXT, (like_of(term), limit + len(there))) if row["id"] not in there]
        return best[: max(limit, 0)]

    def link(self, cid: int, kind: str, name: str) -> None:
        """Tie a record to a bot, an enhancement or an error (``LINKS``)."""
        with self._file.writing() as connection:
            connection.execute(f"INSERT OR IGNORE INTO {LINKS[kind]} VALUES (?, ?)", (cid, self._clean(name)))  # noqa: S608

    def links(self, cid: int, kind: str) -> list[str]:
        """What it is tied to, by name."""
        rows = self._file.rows(f"SELECT name FROM {LINKS[kind]} WHERE code_id = ? ORDER BY name", (cid,))  # noqa: S608
        return [row["name"] for row in rows]

    def linked(self, kind: str, name: str) -> list[CodeRecord]:
        """Every record that is tied to it."""
        sql = f"SELECT code.* FROM code JOIN {LINKS[kind]} AS link ON link.code_id = code.id WHERE link.name = ? ORDER BY code.id"  # noqa: S608
        return [_record(row) for row in self._file.rows(sql, (name,))]

    def add_license_violation(self, path: str, license: str, hash: str) -> None:
        """From now on the code of this hash is not suggested."""
        with self._file.writing() as connection:
            values = (storable(path), storable(license), hash, times.written(self._now()))
            connection.execute("INSERT OR IGNORE INTO license_violations VALUES (?, ?, ?, ?)", values)

    def license_violations(self) -> list[LicenseViolation]:
        """The newest first."""
        rows = self._file.rows("SELECT * FROM license_violations ORDER BY detected_at DESC, path")
        return [LicenseViolation(row["path"], row["license"], row["hash"], times.read(row["detected_at"])) for row in rows]

    def close(self) -> None:
        """Safe to repeat."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _success(self, ids: list[int]) -> Mapping[int, float]:
        if self._patches is None or not ids:
            return {}
        return {id: (kept + 1) / (kept + lost + 2) for id, (kept, lost) in self._patches.code_outcomes(ids).items()}

    def _clean_code(self, code: str) -> str:
        return storable(_LITERAL.sub(rf"\1\2{MASK}\2", self._redactor.code(code)))

    def _clean(self, text: str) -> str:
        return storable(self._redactor.whole_text(text))


#: Neither a double of an older file, nor what a license forbids.
_ALLOWED = "code.content_hash IS NOT NULL AND code.content_hash NOT IN (SELECT hash FROM license_violations)"
_BY_WORDS = (
    "SELECT code.*, found FROM (SELECT rowid AS id, rank AS found FROM code_words WHERE code_words MATCH ? ORDER BY rank LIMIT ?) "  # noqa: S608
    f"JOIN code USING (id) WHERE {_ALLOWED}"
)
_BY_TEXT = f"SELECT * FROM code WHERE (summary LIKE ?1 ESCAPE '\\' OR code LIKE ?1 ESCAPE '\\') AND {_ALLOWED} ORDER BY id DESC LIMIT ?2"  # noqa: S608


def hash_of(code: str) -> str:
    """What tells one piece of code from another."""
    return hashlib.sha256(code.encode("utf-8", "backslashreplace")).hexdigest()


def _prepare(connection: sqlite3.Connection) -> None:
    """An older file's records get their hash; of those that are the same code the first one does."""
    ensure_table(connection, "code", _CODE)
    connection.execute("CREATE UNIQUE INDEX IF NOT EXISTS code_by_content ON code(content_hash)")
    for row in connection.execute("SELECT id, code FROM code WHERE content_hash IS NULL").fetchall():
        connection.execute("UPDATE OR IGNORE code SET content_hash = ? WHERE id = ?", (hash_of(row["code"]), row["id"]))
    for table in LINKS.values():
        connection.execute(
            f"CREATE TABLE IF NOT EXISTS {table} (code_id INTEGER NOT NULL REFERENCES code(id) ON DELETE CASCADE, name TEXT NOT NULL, "
            "PRIMARY KEY (code_id, name))"
        )
    connection.execute(
        "CREATE TABLE IF NOT EXISTS license_violations (path TEXT NOT NULL, license TEXT NOT NULL, hash TEXT NOT NULL, "
        "detected_at TEXT NOT NULL, PRIMARY KEY (path, hash))"
    )
    ensure_words(connection, "code", "summary", "code", "template_type")


def _record(row: Row) -> CodeRecord:
    return CodeRecord(
        code=row["code"],
        template_type=row["template_type"],
        language=row["language"],
        version=row["version"],
        complexity_score=row["complexity"],
        summary=row["summary"],
        cid=row["id"],
        revision=row["revision"],
    )
