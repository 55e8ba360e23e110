"""The Store port on SQLAlchemy Core: one transaction a call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from autosd.adapters.store.base import Tables
from autosd.adapters.store.records import change_from_dict, change_to_dict, summary_from_dict, summary_to_dict
from autosd.adapters.store.tables import changes, projects, run_summaries
from autosd.domain.changes import Change, RunSummary
from autosd.domain.errors import AutosdError
from autosd.governance.redaction import Redactor


class SqlStore(Tables):
    """Satisfies ``Store``; made by ``open_store``."""

    def __init__(self, engine: sa.Engine) -> None:
        super().__init__(engine)
        self._redactor = Redactor()

    @property
    def engine(self) -> sa.Engine:
        """For the other groups of tables in the same database."""
        return self._engine

    def close(self) -> None:
        """Give the connections back; on SQLite the write-ahead file is folded in and removed."""
        self._engine.dispose()

    def add_change(self, change: Change) -> None:
        """See ``Store``."""
        self._append(changes, change_to_dict(change, self._redactor))

    def changes(self, project: str | None = None, *, limit: int = 50) -> Sequence[Change]:
        """The newest first."""
        query = sa.select(changes).order_by(changes.c.seq.desc()).limit(limit)
        if project is not None:
            query = query.where(changes.c.project == project)
        return [change_from_dict(row) for row in self._rows(query)]

    def change(self, id: str) -> Change | None:
        """The change of this id."""
        rows = self._rows(sa.select(changes).where(changes.c.id == id))
        return change_from_dict(rows[0]) if rows else None

    def halted(self, project: str) -> bool:
        """Whether the switch of ``project`` is off."""
        rows = self._rows(sa.select(projects.c.halted).where(projects.c.project == project))
        return bool(rows and rows[0]["halted"])

    def set_halted(self, project: str, halted: bool, *, reason: str, at: datetime) -> None:
        """The last word wins; who said it is in the audit record."""
        with self._writing() as connection:
            row = {"halted": halted, "reason": self._redactor.text(reason), "changed_at": at}
            insert = self._insert(projects).values(project=project, **row)
            connection.execute(insert.on_conflict_do_update(index_elements=["project"], set_=row))

    def add_summary(self, summary: RunSummary) -> None:
        """See ``Store``."""
        self._append(run_summaries, summary_to_dict(summary, self._redactor))

    def summary(self, id: str) -> RunSummary | None:
        """The summary of this request."""
        rows = self._rows(sa.select(run_summaries).where(run_summaries.c.id == id))
        return summary_from_dict(rows[0]) if rows else None

    def summaries(self, project: str | None = None, *, change: str | None = None, limit: int = 50) -> Sequence[RunSummary]:
        """See ``Store``."""
        query = sa.select(run_summaries).order_by(run_summaries.c.created_at.desc(), run_summaries.c.id).limit(limit)
        if project is not None:
            query = query.where(run_summaries.c.project == project)
        if change is not None:
            query = query.where(sa.type_coerce(run_summaries.c.refs, sa.JSON)["change"].as_string() == change)
        return [summary_from_dict(row) for row in self._rows(query)]

    def _append(self, table: sa.Table, row: Mapping[str, Any]) -> None:
        """Insert ``row``; a row that says the same already is enough, so that a killed run can be run again."""
        with self._writing() as connection:
            connection.execute(self._insert(table).values(**row).on_conflict_do_nothing(index_elements=["id"]))
            there = connection.execute(sa.select(table.c.digest).where(table.c.id == row["id"])).scalar()
        if there != row["digest"]:
            raise AutosdError(
                "AUTOSD-STORE-CONFLICT",
                f"{table.name} holds {row['id']!r} already, with another content.",
                "Run again: a new attempt gets a new id.",
                exit_code=1,
            )
