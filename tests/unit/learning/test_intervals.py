"""Intervals that may be looked at as often as one likes."""

from __future__ import annotations

import math
from fractions import Fraction
from random import Random

import pytest

from autosd.learning.intervals import fewest_above, fewest_pairs, log_evidence, median_interval, ratios


@pytest.mark.parametrize("total", [1, 2, 5, 9])
def test_the_evidence_is_a_martingale_with_mean_one_when_up_and_down_are_alike(total: int) -> None:
    mean = sum(Fraction(math.comb(total, above), 2**total) * Fraction(math.exp(log_evidence(above, total))) for above in range(total + 1))
    assert abs(float(mean) - 1) < 1e-9
    for above in range(total + 1):
        next_ones = (math.exp(log_evidence(above, total + 1)) + math.exp(log_evidence(above + 1, total + 1))) / 2
        assert next_ones == pytest.approx(math.exp(log_evidence(above, total)))


def test_nothing_is_said_before_there_are_enough_pairs() -> None:
    assert fewest_pairs(0.05) == 8 and fewest_pairs(0.025) == 9
    early, late = median_interval([1.0] * 7, 0.05), median_interval([1.0] * 8, 0.05)
    assert early.low == -math.inf and early.high == math.inf and not early.above_zero
    assert late.above_zero and (late.low, late.high) == (1.0, 1.0)
    assert median_interval([]).high == math.inf


@pytest.mark.parametrize("total", [8, 20, 77, 300])
def test_the_ends_are_exactly_where_the_evidence_reaches_its_bar(total: int) -> None:
    least = fewest_above(total, 0.05)
    assert log_evidence(least, total) < math.log(20) <= log_evidence(least - 1, total)


def test_an_interval_grows_tight_around_the_truth() -> None:
    rng = Random(1)
    few = median_interval([rng.gauss(0.3, 1) for _ in range(50)])
    many = median_interval([rng.gauss(0.3, 1) for _ in range(5000)])
    assert few.low < 0.3 < few.high and many.low < 0.3 < many.high
    assert many.high - many.low < 0.15 < few.high - few.low


def test_a_pair_without_a_time_is_left_out() -> None:
    assert ratios([1.0, 0.0, 2.0], [math.e, 1.0, 2.0, 9.0]) == pytest.approx([1.0, 0.0])
