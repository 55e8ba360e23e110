"""A person's yes or no to what waits for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autosd.acts.desk import Desk
from autosd.adapters.ssh_signatures import require_signed
from autosd.domain.approvals import ApprovalRequest, ApprovalStatus
from autosd.domain.errors import AutosdError
from autosd.governance.approvals.voting import aged, question, vote
from autosd.governance.redaction import Redactor
from autosd.settings import table


def waiting(desk: Desk, *, everything: bool = False) -> Sequence[ApprovalRequest]:
    """Newest first; those whose time is over are told as expired."""
    status = None if everything else ApprovalStatus.PENDING
    found = [aged(each, desk.now) for each in desk.approvals.requests(status=status)]
    return [each for each in found if everything or each.status is ApprovalStatus.PENDING]


def find(desk: Desk, proposal: str) -> ApprovalRequest:
    """The newest request for ``proposal`` (a prefix of at least six characters will do). Raises ``AUTOSD-PROPOSAL-UNKNOWN``."""
    found = list(desk.approvals.requests(proposal=proposal))
    if not found and len(proposal) >= 6:
        found = [each for each in desk.approvals.requests() if each.proposal.startswith(proposal)]
    if len({each.proposal for each in found}) != 1:
        why = "several proposals begin with" if found else "there is no proposal"
        raise AutosdError("AUTOSD-PROPOSAL-UNKNOWN", f"{why.capitalize()} {proposal!r}.", "Look at `autosd approvals list --all`.")
    return found[0]


@dataclass(frozen=True)
class Signed:
    """A vote that a person signed with their own key, brought here by whatever account."""

    by: str
    signature: bytes


def say(desk: Desk, proposal: str, *, yes: bool, reason: str = "", signed: Signed | None = None) -> ApprovalRequest:
    """One voice, of the account that runs this or of whoever signed it; recorded before it counts. Two at the same time both count."""
    while True:
        stored = find(desk, proposal)
        by = desk.by.name
        if signed:
            by = signed.by
            require_signed(question(stored, yes=yes), signed.signature, by=by, allowed=desk.settings[table.APPROVERS])
        voted = vote(stored, by=by, yes=yes, reason=Redactor(desk.settings.secrets).text(reason), at=desk.now, sign=desk.keyring.sign)
        kind, action = ("approved", "approve") if yes else ("rejected", "reject")
        hunks = list(voted.seal.hunks) if voted.seal else []
        desk.record(
            kind,
            action,
            voted.project,
            request=voted.id,
            proposal=voted.proposal,
            status=str(voted.status),
            reason=reason,
            hunks=hunks,
            by=by,
        )
        if desk.approvals.replace_request(stored, voted):
            return voted
