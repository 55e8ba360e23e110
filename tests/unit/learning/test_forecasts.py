"""Where ROI and errors are going."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from autosd.learning.forecasts import Point, TrendPredictor, forecast, t_quantile

START = datetime(2026, 1, 1, tzinfo=UTC)


def series(*values: float) -> tuple[Point, ...]:
    return tuple(Point(START + timedelta(hours=number), value) for number, value in enumerate(values))


def test_a_straight_line_goes_on() -> None:
    told = TrendPredictor(series(1, 2, 3), series(9, 7, 5))
    assert told.predict_future_metrics(1) == pytest.approx((4.0, 3.0))
    assert told.predict_future_metrics(cycles=3).roi == pytest.approx(6.0)


def test_fewer_than_two_points_say_nothing() -> None:
    assert TrendPredictor().predict_future_metrics(1) == (0.0, 0.0)
    assert TrendPredictor(series(5)).forecast_roi().value == 0.0
    assert forecast([1.0, 2.0]).low == float("-inf")  # a line, but no scatter to judge it by


def test_time_puts_points_in_their_order() -> None:
    mixed = series(1, 2, 3, 4)
    assert TrendPredictor((mixed[2], mixed[0], mixed[3], mixed[1])).predict_future_metrics().roi == pytest.approx(5.0)


def test_only_the_newest_fifty_points_count() -> None:
    assert TrendPredictor(series(*[1000.0] * 30, *[1.0] * 50)).predict_future_metrics().roi == pytest.approx(1.0)


@pytest.mark.parametrize(("freedom", "known"), [(1, 12.7062), (2, 4.30265), (5, 2.57058), (10, 2.22814), (48, 2.01063)])
def test_students_t_is_that_of_the_tables(freedom: int, known: float) -> None:
    assert t_quantile(0.975, freedom) == pytest.approx(known, rel=1e-5)


def test_the_interval_holds_the_next_value_as_often_as_it_says() -> None:
    rng, held = random.Random(7), 0
    for _ in range(2000):
        values = [0.5 * x + rng.gauss(0, 2) for x in range(9)]
        told = forecast(values[:8])
        held += told.low <= values[8] <= told.high
    assert 0.94 < held / 2000 < 0.96


def test_a_forecast_looks_ahead() -> None:
    with pytest.raises(ValueError, match="at least one step"):
        forecast([1.0, 2.0], 0)
