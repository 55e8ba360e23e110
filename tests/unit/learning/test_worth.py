"""What a patch is worth: the weighted sum, and that noise is worth nothing."""

from __future__ import annotations

import random

import pytest

from autosd.domain.outcomes import Measures
from autosd.learning.worth import errors_of, roi_of, time_saved


def test_errors_are_failing_tests_and_what_a_linter_proves() -> None:
    assert errors_of(Measures(failing_tests=2, lint_errors=3)) == 5


def test_each_part_counts_by_its_weight() -> None:
    before = Measures(failing_tests=3, complexity=10, coverage=0.5)
    assert roi_of(before, Measures(failing_tests=1, complexity=10, coverage=0.5), grown=0) == 2.0
    assert roi_of(before, Measures(failing_tests=3, complexity=10, coverage=0.6), grown=0) == pytest.approx(0.5)
    assert roi_of(before, Measures(failing_tests=3, complexity=30, coverage=0.5), grown=0) == pytest.approx(-1.0)
    assert roi_of(before, before, grown=30) == 0.0
    assert roi_of(before, before, grown=130) == pytest.approx(-1.0)
    assert roi_of(before, Measures(failing_tests=3, complexity=10), grown=0) == 0.0  # coverage of one side only says nothing


def test_run_time_counts_only_beyond_doubt_and_from_a_twentieth_on() -> None:
    slow, fast = Measures(run_seconds=(1.0,) * 12), Measures(run_seconds=(0.5,) * 12)
    assert time_saved(slow, fast) == pytest.approx(0.5) and time_saved(fast, slow) == pytest.approx(-1.0)
    assert time_saved(Measures(run_seconds=(1.0,) * 3), Measures(run_seconds=(0.5,) * 3)) == 0.0  # too few pairs to be sure
    assert time_saved(slow, Measures(run_seconds=(0.97,) * 12)) == 0.0


def test_noise_hardly_ever_counts() -> None:
    rng, counted = random.Random(3), 0
    for _ in range(500):
        sides = [Measures(run_seconds=tuple(rng.gauss(1.0, 0.2) for _ in range(12))) for _ in range(2)]
        counted += time_saved(*sides) != 0.0
    assert counted <= 0.05 * 500
