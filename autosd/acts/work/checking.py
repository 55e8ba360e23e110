"""Judging what landed: what is due is looked at, measured side by side, and a loss of what was written directly is taken back."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from autosd.acts import remembering
from autosd.acts.allowing.questions import Asker, question
from autosd.acts.work import outcomes, regressions, watching
from autosd.acts.work.building import base_branch, noted
from autosd.acts.work.measuring import Side, measure_change
from autosd.acts.work.outcomes import Look, Measure
from autosd.app import App
from autosd.domain.actions import Action, Principal
from autosd.domain.errors import AutosdError
from autosd.domain.outcomes import Evidence, Mode, Run, Verdict
from autosd.domain.proposals import Proposal, ProposalStatus
from autosd.intake.diagnosing import diagnose
from autosd.intake.running import ColdSuite
from autosd.intake.scope import limits_of, runner_of
from autosd.landing.write import ApplyRecord
from autosd.ports import Progress
from autosd.settings import table

S = ProposalStatus


@dataclass(frozen=True)
class Checked:
    """What one check came to; ``looks`` are those that were taken now."""

    merged: int = 0
    closed: int = 0
    looks: tuple[Evidence, ...] = ()
    taken_back: int = 0  # direct writes that lost, and are now reported as regressions


def check(app: App, principal: Principal, progress: Progress, *, grant: str = "") -> Checked:
    """Safe to run again at any time, also beside another one: each look has an id that is made of its run and its number.

    With the executor off (S4) what landed is noted, and nothing is measured.
    """
    progress.step("looking where things went")
    landings = watching.note_landings(app)
    _close_unmeasurable(app)
    if not app.settings[table.EXECUTOR]:
        return Checked(landings.merged, landings.closed)
    looks = (*watching.watch(app), *outcomes.recheck(app, _measuring(app, principal, grant, progress)))
    for look in looks:
        _remembered(app, look)
    lost = [run for look in looks if look.verdict is Verdict.LOSS and (run := app.outcomes.run(look.run_id))]
    return Checked(landings.merged, landings.closed, looks, sum(report_loss(app, run) for run in lost if run.mode is Mode.NORMAL))


def _remembered(app: App, look: Evidence) -> None:
    run = app.outcomes.run(look.run_id) if "change_reverted" in look.reasons else None
    if run and (change := app.store.change(run.change_id)):
        remembering.taken_back(app, change, "taken back after it was merged")


def _close_unmeasurable(app: App) -> None:
    """Landed, but no run of ours made it (a migrated proposal, say): nothing will ever be measured, so it waits for nothing."""
    for proposal in app.proposals.find(status=[S.EXECUTED]):
        if not app.outcomes.runs(proposal=proposal.id, limit=1):
            note = noted(proposal, app.clock.now(), "verified: no run to measure")
            app.proposals.replace(proposal, replace(proposal, status=S.VERIFIED, notes=note))


# ---- measuring ---------------------------------------------------------------------------------------------------------------------


def _measuring(app: App, principal: Principal, grant: str, progress: Progress) -> Measure:
    def measure(run: Run) -> Look:
        proposal = app.proposals.get(run.proposal_id)
        path = watching.folder_of(app, proposal) if proposal else None
        if proposal is None or path is None:
            raise AutosdError("AUTOSD-MEASURE-FAILED", "The project is gone.", "Put it back, or remove it.", exit_code=1)
        seen = watching.watched(app, proposal)
        with app.guard.permit(question(app, Asker(principal, path, grant, "measure"), Action.BUILD)) as permit:
            progress.step("measuring", proposal.title)
            before, after = measure_change(app, path, *sides_of(app, proposal, path))
            if not seen.reverted:
                seen = replace(seen, base_red=_base_red(app, proposal, path))
            app.guard.note(permit, measured={"run": run.id, "failing": [before.failing_tests, after.failing_tests]})
        return Look(before, after, seen)

    return measure


def sides_of(app: App, proposal: Proposal, path: Path) -> tuple[Side, Side]:
    """The change where it landed against what stood there before. Raises ``AUTOSD-MEASURE-FAILED``."""
    if proposal.commit:
        landed = watching.landed_of(app, proposal)
        sha = landed.sha if landed else proposal.commit
        return Side(landed.parent if landed else f"{sha}^"), Side(sha)
    record, change = watching.written_of(app, proposal), app.store.change(proposal.change_id)
    if record is None or change is None or not change.extra.get("tree"):
        message = f"What {proposal.id} changed is not there any more."
        raise AutosdError("AUTOSD-MEASURE-FAILED", message, "Nothing: it stays without a verdict of its own.", exit_code=1)
    tree = change.extra["tree"]
    return Side(tree), Side(tree, {_inside(each.target, path): _applied(record, each.code) for each in record.files})


def _inside(target: str, path: Path) -> str:
    return Path(target).relative_to(path.resolve()).as_posix()


def _applied(record: ApplyRecord, name: str | None) -> str | None:
    return None if name is None else (record.place / name).read_bytes().decode("utf-8", "surrogateescape")


def _base_red(app: App, proposal: Proposal, path: Path) -> bool:
    """Whether a test that it fixed fails again where it landed, each time it is run."""
    change = app.store.change(proposal.change_id)
    evidence = change.evidence if change else None
    fixed = set(evidence.failing_before) - set(evidence.failing_after) if evidence else set()
    if not fixed or not proposal.commit or watching.landed_of(app, proposal) is None:
        return False  # merged elsewhere, and not fetched: the base that is here does not have it
    with app.repository.snapshot(path, clean=True, at=base_branch(app, path)) as snapshot:
        env = app.toolchain.prepare(snapshot, python=app.settings[table.FIX_PYTHON])
        limits = limits_of(app.settings, time.monotonic() + app.settings[table.TEST_TIMEOUT])
        suite = ColdSuite(app.sandbox, env, runner_of(app.settings, snapshot), limits)
        found = diagnose(suite.sandbox, env, snapshot.root, runner=suite.runner, limits=suite.limits)
    return bool(fixed & set(found.failing))


# ---- a loss of what was written directly ---------------------------------------------------------------------------------------------


def report_loss(app: App, run: Run) -> bool:
    """S4: a loss in normal mode turns boldness down (the cooldown is counted from its evidence), and what it wrote is taken back (S0)."""
    proposal = app.proposals.get(run.proposal_id)
    record = watching.written_of(app, proposal) if proposal else None
    path = watching.folder_of(app, proposal) if proposal else None
    if proposal is None or record is None or record.rolled_back or path is None:
        return False
    target = Path(record.files[0].target)
    if any(event.target == target for event in regressions.waiting(regressions.root_of(app.projects, target))):
        return False
    newest = app.outcomes.evidence(run=run.id, limit=1)[0]
    reason = f"loss in normal mode: {', '.join(newest.reasons)}"
    regressions.emit(app.projects, target, reason, app.clock.now())
    flagged = {**proposal.evidence, "rollback_guardrail_triggered": True, "rollback_reason": reason}
    app.proposals.replace(proposal, replace(proposal, evidence=flagged))
    return True


def due(app: App) -> bool:
    """Whether something that landed waits for a look now: cheap, for those who ask often."""
    if not app.settings[table.EXECUTOR]:
        return False
    before = app.clock.now() - timedelta(seconds=app.settings[table.RECHECK_SECONDS])
    if app.outcomes.pending_rechecks(looked_before=before, limit=1):
        return True
    for proposal in app.proposals.find(status=[S.EXECUTED], limit=outcomes.LOOKS):
        runs = app.outcomes.runs(proposal=proposal.id, limit=1)
        newest = app.outcomes.evidence(run=runs[0].id, limit=1) if runs else ()
        if not newest or not newest[0].pending_recheck:
            return True
    return False
