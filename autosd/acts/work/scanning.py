"""Looking at a project and proposing what could be done: run its tests once, ask every source, keep what is worth a person's time."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from autosd.acts.allowing.questions import Asker, project_key, question, within_project
from autosd.acts.work.exploring import exploration_of
from autosd.acts.work.sightings import note_scan
from autosd.app import App
from autosd.domain.actions import Action, Principal, Risk
from autosd.domain.changes import Word
from autosd.domain.decisions import Permit
from autosd.domain.errors import AutosdError
from autosd.domain.proposals import OPEN, Proposal, ProposalStatus
from autosd.domain.signals import Signal
from autosd.domain.suites import Diagnosis
from autosd.governance.rules_change import self_changing
from autosd.governance.rules_leave import people_asked
from autosd.intake.diagnosing import diagnose
from autosd.intake.proposing import Limits, NotProposed, Opportunity, opportunities, propose
from autosd.intake.running import ColdSuite
from autosd.intake.scope import limits_of, nothing_to_do, runner_of
from autosd.intake.sources.complexity import Complexity
from autosd.intake.sources.crashes import Crashes
from autosd.intake.sources.duplication import Duplication
from autosd.intake.sources.failing_tests import FailingTests
from autosd.intake.sources.feedback import FeedbackPatterns
from autosd.intake.sources.flaky_tests import FlakyTests
from autosd.intake.sources.lint import Lint
from autosd.intake.sources.requests import Request
from autosd.intake.sources.slow_tests import SlowTests
from autosd.intake.sources.types import Types
from autosd.ports import Feedback, Progress, Proposals, Snapshot, Source, SubjectEnv
from autosd.settings import Settings, table
from autosd.settings.rows import Setting

#: Who stands behind a yes that no person gave (S1).
AUTO_APPROVER = "auto_approval_system"


@dataclass(frozen=True)
class ScanRequest:
    """With ``log`` (text of a crash log) or ``words`` (a request) only these are looked at, and no test is run."""

    path: Path
    principal: Principal
    log: str | None = None
    words: str = ""
    clean: bool = False
    show_only: bool = False
    grant: str = ""
    arms: Mapping[str, str] = field(default_factory=dict)  # what learning chose, for unattended scans: S4's thresholds
    explore: bool = False  # nothing was seen for long: look closer at a weak spot, and say that it is synthetic


@dataclass(frozen=True)
class Looked:
    """One source: how much it saw, or why it could not look."""

    source: str
    signals: int = 0
    problem: str = ""


@dataclass(frozen=True)
class Scan:
    project: str
    at: datetime
    looked: tuple[Looked, ...]
    signals: tuple[Signal, ...]
    proposed: tuple[Proposal, ...]
    left: tuple[NotProposed, ...]
    saved: bool
    expired: int = 0
    seconds: float = 0.0


def scan(app: App, request: ScanRequest, progress: Progress) -> Scan:
    """What was seen and what was proposed. Safe to run again: what is open is not proposed twice. Raises ``Refused``."""
    began = time.monotonic()
    with app.guard.permit(question(app, _asker(request), Action.BUILD)) as permit:
        progress.step("taking the base")
        with app.repository.snapshot(request.path, clean=request.clean) as snapshot:
            sources, unseen = sources_of(app, request, snapshot, progress)
            looked, signals = _ask(sources, app, request, snapshot, progress)
        progress.step("proposing", f"{len(signals)} seen")
        done = proposed(app, request, tuple(signals))
        if done.saved and not request.explore and request.log is None and not request.words and not within_project(app, request.path):
            note_scan(app, done.project, request.path, opportunities(signals), done.at)
        done = replace(done, looked=(*unseen, *looked), seconds=time.monotonic() - began)
        _note(app, permit, done)
    return done


def feedback_of(app: App) -> Feedback:
    from autosd.adapters.store.feedback import SqlFeedback

    store: Any = app.store
    return SqlFeedback(store.engine)


def _asker(request: ScanRequest) -> Asker:
    return Asker(request.principal, request.path, request.grant, "scan")


# ---- looking ---------------------------------------------------------------------------------------------------------------------


def sources_of(app: App, request: ScanRequest, snapshot: Snapshot, progress: Progress) -> tuple[list[Source], list[Looked]]:
    """Every source that can look at this project, and why the others cannot."""
    if request.log is not None or request.words:
        asked: list[Source] = [] if request.log is None else [Crashes(request.log)]
        return [*asked, *([Request(request.words, request.principal.name)] if request.words else [])], []
    unseen: list[Looked] = []
    sources: list[Source] = [Complexity(), Duplication(), FeedbackPatterns(feedback_of(app))]
    env = None
    try:
        progress.step("preparing the environment of the tests")
        env = app.toolchain.prepare(snapshot, python=app.settings[table.FIX_PYTHON])
    except AutosdError as error:
        unseen.append(Looked("tests", problem=f"{error.message} {error.remedy}"))
    else:
        suite, diagnosis = _diagnosed(app, env, snapshot, progress)
        result, objections = nothing_to_do(diagnosis)
        if request.explore:
            return _explored(app, snapshot, suite, diagnosis, progress)
        if result.word in (Word.NO_CANDIDATE, Word.NO_FAILING_TESTS):
            sources += [FailingTests(diagnosis), FlakyTests(diagnosis), SlowTests(diagnosis)]
        else:  # what a suite that did not come to its end says of single tests was not confirmed
            unseen.append(Looked("tests", problem=" ".join(f"{no.message} {no.remedy}" for no in objections) or str(result)))
        sources.append(Types(app.sandbox, env, app.settings.limits))
    sources.append(Lint(env.version if env else (0, 0)))
    return sources, unseen


def _explored(
    app: App, snapshot: Snapshot, suite: ColdSuite, diagnosis: Diagnosis, progress: Progress
) -> tuple[list[Source], list[Looked]]:
    """Only where the suite is green: a red one is no measure of weak spots."""
    result, _ = nothing_to_do(diagnosis)
    if result.word is not Word.NO_FAILING_TESTS:
        return [], [Looked("exploration", problem="The suite is not green; `autosd fix` comes first.")]
    progress.step("exploring", "which lines the tests run, which faults they would miss")
    return [exploration_of(app, snapshot, suite, diagnosis)], []


def _diagnosed(app: App, env: SubjectEnv, snapshot: Snapshot, progress: Progress) -> tuple[ColdSuite, Diagnosis]:
    progress.step("running the tests", env.origin)
    limits = limits_of(app.settings, time.monotonic() + app.settings[table.FIX_MAX_SECONDS])
    suite = ColdSuite(app.sandbox, env, runner_of(app.settings, snapshot), limits)
    return suite, diagnose(suite.sandbox, env, snapshot.root, runner=suite.runner, limits=suite.limits)


def _ask(
    sources: Sequence[Source], app: App, request: ScanRequest, snapshot: Snapshot, progress: Progress
) -> tuple[list[Looked], list[Signal]]:
    """One source that cannot look does not keep the others from it."""
    project, inside, now = project_key(app, request.path), within_project(app, request.path), app.clock.now()
    looked, found = [], []
    for source in sources:
        progress.step("looking", source.name)
        try:
            signals = list(source.signals(project, snapshot.root, now))
        except AutosdError as error:
            looked.append(Looked(source.name, problem=f"{error.message} {error.remedy}"))
            continue
        looked.append(Looked(source.name, len(signals)))
        found += [_placed(signal, inside) for signal in signals]
    return looked, found


def _placed(signal: Signal, inside: str) -> Signal:
    """Of a folder inside the project: its paths as the project has them."""
    if not inside:
        return signal
    paths = tuple(f"{inside}/{path}" for path in signal.paths)
    return replace(signal, subject=f"{inside}: {signal.subject}", paths=paths, evidence={**signal.evidence, "folder": inside})


# ---- proposing -------------------------------------------------------------------------------------------------------------------


def proposed(app: App, request: ScanRequest, signals: tuple[Signal, ...]) -> Scan:
    """What the signals come to, kept unless nothing may be kept: the record first, then the proposal."""
    proposals, project, now = app.proposals, project_key(app, request.path), app.clock.now()
    saved = app.settings[table.PROPOSALS] and not app.settings[table.DRY_RUN] and not request.show_only
    expired = expire(app, proposals, project, now) if saved else 0
    known = app.projects.project(project)
    found = opportunities(signals)
    made, left = propose(
        found,
        earlier=lambda fingerprint: proposals.find(fingerprint=fingerprint),
        there=proposals.find(project=project, status=OPEN),
        limits=limits_of_proposals(app, request.arms),
        now=now,
        new_id=lambda: str(uuid4()),
        tenant=known.tenant if known else "public",
    )
    if saved:
        made = [replace(each, evidence={**each.evidence, "arms": dict(request.arms)}) if request.arms else each for each in made]
        kept = [_kept(app, request, proposals, proposal) for proposal in made]
        by_print = {opportunity.fingerprint: opportunity for opportunity in found}
        left += [_beaten(by_print[proposal.fingerprint]) for proposal, there in zip(made, kept, strict=True) if there is None]
        made = [proposal for proposal in kept if proposal]
    return Scan(project, now, (), signals, tuple(made), tuple(left), saved, expired)


def limits_of_proposals(app: App, arms: Mapping[str, str]) -> Limits:
    settings = app.settings
    return Limits(
        _threshold(settings, table.CREATE_THRESHOLD, arms.get("scan_min_score"), 10),
        settings[table.MAX_OPEN_PROPOSALS],
        settings[table.MAX_OPEN_PER_KIND],
        timedelta(days=settings[table.PROPOSAL_DAYS]),
    )


def _threshold(settings: Settings, row: Setting[float], arm: str | None, scale: float) -> float:
    """What learning chose, as long as nobody set it: a person's word is stronger."""
    return float(arm) / scale if arm and settings.origin(row) == "default" else settings[row]


def _beaten(opportunity: Opportunity) -> NotProposed:
    return NotProposed(opportunity, None, "open_already", "another scan proposed it at this moment")


def _kept(app: App, request: ScanRequest, proposals: Proposals, proposal: Proposal) -> Proposal | None:
    """None when another scan was quicker. Approved at once where nobody has to be asked."""
    _record(app, "proposed", "propose", proposal, request.principal, fingerprint=proposal.fingerprint, priority=proposal.priority)
    if not proposals.add(proposal):
        return None
    if not approves_itself(app, request, proposal):
        return proposal
    approved = replace(proposal, status=ProposalStatus.APPROVED, approver=AUTO_APPROVER, approved_at=app.clock.now())
    _record(app, "approved", "approve", proposal, Principal(AUTO_APPROVER, attended=False), priority=proposal.priority)
    return approved if proposals.replace(proposal, approved) else proposals.get(proposal.id)


def approves_itself(app: App, request: ScanRequest, proposal: Proposal) -> bool:
    """Low risk and high priority; and unattended work must be allowed here, with no rule or policy that asks for people."""
    threshold = _threshold(app.settings, table.AUTO_APPROVE_THRESHOLD, request.arms.get("approve_threshold"), 1)
    if not proposal.auto_approvable or proposal.risk is not Risk.LOW or proposal.priority < threshold:
        return False
    asker = Asker(Principal(AUTO_APPROVER, attended=False), request.path, request.grant, "approve")
    facts = question(app, asker, Action.BUILD, risk=proposal.risk, paths=proposal.paths)
    return app.guard.decide(facts).permitted and not people_asked(facts) and not self_changing(facts)


def expire(app: App, proposals: Proposals, project: str, now: datetime) -> int:
    """Proposals that nobody answered in time are over; what is still there to be seen is proposed anew."""
    count = 0
    for proposal in proposals.find(project=project, status=[ProposalStatus.PENDING]):
        if proposal.expires_at and proposal.expires_at <= now:
            count += proposals.replace(proposal, replace(proposal, status=ProposalStatus.EXPIRED, completed_at=now))
    return count


def _record(app: App, kind: str, action: str, proposal: Proposal, by: Principal, **details: object) -> None:
    fields = {"action": action, "project_id": proposal.project, "principal": by.name, "attended": by.attended}
    said = {"proposal": proposal.id, "title": proposal.title, "kind": proposal.kind, "risk": str(proposal.risk), **details}
    app.audit.append(kind, {**fields, "details": said}, app.clock.now())


def _note(app: App, permit: Permit, done: Scan) -> None:
    """Also when nothing was found: silence has to show."""
    problems = [each.source for each in done.looked if each.problem]
    app.guard.note(
        permit,
        scan={"seen": len(done.signals), "proposed": len(done.proposed), "left": len(done.left), "saved": done.saved, "blind": problems},
    )


def told_left(left: Sequence[NotProposed]) -> Iterator[tuple[NotProposed, str]]:
    """With the sentence that people read."""
    for each in left:
        yield each, f"{_SENTENCES[each.reason]} ({each.detail})"


_SENTENCES = {
    "unsure": "not sure enough",
    "open_already": "proposed already",
    "rejected": "a No stands, and it is not worse than it was",
    "below_threshold": "not important enough",
    "limit_of_kind": "too many of this kind are open",
    "limit_of_project": "too many are open",
}
