"""What to change and why, and the life of it: what people approve, what is built, what came of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from autosd.domain.actions import Risk
from autosd.domain.signals import Stream


class ProposalStatus(StrEnum):
    """The guides' words (S1, S4)."""

    PENDING = "pending_approval"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    QUEUED = "queued_for_self_build"
    COMPLETED = "self_build_completed"
    PR_OPENED = "pr_opened"
    EXECUTED = "executed"
    FAILED = "failed"
    VERIFIED = "verified"
    REVERTED = "reverted"


S = ProposalStatus
#: Every allowed step. Retries stay queued: jobs count tries. ``failed`` may be approved again by a person (retry).
LIFE: dict[ProposalStatus, frozenset[ProposalStatus]] = {
    S.PENDING: frozenset({S.APPROVED, S.REJECTED, S.EXPIRED}),
    S.APPROVED: frozenset({S.QUEUED, S.REJECTED}),
    S.QUEUED: frozenset({S.COMPLETED, S.EXECUTED, S.FAILED}),
    S.COMPLETED: frozenset({S.PR_OPENED, S.EXECUTED}),
    S.PR_OPENED: frozenset({S.EXECUTED, S.REJECTED}),
    S.EXECUTED: frozenset({S.VERIFIED, S.REVERTED}),
    S.FAILED: frozenset({S.APPROVED, S.REJECTED}),
    S.VERIFIED: frozenset({S.REVERTED}),
    S.REJECTED: frozenset(),
    S.EXPIRED: frozenset(),
    S.REVERTED: frozenset(),
}
#: While a proposal is one of these, the same chance is not proposed again.
OPEN = frozenset({S.PENDING, S.APPROVED, S.QUEUED, S.COMPLETED, S.PR_OPENED, S.EXECUTED, S.FAILED})


@dataclass(frozen=True)
class Proposal:
    """``priority`` is 0 to 1, higher first. ``fingerprint`` is the same for the same chance, whenever it is seen."""

    id: str  # a UUID
    project: str
    kind: str  # the signal's kind, or S1's improvement_type
    title: str
    description: str
    fingerprint: str
    risk: Risk
    priority: float
    confidence: float
    created_at: datetime
    tenant: str = "public"
    severity: float = 0.5  # of the signals behind it; asked again after a No only when it got worse
    expected_effect: str = ""
    strategy: str = ""  # which coder it is meant for; empty: whichever learning chooses
    paths: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    criteria: tuple[str, ...] = ()
    benefits: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    effort_hours: float = 0.0
    evidence: Mapping[str, object] = field(default_factory=dict)
    stream: Stream = Stream.PRODUCTION
    auto_approvable: bool = False
    status: ProposalStatus = ProposalStatus.PENDING
    expires_at: datetime | None = None
    approved_at: datetime | None = None
    approver: str = ""
    completed_at: datetime | None = None
    executed_at: datetime | None = None
    notes: str = ""
    change_id: str = ""
    branch: str = ""
    commit: str = ""
    pull_request: str = ""


def fingerprint_of(project: str, kind: str, subject: str) -> str:
    """24 hexadecimal digits."""
    return hashlib.sha256("\0".join((project, kind, subject)).encode("utf-8", "surrogatepass")).hexdigest()[:24]
