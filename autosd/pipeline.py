"""The road: what happens, in the order it happens. A step that is not visible here does not happen."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autosd.acts.asking import answered_first, asked_people, with_yeses
from autosd.acts.questions import Asker, project_key, question
from autosd.adapters.clock import new_id
from autosd.app import App
from autosd.coding.metering import Metered, offered
from autosd.domain.changes import Candidate, Change, ChangeResult, Cost, TestEvidence, Word
from autosd.domain.decisions import Action, Facts, Objection, Principal
from autosd.domain.errors import AutosdError
from autosd.domain.suites import Diagnosis
from autosd.gates.diffs import read_diff
from autosd.gates.judging import Verdict, judge
from autosd.gates.policy import policy_of
from autosd.governance.guard import Refused
from autosd.governance.rules import LASTING
from autosd.intake.diagnosing import diagnose
from autosd.intake.runners import runner_of_command
from autosd.intake.running import ColdSuite
from autosd.intake.scope import limits_of, nothing_to_do, on_any_tree, only, patient, runner_of
from autosd.landing.artifact import write_artifact
from autosd.landing.commit import branch_of, commit_change
from autosd.landing.evidence import Landing
from autosd.ports import Hunk, Progress, Snapshot, Task
from autosd.settings import Settings, table
from autosd.views.changes import id_of, objection_of, result_of, summary_of


@dataclass(frozen=True)
class FixRequest:
    """What ``autosd fix`` was asked for. ``show_only`` ends the road before anything is landed."""

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


def fix(app: App, request: FixRequest, progress: Progress) -> Change:
    """From failing tests to a proven fix, landed as far as it was allowed.

    Safe to run again after any interruption: every name it makes comes from the content it works on.
    """
    deadline = (request.began or time.monotonic()) + app.settings[table.FIX_MAX_SECONDS]
    try:
        with app.guard.permit(facts_of(app, request, Action.BUILD)):
            require_sense(app)
            progress.step("taking the base")
            with app.repository.snapshot(request.path, clean=request.clean) as snapshot:
                require_place_for_commit(request, snapshot)
                progress.step("preparing the environment of the tests")
                env = app.toolchain.prepare(snapshot, python=app.settings[table.FIX_PYTHON])
                progress.step("running the tests", env.origin)
                suite = ColdSuite(app.sandbox, env, runner_of(app.settings, snapshot), limits_of(app.settings, deadline))
                diagnosis = only(request.tests, diagnose(suite.sandbox, env, snapshot.root, runner=suite.runner, limits=suite.limits))
                suite = patient(suite, diagnosis)
                change = begun(project_key(app, request.path), snapshot, diagnosis)
                if change.result.word is Word.NO_CANDIDATE:
                    progress.step("looking for a fix", f"{len(diagnosis.failing)} failing")
                    task = task_of(app.settings, snapshot, diagnosis, suite, deadline, app.repository.history(snapshot))
                    change, candidate = proven(app, task, suite, change, deadline, Metered(progress))
                    if candidate and not request.show_only:
                        change = landed(app, request, snapshot, candidate, change, env.origin)
                return recorded(app, request, change)
    except Refused as no:
        return Change("", project_key(app, request.path), None, no.result, objections=no.decision.objections)


# ---- the steps, in the order of the road ----------------------------------------------------------------------------------------


def facts_of(app: App, request: FixRequest, action: Action, **known: Any) -> Facts:
    asker = Asker(request.principal, request.path, request.grant, request.purpose)
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


def begun(project: str, snapshot: Snapshot, diagnosis: Diagnosis) -> Change:
    """The change before anything was tried: ``no_candidate_found``, or the reason why there is nothing to try."""
    run = diagnosis.run
    evidence = TestEvidence(diagnosis.failing, diagnosis.failing, flaky=diagnosis.flaky, total=len(run.collected))
    result, objections = nothing_to_do(diagnosis)
    inside = snapshot.root.relative_to(snapshot.top).parts
    place = snapshot.source.parents[len(inside) - 1] if inside else snapshot.source
    extra = {"apply_in": str(place), "tree": snapshot.tree, "notes": "\n".join(snapshot.notes), "dirty": "yes" if snapshot.dirty else ""}
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


def proven(app: App, task: Task, suite: ColdSuite, change: Change, deadline: float, progress: Metered) -> tuple[Change, Candidate | None]:
    """The first candidate that all gates let pass; without one, the change says why the best one was stopped."""
    if time.monotonic() > deadline:
        message = f"Running the tests took all of the {app.settings[table.FIX_MAX_SECONDS]:.0f} s."
        return replace(change, objections=(Objection("AUTOSD-TIME-UP", message, "Give it more with --max-seconds."),)), None
    policy = policy_of(app.settings)
    searched = offered(app.coders, task, progress)
    for candidate in answered_first(app, change.project, task.snapshot, task.diagnosis.failing, searched):
        progress.step("proving", candidate.summary)
        verdict = judge(
            candidate,
            snapshot=task.snapshot,
            repository=app.repository,
            sandbox=app.sandbox,
            suite=on_any_tree(suite, task.snapshot),
            diagnosis=task.diagnosis,
            policy=policy,
        )
        if verdict.proven:
            return with_proof(change, candidate, verdict, progress.cost()), candidate
        change = with_doubt(change, verdict)
        if time.monotonic() > deadline:
            break
    return replace(change, cost=progress.cost()), None


def with_proof(change: Change, candidate: Candidate, verdict: Verdict, cost: Cost) -> Change:
    change = replace(
        change,
        result=ChangeResult(Word.PROVEN),
        strategy=candidate.strategy,
        diff=verdict.diff,
        reports=verdict.reports,
        evidence=verdict.evidence,
        overfit=verdict.overfit,
        cost=replace(cost, evaluated=max(cost.evaluated, candidate.cost.evaluated), seconds=candidate.cost.seconds or cost.seconds),
    )
    return replace(change, id=id_of(change))


def with_doubt(change: Change, verdict: Verdict) -> Change:
    """Candidates come best first: the first one's verdict is what is told."""
    if change.reports or verdict.stopped_by is None:
        return change
    return replace(change, result=verdict.stopped_by, reports=verdict.reports)


def landed(app: App, request: FixRequest, snapshot: Snapshot, candidate: Candidate, change: Change, origin: str) -> Change:
    """The artifact, then the commit if it was asked for. What was refused or failed on the way takes nothing back."""
    landing = Landing(change, candidate, app.sandbox.report(), asked(request), change.evidence.failing_after, origin)
    known = what_is_known(change, candidate)
    try:
        with app.guard.permit(facts_of(app, request, Action.ARTIFACT, **known)) as permit:
            folder = write_artifact(permit, snapshot.source, landing, now=app.clock.now())
            app.guard.note(permit, change=change.id, observed={"folder": str(folder), "there": folder.is_dir()})
            change = replace(change, result=ChangeResult(Word.ARTIFACTS_WRITTEN), artifacts=str(folder))
        if request.commit:
            facts = with_yeses(app, facts_of(app, request, Action.COMMIT, **known), snapshot, candidate, change)
            with app.guard.permit(facts) as permit:
                sha = commit_change(permit, app.repository, snapshot, landing)
                seen = app.repository.tip(snapshot, branch_of(change))
                app.guard.note(permit, commit_ref=sha, change=change.id, observed={"branch": branch_of(change), "at": seen})
                change = replace(change, result=ChangeResult(Word.COMMITTED), commit=sha, branch=branch_of(change))
    except Refused as no:
        objections = asked_people(app, no, snapshot, candidate, change) or no.decision.objections
        return replace(change, result=no.result, objections=objections)
    except AutosdError as error:
        return replace(change, result=result_of(error), objections=(objection_of(error),))
    return change


def what_is_known(change: Change, candidate: Candidate) -> dict[str, Any]:
    """What rules may look at of a proven change."""
    passed = frozenset(report.gate for report in change.reports if report.passed)
    return {"paths": sorted(candidate.files), "lines": read_diff(change.diff).lines, "gates_passed": passed}


def asked(request: FixRequest) -> dict[str, Any]:
    """What the artifact says was wanted, and by whom."""
    by = {"principal": request.principal.name, "attended": request.principal.attended}
    return {"action": "fix", "tests": list(request.tests), "commit": request.commit, "clean": request.clean, **by}


def recorded(app: App, request: FixRequest, change: Change) -> Change:
    """Kept in the store, with a summary of this run. The same change proven again is the same change: it is there already."""
    change = replace(change, id=change.id or id_of(change), created_at=app.clock.now())
    try:
        app.store.add_change(change)
    except AutosdError as error:
        if error.code != "AUTOSD-STORE-CONFLICT":
            raise
    app.store.add_summary(summary_of(change, id=new_id(), principal=request.principal.name, purpose="fix"))
    return change
