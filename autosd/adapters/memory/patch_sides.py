"""What is kept beside each patch: what it came from, who had a part in it, what failed, how flaky a file's tests are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Self

from autosd.adapters.memory import times
from autosd.adapters.memory.sqlite_file import SqliteFile, storable
from autosd.domain.patches import Contributor, Source
from autosd.governance.redaction import Redactor


class PatchSides:
    """The side tables of ``PatchHistoryDB``."""

    def __init__(self, file: SqliteFile, redactor: Redactor, now: times.Now) -> None:
        self._file, self._redactor, self._now = file, redactor, now

    def record_failed_strategy(self, tag: str, reason: str = "") -> int:
        """How often it failed by now."""
        sql = (
            "INSERT INTO failed_strategies VALUES (?, 1, ?, ?) ON CONFLICT (tag) DO UPDATE "
            "SET times = times + 1, reason = excluded.reason, ts = excluded.ts RETURNING times"
        )
        values = (self._clean(tag), self._clean(reason), times.written(self._now()))
        with self._file.writing() as connection:
            return int(connection.execute(sql, values).fetchone()["times"])

    def failed_strategies(self) -> Mapping[str, int]:
        """How often each failed, the most often first."""
        return {row["tag"]: row["times"] for row in self._file.rows("SELECT tag, times FROM failed_strategies ORDER BY times DESC, tag")}

    def record_provenance(self, patch_id: int, sources: Iterable[Source]) -> None:
        """What it was made from; said again, the new influence holds."""
        now = times.written(self._now())
        rows = [(patch_id, self._clean(s.origin), self._clean(s.name), s.influence, self._clean(s.license), now) for s in sources]
        with self._file.writing() as connection:
            connection.executemany("INSERT OR REPLACE INTO patch_provenance VALUES (?, ?, ?, ?, ?, ?)", rows)

    def provenance(self, patch_id: int) -> list[Source]:
        """The most influential first."""
        rows = self._file.rows("SELECT * FROM patch_provenance WHERE patch_id = ? ORDER BY influence DESC, origin, name", (patch_id,))
        return [Source(row["origin"], row["name"], row["influence"], row["license"]) for row in rows]

    def record_contributors(self, patch_id: int, contributors: Iterable[Contributor]) -> None:
        """Who had a part in it; said again, the new share holds."""
        rows = [(patch_id, self._clean(each.name), each.role, each.share) for each in contributors]
        with self._file.writing() as connection:
            connection.executemany("INSERT OR REPLACE INTO patch_contributors VALUES (?, ?, ?, ?)", rows)

    def contributors(self, patch_id: int) -> list[Contributor]:
        """The largest share first."""
        rows = self._file.rows("SELECT * FROM patch_contributors WHERE patch_id = ? ORDER BY share DESC, name", (patch_id,))
        return [Contributor(row["name"], row["role"], row["share"]) for row in rows]

    def files(self, patch_id: int) -> Mapping[str, int]:
        """How many lines of each file it changed."""
        rows = self._file.rows("SELECT filename, lines FROM patch_files WHERE patch_id = ? ORDER BY lines DESC, filename", (patch_id,))
        return {row["filename"]: row["lines"] for row in rows}

    def record_flakiness(self, filename: str, flakiness: float) -> None:
        """The share (0 to 1) of runs in which the file's tests did not say the same."""
        if not 0 <= flakiness <= 1:
            raise ValueError(flakiness)
        with self._file.writing() as connection:
            values = (self._clean(filename), flakiness, times.written(self._now()))
            connection.execute("INSERT INTO flakiness_history (filename, flakiness, ts) VALUES (?, ?, ?)", values)

    def average_flakiness(self, filename: str, limit: int = 20) -> float:
        """Over the newest looks; 0 without any."""
        sql = "SELECT avg(flakiness) AS mean FROM (SELECT flakiness FROM flakiness_history WHERE filename = ? ORDER BY id DESC LIMIT ?)"
        return float(self._file.rows(sql, (filename, limit))[0]["mean"] or 0.0)

    def code_outcomes(self, code_ids: Iterable[int]) -> Mapping[int, tuple[int, int]]:
        """Of each code record that patches used: how many were kept, how many were not."""
        found: dict[int, tuple[int, int]] = {}
        for code_id in dict.fromkeys(code_ids):
            sql = (
                "SELECT coalesce(sum(outcome = 'SUCCESS' AND NOT reverted), 0) AS kept, count(*) AS all_of_them "
                "FROM patch_history WHERE code_id = ?"
            )
            row = self._file.rows(sql, (code_id,))[0]
            if row["all_of_them"]:
                found[code_id] = (row["kept"], row["all_of_them"] - row["kept"])
        return found

    def close(self) -> None:
        """Safe to repeat."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _count(self, table: str) -> int:
        return int(self._file.rows(f"SELECT count(*) AS number FROM {table}")[0]["number"])  # noqa: S608 - a constant's name

    def _clean(self, text: str) -> str:
        return storable(self._redactor.whole_text(text))
