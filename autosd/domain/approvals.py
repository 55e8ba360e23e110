"""A person's yes: to a proposal's scope before the work, or to a candidate's bytes after it, never to more than they saw."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ApprovalKind(StrEnum):
    SCOPE = "scope"  # before work: what may be tried
    CONTENT = "content"  # after work: exactly these bytes


class ApprovalStatus(StrEnum):
    PENDING = "pending_approval"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    VOID = "void"  # what was approved is no longer what would be landed


#: pending -> approved | rejected | expired | void;  approved -> void | expired
LIFE: dict[ApprovalStatus, frozenset[ApprovalStatus]] = {
    ApprovalStatus.PENDING: frozenset({ApprovalStatus.APPROVED, ApprovalStatus.REJECTED, ApprovalStatus.EXPIRED, ApprovalStatus.VOID}),
    ApprovalStatus.APPROVED: frozenset({ApprovalStatus.VOID, ApprovalStatus.EXPIRED}),
    ApprovalStatus.REJECTED: frozenset(),
    ApprovalStatus.EXPIRED: frozenset(),
    ApprovalStatus.VOID: frozenset(),
}


@dataclass(frozen=True)
class Seal:
    """What a yes is bound to. Equal seals: the same bytes under the same rules.

    ``hunks``: one stable id a hunk (path, old lines, new lines; no line numbers), sorted, so that a pure rebase keeps them.
    ``files``: per touched path, the hash of the lines around each hunk on the base, for the same reason.
    """

    hunks: tuple[str, ...]
    base_tree: str
    rules: str  # hash of the rule set and the resolved policy
    gates: tuple[tuple[str, bool], ...]
    touched: tuple[tuple[str, str], ...] = ()  # path -> blob id on the base


@dataclass(frozen=True)
class Vote:
    by: str
    yes: bool
    at: datetime
    reason: str = ""
    signature: str = ""  # over the request's id and seal, hex


@dataclass(frozen=True)
class ApprovalRequest:
    """Something that waits for people. ``needed`` of them, none of whom may be ``asked_by``."""

    id: str
    proposal: str  # what people name: `autosd approvals approve PROPOSAL`
    project: str
    kind: ApprovalKind
    title: str
    asked_by: str
    needed: int
    created_at: datetime
    expires_at: datetime
    seal: Seal | None = None
    diff: str = ""
    files: tuple[tuple[str, str | None], ...] = ()  # the candidate whole, to land it later without searching again
    status: ApprovalStatus = ApprovalStatus.PENDING
    votes: tuple[Vote, ...] = ()
    reason: str = ""
