"""Asking people for their yes to a proven candidate, and finding the yes they gave to these very bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from autosd.acts.allowing.questions import within_project
from autosd.app import App
from autosd.domain.actions import Principal
from autosd.domain.approvals import ApprovalKind, ApprovalRequest, ApprovalStatus, Seal
from autosd.domain.changes import Candidate, Change, ChangeResult, Word
from autosd.domain.decisions import Facts, Objection
from autosd.governance.approvals.seals import holds, rules_hash, seal_of
from autosd.governance.approvals.voting import UNATTENDED, aged, standing
from autosd.governance.guard import Refused
from autosd.governance.rules_change import people_for_self_changes, self_changing
from autosd.governance.rules_leave import people_asked
from autosd.ports import Approvals, AuditLog, Keyring, Snapshot
from autosd.settings import table

#: Rules that only people's yes is missing for.
WAITING = frozenset({"approval", "protected_path"})


@dataclass(frozen=True)
class Bytes:
    """What a yes would be to: a candidate over its base, and how it was judged."""

    project: str
    files: Mapping[str, str | None]
    seal: Seal
    diff: str
    title: str

    @property
    def proposal(self) -> str:
        """The same bytes for the same project are the same proposal."""
        return hashlib.sha256("\n".join((self.project, *self.seal.hunks)).encode()).hexdigest()[:12]


def bytes_of(change: Change, files: Mapping[str, str | None], root: Path, *, tree: str, rules: str, within: str = "") -> Bytes:
    """``root`` is the folder of the work as the base has it; ``within`` says where it lies in the project, which spells the paths."""
    before = {spelt(within, path): _text(root / path) for path in files}
    files = {spelt(within, path): text for path, text in files.items()}
    seal = seal_of(before, files, base_tree=tree, reports=change.reports, rules=rules)
    title = f"{change.strategy or 'a change'}: {', '.join(sorted(files))}"
    return Bytes(change.project, files, seal, change.diff, title)


def spelt(within: str, path: str) -> str:
    return f"{within}/{path}" if within else path


def _text(file: Path) -> str | None:
    if file.is_symlink() or not file.is_file():
        return None
    with file.open(encoding="utf-8", errors="surrogateescape", newline="") as text:
        return text.read()


def given(approvals: Approvals, wanted: Bytes, now: datetime, keyring: Keyring) -> int:
    """How many valid yeses there are to these bytes under these rules."""
    found = approvals.requests(project=wanted.project, proposal=wanted.proposal)
    return max((standing(each, wanted.seal, now, keyring.sign) for each in found), default=0)


def ask(
    approvals: Approvals, audit: AuditLog, wanted: Bytes, *, needed: int, by: Principal, now: datetime, life: timedelta
) -> ApprovalRequest:
    """The open request for these bytes, made if there is none; recorded first. One that a No ended is not asked again."""
    earlier = [aged(each, now) for each in approvals.requests(project=wanted.project, proposal=wanted.proposal)]
    standing_ones = (each for each in earlier if _answers(each, wanted, needed))
    if open_one := next(standing_ones, None):
        return open_one
    _void(approvals, audit, earlier, by, now)
    asked_by = by.name if by.attended else f"{by.name}{UNATTENDED}"
    request = ApprovalRequest(
        id=f"{wanted.proposal}-{len(earlier) + 1}",
        proposal=wanted.proposal,
        project=wanted.project,
        kind=ApprovalKind.CONTENT,
        title=wanted.title,
        asked_by=asked_by,
        needed=needed,
        created_at=now,
        expires_at=now + life,
        seal=wanted.seal,
        diff=wanted.diff,
        files=tuple(sorted(wanted.files.items())),
    )
    _record(audit, "approval_requested", request, by, now)
    approvals.add_request(request)
    return request


def _answers(request: ApprovalRequest, wanted: Bytes, needed: int) -> bool:
    """A No to these bytes stands, whatever the rules have become; a pending request stands while it asks for the same thing."""
    if request.status is ApprovalStatus.REJECTED:
        return True
    same = request.seal is not None and holds(request.seal, wanted.seal) and request.needed >= needed
    return same and request.status is ApprovalStatus.PENDING


def _void(approvals: Approvals, audit: AuditLog, earlier: Sequence[ApprovalRequest], by: Principal, now: datetime) -> None:
    """What was asked or approved under other rules is no longer a question: there is a new one."""
    for request in earlier:
        if request.status in (ApprovalStatus.PENDING, ApprovalStatus.APPROVED):
            _record(audit, "voided", request, by, now)
            stored = approvals.request(request.id)
            if stored:
                approvals.replace_request(stored, replace(stored, status=ApprovalStatus.VOID))


def _record(audit: AuditLog, kind: str, request: ApprovalRequest, by: Principal, now: datetime) -> None:
    details = {"request": request.id, "proposal": request.proposal, "needed": request.needed}
    details["hunks"] = list(request.seal.hunks) if request.seal else []
    fields = {"action": "approval", "project_id": request.project, "principal": by.name, "attended": by.attended}
    audit.append(kind, {**fields, "details": details}, now)


def waits(request: ApprovalRequest) -> Objection:
    """What people read while the yes is missing, or when it was a No."""
    if request.status is ApprovalStatus.REJECTED:
        message = f"{request.proposal} was rejected: {request.reason or 'no reason was given'}."
        return Objection("AUTOSD-APPROVAL-REJECTED", message, "Change what was found wrong; the same bytes are not asked for again.")
    people = "another person" if request.needed == 1 else f"{request.needed} other people"
    message = f"{request.proposal} waits for the yes of {people} until {request.expires_at:%Y-%m-%d %H:%M} UTC."
    remedy = f"They run `autosd approvals approve {request.proposal}`; then run the same command again."
    return Objection("AUTOSD-APPROVAL-REQUIRED", message, remedy, "approval")


# ---- for the road --------------------------------------------------------------------------------------------------------------------


def with_yeses(app: App, facts: Facts, snapshot: Snapshot, candidate: Candidate, change: Change) -> Facts:
    """``facts`` with the number of people who said yes to exactly this."""
    wanted = _wanted(app, facts, snapshot, candidate, change)
    return replace(facts, approvals_given=given(app.approvals, wanted, facts.now, app.keyring))


def asked_people(app: App, no: Refused, snapshot: Snapshot, candidate: Candidate, change: Change) -> tuple[Objection, ...]:
    """When nothing but people's yes is missing: they are asked, and the answer says how. Empty: it was refused for something else."""
    facts, objections = no.decision.facts, no.decision.objections
    if any(objection.rule not in WAITING for objection in objections):
        return ()
    wanted = _wanted(app, facts, snapshot, candidate, change)
    life = timedelta(hours=app.settings[table.APPROVAL_HOURS])
    needed = max(people_asked(facts), people_for_self_changes(facts) if self_changing(facts) else 0)
    request = ask(app.approvals, app.audit, wanted, needed=needed, by=facts.principal, now=facts.now, life=life)
    return (waits(request),)


def answered_first(
    app: App, project: str, snapshot: Snapshot, failing: tuple[str, ...], searched: Iterable[Candidate]
) -> Iterator[Candidate]:
    """What people approved and is still on the same base comes before any search; what they rejected is not offered again."""
    earlier = [aged(each, app.clock.now()) for each in app.approvals.requests(project=project)]
    within = within_project(app, snapshot.source)
    for request in earlier:
        files = _files_here(request, within)
        if request.status is ApprovalStatus.APPROVED and files and _on_its_base(request, files, snapshot, within):
            strategy = request.title.partition(":")[0]
            yield Candidate(strategy, files, failing, summary=f"approved as {request.proposal}")
    rejected = {request.proposal for request in earlier if request.status is ApprovalStatus.REJECTED}
    for candidate in searched:
        if not rejected or _unjudged(project, candidate.files, snapshot, within).proposal not in rejected:
            yield candidate


def _files_here(request: ApprovalRequest, within: str) -> dict[str, str | None]:
    """The request's files as the folder of the work spells them; none when one of them lies outside it."""
    prefix = spelt(within, "")
    inside = all(path.startswith(prefix) for path, _ in request.files)
    return {path.removeprefix(prefix): text for path, text in request.files} if inside else {}


def _on_its_base(request: ApprovalRequest, files: Mapping[str, str | None], snapshot: Snapshot, within: str) -> bool:
    return request.seal is not None and _unjudged("", files, snapshot, within).seal.touched == request.seal.touched


def _unjudged(project: str, files: Mapping[str, str | None], snapshot: Snapshot, within: str) -> Bytes:
    nothing_known = Change("", project, None, ChangeResult(Word.PROVEN))
    return bytes_of(nothing_known, files, snapshot.root, tree="", rules="", within=within)


def _wanted(app: App, facts: Facts, snapshot: Snapshot, candidate: Candidate, change: Change) -> Bytes:
    rules = rules_hash(app.guard.rules, facts.policy)
    return bytes_of(change, candidate.files, snapshot.root, tree=snapshot.tree, rules=rules, within=facts.within)
