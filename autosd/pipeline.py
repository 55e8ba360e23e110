"""The road: what happens, in the order it happens. A step that is not visible here does not happen."""

from __future__ import annotations

import time
from dataclasses import replace

from autosd.acts.allowing.asking import answered_first, asked_people, with_yeses
from autosd.acts.allowing.questions import project_key
from autosd.acts.changing import (
    FixRequest,
    asked,
    begun,
    deadline_of,
    facts_of,
    judged_by,
    require_place_for_commit,
    require_sense,
    task_of,
    what_is_known,
    with_doubt,
    with_proof,
)
from autosd.acts.patching.weighing import weighed
from autosd.acts.provenance import ensure_kept, signed_landing, trailers_of
from autosd.acts.remembering import Asked, remember
from autosd.acts.strategies import coders_for, made_ready, spent, with_model, with_trouble
from autosd.acts.talks.talking import end_talk
from autosd.acts.work import build_runs, building
from autosd.acts.work.building import Built, Order
from autosd.acts.writing import written
from autosd.adapters.clock import new_id
from autosd.app import App
from autosd.coding.metering import Metered, offered
from autosd.domain.changes import Candidate, Change, ChangeResult, Word
from autosd.domain.decisions import Action, Objection
from autosd.domain.errors import AutosdError
from autosd.domain.proposals import ProposalStatus
from autosd.gates.judging import judge
from autosd.governance.guard import Refused
from autosd.intake.diagnosing import diagnose
from autosd.intake.running import ColdSuite
from autosd.intake.scope import limits_of, on_any_tree, only, patient, runner_of
from autosd.landing.artifact import write_artifact
from autosd.landing.commit import branch_of, commit_change
from autosd.landing.evidence import Landing
from autosd.landing.forge import open_pull_request
from autosd.landing.push import push_change
from autosd.ports import Progress, Snapshot, Task
from autosd.settings import table
from autosd.views.changes import id_of, objection_of, result_of, summary_of

__all__ = ["Built", "FixRequest", "Order", "build", "fix", "task_of"]


def fix(app: App, request: FixRequest, progress: Progress) -> Change:
    """From failing tests, or an approved proposal, to a proven change, landed as far as it was allowed.

    Safe to run again after any interruption: every name it makes comes from the content it works on.
    """
    deadline = deadline_of(app.settings, request)
    try:
        with app.guard.permit(facts_of(app, request, Action.BUILD)):
            require_sense(app)
            made_ready(app, request)
            progress.step("taking the base")
            with app.repository.snapshot(request.path, clean=request.clean, at=request.base) as snapshot:
                require_place_for_commit(request, snapshot)
                progress.step("preparing the environment of the tests")
                env = app.toolchain.prepare(snapshot, python=app.settings[table.FIX_PYTHON])
                progress.step("running the tests", env.origin)
                suite = ColdSuite(app.sandbox, env, runner_of(app.settings, snapshot), limits_of(app.settings, deadline))
                diagnosis = only(request.tests, diagnose(suite.sandbox, env, snapshot.root, runner=suite.runner, limits=suite.limits))
                suite = patient(suite, diagnosis)
                change = begun(project_key(app, request.path), snapshot, diagnosis, request.proposal)
                if change.result.word is Word.NO_CANDIDATE:
                    progress.step("looking for a fix", f"{len(diagnosis.failing)} failing")
                    task = task_of(app.settings, snapshot, diagnosis, suite, deadline, app.repository.history(snapshot))
                    change, candidate = proven(app, request, task, suite, change, deadline, Metered(progress))
                    if candidate and request.past is not None:
                        progress.step("weighing", candidate.summary)
                        change, candidate = weighed(app, request, task, suite, change, candidate)
                    if candidate and not request.show_only:
                        progress.step("landing", candidate.summary)
                        change = landed(app, request, snapshot, candidate, change, env.origin)
                return recorded(app, request, change)
    except Refused as no:
        return Change("", project_key(app, request.path), None, no.result, objections=no.decision.objections)


def build(app: App, order: Order, progress: Progress) -> Built:
    """One approved proposal, by the same road, and on to its push and its pull request. Safe to run again, and from wherever it stopped."""
    with building.alone(app, order) as free:
        found = building.taken_up(app, order) if free else building.busy(order)
        build_runs.caught_up(app, found)
        if isinstance(found, Built):
            return found
        built = Built.of(found)
        if found.status is ProposalStatus.QUEUED:
            run = build_runs.begun(app, order, found)
            built = building.settled(app, order, found, fix(app, building.request_of(app, order, found, run), progress))
            build_runs.ended(app, run, built)
        if built.proposal and built.proposal.status is ProposalStatus.COMPLETED and building.goes_on(app, order):
            progress.step("publishing", built.proposal.branch)
            built = published(app, order, built)
        return built


# ---- the steps, in the order of the road ----------------------------------------------------------------------------------------


def proven(
    app: App, request: FixRequest, task: Task, suite: ColdSuite, change: Change, deadline: float, progress: Metered
) -> tuple[Change, Candidate | None]:
    """The first candidate that all gates let pass; without one, the change says why the best one was stopped."""
    if time.monotonic() > deadline:
        message = f"Running the tests took all of the {app.settings[table.FIX_MAX_SECONDS]:.0f} s."
        return replace(change, objections=(Objection("AUTOSD-TIME-UP", message, "Give it more with --max-seconds."),)), None
    policy = judged_by(app.settings, request.proposal)
    coders = coders_for(app, request, deadline)
    searched = offered(coders, task, progress)
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
            return with_model(with_proof(change, candidate, verdict, spent(progress.cost(), coders)), coders), candidate
        change = with_doubt(change, verdict)
        if time.monotonic() > deadline:
            break
    return with_trouble(replace(change, cost=spent(progress.cost(), coders)), coders), None


def landed(app: App, request: FixRequest, snapshot: Snapshot, candidate: Candidate, change: Change, origin: str) -> Change:
    """The artifact, then what was asked for: the direct write, the commit. What was refused or failed on the way takes nothing back."""
    report = app.sandbox.report()
    landing = Landing(change, candidate, report, asked(request), change.evidence.failing_after, origin, request.proposal)
    known = what_is_known(change, candidate)
    try:
        facts = facts_of(app, request, Action.ARTIFACT, **known)
        with app.guard.permit(facts) as permit:
            told = signed_landing(app, permit, facts, snapshot, landing)
            folder = write_artifact(permit, snapshot.source, told, now=app.clock.now())
            app.guard.note(permit, change=change.id, observed={"folder": str(folder), "there": folder.is_dir()})
            change = replace(change, result=ChangeResult(Word.ARTIFACTS_WRITTEN), artifacts=str(folder))
        if request.write:
            change = written(app, request, snapshot, candidate, change)
        if request.commit and change.result.word is not Word.WRITTEN:
            facts = with_yeses(app, facts_of(app, request, Action.COMMIT, **known), snapshot, candidate, change)
            with app.guard.permit(facts) as permit:
                told = signed_landing(app, permit, facts, snapshot, landing)
                sha = commit_change(permit, app.repository, snapshot, told)
                kept = ensure_kept(app, permit, snapshot, sha)
                branch = branch_of(change, request.proposal)
                seen = app.repository.tip(snapshot, branch)
                app.guard.note(permit, commit_ref=sha, change=change.id, observed={"branch": branch, "at": seen})
                given = {**change.extra, "approvals": str(facts.approvals_given), **kept}
                change = replace(change, result=ChangeResult(Word.COMMITTED), commit=sha, branch=branch, extra=given)
    except Refused as no:
        objections = asked_people(app, no, snapshot, candidate, change) or no.decision.objections
        return replace(change, result=no.result, objections=objections)
    except AutosdError as error:
        return replace(change, result=result_of(error), objections=(objection_of(error),))
    return change


def recorded(app: App, request: FixRequest, change: Change) -> Change:
    """Kept in the store, with a summary of this run, and in memory; the run's conversations with models end here. The same change proven
    again is there already."""
    change = replace(change, id=change.id or id_of(change), created_at=app.clock.now())
    try:
        app.store.add_change(change)
    except AutosdError as error:
        if error.code != "AUTOSD-STORE-CONFLICT":
            raise
    summary = summary_of(change, id=new_id(), principal=request.principal.name, purpose=request.purpose)
    app.store.add_summary(summary)
    title = request.proposal.title if request.proposal else ""
    remember(app, change, Asked(request.principal.name, request.purpose, title, summary.id))
    end_talk(app, request)
    return change


def published(app: App, order: Order, built: Built) -> Built:
    """The push, then the pull request. What was refused or failed leaves the branch, and is told."""
    proposal, change = built.proposal, building.change_of(app, built)
    assert proposal is not None
    request, base = building.request_of(app, order, proposal), building.base_for(app, order, proposal)
    try:
        with app.guard.permit(building.publishing(app, request, Action.PUSH, change)) as permit:
            seconds, key = app.settings[table.PUSH_SECONDS], change.project
            to = push_change(
                permit, app.repository, key, request.path, branch=proposal.branch, sha=proposal.commit, seconds=seconds
            )  # fmt: skip
            app.guard.note(permit, commit_ref=proposal.commit, change=change.id, observed={"branch": proposal.branch, "to": to})
        built = building.pushed(app, built, to)
        if building.wants_pull_request(app, order):
            with app.guard.permit(building.publishing(app, request, Action.OPEN_PR, change)) as permit:
                most = app.settings[table.MAX_OPEN_PULL_REQUESTS]
                trailers = trailers_of(app.repository, request.path, proposal.commit)
                found = open_pull_request(
                    permit, app.forge, proposal, change, project=change.project, head=proposal.branch, base=base, most=most,
                    trailers=trailers,
                )  # fmt: skip
                app.guard.note(permit, change=change.id, observed={"pull_request": found.number, "state": found.state})
            built = building.opened(app, built, found)
    except Refused as no:
        return building.held(app, built, str(no.result), no.decision.objections)
    except AutosdError as error:
        return building.held(app, built, str(result_of(error)), (objection_of(error),))
    return built
