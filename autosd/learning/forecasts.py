"""Where a figure is going: a straight line through what was seen, in the order of time, with an interval for the next value.

The interval is the textbook one for a new observation of a linear regression (Student's t on n - 2 degrees of freedom): it holds the next
value in 95 of 100 cases if what was seen scatters normally around a line. With two points there is a line and no scatter, so no interval.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean
from typing import NamedTuple

MOST_POINTS = 50
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Point:
    at: datetime
    value: float


@dataclass(frozen=True)
class Forecast:
    """``low`` and ``high`` are infinite where too little was seen to say; ``points`` is how much was."""

    value: float = 0.0
    low: float = -math.inf
    high: float = math.inf
    points: int = 0


class Prediction(NamedTuple):
    """Guide S2's pair of what is expected."""

    roi: float
    errors: float


@dataclass(frozen=True)
class TrendPredictor:
    """ROI and errors, each as a series in any order: time puts them in theirs. The newest fifty points count."""

    roi: tuple[Point, ...] = ()
    errors: tuple[Point, ...] = ()

    def predict_future_metrics(self, cycles: int = 1) -> Prediction:
        """``cycles`` values ahead; 0.0 for a series of fewer than two points."""
        return Prediction(self.forecast_roi(cycles).value, self.forecast_errors(cycles).value)

    def forecast_roi(self, cycles: int = 1) -> Forecast:
        return forecast(in_order(self.roi), cycles)

    def forecast_errors(self, cycles: int = 1) -> Forecast:
        return forecast(in_order(self.errors), cycles)


def in_order(points: Iterable[Point]) -> list[float]:
    return [each.value for each in sorted(points, key=lambda each: each.at)][-MOST_POINTS:]


def forecast(values: Sequence[float], cycles: int = 1) -> Forecast:
    """``values`` oldest first, one step apart."""
    if cycles < 1:
        raise ValueError("a forecast is at least one step ahead")
    count = len(values)
    if count < 2:
        return Forecast(points=count)
    middle, mean = (count - 1) / 2, fmean(values)
    spread = sum((x - middle) ** 2 for x in range(count))
    slope = sum((x - middle) * (y - mean) for x, y in enumerate(values)) / spread
    ahead = count - 1 + cycles
    value = mean + slope * (ahead - middle)
    if count == 2:
        return Forecast(value, points=count)
    left_over = sum((y - mean - slope * (x - middle)) ** 2 for x, y in enumerate(values))
    deviation = math.sqrt(left_over / (count - 2) * (1 + 1 / count + (ahead - middle) ** 2 / spread))
    margin = t_quantile((1 + CONFIDENCE) / 2, count - 2) * deviation
    return Forecast(value, value - margin, value + margin, count)


def t_quantile(share: float, freedom: int) -> float:
    """The value that Student's t stays under with probability ``share`` (at least one half)."""
    low, high = 0.0, 1.0
    while t_share(high, freedom) < share:
        high *= 2
    for _ in range(80):
        centre = (low + high) / 2
        low, high = (centre, high) if t_share(centre, freedom) < share else (low, centre)
    return (low + high) / 2


def t_share(value: float, freedom: int) -> float:
    """How much of Student's t lies under ``value`` (not negative): the finite sums of Abramowitz & Stegun, 26.7.3 and 26.7.4."""
    angle = math.atan(value / math.sqrt(freedom))
    cos, sin = math.cos(angle), math.sin(angle)
    term, total = (cos, cos) if freedom % 2 else (1.0, 1.0)
    for k in range(3 if freedom % 2 else 2, freedom - 1, 2):
        term *= cos * cos * (k - 1) / k
        total += term
    within = 2 / math.pi * (angle + (sin * total if freedom > 1 else 0.0)) if freedom % 2 else sin * total
    return 0.5 + within / 2
