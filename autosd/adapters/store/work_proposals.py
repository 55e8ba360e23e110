"""The Proposals port on SQL, in S1's table: its words and priorities are read as ours, so that both can work on the same rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from autosd.adapters.store.base import Tables
from autosd.adapters.store.records import cleaned
from autosd.adapters.store.work_hours import counted_since
from autosd.adapters.store.work_tables import proposals as table
from autosd.adapters.store.work_tables import totals
from autosd.adapters.store.work_types import mapping, words
from autosd.domain.actions import Risk
from autosd.domain.proposals import LIFE, Proposal, ProposalStatus
from autosd.domain.signals import Stream
from autosd.governance.redaction import Redactor

#: S1's words that mean the same as one of ours.
_ALSO = {
    "proposed": ProposalStatus.PENDING,
    "implementing": ProposalStatus.QUEUED,
    "completed": ProposalStatus.COMPLETED,
}
_STATUSES: dict[str, ProposalStatus] = {**{str(each): each for each in ProposalStatus}, **_ALSO}

#: Columns that have another name than the field.
_COLUMNS = {
    "tenant": "tenant_id",
    "kind": "improvement_type",
    "priority": "score",
    "expected_effect": "estimated_impact",
    "steps": "implementation_steps",
    "criteria": "success_criteria",
    "effort_hours": "estimated_effort_hours",
    "risk": "risk_level",
    "auto_approvable": "auto_approved",
    "notes": "implementation_notes",
    "commit": "commit_sha",
}
_LISTS = ("paths", "steps", "criteria", "benefits", "risks")
#: What never changes after the proposal was made.
_FIXED = ("id", "project", "fingerprint", "created_at", "tenant_id")
#: Texts that a test, a tool or a person may have had a hand in.
_TEXTS = ("title", "description", "estimated_impact", *(_COLUMNS.get(each, each) for each in _LISTS), "evidence", "implementation_notes")


class SqlProposals(Tables):
    """Satisfies ``Proposals``."""

    def __init__(self, engine: sa.Engine) -> None:
        super().__init__(engine)
        self._redactor = Redactor()

    def add(self, proposal: Proposal) -> bool:
        """See ``Proposals``; the database's own unique index decides between two that come at once."""
        with self._writing() as connection:
            insert = self._insert(table).values(**_row(proposal, self._redactor)).on_conflict_do_nothing()
            return connection.execute(insert.returning(table.c.id)).first() is not None

    def get(self, id: str) -> Proposal | None:
        rows = self._rows(sa.select(table).where(table.c.id == id, table.c.status.in_(_STATUSES)))
        return _proposal(rows[0]) if rows else None

    def find(
        self,
        *,
        project: str | None = None,
        status: Iterable[ProposalStatus] | None = None,
        fingerprint: str | None = None,
        limit: int | None = None,
    ) -> Sequence[Proposal]:
        """See ``Proposals``."""
        query = sa.select(table).where(table.c.status.in_(_spellings(status)))
        if project is not None:
            query = query.where(table.c.project == project)
        if fingerprint is not None:
            query = query.where(table.c.fingerprint == fingerprint)
        query = query.order_by(table.c.score.desc(), table.c.created_at, table.c.id)
        return [_proposal(row) for row in self._rows(query if limit is None else query.limit(limit))]

    def replace(self, old: Proposal, new: Proposal) -> bool:
        """See ``Proposals``; what a proposal is of (project, fingerprint, tenant) stays as it was added."""
        if old.id != new.id or (new.status is not old.status and new.status not in LIFE[old.status]):
            raise ValueError(f"a proposal's life has no step from {old.status} to {new.status}")
        changed = {name: value for name, value in _row(new, self._redactor).items() if name not in _FIXED}
        query = sa.update(table).where(table.c.id == old.id, table.c.status.in_(_spellings([old.status]))).values(**changed)
        with self._writing() as connection:
            return bool(connection.execute(query).rowcount == 1)

    def counts(self, *, since: datetime | None = None, production: bool = True) -> Mapping[ProposalStatus, int]:
        """By status; ``since`` looks at when they were made. Without ``production`` synthetic and non-production ones count too."""
        if since is None:
            query = sa.select(totals.c.word, sa.func.sum(totals.c.n).label("n")).where(totals.c.of == table.name).group_by(totals.c.word)
            rows = self._rows(query.where(totals.c.stream == str(Stream.PRODUCTION)) if production else query)
        else:
            kept = [table.c.stream == str(Stream.PRODUCTION)] if production else []
            rows = counted_since(self._rows, since, table.c.created_at, table.c.status, kept, production=production)
        found = dict.fromkeys(ProposalStatus, 0)
        for row in rows:
            if status := _STATUSES.get(row["word"]):
                found[status] += int(row["n"])
        return found


def _spellings(statuses: Iterable[ProposalStatus] | None) -> list[str]:
    wanted = set(ProposalStatus if statuses is None else statuses)
    return [word for word, status in _STATUSES.items() if status in wanted]


def _row(proposal: Proposal, redactor: Redactor) -> dict[str, Any]:
    row = {_COLUMNS.get(each.name, each.name): getattr(proposal, each.name) for each in fields(Proposal)}
    row |= {_COLUMNS.get(name, name): list(getattr(proposal, name)) for name in _LISTS}
    row |= {"risk_level": str(proposal.risk), "stream": str(proposal.stream), "status": str(proposal.status)}
    row |= {"evidence": dict(proposal.evidence), "priority": 4 - min(3, max(0, int(4 * proposal.priority)))}
    return row | {name: cleaned(row[name], redactor) for name in _TEXTS}


def _proposal(row: Mapping[str, Any]) -> Proposal:
    values = {each.name: row[_COLUMNS.get(each.name, each.name)] for each in fields(Proposal)}
    given = {name: value for name, value in values.items() if value is not None}
    given |= {name: words(values[name]) for name in _LISTS}
    given["risk"] = _risk(values["risk"])
    given["status"] = _STATUSES[values["status"]]
    given["stream"] = Stream(values["stream"]) if values["stream"] in set(Stream) else Stream.NON_PRODUCTION
    given["evidence"] = mapping(values["evidence"])
    missing = {"kind": "", "description": "", "priority": 0.375, "created_at": datetime.fromtimestamp(0, UTC)}
    return Proposal(**{**missing, **given})


def _risk(word: str | None) -> Risk:
    """A word that nobody knows is no low risk."""
    if not word:
        return Risk.MEDIUM
    return Risk(word.lower()) if word.lower() in set(Risk) else Risk.HIGH
