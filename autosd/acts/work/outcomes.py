"""Judging what came of a run: look, decide, tell everybody once. Each step may be done again after a kill, and nothing is doubled."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import timedelta
from random import Random
from typing import Any, Protocol

from autosd.adapters.guide_files import EVIDENCE, POLICY, RUNS, STATE, GuideFiles
from autosd.domain.errors import AutosdError
from autosd.domain.outcomes import Evidence, Measures, Run, Verdict
from autosd.domain.proposals import Proposal, ProposalStatus
from autosd.governance.guard import Refused
from autosd.learning.choosing import FAMILIES, Choice, choose_families, written
from autosd.learning.counting import count_failure, count_verdict, made_itself
from autosd.learning.records import evidence_line, run_record, with_run
from autosd.learning.signals import Watched
from autosd.learning.verdicts import judge, pooled, settled
from autosd.learning.windows import Cycle, Habits, Windows, after
from autosd.ports import Clock, Learnt, Outcomes, Proposals
from autosd.settings import Settings, table
from autosd.views.status import Status, status_of

logger = logging.getLogger(__name__)

LATE = frozenset({"change_reverted", "problem_returned"})  # what may be seen after the verdict
LOOKS = 1000  # of one run; more than any setting allows
BATCH = 3  # S4: so many re-checks a pass


class House(Protocol):
    """The part of the house in which outcomes are judged."""

    @property
    def settings(self) -> Settings: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def proposals(self) -> Proposals: ...
    @property
    def outcomes(self) -> Outcomes: ...
    @property
    def learnt(self) -> Learnt: ...


@dataclass(frozen=True)
class Look:
    """What was found this time. Repeats of both sides are pairs: the first with the first, taken one after the other."""

    before: Measures
    after: Measures
    watched: Watched = field(default_factory=Watched)
    notes: str = ""


#: Takes a run and measures it; whatever it raises counts as a look that saw nothing.
Measure = Callable[[Run], Look]


def finished(house: House, run: Run) -> None:
    """A run's end, kept in the store and in S4's file. One that made no change is its strategy's loss at once."""
    house.outcomes.finish_run(run)
    _write_run(house, run)
    if (run.status in {"failed", "no_changes"} or not made_itself(run)) and house.settings[table.BANDIT]:
        count_failure(house.learnt, run, at=house.clock.now())


def look(house: House, run: Run, seen: Look) -> Evidence:
    """One more look at a run, together with all earlier ones. What has its verdict keeps it, unless it was taken back since, or its
    problem came again."""
    earlier = house.outcomes.evidence(run=run.id, limit=1)
    newest = earlier[0] if earlier else None
    final = newest is not None and not newest.pending_recheck
    if newest is not None and final and not (seen.watched.reasons and newest.verdict is not Verdict.LOSS):
        told(house, run, newest)
        return newest
    before, after = pooled(newest, seen.before, seen.after)
    attempt = newest.attempt + 1 if newest else 1
    finding = settled(judge(before, after, seen.watched), attempt, house.settings[table.RECHECK_ATTEMPTS])
    evidence = Evidence(
        _id(run, attempt),
        run.id,
        run.proposal_id,
        before,
        after,
        finding.verdict,
        finding.confidence,
        finding.reasons,
        house.clock.now(),
        attempt,
        finding.pending_recheck,
        seen.notes,
    )
    house.outcomes.add_evidence(evidence)
    told(house, run, evidence, later=final)
    return evidence


def _id(run: Run, attempt: int) -> str:
    """The same for the same look, so that two workers who look at once leave one line."""
    return "evd_" + hashlib.sha256(f"{run.id}\0{attempt}".encode()).hexdigest()[:20]


def told(house: House, run: Run, evidence: Evidence, *, later: bool = False) -> None:
    """Everything that follows from a look: the files of S4, the arms, the proposal. Again changes nothing."""
    GuideFiles(house.settings.home).append(EVIDENCE, evidence_line(evidence, run))
    _write_run(house, run)
    if evidence.pending_recheck:
        return
    if house.settings[table.BANDIT]:
        later = later or (evidence.attempt > 1 and not LATE.isdisjoint(evidence.reasons))
        count_verdict(house.learnt, run, evidence.verdict, at=evidence.at, later=later)
    proposal = house.proposals.get(run.proposal_id)
    if proposal is not None:
        _close(house, proposal, evidence)


def _close(house: House, proposal: Proposal, evidence: Evidence) -> None:
    reverted = "change_reverted" in evidence.reasons
    goal = ProposalStatus.REVERTED if reverted else ProposalStatus.VERIFIED
    if proposal.status is ProposalStatus.EXECUTED or (reverted and proposal.status is ProposalStatus.VERIFIED):
        house.proposals.replace(proposal, replace(proposal, status=goal))


def _write_run(house: House, run: Run) -> None:
    record = run_record(run, house.outcomes.evidence(run=run.id, limit=1))
    GuideFiles(house.settings.home).update(RUNS, lambda file: with_run(file, record, house.clock.now()))


def recheck(house: House, measure: Measure, *, limit: int = BATCH) -> Sequence[Evidence]:
    """First finish what a killed process left half told, then look again at what waits. To be called every pass."""
    looks = unfinished(house, measure, limit=limit)
    before = house.clock.now() - timedelta(seconds=house.settings[table.RECHECK_SECONDS])
    waiting = house.outcomes.pending_rechecks(looked_before=before, limit=limit)
    for evidence in waiting:
        run = house.outcomes.run(evidence.run_id)
        if run and (seen := measured(measure, run)):
            looks.append(look(house, run, seen))
    return looks


def unfinished(house: House, measure: Measure, *, limit: int = BATCH) -> list[Evidence]:
    """Executed proposals whose run has its verdict already, or was never looked at; the looks that were taken now."""
    looks: list[Evidence] = []
    for proposal in house.proposals.find(status=[ProposalStatus.EXECUTED], limit=LOOKS):
        for run in house.outcomes.runs(proposal=proposal.id, limit=1):
            newest = house.outcomes.evidence(run=run.id, limit=1)
            if newest and not newest[0].pending_recheck:
                told(house, run, newest[0])
            elif not newest and run.finished_at is not None and len(looks) < limit and (seen := measured(measure, run)):
                looks.append(look(house, run, seen))
    return looks


def measured(measure: Measure, run: Run) -> Look | None:
    """A measurement that fails is a look too: otherwise a project that cannot be measured would wait for ever.

    None when it may not be made now (a halt, say): that is no look, and uses up no attempt.
    """
    try:
        return measure(run)
    except Refused as no:
        logger.info("run %s may not be measured now: %s", run.id, no.message)
        return None
    except AutosdError as error:
        logger.warning("run %s could not be measured: %s", run.id, error.message)
        return Look(Measures(), Measures(), notes=f"not measured: {error.code}")


def chosen(house: House, rng: Random) -> dict[str, Choice]:
    """An arm of each of S4's families for one pass; what was selected is kept in S4's file, for people to read."""
    now, on = house.clock.now(), house.settings[table.BANDIT]
    choices = choose_families(house.learnt, rng, now, on=on)
    if on:
        selected = {family: choice.arm for family, choice in choices.items()}
        state = {"selected": selected, "selected_at": now.isoformat(), "propensities": written(choices.values())}
        GuideFiles(house.settings.home).update(POLICY, lambda file: {**file, **state, "updated_at": now.isoformat()})
    return choices


def selected(house: House) -> dict[str, str]:
    """The arms that hold now, with their propensities, as ``chosen`` last wrote them; none while nothing is chosen."""
    if not house.settings[table.BANDIT]:
        return {}
    file = GuideFiles(house.settings.home).read(POLICY)
    arms, chances = file.get("selected"), file.get("propensities")
    known = {**(arms if isinstance(arms, dict) else {}), **(chances if isinstance(chances, dict) else {})}
    sound = all(known.get(family) in FAMILIES[family] for family in FAMILIES)
    return {str(name): str(value) for name, value in known.items()} if sound else {}


def passed(house: House, cycle: Cycle) -> Windows:
    """Note one pass of the worker. With ``synthetic_window_open`` in the answer something should be explored now."""
    state = GuideFiles(house.settings.home).update(
        STATE, lambda file: {**file, **asdict(after(windows(file), cycle, habits(house.settings)))}
    )
    return windows(state)


def habits(settings: Settings) -> Habits:
    return Habits(settings[table.WINDOWED], settings[table.SYNTHETIC], settings[table.SYNTHETIC_AFTER])


def windows(file: dict[str, Any]) -> Windows:
    """What the state file says; of what it does not say, or says wrongly, the beginning."""
    known = {each.name: type(each.default) for each in fields(Windows)}
    said: dict[str, Any] = {name: value for name, value in file.items() if name in known and type(value) is known[name]}
    return Windows(**said)


def standing(house: House) -> Status:
    """The whole of ``autosd status``."""
    files = GuideFiles(house.settings.home)
    state, policy = windows(files.read(STATE)), files.read(POLICY)
    return status_of(house.settings, house.proposals, house.outcomes, windows=state, policy=policy, now=house.clock.now())


def waiting(house: House, *, limit: int) -> dict[str, Any]:
    """What is to be looked at again, and when."""
    interval = timedelta(seconds=house.settings[table.RECHECK_SECONDS])
    looks = house.outcomes.pending_rechecks(looked_before=house.clock.now() + timedelta(days=1), limit=limit)
    return {
        "pending_recheck_runs": house.outcomes.pending(),
        "interval_seconds": interval.total_seconds(),
        "max_attempts": house.settings[table.RECHECK_ATTEMPTS],
        "waiting": [
            {"run": look.run_id, "attempt": look.attempt, "due_at": f"{look.at + interval:%Y-%m-%d %H:%M}", "reasons": list(look.reasons)}
            for look in looks
        ],
        "files": {name: str(house.settings.home / name) for name in (EVIDENCE, RUNS)},
    }
