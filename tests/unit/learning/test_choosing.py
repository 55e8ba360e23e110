"""Thompson sampling: chances that are computed, counts that forget, verdicts that count once."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from autosd.domain.outcomes import Mode, Run, Tally, Verdict
from autosd.learning.beta import Beta, best_probabilities
from autosd.learning.choosing import EVENLY, FAMILIES, FIRST, choose, choose_families, choose_strategy, read_propensities, written
from autosd.learning.counting import count_failure, count_verdict, reward_of
from autosd.learning.decay import HALF_LIFE_DAYS, current, weight_at

NOW = datetime(2026, 11, 20, tzinfo=UTC)


class Memory:
    """A ``Learnt`` in memory."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, str, str], Tally] = {}
        self.seen: set[tuple[str, str]] = set()

    def tallies(self, family: str | None = None) -> list[Tally]:
        return [tally for tally in self.held.values() if family in (None, tally.family)]

    def count(self, family: str, problem: str, arm: str, *, win: float = 0.0, loss: float = 0.0, at: datetime, once: str) -> bool:
        if (family, once) in self.seen:
            return False
        self.seen.add((family, once))
        old = self.held.get((family, problem, arm), Tally(family, problem, arm))
        self.held[family, problem, arm] = Tally(family, problem, arm, old.wins + win, old.losses + loss, at)
        return True


def ran(**values: object) -> Run:
    return Run(**{"id": "r1", "proposal_id": "p1", "project": "x", "mode": Mode.SAFE, "strategy": "repair", "problem": "failing_test",
                  "started_at": NOW, **values})  # type: ignore[arg-type]  # fmt: skip


@pytest.mark.parametrize("arms", [(Beta(3, 5), Beta(6, 4)), (Beta(1, 1), Beta(1, 1), Beta(2, 9)), (Beta(400, 100), Beta(390, 110))])
def test_chances_to_be_the_best_are_those_that_drawing_gives(arms: tuple[Beta, ...]) -> None:
    rng, draws = Random(1), 40_000
    best = Counter(
        max(range(len(arms)), key=lambda arm: values[arm]) for values in ([rng.betavariate(b.a, b.b) for b in arms] for _ in range(draws))
    )
    chances = best_probabilities(arms)
    assert sum(chances) == pytest.approx(1)
    assert chances == pytest.approx([best[arm] / draws for arm in range(len(arms))], abs=0.012)


def test_two_arms_are_exact() -> None:
    assert best_probabilities([Beta(1, 1), Beta(2, 1)]) == pytest.approx([1 / 3, 2 / 3], abs=1e-4)
    assert best_probabilities([Beta()]) == [1.0] and best_probabilities([]) == []


def test_a_choice_says_how_likely_it_was_and_is_made_that_often() -> None:
    tallies = [Tally("strategy", "lint", "a", 8 * weight_at(NOW), 2 * weight_at(NOW)), Tally("strategy", "other", "b", 1e9, 0)]
    rng = Random(2)
    choices = [choose(tallies, "strategy", "lint", ("a", "b"), rng, NOW) for _ in range(300)]
    share = sum(choice.arm == "a" for choice in choices) / 300
    assert sum(choices[0].propensities.values()) == pytest.approx(1)
    assert share == pytest.approx(choices[0].propensities["a"], abs=0.08) and share > 0.7
    assert all(choice.propensity >= EVENLY / 2 for choice in choices)


def test_switched_off_nothing_is_drawn_and_the_first_ones_hold() -> None:
    memory = Memory()
    memory.count("strategy", "lint", "b", win=50, at=NOW, once="1")
    choice = choose_strategy(memory, "lint", ("a", "b"), Random(1), NOW, on=False)
    assert (choice.arm, choice.propensity) == ("a", 1.0)
    assert {family: each.arm for family, each in choose_families(memory, Random(1), NOW, on=False).items()} == FIRST
    assert len(memory.tallies()) == 1


def test_the_families_are_the_guides() -> None:
    choices = choose_families(Memory(), Random(3), NOW)
    assert set(choices) == set(FAMILIES) and all(choice.arm in FAMILIES[family] for family, choice in choices.items())
    kept = written(choices.values())
    assert kept["scan_min_score"] == choices["scan_min_score"].arm
    assert sum(read_propensities(kept, "scan_min_score").values()) == pytest.approx(1, abs=1e-5)
    assert read_propensities({"x.propensities": "no json"}, "x") == {} == read_propensities({}, "x")


def test_after_the_half_life_a_result_counts_half() -> None:
    memory = Memory()
    memory.count("f", "", "a", win=4 * weight_at(NOW), at=NOW, once="1")
    [tally] = memory.tallies()
    later = NOW + timedelta(days=HALF_LIFE_DAYS)
    assert current(tally, NOW).a == pytest.approx(5) and current(tally, later).a == pytest.approx(3)
    memory.count("f", "", "a", loss=4 * weight_at(later), at=later, once="2")
    assert current(memory.tallies()[0], later).b == pytest.approx(5)


def test_a_verdict_counts_once_for_its_strategy_and_each_family() -> None:
    memory, run = Memory(), ran(arms={"approve_threshold": "0.86", "approve_threshold.propensities": "{}"})
    assert count_verdict(memory, run, Verdict.WIN, at=NOW) == 2
    assert count_verdict(memory, run, Verdict.WIN, at=NOW) == 0 == count_verdict(memory, run, Verdict.LOSS, at=NOW)
    assert {(tally.family, tally.arm) for tally in memory.tallies()} == {("strategy", "repair"), ("approve_threshold", "0.86")}
    assert count_verdict(memory, run, Verdict.LOSS, at=NOW, later=True) == 2  # taken back afterwards
    assert current(memory.tallies("strategy")[0], NOW).mean == pytest.approx(0.5)


def test_inconclusive_and_synthetic_runs_teach_nothing_and_a_failure_only_of_its_strategy() -> None:
    memory = Memory()
    assert count_verdict(memory, ran(), Verdict.INCONCLUSIVE, at=NOW) == 0
    assert count_verdict(memory, ran(synthetic=True), Verdict.WIN, at=NOW) == 0
    assert count_failure(memory, ran(arms={"approve_threshold": "0.86"}), at=NOW) and not count_failure(memory, ran(), at=NOW)
    assert [tally.family for tally in memory.tallies()] == ["strategy"]


def test_a_win_is_worth_less_the_more_it_cost_and_a_weight_has_its_bounds() -> None:
    cheap, dear = reward_of(ran(), Verdict.WIN), reward_of(ran(cost_usd=100.0), Verdict.WIN)
    assert cheap and dear and (cheap.value, dear.value) == (1.0, 0.5)
    heavy, light = reward_of(ran(), Verdict.LOSS, 99), reward_of(ran(), Verdict.LOSS, 0)
    assert heavy and light and (heavy.loss, light.loss, heavy.value) == (4.0, 0.1, 0.0)
