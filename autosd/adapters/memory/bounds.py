"""How sure one can be of a chance of which some wins and losses were seen."""

from __future__ import annotations

import math
from functools import lru_cache

_STEPS = 50
_EXACT_UP_TO = 1000  # of wins and losses; beyond them the normal distribution is as good


@lru_cache(maxsize=4096)
def beta_quantile(share: float, wins: int, losses: int) -> float:
    """Where ``share`` of the Beta distribution lies below, with a uniform prior."""
    if wins + losses > _EXACT_UP_TO:
        return _normal(share, wins, losses)
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if _below(middle, wins, losses) < share else (low, middle)
    return (low + high) / 2


def _below(x: float, wins: int, losses: int) -> float:
    """A Beta distribution of whole numbers is a sum of binomial chances: that of more than ``wins`` hits in one try more."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    tries, hit, miss = wins + losses + 1, math.log(x), math.log1p(-x)
    return math.fsum(
        math.exp(math.lgamma(tries + 1) - math.lgamma(hits + 1) - math.lgamma(tries - hits + 1) + hits * hit + (tries - hits) * miss)
        for hits in range(wins + 1, tries + 1)
    )


def _normal(share: float, wins: int, losses: int) -> float:
    from statistics import NormalDist

    total = wins + losses + 2
    mean = (wins + 1) / total
    found = NormalDist(mean, math.sqrt(mean * (1 - mean) / (total + 1))).inv_cdf(share)
    return min(max(found, 0.0), 1.0)
