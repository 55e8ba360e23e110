"""Who may say yes or no, and what a request becomes by it. Pure: the time, the voter and the signer come in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime

from autosd.domain.approvals import LIFE, ApprovalRequest, ApprovalStatus, Seal, Vote
from autosd.domain.errors import AutosdError
from autosd.governance.approvals.seals import holds
from autosd.governance.chain import canonical_json

Sign = Callable[[bytes], bytes]

#: After the account's name, where no person stood behind the work that asks.
UNATTENDED = " (unattended)"


def vote(request: ApprovalRequest, *, by: str, yes: bool, reason: str, at: datetime, sign: Sign) -> ApprovalRequest:
    """The request after this voice. Raises ``AUTOSD-APPROVAL-...`` when it may not be given, or comes too late."""
    request = aged(request, at)
    if request.status is not ApprovalStatus.PENDING:
        raise _closed(request)
    if yes and by == asker(request):
        message = f"{by} asked for {request.proposal}, so the yes has to come from somebody else."
        raise AutosdError("AUTOSD-APPROVAL-OWN", message, "Let another person run `autosd approvals approve`.")
    if any(each.by == by and each.yes == yes for each in request.votes):
        message = f"{by} has voted on {request.proposal} already."
        raise AutosdError("AUTOSD-APPROVAL-TWICE", message, f"It needs {_missing(request)} more; let another person vote.")
    unsigned = Vote(by, yes, at, reason)
    voice = replace(unsigned, signature=sign(statement(request, unsigned)).hex())
    voted = replace(request, votes=(*request.votes, voice))
    if not yes:
        return moved(replace(voted, reason=reason), ApprovalStatus.REJECTED)
    return moved(voted, ApprovalStatus.APPROVED) if yeses(voted) >= request.needed else voted


def yeses(request: ApprovalRequest) -> int:
    """Different people who said yes; none of them asked for it."""
    return len({each.by for each in request.votes if each.yes} - {asker(request)})


def asker(request: ApprovalRequest) -> str:
    """The account that asked, whether a person stood behind it or not: a yes of the same account would be nobody else's."""
    return request.asked_by.removesuffix(UNATTENDED)


def standing(request: ApprovalRequest, now: Seal, at: datetime, sign: Sign) -> int:
    """How many valid yeses there are to these very bytes: 0 when it is another candidate, too late, or a vote was not signed here."""
    request = aged(request, at)
    if request.seal is None or not holds(request.seal, now) or request.status is not ApprovalStatus.APPROVED:
        return 0
    genuine = {each.by for each in request.votes if each.yes and each.signature == sign(statement(request, each)).hex()}
    return len(genuine - {asker(request)})


def question(request: ApprovalRequest, *, yes: bool) -> bytes:
    """What a person's own key signs: a yes or no to this request, all of its seal, and its end."""
    seal = asdict(request.seal) if request.seal else None
    said = [request.id, request.proposal, request.project, request.needed, request.asked_by, request.expires_at.isoformat()]
    return b"autosd-approval-v1 " + canonical_json(["yes" if yes else "no", said, seal]) + b"\n"


def statement(request: ApprovalRequest, each: Vote) -> bytes:
    """What this installation signs when it has taken a vote: the question, who answered, when and why."""
    return question(request, yes=each.yes) + canonical_json([each.by, each.at.isoformat(), each.reason])


def aged(request: ApprovalRequest, now: datetime) -> ApprovalRequest:
    """An unanswered or unused request whose time is over is expired."""
    if now >= request.expires_at and ApprovalStatus.EXPIRED in LIFE[request.status]:
        return moved(request, ApprovalStatus.EXPIRED)
    return request


def moved(request: ApprovalRequest, status: ApprovalStatus) -> ApprovalRequest:
    if status not in LIFE[request.status]:
        raise _closed(request)
    return replace(request, status=status)


def _missing(request: ApprovalRequest) -> int:
    return max(0, request.needed - yeses(request))


def _closed(request: ApprovalRequest) -> AutosdError:
    message = f"{request.proposal} is {request.status.replace('_', ' ')}; it can no longer be voted on."
    return AutosdError("AUTOSD-APPROVAL-CLOSED", message, "Run the work again: it asks anew.")
