"""The Approvals port on SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from autosd.adapters.store.base import Tables
from autosd.adapters.store.leave_tables import approval_requests as table
from autosd.domain.approvals import ApprovalKind, ApprovalRequest, ApprovalStatus, Seal, Vote
from autosd.domain.errors import AutosdError

#: What never changes after the request was made.
_FIXED = ("proposal", "project", "kind", "asked_by", "needed", "diff")


class SqlApprovals(Tables):
    """Satisfies ``Approvals``."""

    def add_request(self, request: ApprovalRequest) -> None:
        """See ``Approvals``; the same id with another content is ``AUTOSD-STORE-CONFLICT``."""
        row = _row(request)
        with self._writing() as connection:
            connection.execute(self._insert(table).values(**row).on_conflict_do_nothing(index_elements=["id"]))
            there = connection.execute(sa.select(table).where(table.c.id == request.id)).one()._mapping
        if any(there[name] != row[name] for name in _FIXED):
            message = f"The approval request {request.id!r} is there already, with another content."
            raise AutosdError("AUTOSD-STORE-CONFLICT", message, "Run again: a new attempt gets a new id.", exit_code=1)

    def request(self, id: str) -> ApprovalRequest | None:
        rows = self._rows(sa.select(table).where(table.c.id == id))
        return _request(rows[0]) if rows else None

    def requests(
        self, *, project: str | None = None, proposal: str | None = None, status: ApprovalStatus | None = None
    ) -> Sequence[ApprovalRequest]:
        """Newest first."""
        query = sa.select(table).order_by(table.c.seq.desc())
        for column, wanted in ((table.c.project, project), (table.c.proposal, proposal), (table.c.status, status)):
            if wanted is not None:
                query = query.where(column == str(wanted))
        return [_request(row) for row in self._rows(query)]

    def replace_request(self, old: ApprovalRequest, new: ApprovalRequest) -> bool:
        """Status and votes only; the rest of a request never changes."""
        with self._writing() as connection:
            there = connection.execute(sa.select(table).where(table.c.id == old.id).with_for_update()).one_or_none()
            if there is None or _request(dict(there._mapping)) != old:
                return False
            row = _row(new)
            changed = {name: row[name] for name in ("status", "votes", "reason")}
            connection.execute(sa.update(table).where(table.c.id == old.id).values(**changed))
        return True


def _row(request: ApprovalRequest) -> dict[str, Any]:
    votes = [{**asdict(vote), "at": vote.at.isoformat()} for vote in request.votes]
    plain = {name: getattr(request, name) for name in (*_FIXED, "id", "title", "reason", "created_at", "expires_at")}
    return {
        **plain,
        "kind": str(request.kind),
        "status": str(request.status),
        "seal": asdict(request.seal) if request.seal else None,
        "files": [list(each) for each in request.files],
        "votes": votes,
    }


def _request(row: Mapping[str, Any]) -> ApprovalRequest:
    values = {name: row[name] for name in (*_FIXED, "id", "title", "reason", "created_at", "expires_at")}
    return ApprovalRequest(
        **{
            **values,
            "kind": ApprovalKind(row["kind"]),
            "status": ApprovalStatus(row["status"]),
            "seal": _seal(row["seal"]) if row["seal"] else None,
            "files": tuple((path, text) for path, text in row["files"]),
            "votes": tuple(Vote(**{**vote, "at": datetime.fromisoformat(vote["at"])}) for vote in row["votes"]),
        }
    )


def _seal(row: Mapping[str, Any]) -> Seal:
    pairs = {name: tuple((first, second) for first, second in row[name]) for name in ("gates", "touched")}
    return Seal(hunks=tuple(row["hunks"]), base_tree=row["base_tree"], rules=row["rules"], **pairs)
