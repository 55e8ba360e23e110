"""A person's answer to a proposal, and its whole story."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from autosd.acts.desk import Desk, opened_desk
from autosd.domain.actions import Principal
from autosd.domain.approvals import ApprovalRequest
from autosd.domain.changes import Change
from autosd.domain.errors import AutosdError
from autosd.domain.jobs import Job
from autosd.domain.outcomes import Evidence, Run
from autosd.domain.proposals import Proposal, ProposalStatus
from autosd.governance.redaction import Redactor
from autosd.ports import Outcomes, Proposals, Queue
from autosd.settings import Settings

if TYPE_CHECKING:
    from autosd.adapters.store.sql import SqlStore

SHORTEST = 6  # of an id that was not written out
MOST_NOTES = 4000  # S1's


@dataclass(frozen=True)
class Bench:
    """The desk, with the proposals and what became of them."""

    desk: Desk
    proposals: Proposals
    queue: Queue
    outcomes: Outcomes


@dataclass(frozen=True)
class Story:
    """Everything that the store knows of one proposal, in the order in which it happened."""

    proposal: Proposal
    jobs: tuple[Job, ...]
    runs: tuple[Run, ...]
    evidence: tuple[Evidence, ...]
    change: Change | None
    approvals: tuple[ApprovalRequest, ...]


@contextmanager
def opened_bench(settings: Settings, by: Principal) -> Iterator[Bench]:
    from autosd.adapters.store.work_outcomes import SqlOutcomes
    from autosd.adapters.store.work_proposals import SqlProposals
    from autosd.adapters.store.work_queue import SqlQueue

    with opened_desk(settings, by) as desk:
        store: SqlStore | Any = desk.store
        yield Bench(desk, SqlProposals(store.engine), SqlQueue(store.engine), SqlOutcomes(store.engine))


def find(bench: Bench, id: str) -> Proposal:
    """By its id, or by the beginning of it (at least six characters). Raises ``AUTOSD-PROPOSAL-UNKNOWN``."""
    found = bench.proposals.get(id)
    if found:
        return found
    alike = [each for each in bench.proposals.find() if each.id.startswith(id)] if len(id) >= SHORTEST else []
    if len(alike) == 1:
        return alike[0]
    why = f"Several proposals begin with {id!r}." if alike else f"There is no proposal {id!r}."
    raise AutosdError("AUTOSD-PROPOSAL-UNKNOWN", why, "Look at `autosd proposals list --all`.")


def story(bench: Bench, id: str) -> Story:
    proposal = find(bench, id)
    runs = tuple(bench.outcomes.runs(proposal=proposal.id))
    change = bench.desk.store.change(proposal.change_id) if proposal.change_id else None
    return Story(
        proposal,
        tuple(job for job in bench.queue.jobs(limit=1000) if job.payload.get("proposal_id") == proposal.id),
        runs,
        tuple(evidence for run in runs for evidence in bench.outcomes.evidence(run=run.id)),
        change,
        tuple(_content_approvals(bench.desk, proposal, change)),
    )


def _content_approvals(desk: Desk, proposal: Proposal, change: Change | None) -> Sequence[ApprovalRequest]:
    """Votes on the very bytes that were built for it."""
    if change is None or not change.diff:
        return []
    return [each for each in desk.approvals.requests(project=proposal.project) if each.diff == change.diff]


def approve(bench: Bench, id: str, *, reason: str = "", own: bool = False) -> Proposal:
    """A yes to the idea, not yet to any bytes. Only while it waits, and never by who asked for it; ``own``: it was found out that they may
    (``autosd.acts.work.wishes``)."""
    proposal = find(bench, id)
    _require(proposal, ProposalStatus.PENDING, "approve", bench)
    if not own:
        _require_another(bench, proposal)
    return _answered(bench, proposal, ProposalStatus.APPROVED, "approved", "approve", reason)


def reject(bench: Bench, id: str, *, reason: str) -> Proposal:
    """A No, which also keeps the same chance from being proposed again until it is clearly worse."""
    proposal = find(bench, id)
    _require(proposal, ProposalStatus.PENDING, "reject", bench)
    return _answered(bench, proposal, ProposalStatus.REJECTED, "rejected", "reject", reason)


def retry(bench: Bench, id: str, *, reason: str = "", own: bool = False) -> Proposal:
    """Approve a failed one again: it is built anew, with all its tries. ``own`` as with ``approve``."""
    proposal = find(bench, id)
    _require(proposal, ProposalStatus.FAILED, "retry", bench)
    if not own:
        _require_another(bench, proposal)
    return _answered(bench, proposal, ProposalStatus.APPROVED, "approved", "retry", reason)


def _require(proposal: Proposal, status: ProposalStatus, verb: str, bench: Bench) -> None:
    over = proposal.status is ProposalStatus.PENDING and proposal.expires_at is not None and proposal.expires_at <= bench.desk.now
    if over:
        bench.proposals.replace(proposal, replace(proposal, status=ProposalStatus.EXPIRED, completed_at=bench.desk.now))
    if over or proposal.status is not status:
        now_ = ProposalStatus.EXPIRED if over else proposal.status
        message = f"{proposal.id[:8]} is {_words(now_)}; only what is {_words(status)} can be answered with {verb}."
        remedy = (
            "Run `autosd scan`: what is still there is proposed anew." if over else f"Look at `autosd proposals show {proposal.id[:8]}`."
        )
        raise AutosdError("AUTOSD-PROPOSAL-STATE", message, remedy)


def _require_another(bench: Bench, proposal: Proposal) -> None:
    asked_by = proposal.evidence.get("asked_by")
    if asked_by == bench.desk.by.name:
        message = f"{asked_by} asked for {proposal.id[:8]}, so the yes has to come from somebody else."
        raise AutosdError("AUTOSD-APPROVAL-OWN", message, "Let another person run `autosd proposals approve`.")


def _answered(bench: Bench, proposal: Proposal, status: ProposalStatus, kind: str, action: str, reason: str) -> Proposal:
    """In the record before it counts. Of two answers at the same time one is too late, and is told so."""
    desk = bench.desk
    clean = Redactor(desk.settings.secrets).text(reason)
    desk.record(kind, action, proposal.project, proposal=proposal.id, title=proposal.title, risk=str(proposal.risk), reason=clean)
    yes = status is ProposalStatus.APPROVED
    answered = replace(
        proposal,
        status=status,
        approver=desk.by.name,
        approved_at=desk.now if yes else proposal.approved_at,
        completed_at=None if yes else desk.now,
        notes="\n".join(filter(None, (proposal.notes, clean)))[-MOST_NOTES:],
    )
    if bench.proposals.replace(proposal, answered):
        return answered
    message = f"{proposal.id[:8]} was answered or begun by somebody else at this moment."
    raise AutosdError("AUTOSD-PROPOSAL-STATE", message, f"Look at `autosd proposals show {proposal.id[:8]}`.")


def _words(status: ProposalStatus) -> str:
    return str(status).replace("_", " ")
