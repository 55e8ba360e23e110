"""What the steps of the road share: what was asked for, the questions to the guard, and a change as it grows."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autosd.acts.allowing.questions import Asker, question
from autosd.app import App
from autosd.domain.changes import Candidate, Change, ChangeResult, Cost, TestEvidence, Word
from autosd.domain.decisions import Action, Facts, Principal
from autosd.domain.errors import AutosdError
from autosd.domain.proposals import Proposal
from autosd.domain.suites import Diagnosis
from autosd.gates.context import GatePolicy
from autosd.gates.diffs import read_diff
from autosd.gates.judging import Verdict
from autosd.gates.policy import policy_of
from autosd.governance.rules import LASTING
from autosd.intake.runners import runner_of_command
from autosd.intake.running import ColdSuite
from autosd.intake.scope import nothing_to_do
from autosd.learning.past import Past
from autosd.ports import Hunk, Snapshot, Task
from autosd.settings import Settings, table
from autosd.views.changes import id_of

LINT = "lint_defect"
PATCH = "patch"  # a helper or an edit that somebody asked for from Python (guide S2)
#: Kinds of proposals that are over once the suite is green.
OF_TESTS = frozenset({"failing_test", "regression", "crash"})


@dataclass(frozen=True)
class FixRequest:
    """What the road was asked for. ``show_only`` ends it before anything is landed; ``proposal`` is what people approved, if it is that."""

    path: Path
    principal: Principal
    tests: tuple[str, ...] = ()
    commit: bool = False
    show_only: bool = False
    clean: bool = False
    grant: str = ""  # the id or the token of a grant
    require_grant: bool = False
    purpose: str = "fix"
    began: float | None = None  # of time.monotonic(): when the person began to wait
    proposal: Proposal | None = None
    write: bool = False  # put it into the project itself
    base: str = ""  # the branch whose commit is the base; empty: what is checked out
    first: str = ""  # the strategy that is tried before the others
    seconds: float = 0.0  # less than the setting allows; 0: as the setting says
    past: Past | None = None  # of kept patches: then a change is landed only if its deltas are no worse than theirs
    strategy: str = ""  # the only one that may work; empty or "auto": as the proposal says, else all
    model: str = ""  # empty: the one that is set
    max_usd: float | None = None  # for the whole of it; None: as the budgets say


def deadline_of(settings: Settings, request: FixRequest) -> float:
    most = settings[table.FIX_MAX_SECONDS]
    return (request.began or time.monotonic()) + (min(most, request.seconds) if request.seconds else most)


def facts_of(app: App, request: FixRequest, action: Action, **known: Any) -> Facts:
    asker = Asker(request.principal, request.path, request.grant, request.purpose)
    if request.proposal:
        known["risk"] = request.proposal.risk
    return question(app, asker, action, require_grant=request.require_grant and action in LASTING, **known)


def require_sense(app: App) -> None:
    """What was asked for wrongly is told at once, not after the work that comes before it."""
    python, command = app.settings[table.FIX_PYTHON], app.settings[table.TEST_COMMAND]
    if command:
        runner_of_command(command)
    if python is not None:
        app.toolchain.require(python)


def require_place_for_commit(request: FixRequest, snapshot: Snapshot) -> None:
    """Said before the work, not after it."""
    if request.commit and snapshot.head is None:
        message = f"{request.path} has no commit that a branch could start from."
        raise AutosdError("AUTOSD-COMMIT-NO-REPO", message, "Leave out --commit, or run `git init` and commit first.")


def begun(project: str, snapshot: Snapshot, diagnosis: Diagnosis, proposal: Proposal | None = None) -> Change:
    """The change before anything was tried: ``no_candidate_found``, or the reason why there is nothing to try."""
    run = diagnosis.run
    evidence = TestEvidence(diagnosis.failing, diagnosis.failing, flaky=diagnosis.flaky, total=len(run.collected))
    result, objections = nothing_to_do(diagnosis)
    if result.word is Word.NO_FAILING_TESTS and proposal and proposal.kind not in OF_TESTS:
        result = ChangeResult(Word.NO_CANDIDATE)  # a green suite is what this work begins with
    inside = snapshot.root.relative_to(snapshot.top).parts
    place = snapshot.source.parents[len(inside) - 1] if inside else snapshot.source
    extra = {"apply_in": str(place), "tree": snapshot.tree, "notes": "\n".join(snapshot.notes), "dirty": "yes" if snapshot.dirty else ""}
    if proposal:
        extra["proposal"] = proposal.id
    return Change("", project, snapshot.head, result, evidence=evidence, objections=objections, extra=extra)


def task_of(
    settings: Settings, snapshot: Snapshot, diagnosis: Diagnosis, suite: ColdSuite, deadline: float, history: tuple[Hunk, ...] = ()
) -> Task:
    """What the coders get: the time that is left, less what the proof will need."""
    left = deadline - time.monotonic()
    return Task(
        snapshot=snapshot,
        env=suite.env,
        diagnosis=diagnosis,
        seconds=max(1.0, left - min(left / 2, 2.5 * diagnosis.run.seconds + 1)),
        seed=settings[table.FIX_SEED],
        workers=settings[table.FIX_WORKERS],
        runner=str(suite.runner.kind),
        test_args=suite.runner.args,
        test_env=suite.runner.env,
        history=history,
    )


def judged_by(settings: Settings, proposal: Proposal | None) -> GatePolicy:
    """A proposal that begins on a green suite is proven by a suite that says the same and runs what was changed (ADR 0040)."""
    built = proposal is not None
    skip = built and settings[table.SKIP_TESTS]
    policy = replace(policy_of(settings), targetless=proposal is not None and proposal.kind not in OF_TESTS, skip_suite=skip)
    kind = proposal.kind if proposal else ""
    return replace(policy, additions=kind == PATCH, compared=("codemod",) if kind == LINT else ())


def with_proof(change: Change, candidate: Candidate, verdict: Verdict, cost: Cost) -> Change:
    change = replace(
        change,
        result=ChangeResult(Word.PROVEN),
        strategy=candidate.strategy,
        diff=verdict.diff,
        reports=verdict.reports,
        evidence=verdict.evidence,
        overfit=verdict.overfit,
        extra={**change.extra, "tests": "skipped"} if verdict.skipped else change.extra,
        cost=replace(cost, evaluated=max(cost.evaluated, candidate.cost.evaluated), seconds=candidate.cost.seconds or cost.seconds),
    )
    return replace(change, id=id_of(change))


def with_doubt(change: Change, verdict: Verdict) -> Change:
    """Candidates come best first: the first one's verdict is what is told."""
    if change.reports or verdict.stopped_by is None:
        return change
    return replace(change, result=verdict.stopped_by, reports=verdict.reports)


def what_is_known(change: Change, candidate: Candidate) -> dict[str, Any]:
    """What rules may look at of a proven change."""
    passed = frozenset(report.gate for report in change.reports if report.passed)
    return {"paths": sorted(candidate.files), "lines": read_diff(change.diff).lines, "gates_passed": passed}


def asked(request: FixRequest) -> dict[str, Any]:
    """What the artifact says was wanted, and by whom."""
    by = {"principal": request.principal.name, "attended": request.principal.attended}
    if request.proposal:
        by |= {"proposal": request.proposal.id, "title": request.proposal.title}
    action = "self_build" if request.proposal else "fix"
    return {"action": action, "tests": list(request.tests), "commit": request.commit, "clean": request.clean, **by}
