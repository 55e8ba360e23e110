"""How likely each of several Beta-distributed arms is the best one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

_POINTS = 400
_WIDTHS = 9.0  # standard deviations on each side of an arm's mean; beyond them lies nothing that counts


@dataclass(frozen=True)
class Beta:
    """``a`` and ``b`` are at least 1: so its density has no pole."""

    a: float = 1.0
    b: float = 1.0

    @property
    def mean(self) -> float:
        return self.a / (self.a + self.b)

    @property
    def deviation(self) -> float:
        total = self.a + self.b
        return math.sqrt(self.a * self.b / (total * total * (total + 1)))

    def masses(self, points: Sequence[float]) -> list[float]:
        """Its density at ``points``, scaled to a sum of 1."""
        logs = [(self.a - 1) * math.log(x) + (self.b - 1) * math.log1p(-x) for x in points]
        highest = max(logs)
        weights = [math.exp(each - highest) for each in logs]
        total = sum(weights)
        return [weight / total for weight in weights]


def best_probabilities(arms: Sequence[Beta]) -> list[float]:
    """The chance of each arm to be drawn highest: by quadrature, the same for the same arms, and adding up to 1."""
    if len(arms) < 2:
        return [1.0] * len(arms)
    points = _grid(arms)
    masses = [arm.masses(points) for arm in arms]
    chances = [0.0] * len(arms)
    below = [0.0] * len(arms)  # of each arm, the chance to lie under the current point; half of the point's own mass counts
    for position in range(len(points)):
        middles = [low + mass[position] / 2 for low, mass in zip(below, masses, strict=True)]
        for number, mass in enumerate(masses):
            others = math.prod(middles[other] for other in range(len(arms)) if other != number)
            chances[number] += mass[position] * others
        below = [low + mass[position] for low, mass in zip(below, masses, strict=True)]
    total = sum(chances)
    return [chance / total for chance in chances]


def _grid(arms: Sequence[Beta]) -> list[float]:
    low = max(0.0, min(arm.mean - _WIDTHS * arm.deviation for arm in arms))
    high = min(1.0, max(arm.mean + _WIDTHS * arm.deviation for arm in arms))
    step = (high - low) / _POINTS
    return [low + (number + 0.5) * step for number in range(_POINTS)]
