"""A change that a person at a terminal asks for in words: it becomes a proposal, and gets their own leave where nobody else is asked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from autosd.acts.allowing.questions import Asker, question
from autosd.acts.work.proposals import approve, opened_bench, retry
from autosd.acts.work.scanning import ScanRequest, scan, told_left
from autosd.app import App
from autosd.domain.actions import Action, Principal
from autosd.domain.errors import AutosdError
from autosd.domain.proposals import Proposal, ProposalStatus
from autosd.governance.rules_change import self_changing
from autosd.governance.rules_leave import people_asked
from autosd.ports import Progress

#: A wish that was put before and is one of these goes on.
WAITING = frozenset(
    {ProposalStatus.PENDING, ProposalStatus.APPROVED, ProposalStatus.QUEUED, ProposalStatus.COMPLETED, ProposalStatus.FAILED}
)


@dataclass(frozen=True)
class Wish:
    path: Path
    words: str
    by: Principal


def wished(app: App, wish: Wish, progress: Progress) -> Proposal:
    """The proposal that the words come to; the same words again find the same one. Raises ``AUTOSD-ASK-NOT-PROPOSED`` and
    ``AUTOSD-ASK-NOT-KEPT``."""
    done = scan(app, ScanRequest(wish.path, wish.by, words=wish.words, clean=True), progress)
    if done.proposed and not done.saved:
        message = "Settings say that nothing is kept, so nothing can be built of it."
        raise AutosdError("AUTOSD-ASK-NOT-KEPT", message, "Unset DRY_RUN and ENABLE_PROPOSAL_V2=false; `autosd ask --dry-run` only shows.")
    if done.proposed:
        return done.proposed[0]
    for left, said in told_left(done.left):
        known = [each for each in app.proposals.find(fingerprint=left.opportunity.fingerprint) if each.status in WAITING]
        if left.reason == "open_already" and known:
            return known[0]
        raise AutosdError("AUTOSD-ASK-NOT-PROPOSED", f"Nothing was proposed: {said}.", "Look at `autosd proposals list --all`.")
    raise AutosdError("AUTOSD-ASK-NOT-PROPOSED", "Nothing was proposed: the words say nothing.", "Say what should be changed.")


def give_leave(app: App, proposal: Proposal, wish: Wish) -> Proposal:
    """The asker's own yes, on their own authority as with ``autosd fix``: only at a terminal, and only where no rule or policy wants
    somebody else's. Raises ``AUTOSD-APPROVAL-OWN``."""
    if proposal.status not in (ProposalStatus.PENDING, ProposalStatus.FAILED):
        return proposal
    facts = question(app, Asker(wish.by, wish.path, "", "approve"), Action.BUILD, risk=proposal.risk, paths=proposal.paths)
    if not wish.by.attended or people_asked(facts) or self_changing(facts):
        message = f"{proposal.id[:8]} needs the yes of somebody else than {wish.by.name}, who asked for it."
        remedy = f"Let another person run `autosd proposals approve {proposal.id[:8]}`; then `autosd build {proposal.id[:8]}`."
        raise AutosdError("AUTOSD-APPROVAL-OWN", message, remedy)
    with opened_bench(app.settings, wish.by) as bench:
        answer = retry if proposal.status is ProposalStatus.FAILED else approve
        return answer(bench, proposal.id, reason="asked for and allowed at the terminal by the same person", own=True)
