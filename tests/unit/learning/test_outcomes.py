"""Looking at outcomes on a real store: each run gets one verdict, told once, however often and wherever it is broken off."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from autosd.acts.work.learning_desk import LearningDesk, opened_learning
from autosd.acts.work.outcomes import Look, chosen, finished, look, passed, recheck, standing, waiting
from autosd.adapters.guide_files import EVIDENCE, POLICY, RUNS, STATE, GuideFiles
from autosd.domain.actions import Principal, Risk
from autosd.domain.errors import AutosdError
from autosd.domain.outcomes import Measures, Mode, Run, Verdict
from autosd.domain.proposals import Proposal, ProposalStatus
from autosd.learning.signals import Watched
from autosd.learning.windows import Cycle
from autosd.settings import load_settings
from autosd.testing import FakeClock

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
THREE = (1.0, 1.0, 1.0)
RED, GREEN = Measures(1, 9, run_seconds=THREE), Measures(0, 10, run_seconds=THREE)
FIXED, SAME, BROKEN = Look(RED, GREEN), Look(GREEN, GREEN), Look(GREEN, RED)


@pytest.fixture
def house(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[LearningDesk]:
    for name, value in getattr(request, "param", {}).items():
        monkeypatch.setenv(name, value)
    with opened_learning(load_settings(os.environ), Principal("tester", attended=True)) as desk:
        yield replace(desk, clock=FakeClock(NOW))


def executed(house: LearningDesk, number: int = 1, **values: Any) -> Run:
    house.proposals.add(
        Proposal(
            f"p{number}", "shop", "failing_test", f"t{number}", "", f"f{number}", Risk.LOW, 0.9, 1.0, NOW, status=ProposalStatus.EXECUTED
        )
    )
    run = Run(**{"id": f"r{number}", "proposal_id": f"p{number}", "project": "shop", "mode": Mode.NORMAL, "strategy": "repair",
                 "problem": "failing_test", "started_at": NOW, "finished_at": NOW, "status": "completed",
                 "arms": {"approve_threshold": "0.82"}, **values})  # fmt: skip
    house.outcomes.add_run(run)
    finished(house, run)
    return run


def status(house: LearningDesk, id: str = "p1") -> ProposalStatus:
    proposal = house.proposals.get(id)
    assert proposal
    return proposal.status


def later(house: LearningDesk, seconds: float) -> None:
    assert isinstance(house.clock, FakeClock)
    house.clock.advance(seconds=seconds)


def lines(house: LearningDesk) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (house.settings.home / EVIDENCE).read_text().splitlines()]


def test_a_verdict_is_told_to_the_proposal_the_arms_and_the_files_once(house: LearningDesk) -> None:
    run = executed(house)
    first, again = look(house, run, FIXED), look(house, run, BROKEN)
    assert first.verdict is Verdict.WIN and again.id == first.id and status(house) is ProposalStatus.VERIFIED
    assert len(house.outcomes.evidence(run="r1")) == 1 == len(lines(house))
    assert {tally.family for tally in house.learnt.tallies()} == {"strategy", "approve_threshold"}
    assert len({tally.wins for tally in house.learnt.tallies()}) == 1
    [line] = lines(house)
    assert set(line) == {
        "id", "experiment_id", "proposal_id", "metrics_before", "metrics_after", "delta", "verdict", "confidence", "signals", "notes", "ts",
        "execution", "pending_recheck", "attempt",
    }  # fmt: skip
    assert line["delta"]["health_score"] == 20 and line["signals"]["reasons"][0] == "health_score_improved"
    [record] = json.loads((house.settings.home / RUNS).read_text())["runs"]
    assert record["verification"]["verdict"] == "win" and record["execution_status"] == "completed"


def test_what_cannot_be_told_is_looked_at_again_and_ends(house: LearningDesk) -> None:
    executed(house)
    assert [each.attempt for each in recheck(house, lambda run: SAME)] == [1]  # the pass finishes what is unfinished
    assert status(house) is ProposalStatus.EXECUTED and house.outcomes.pending() == 1
    assert waiting(house, limit=5)["waiting"][0]["due_at"] == "2026-11-20 12:05"
    assert recheck(house, lambda run: SAME) == []  # not yet
    later(house, 301)
    [second] = recheck(house, lambda run: SAME)
    assert second.pending_recheck and len(second.after.run_seconds) == 6
    later(house, 301)
    [third] = recheck(house, lambda run: SAME)
    assert not third.pending_recheck and third.verdict is Verdict.INCONCLUSIVE and "max_retries_exhausted" in third.reasons
    assert status(house) is ProposalStatus.VERIFIED and house.outcomes.pending() == 0
    later(house, 301)
    assert recheck(house, lambda run: SAME) == []
    assert standing(house).outcome_quality["retry_exhausted_runs"] == 1
    [record] = json.loads((house.settings.home / RUNS).read_text())["runs"]
    assert record["verification"]["retry_exhausted"] and record["verification"]["finalized_reason"] == "max_retries_exhausted"


def test_a_project_that_cannot_be_measured_converges_too(house: LearningDesk) -> None:
    def broken(run: Run) -> Look:
        raise AutosdError("AUTOSD-MEASURE-FAILED", "no", "none")

    executed(house)
    for _ in range(4):
        recheck(house, broken)
        later(house, 301)
    assert status(house) is ProposalStatus.VERIFIED
    assert house.outcomes.evidence(run="r1", limit=9)[0].notes == "not measured: AUTOSD-MEASURE-FAILED"


@pytest.mark.parametrize("step", ["append", "_write_run", "count_verdict", "replace"])
def test_a_kill_between_any_two_steps_doubles_nothing_and_loses_nothing(
    house: LearningDesk, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from autosd.acts.work import outcomes as acts

    run = executed(house)
    place: Any = {"append": GuideFiles, "replace": type(house.proposals)}.get(step, acts)
    with monkeypatch.context() as killed:
        killed.setattr(place, step, _die)
        with pytest.raises(KeyboardInterrupt):
            look(house, run, FIXED)
    recheck(house, lambda run: FIXED)
    recheck(house, lambda run: FIXED)
    assert status(house) is ProposalStatus.VERIFIED and len(lines(house)) == 1 and len(house.outcomes.evidence(run="r1")) == 1
    assert house.outcomes.verdicts(production=True)[Verdict.WIN] == 1
    once = {tally.wins for tally in house.learnt.tallies()}
    assert len(house.learnt.tallies()) == 2 and len(once) == 1


def _die(*args: object, **values: object) -> None:
    raise KeyboardInterrupt


def test_a_change_that_was_taken_back_becomes_a_loss_after_its_win(house: LearningDesk) -> None:
    run = executed(house)
    look(house, run, FIXED)
    taken_back = replace(FIXED, watched=Watched(reverted=True))
    assert look(house, run, taken_back).verdict is Verdict.LOSS
    look(house, run, taken_back)
    assert status(house) is ProposalStatus.REVERTED and len(lines(house)) == 2
    assert house.outcomes.verdicts()[Verdict.LOSS] == 1 and house.outcomes.verdicts()[Verdict.WIN] == 0
    [strategy] = house.learnt.tallies("strategy")
    assert strategy.wins == pytest.approx(strategy.losses)


def test_a_loss_in_normal_mode_cools_down_and_the_store_remembers_it(house: LearningDesk) -> None:
    look(house, executed(house), BROKEN)
    guard = standing(house).execution_guardrail
    assert guard["cooldown_remaining_sec"] == 1800 and guard["runs_last_hour"] == 1
    later(house, 1000)
    assert standing(house).execution_guardrail["cooldown_remaining_sec"] == 800
    later(house, 1000)
    assert standing(house).execution_guardrail["cooldown_remaining_sec"] == 0


@pytest.mark.parametrize("house", [{"ENABLE_POLICY_BANDIT": "false"}], indirect=True)
def test_with_the_bandit_off_nothing_is_counted_or_chosen_and_what_was_learnt_stays(house: LearningDesk) -> None:
    house.learnt.count("strategy", "x", "repair", win=1.0, at=NOW, once="before")
    look(house, executed(house), FIXED)
    assert {each.arm for each in chosen(house, Random(1)).values()} == {"0.82", "6.0", "reliability_first"}
    assert [tally.wins for tally in house.learnt.tallies()] == [1.0] and not (house.settings.home / POLICY).exists()


def test_what_was_chosen_is_kept_and_shown(house: LearningDesk) -> None:
    arms = {family: choice.arm for family, choice in chosen(house, Random(5)).items()}
    shown = standing(house).policy_state
    assert {family: str(arm) for family, arm in shown.items()} == arms
    assert isinstance(shown["approve_threshold"], float)


def test_passes_are_counted_and_survive_a_damaged_file(house: LearningDesk) -> None:
    passed(house, Cycle(scanned=True, kept=1))
    assert standing(house).opportunity_windows["learning_opportunities"] == 1
    assert [passed(house, Cycle()).synthetic_window_open for _ in range(3)] == [False, False, True]
    (house.settings.home / STATE).write_text("{ no json")
    assert passed(house, Cycle(created=1)).improvement_opportunities == 1
    GuideFiles(house.settings.home).update(STATE, lambda file: {**file, "learning_opportunities": "many", "other": 1})
    assert standing(house).opportunity_windows["learning_opportunities"] == 0


def test_a_line_that_a_power_cut_broke_off_does_not_swallow_the_next(house: LearningDesk) -> None:
    place = house.settings.home / EVIDENCE
    place.parent.mkdir(parents=True)
    place.write_text('{"id": "evd_half')
    look(house, executed(house), FIXED)
    assert json.loads(place.read_text().splitlines()[1])["verdict"] == "win"


def test_only_the_last_three_thousand_runs_are_in_the_file(house: LearningDesk, tmp_path: Path) -> None:
    GuideFiles(house.settings.home).update(RUNS, lambda file: {"runs": [{"id": str(number)} for number in range(3000)]})
    executed(house)
    kept = json.loads((house.settings.home / RUNS).read_text())["runs"]
    assert len(kept) == 3000 and kept[0]["id"] == "1" and kept[-1]["id"] == "r1"
