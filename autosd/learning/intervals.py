"""Intervals that stay valid however often one looks: for the middle of paired differences, and for the value of a policy.

The sequence of intervals for a median inverts a sign test whose evidence is Robbins' uniform mixture of bets: of ``n`` differences that
are not ``m``, ``k`` lie above it, and ``2**n * B(k+1, n-k+1)`` is a nonnegative martingale with mean 1 if ``m`` is the median. By Ville's
inequality it ever reaches ``1/alpha`` with probability at most ``alpha`` (Ville 1939; Robbins 1970; Howard & Ramdas 2022 for quantiles;
Waudby-Smith & Ramdas 2023 for the betting view). It needs no distribution: only that without an effect up is as likely as down.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

#: How often, over all looks at all measures of one run, an interval may miss the truth.
ALPHA = 0.05


@dataclass(frozen=True)
class Interval:
    """``low`` and ``high`` are infinite while there are too few samples to say anything."""

    low: float
    middle: float
    high: float

    @property
    def above_zero(self) -> bool:
        return self.low > 0

    @property
    def below_zero(self) -> bool:
        return self.high < 0


def log_evidence(above: int, total: int) -> float:
    """The logarithm of the evidence against "half of them lie above" after ``total`` differences."""
    choose = math.lgamma(total + 1) - math.lgamma(above + 1) - math.lgamma(total - above + 1)
    return total * math.log(2) - math.log(total + 1) - choose


@lru_cache(maxsize=4096)
def fewest_above(total: int, alpha: float) -> int:
    """The smallest count above a point at which the point is not yet ruled out as the median."""
    bar = math.log(1 / alpha)
    low, high = 0, total // 2  # the evidence falls from 0 to the middle
    while low < high:
        centre = (low + high) // 2
        low, high = (low, centre) if log_evidence(centre, total) < bar else (centre + 1, high)
    return low


def fewest_pairs(alpha: float = ALPHA) -> int:
    """From how many pairs on an interval can have an end."""
    total = 1
    while log_evidence(0, total) < math.log(1 / alpha):
        total += 1
    return total


def median_interval(differences: Sequence[float], alpha: float = ALPHA) -> Interval:
    """Where the median lies, at every look at once with probability ``1 - alpha``."""
    ordered = sorted(differences)
    if not ordered:
        return Interval(-math.inf, 0.0, math.inf)
    total = len(ordered)
    least = fewest_above(total, alpha)
    low = ordered[least - 1] if least else -math.inf
    high = ordered[total - least] if least else math.inf
    return Interval(low, median(ordered), high)


def median(ordered: Sequence[float]) -> float:
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def ratios(before: Sequence[float], after: Sequence[float]) -> list[float]:
    """Logarithms of after to before, pair by pair; pairs without a time are left out."""
    return [math.log(late / early) for early, late in zip(before, after, strict=False) if early > 0 and late > 0]
