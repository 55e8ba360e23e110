"""A person's yes or no to what waits for it."""

from __future__ import annotations

from collections.abc import Sequence

from autosd.acts.desk import Desk
from autosd.domain.approvals import ApprovalRequest, ApprovalStatus
from autosd.domain.errors import AutosdError
from autosd.governance.approvals.voting import aged, vote


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


def say(desk: Desk, proposal: str, *, yes: bool, reason: str = "") -> ApprovalRequest:
    """One voice; recorded before it counts. Two people at the same time both count."""
    while True:
        stored = find(desk, proposal)
        voted = vote(stored, by=desk.by.name, yes=yes, reason=reason, at=desk.now, sign=desk.keyring.sign)
        kind, action = ("approved", "approve") if yes else ("rejected", "reject")
        hunks = list(voted.seal.hunks) if voted.seal else []
        desk.record(
            kind, action, voted.project, request=voted.id, proposal=voted.proposal, status=str(voted.status), reason=reason, hunks=hunks
        )
        if desk.approvals.replace_request(stored, voted):
            return voted
