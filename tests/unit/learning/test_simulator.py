"""Learning in worlds whose truth is known; a seeded sample here, the whole with ``-m soak`` (``python -m benchmarks.learning``)."""

from __future__ import annotations

import os
from statistics import fmean

import pytest

from autosd.domain.errors import AutosdError
from autosd.learning.intervals import ALPHA
from autosd.learning.replay import Logged, estimate, policy_named
from benchmarks.learning import (
    LEARNERS,
    NOISE,
    WORLDS,
    coverage,
    detected,
    epsilon_greedy,
    false_regressions,
    false_verdicts,
    mean_regret,
    thompson,
    ucb1,
)

WORLD = WORLDS["three close arms"]
SOAK = int(os.environ.get("AUTOSD_TEST_SIMULATIONS", "10000"))


def test_thompson_regrets_less_than_the_textbook_at_a_thousand_steps() -> None:
    found = {word: sum(mean_regret(learner, world, 1000, 8, seed=7) for world in WORLDS.values()) for word, learner in LEARNERS.items()}
    assert found["thompson"] < found["epsilon-greedy"] and found["thompson"] < found["ucb1"], found


@pytest.mark.soak
@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("steps", [1000, 10_000])
def test_thompson_regrets_less_at_every_length(name: str, steps: int) -> None:
    ours, greedy, bounds = (mean_regret(learner, WORLDS[name], steps, 200, seed=8) for learner in (thompson, epsilon_greedy, ucb1))
    assert ours < greedy and ours < bounds


def test_the_interval_of_a_replay_holds_the_truth_about_as_often_as_it_says() -> None:
    assert 0.88 <= coverage(WORLD, "uniform", fmean(WORLD), 200, 40, seed=9) <= 1


@pytest.mark.soak
@pytest.mark.parametrize(("policy", "truth"), [("uniform", fmean(WORLD)), ("always:a", WORLD[0]), ("always:c", WORLD[2])])
def test_the_interval_of_a_replay_holds_the_truth_95_times_in_100(policy: str, truth: float) -> None:
    assert 0.93 <= coverage(WORLD, policy, truth, 500, 2000, seed=10) <= 0.97


@pytest.mark.parametrize("noise", NOISE)
def test_looking_after_every_pair_gives_no_more_false_verdicts_than_it_says(noise: str) -> None:
    assert false_verdicts(NOISE[noise], 30, 40, seed=11) <= 2 * ALPHA


@pytest.mark.soak
@pytest.mark.parametrize("noise", NOISE)
def test_ten_thousand_times_no_change_is_called_one_at_most_one_time_in_twenty(noise: str) -> None:
    assert false_verdicts(NOISE[noise], 100, SOAK, seed=12) <= ALPHA


def test_a_test_that_fails_one_time_in_ten_is_hardly_ever_called_a_regression() -> None:
    assert false_regressions(0.1, 3, 3, 2000, seed=13) < 0.01


def test_caution_still_sees_what_is_there() -> None:
    assert detected(-0.1, 20, 60, seed=14) > 0.75 and detected(0.1, 20, 60, seed=14) > 0.75


def test_a_policy_that_nobody_could_have_followed_has_no_estimate() -> None:
    log = [Logged("", "a", 1.0, {"a": 0.5, "b": 0.5})] * 12
    assert estimate(log, policy_named("always:z")) is None
    assert estimate([], policy_named("uniform")) is None
    few = estimate(log[:3], policy_named("always:a"))
    assert few and (few.low, few.high, few.runs) == (0.0, 1.0, 3)


@pytest.mark.parametrize("words", ["", "always:", "a=b", "a=-1", "a=0", "a=inf", "best"])
def test_words_that_name_no_policy_are_refused(words: str) -> None:
    with pytest.raises(AutosdError, match="names no way of choosing"):
        policy_named(words)


def test_shares_are_scaled_to_the_arms_that_there_were() -> None:
    assert policy_named("a=3,b=1,c=4")(("a", "b")) == {"a": 0.75, "b": 0.25}
    assert policy_named("a=1")(("b",)) == {}
