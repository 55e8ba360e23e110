"""A suite with a test that fails one time in ten: how often a change that changed nothing is blamed for it."""

from __future__ import annotations

from random import Random

import pytest

from autosd.acts.work.measuring import steadily_broken
from autosd.domain.outcomes import Measures, Verdict
from autosd.domain.suites import Outcome, SuiteEnding, SuiteRun, TestResult
from autosd.learning.signals import FEWEST_RUNS
from autosd.learning.verdicts import judge

pytestmark = pytest.mark.slow

TRIES = 20_000


def suite(rng: Random) -> SuiteRun:
    flaky = Outcome.FAILED if rng.random() < 0.1 else Outcome.PASSED
    return SuiteRun(SuiteEnding.COMPLETE, (TestResult("test_sure", Outcome.PASSED), TestResult("test_flaky", flaky)))


def measures(rng: Random) -> Measures:
    runs = [suite(rng) for _ in range(FEWEST_RUNS)]
    return Measures(failing_tests=len(steadily_broken(runs)), tests_passed=2, run_seconds=tuple(1.0 for _ in runs))


def test_no_change_is_called_a_regression_less_than_one_time_in_a_hundred() -> None:
    rng = Random(1)
    lost = sum(judge(measures(rng), measures(rng)).verdict is Verdict.LOSS for _ in range(TRIES))
    assert 0 < lost < TRIES / 100, f"{lost} of {TRIES}: none at all would mean that failing tests are not seen"


def test_a_test_that_fails_since_the_change_is_a_loss_each_time() -> None:
    broken = SuiteRun(SuiteEnding.COMPLETE, (TestResult("test_sure", Outcome.FAILED),))
    sure = Measures(failing_tests=len(steadily_broken([broken] * 3)), tests_passed=1, run_seconds=(1.0, 1.0, 1.0))
    assert judge(Measures(tests_passed=2, run_seconds=(1.0, 1.0, 1.0)), sure).verdict is Verdict.LOSS
