"""The run of a build, for those who judge what came of it: begun before the work, ended with what the work came to."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from random import SystemRandom

from autosd.acts.changing import LINT
from autosd.acts.work import outcomes
from autosd.acts.work.building import RUNS, BuildStatus, Built, Order, S, change_of
from autosd.app import App
from autosd.domain.changes import Change, ChangeResult, Word
from autosd.domain.outcomes import Mode, Run
from autosd.domain.proposals import Proposal
from autosd.domain.signals import Stream
from autosd.learning.choosing import choose_strategy, written
from autosd.learning.counting import MADE_BY
from autosd.settings import table


def begun(app: App, order: Order, proposal: Proposal) -> Run | None:
    """The same run for the same yes: a build that was killed and begins again is no second one."""
    if order.show_only:
        return None
    id = _run_id(proposal)
    mode = Mode.NORMAL if order.write else Mode.SAFE
    known = app.outcomes.run(id)
    if known is None:
        app.outcomes.add_run(_run_of(app, replace(proposal, strategy=_meant(order, proposal)), id, mode))
    return known or app.outcomes.run(id)


def _meant(order: Order, proposal: Proposal) -> str:
    return order.strategy if order.strategy and order.strategy != "auto" else proposal.strategy


def _run_of(app: App, proposal: Proposal, id: str, mode: Mode) -> Run:
    """With what was chosen by learning, and how likely that was: the strategy now, the families when it was proposed."""
    kept = proposal.evidence.get("arms")
    arms = {str(name): str(value) for name, value in kept.items()} if isinstance(kept, Mapping) else {}
    strategy, propensity = proposal.strategy, 1.0
    names = [] if strategy or proposal.kind == LINT else [coder.name for coder in app.coders]
    if len(names) > 1 and app.settings[table.BANDIT]:
        choice = choose_strategy(app.learnt, proposal.kind, names, SystemRandom(), app.clock.now())
        strategy, propensity, arms = choice.arm, choice.propensity, {**arms, **written([choice])}
    return Run(
        id, proposal.id, proposal.project, mode, strategy, proposal.kind, app.clock.now(), propensity=propensity, arms=arms,
        synthetic=proposal.stream is Stream.SYNTHETIC,
    )  # fmt: skip


def caught_up(app: App, found: Proposal | Built) -> None:
    """The end of a run whose build was killed after the proposal's step was written, and before its own end was."""
    proposal = found.proposal if isinstance(found, Built) else found
    if proposal is None or proposal.status not in (S.COMPLETED, S.PR_OPENED, S.EXECUTED):
        return
    run = app.outcomes.run(_run_id(proposal))
    if run and run.finished_at is None:
        change = change_of(app, Built.of(proposal))
        if proposal.status is S.EXECUTED and not proposal.commit:
            change = replace(change, result=ChangeResult(Word.WRITTEN))
        ended(app, run, Built(BuildStatus.COMPLETED, str(change.result), proposal, change))


def _run_id(proposal: Proposal) -> str:
    return uuid.uuid5(RUNS, f"{proposal.id}/{proposal.approved_at}").hex


def ended(app: App, run: Run | None, built: Built) -> None:
    if run is None or built.waits or built.again or built.change is None:
        return
    change = built.change
    status = "completed" if built.status is BuildStatus.COMPLETED else "no_changes" if change.result.word is Word.NO_CANDIDATE else "failed"
    mode = Mode.NORMAL if change.result.word is Word.WRITTEN else Mode.SAFE
    done = replace(
        run, status=status, result=built.reason, finished_at=app.clock.now(), change_id=change.id, mode=mode,
        strategy=run.strategy or change.strategy or "",
        arms=_with_maker(run, change), seconds=change.cost.seconds, cost_usd=change.cost.usd,
    )  # fmt: skip
    outcomes.finished(app, done)


def _with_maker(run: Run, change: Change) -> Mapping[str, str]:
    return {**run.arms, MADE_BY: change.strategy} if change.strategy and run.strategy else run.arms
