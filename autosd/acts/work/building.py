"""Building one approved proposal: whether it may begin, and what each step of the road makes of it (guide S1's statuses and codes).

Each step of a proposal's life is one write that goes through only if the stored status is still the old one. So whatever kills a build,
the next one goes on from the last step that was written, and finds again what was done after it.
"""

from __future__ import annotations

import fcntl
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from autosd.acts.changing import FixRequest, facts_of
from autosd.acts.projects import named
from autosd.app import App
from autosd.domain.changes import Change, ChangeResult, Word
from autosd.domain.decisions import Action, Facts, Objection, Principal
from autosd.domain.errors import AutosdError
from autosd.domain.outcomes import Run
from autosd.domain.proposals import Proposal, ProposalStatus
from autosd.gates.diffs import read_diff
from autosd.ports import PullRequest
from autosd.settings import table

MOST_NOTES = 4000  # S1's
#: The namespace of ids that are made from what they stand for.
RUNS = uuid.UUID("6ac1d3b0-0d0e-4c43-9f06-8f6f5c7f6f5e")

#: Rules whose No ends nothing: the same build goes on when they are lifted.
PASSING = frozenset({"halted", "kill_switch", "enabled", "approval", "protected_path", "quota", "quota_cooldown"})
#: What went wrong around the change; the same build may succeed another time.
OUTSIDE = frozenset({Word.FAILED, Word.SANDBOX_FAILED, Word.ENVIRONMENT_FAILED, Word.SUITE_TIMEOUT, Word.SUITE_FAILED,
                     Word.AI_CORE_UNAVAILABLE, Word.QUOTA_EXCEEDED})  # fmt: skip
S = ProposalStatus


class BuildStatus(StrEnum):
    """S1's words for what a build came to."""

    COMPLETED = "completed"
    SKIPPED = "skipped"
    ERROR = "error"


@dataclass(frozen=True)
class Order:
    """Who wants which proposal built, and how far. ``only_commit``: no push, whatever may be done."""

    proposal: str
    principal: Principal
    grant: str = ""
    require_grant: bool = False
    show_only: bool = False
    only_commit: bool = False
    write: bool = False
    seconds: float = 0.0
    began: float | None = None
    strategy: str = ""  # in place of the proposal's
    model: str = ""
    max_usd: float | None = None
    here: bool = False  # on the commit that is checked out, where nobody named a base branch


@dataclass(frozen=True)
class Built:
    """``reason`` is S1's code, or the change's result. ``waits``: it goes on by itself once what stands against it is lifted."""

    status: BuildStatus
    reason: str
    proposal: Proposal | None = None
    change: Change | None = None
    objections: tuple[Objection, ...] = ()
    waits: bool = False
    again: bool = False  # what went wrong is not the change's fault

    @staticmethod
    def of(proposal: Proposal) -> Built:
        """Where it stands now."""
        return Built(BuildStatus.COMPLETED, str(proposal.status), proposal)


def alone(app: App, order: Order) -> AbstractContextManager[bool]:
    """Whether nobody else on this machine builds this proposal now; nobody else does within the block."""
    return only_here(app, f"build-{uuid.uuid5(RUNS, order.proposal).hex}")


@contextmanager
def only_here(app: App, name: str) -> Iterator[bool]:
    """Whether nobody else on this machine does ``name`` now; nobody else does within the block."""
    folder = app.settings.home / "locks"
    folder.mkdir(mode=0o700, exist_ok=True)
    with (folder / name).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def busy(order: Order) -> Built:
    return Built(BuildStatus.SKIPPED, "already_being_built", waits=True)


def taken_up(app: App, order: Order) -> Proposal | Built:
    """The proposal, queued; or why nothing is built."""
    if not order.proposal:
        return Built(BuildStatus.SKIPPED, "missing_proposal_id")
    proposal = app.proposals.get(order.proposal)
    if proposal is None:
        return Built(BuildStatus.ERROR, "proposal_not_found")
    if proposal.status is S.APPROVED and not order.show_only:
        queued = replace(proposal, status=S.QUEUED)
        if not app.proposals.replace(proposal, queued):
            return taken_up(app, order)  # somebody was faster: look again
        return queued
    if proposal.status is S.APPROVED:
        return replace(proposal, status=S.QUEUED)  # only shown: nothing is written
    if proposal.status is S.QUEUED or (proposal.status is S.COMPLETED and goes_on(app, order)):
        return proposal
    return Built(BuildStatus.SKIPPED, f"proposal_status_not_actionable:{proposal.status}", proposal)


def request_of(app: App, order: Order, proposal: Proposal, run: Run | None = None) -> FixRequest:
    """What the road is asked for: a commit over the base branch, or the write into the project as it stands. ``run`` says which
    strategy goes first."""
    path = named(app.projects, proposal.project).path
    folder = str(proposal.evidence.get("folder", ""))
    return FixRequest(
        path=(path / folder) if folder else path,
        principal=order.principal,
        commit=not (order.write and order.principal.attended),
        show_only=order.show_only,
        clean=not order.write,
        grant=order.grant,
        require_grant=order.require_grant,
        purpose="self_build",
        began=order.began,
        proposal=proposal,
        write=order.write,
        base="" if order.write or (order.here and not _base_is_named(app)) else base_branch(app, path),
        seconds=order.seconds,
        first=run.strategy if run else "",
        strategy=order.strategy,
        model=order.model,
        max_usd=order.max_usd,
    )


def base_for(app: App, order: Order, proposal: Proposal) -> str:
    return app.settings[table.BASE_BRANCH]


def base_branch(app: App, path: Path) -> str:
    """The branch that is built on. Empty, which is what is checked out: nobody named one and there is none of the default's name."""
    branch = app.settings[table.BASE_BRANCH]
    if _base_is_named(app):
        return branch
    return branch if app.repository.has_branch(path, branch) else ""


def _base_is_named(app: App) -> bool:
    return app.settings.origin(table.BASE_BRANCH) != "default"


# ---- what a build came to ---------------------------------------------------------------------------------------------------------


def settled(app: App, order: Order, proposal: Proposal, change: Change) -> Built:
    """The step of the proposal's life that ``change`` stands for, written."""
    if order.show_only:
        proven = change.result.word is Word.PROVEN
        status = BuildStatus.COMPLETED if proven else BuildStatus.ERROR
        return Built(status, str(change.result), app.proposals.get(proposal.id), change, change.objections)
    if change.result.word is Word.COMMITTED:
        return _to(app, proposal, S.COMPLETED, change, branch=change.branch or "", commit=change.commit or "")
    if change.result.word is Word.WRITTEN:
        return _to(app, proposal, S.EXECUTED, change, executed_at=app.clock.now())
    rules = {objection.rule for objection in change.objections if objection.rule}
    waiting = any(objection.code == "AUTOSD-APPROVAL-REQUIRED" for objection in change.objections)
    if waiting or (rules and rules <= PASSING):
        reason = "approval_required" if waiting else str(change.result)
        return Built(BuildStatus.SKIPPED, reason, proposal, change, change.objections, waits=True)
    if rules and change.result.word in (Word.SELF_CODING_DISABLED, Word.REPO_NOT_ALLOWED, Word.RISK_BLOCKED):
        return Built(BuildStatus.SKIPPED, str(change.result), proposal, change, change.objections, waits=True)
    if change.result.word in OUTSIDE:
        return Built(BuildStatus.ERROR, str(change.result), proposal, change, change.objections, again=True)
    built = _to(app, proposal, S.FAILED, change)
    return replace(built, status=BuildStatus.ERROR, reason=str(change.result))


def _to(app: App, proposal: Proposal, status: ProposalStatus, change: Change, **known: object) -> Built:
    now = app.clock.now()
    said = f"{change.result} change={change.id}" + (f" branch={change.branch} commit={change.commit}" if change.commit else "")
    said += "".join(f" [{each.code}] {each.message}" for each in change.objections)
    values: dict[str, object] = {"status": status, "change_id": change.id, "notes": noted(proposal, now, said), **known}
    if status in (S.COMPLETED, S.EXECUTED):
        values["completed_at"] = now
        values["evidence"] = {**proposal.evidence, "approvals": int(change.extra.get("approvals", "0"))}
    return _stored(app, proposal, replace(proposal, **values), change)  # type: ignore[arg-type]


def _stored(app: App, old: Proposal, new: Proposal, change: Change | None) -> Built:
    """Whoever was faster has written what holds."""
    objections = change.objections if change else ()
    if app.proposals.replace(old, new):
        return Built(BuildStatus.COMPLETED, str(change.result) if change else str(new.status), new, change, objections)
    now = app.proposals.get(old.id)
    return Built(BuildStatus.SKIPPED, f"proposal_status_not_actionable:{now.status if now else 'gone'}", now, change, objections)


def noted(proposal: Proposal, now: datetime, said: str) -> str:
    """S1's audit note: one line a step, the newest kept where it grows too long."""
    line = f"{now:%Y-%m-%dT%H:%M:%SZ} {' '.join(said.split())}"
    return f"{proposal.notes}\n{line}".strip()[-MOST_NOTES:]


def failed(app: App, id: str, why: str) -> None:
    """A queued proposal whose job is dead."""
    proposal = app.proposals.get(id)
    if proposal and proposal.status is S.QUEUED:
        app.proposals.replace(proposal, replace(proposal, status=S.FAILED, notes=noted(proposal, app.clock.now(), why)))


# ---- publishing --------------------------------------------------------------------------------------------------------------------


def goes_on(app: App, order: Order) -> bool:
    """Whether a push is wanted at all: switched on, or a grant was shown that may name it."""
    wanted = app.settings[table.PUSH] is True or (bool(order.grant) and app.settings[table.PUSH] is not False)
    return wanted and not (order.only_commit or order.show_only)


def wants_pull_request(app: App, order: Order) -> bool:
    return app.settings[table.PULL_REQUEST] is True or (bool(order.grant) and app.settings[table.PULL_REQUEST] is not False)


def change_of(app: App, built: Built) -> Change:
    """What was landed: of this run, or as the store has it."""
    proposal = built.proposal
    change = built.change or (app.store.change(proposal.change_id) if proposal else None)
    if change is None or proposal is None:
        raise AutosdError("AUTOSD-CHANGE-UNKNOWN", "The change of this proposal is not in the store.", "Approve it anew.", exit_code=1)
    return replace(change, branch=proposal.branch, commit=proposal.commit)


def publishing(app: App, request: FixRequest, action: Action, change: Change) -> Facts:
    """The yeses that were given to the commit hold for its way out: its bytes cannot change any more."""
    diff, top = read_diff(change.diff), Path(change.extra.get("apply_in", "") or request.path)
    inside = request.path.resolve().relative_to(top.resolve()).as_posix() if request.path.resolve().is_relative_to(top.resolve()) else "."
    spelt = {path.removeprefix("" if inside == "." else f"{inside}/") for file in diff.files for path in file.paths}
    passed = frozenset(report.gate for report in change.reports if report.passed)
    given = request.proposal.evidence.get("approvals", 0) if request.proposal else 0
    facts = facts_of(app, request, action, paths=sorted(spelt), lines=diff.lines, gates_passed=passed)
    return replace(facts, approvals_given=given if isinstance(given, int) else 0)


def pushed(app: App, built: Built, to: str) -> Built:
    proposal = built.proposal
    assert proposal is not None
    noted_ = replace(proposal, notes=noted(proposal, app.clock.now(), f"pushed branch={proposal.branch} to={to}"))
    change = built.change and replace(built.change, result=ChangeResult(Word.PUSHED))
    return replace(built, reason=str(Word.PUSHED), proposal=noted_, change=change)


def opened(app: App, built: Built, found: PullRequest) -> Built:
    proposal = built.proposal
    assert proposal is not None
    stored = app.proposals.get(proposal.id)
    note = noted(proposal, app.clock.now(), f"pr_opened pr={found.number} base={found.base} at={found.place}")
    new = replace(proposal, status=S.PR_OPENED, pull_request=found.place or str(found.number), notes=note)
    change = built.change and replace(built.change, result=ChangeResult(Word.PR_OPENED))
    ended = _stored(app, stored or proposal, new, change)
    return replace(ended, reason=str(Word.PR_OPENED)) if ended.status is BuildStatus.COMPLETED else ended


def held(app: App, built: Built, result: str, objections: tuple[Objection, ...]) -> Built:
    """S1: a push or a pull request that did not come about leaves the build completed, and says why."""
    waits = bool(objections) and all(objection.rule in PASSING for objection in objections if objection.rule)
    waits = waits and any(objection.rule for objection in objections)
    return replace(built, reason=f"{built.reason} ({result})", objections=(*built.objections, *objections), waits=waits)
