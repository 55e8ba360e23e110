"""``PatchHistoryDB``: every patch with what was measured before and after it, who made it, and what it came from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path

from autosd.adapters.memory import patch_tables, times
from autosd.adapters.memory.patch_sides import PatchSides
from autosd.adapters.memory.sqlite_file import Row, SqliteFile
from autosd.adapters.memory.words import like_of, match_of
from autosd.domain.patches import PatchOutcome, PatchRecord
from autosd.governance.redaction import Redactor

#: A name is quoted because ``trigger`` is a word of SQL.
_NAMES = [name for name in patch_tables.PATCH_HISTORY if name != "id"]
_INSERT = (
    f"INSERT INTO patch_history ({', '.join(f'{chr(34)}{name}{chr(34)}' for name in _NAMES)}) "  # noqa: S608
    f"VALUES ({', '.join(f':{name}' for name in _NAMES)})"
)
_INSIDE_A_WORD = (
    "WHERE filename LIKE ?1 ESCAPE '\\' OR description LIKE ?1 ESCAPE '\\' OR diff LIKE ?1 ESCAPE '\\' ORDER BY id DESC LIMIT ?2"
)
_LONGEST_CHAIN = 10_000


class PatchHistoryDB(PatchSides):
    """The guides' class; satisfies ``Patches``. ``now`` is a test's clock."""

    def __init__(self, path: str | Path = "patch_history.db", *, now: times.Now | None = None) -> None:
        super().__init__(SqliteFile(path, patch_tables.prepare), Redactor(), now or (lambda: datetime.now(UTC)))

    def add(self, record: PatchRecord, *, files: Mapping[str, int] | None = None, parents: Iterable[int] = ()) -> int:
        """Its id. A change that is there already (by ``change_id``) is not added again, but what this record says of it holds.

        ``files`` are the changed lines of each file; ``parents`` are patches it builds on, besides ``parent_patch_id``.
        """
        row = patch_tables.row_of(_completed(record, self._now()), self._redactor)
        all_parents = dict.fromkeys([*([record.parent_patch_id] if record.parent_patch_id else []), *parents])
        with self._file.writing() as connection:
            there = connection.execute("SELECT id FROM patch_history WHERE change_id = ?", (record.change_id,)).fetchone()
            if record.change_id and there:
                said = ", ".join(f'"{name}" = :{name}' for name in _said(record))
                connection.execute(f"UPDATE patch_history SET {said} WHERE change_id = :change_id", row)  # noqa: S608 - our columns
                return int(there["id"])
            added = int(connection.execute(_INSERT, row).lastrowid or 0)
            named = dict(files or {row["filename"]: record.lines_changed or 0})
            connection.executemany(
                "INSERT INTO patch_files VALUES (?, ?, ?)", [(added, name, lines) for name, lines in named.items() if name]
            )
            connection.executemany("INSERT INTO patch_ancestry VALUES (?, ?)", [(added, parent) for parent in all_parents])
        return added

    def same_again(self, record: PatchRecord) -> bool:
        """Whether this very diff of the same base is there already; then it only learns where it landed now."""
        sql = (
            "UPDATE patch_history SET commit_sha = ?, change_id = ?, outcome = ? "
            "WHERE code_hash = ? AND code_hash <> '' AND project = ? AND base = ? AND reverted = 0"
        )
        row = patch_tables.row_of(record, self._redactor)
        values = [row[name] for name in ("commit_sha", "change_id", "outcome", "code_hash", "project", "base")]
        with self._file.writing() as connection:
            there = connection.execute("SELECT 1 FROM patch_history WHERE change_id = ?", (record.change_id,)).fetchone()
            return bool(there) or connection.execute(sql, values).rowcount > 0

    def get(self, id: int) -> PatchRecord | None:
        """The patch of this id."""
        return next(iter(self._found("WHERE id = ?", id)), None)

    def by_change(self, change_id: str) -> PatchRecord | None:
        """The patch that a change of the road is kept as."""
        return next(iter(self._found("WHERE change_id = ?", change_id)), None)

    def mark_reverted(self, id: int, reason: str = "") -> bool:
        """It was taken back after all; whether it is there."""
        with self._file.writing() as connection:
            values = (str(PatchOutcome.FAIL), self._redactor.whole_text(reason), id)
            done = connection.execute("UPDATE patch_history SET reverted = 1, outcome = ?, reason = ? WHERE id = ?", values)
        return done.rowcount == 1

    def top_patches(self, limit: int = 5, *, project: str | None = None) -> list[PatchRecord]:
        """Those that were kept, the highest ``roi_delta`` first."""
        where = "WHERE reverted = 0 AND (outcome IS NULL OR outcome = 'SUCCESS') AND (?1 IS NULL OR project = ?1)"
        return self._found(f"{where} ORDER BY roi_delta DESC, id DESC LIMIT ?2", project, limit)

    def worst_patches(self, limit: int = 5, *, project: str | None = None) -> list[PatchRecord]:
        """The lowest ``roi_delta`` first, whether they were kept or not."""
        return self._found("WHERE (?1 IS NULL OR project = ?1) ORDER BY roi_delta, id DESC LIMIT ?2", project, limit)

    def success_rate(self, limit: int = 50) -> float:
        """The share of the newest patches that brought something (``roi_delta`` above 0); 0 without any."""
        sql = "SELECT avg(coalesce(roi_delta, 0) > 0) AS share FROM (SELECT roi_delta FROM patch_history ORDER BY id DESC LIMIT ?)"
        return float(self._file.rows(sql, (limit,))[0]["share"] or 0.0)

    def filter(
        self,
        *,
        filename: str | None = None,
        reverted: bool | None = None,
        outcome: PatchOutcome | None = None,
        project: str | None = None,
        strategy: str | None = None,
        limit: int = 1000,
    ) -> list[PatchRecord]:
        """The newest first; ``filename`` also finds patches that changed other files more."""
        where = (
            "WHERE (?1 IS NULL OR id IN (SELECT patch_id FROM patch_files WHERE filename = ?1) OR filename = ?1) "
            "AND (?2 IS NULL OR reverted = ?2) AND (?3 IS NULL OR outcome = ?3) AND (?4 IS NULL OR project = ?4) "
            "AND (?5 IS NULL OR strategy = ?5) ORDER BY id DESC LIMIT ?6"
        )
        return self._found(where, filename, reverted, str(outcome) if outcome else None, project, strategy, limit)

    def search(self, term: str, limit: int = 20) -> list[PatchRecord]:
        """By words of name, description, summary, reason and diff, the best first; then where ``term`` stands inside a word."""
        words = match_of(term)
        sql = "WHERE id IN (SELECT rowid FROM patch_history_words WHERE patch_history_words MATCH ? ORDER BY rank LIMIT ?)"
        found = self._found(sql, words, limit) if words else []
        order = {id: number for number, id in enumerate(self._ranked(words, limit))} if words else {}
        found.sort(key=lambda record: order.get(record.id, len(order)))
        if len(found) < limit and term.strip():
            found += [each for each in self._found(_INSIDE_A_WORD, like_of(term), limit + len(found)) if each.id not in order]
        return found[:limit]

    def between_dates(self, start: datetime, end: datetime) -> list[PatchRecord]:
        """Added from ``start`` to ``end``, both included; the oldest first."""
        return self._found("WHERE ts BETWEEN ? AND ? ORDER BY ts, id", times.written(start), times.written(end))

    def by_hash(self, code_hash: str) -> list[PatchRecord]:
        """Patches that made this very code, the newest first."""
        return self._found("WHERE code_hash = ? AND code_hash <> '' ORDER BY id DESC", code_hash)

    def by_commit(self, commit: str) -> list[PatchRecord]:
        """Patches that this commit landed, the newest first."""
        return self._found("WHERE commit_sha = ? AND commit_sha <> '' ORDER BY id DESC", commit)

    def list_patches(self, limit: int = 50, *, project: str | None = None) -> list[PatchRecord]:
        """The newest first."""
        return self._found("WHERE (?1 IS NULL OR project = ?1) ORDER BY id DESC LIMIT ?2", project, limit)

    def kept_by_file(self, project: str) -> dict[str, float]:
        """How earlier changes of each file went, from -1 (all taken back) to 1 (all kept); few changes say little."""
        sql = (
            "SELECT f.filename AS file, sum(CASE WHEN p.reverted THEN -1.0 ELSE 1.0 END) / (count(*) + 2) AS kept FROM patch_files f "
            "JOIN patch_history p ON p.id = f.patch_id WHERE p.project = ? AND (p.reverted OR p.outcome = ?) GROUP BY f.filename"
        )
        return {row["file"]: row["kept"] for row in self._file.rows(sql, (project, str(PatchOutcome.SUCCESS)))}

    def get_ancestry_chain(self, id: int) -> list[PatchRecord]:
        """The patch itself, then what it builds on, the nearest first; each once, also when somebody made a circle of them."""
        sql = """
            WITH RECURSIVE line(id, far) AS (
                SELECT ?1, 0 UNION
                SELECT patch_ancestry.parent_patch_id, far + 1 FROM patch_ancestry JOIN line ON patch_ancestry.patch_id = line.id
                WHERE far < ?2)
            SELECT id, min(far) AS far FROM line GROUP BY id ORDER BY far, id DESC"""
        depth = min(self._count("patch_ancestry"), _LONGEST_CHAIN)
        ids = [row["id"] for row in self._file.rows(sql, (id, depth))]
        return [record for record in map(self.get, ids) if record]

    def _ranked(self, words: str, limit: int) -> Sequence[int]:
        sql = "SELECT rowid FROM patch_history_words WHERE patch_history_words MATCH ? ORDER BY rank LIMIT ?"
        return [row["rowid"] for row in self._file.rows(sql, (words, limit))]

    def _found(self, where: str, *values: object) -> list[PatchRecord]:
        """``where`` is one of the constants above; what users say comes in by ``values``."""
        rows: list[Row] = self._file.rows(f"SELECT * FROM patch_history {where}", values)  # noqa: S608
        return [patch_tables.record_of(row) for row in rows]


def _said(record: PatchRecord) -> list[str]:
    """The columns of which the record says more than nothing."""
    said = {field.name for field in fields(record) if field.name != "id" and getattr(record, field.name) != field.default}
    said |= {"roi_delta"} if said & {"roi_before", "roi_after"} else set()
    said |= {"complexity_delta"} if said >= {"complexity_before", "complexity_after"} else set()
    return sorted(said | ({"outcome"} if record.reverted else set()))


def _completed(record: PatchRecord, now: datetime) -> PatchRecord:
    """Differences that nobody gave are those of before and after; the time is that of its insertion."""
    complexity = record.complexity_delta
    if complexity is None and record.complexity_before is not None and record.complexity_after is not None:
        complexity = record.complexity_after - record.complexity_before
    roi = record.roi_delta if record.roi_delta is not None else record.roi_after - record.roi_before
    outcome = record.outcome or (PatchOutcome.FAIL if record.reverted else PatchOutcome.SUCCESS)
    return replace(record, roi_delta=roi, complexity_delta=complexity, ts=record.ts or now, outcome=outcome)
