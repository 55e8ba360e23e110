"""Choosing by Thompson sampling: an arm as often as it is likely to be the best one, with that likelihood written down."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from autosd.domain.outcomes import Tally
from autosd.learning.beta import Beta, best_probabilities
from autosd.learning.decay import current
from autosd.ports import Learnt

STRATEGY = "strategy"
#: S4's families, and the arm of each that holds while nothing is chosen.
FAMILIES: dict[str, tuple[str, ...]] = {
    "approve_threshold": ("0.78", "0.82", "0.86"),
    "scan_min_score": ("5.8", "6.0", "6.2"),
    "focus_policy": ("reliability_first", "execution_first", "learning_first"),
}
FIRST = {"approve_threshold": "0.82", "scan_min_score": "6.0", "focus_policy": "reliability_first"}
#: A part of all choices is drawn evenly: whatever was learnt, each arm stays possible and each propensity stays above zero.
EVENLY = 0.02


@dataclass(frozen=True)
class Choice:
    """What was chosen, and how likely each arm was to be: what another policy is judged with later."""

    family: str
    problem: str
    arm: str
    propensities: Mapping[str, float]

    @property
    def propensity(self) -> float:
        return self.propensities[self.arm]


def choose(tallies: Iterable[Tally], family: str, problem: str, arms: Sequence[str], rng: Random, now: datetime) -> Choice:
    """Raises ``ValueError`` without arms."""
    if not arms:
        raise ValueError("there is nothing to choose from")
    known = beliefs(tallies, family, problem, arms, now)
    chances = propensities([known[arm] for arm in arms])
    [arm] = rng.choices(arms, chances)
    return Choice(family, problem, arm, dict(zip(arms, chances, strict=True)))


def propensities(arms: Sequence[Beta]) -> list[float]:
    return [(1 - EVENLY) * chance + EVENLY / len(arms) for chance in best_probabilities(arms)]


def beliefs(tallies: Iterable[Tally], family: str, problem: str, arms: Sequence[str], now: datetime) -> dict[str, Beta]:
    """What is known of each arm on this class of problem; of one that was never tried, nothing."""
    found = {tally.arm: current(tally, now) for tally in tallies if (tally.family, tally.problem) == (family, problem)}
    return {arm: found.get(arm, Beta()) for arm in arms}


def choose_strategy(learnt: Learnt, problem: str, arms: Sequence[str], rng: Random, now: datetime, *, on: bool = True) -> Choice:
    """Switched off (``ENABLE_POLICY_BANDIT=false``) it is the first one, for certain; what was learnt is kept."""
    return _chosen(learnt, STRATEGY, problem, arms, arms[0] if arms else "", rng, now, on)


def choose_families(learnt: Learnt, rng: Random, now: datetime, *, on: bool = True) -> dict[str, Choice]:
    """An arm of each of S4's families; switched off, S4's first ones."""
    return {family: _chosen(learnt, family, "", arms, FIRST[family], rng, now, on) for family, arms in FAMILIES.items()}


def _chosen(learnt: Learnt, family: str, problem: str, arms: Sequence[str], first: str, rng: Random, now: datetime, on: bool) -> Choice:
    if not on:
        return Choice(family, problem, first, {arm: float(arm == first) for arm in arms})
    return choose(learnt.tallies(family), family, problem, arms, rng, now)


def written(choices: Iterable[Choice]) -> dict[str, str]:
    """As a run keeps them: the arm under the family's name, the propensities of all arms beside it."""
    kept: dict[str, str] = {}
    for choice in choices:
        kept[choice.family] = choice.arm
        kept[f"{choice.family}.propensities"] = json.dumps({arm: round(chance, 6) for arm, chance in choice.propensities.items()})
    return kept


def read_propensities(arms: Mapping[str, str], family: str) -> dict[str, float]:
    """Nothing where nothing was written down."""
    try:
        value = json.loads(arms.get(f"{family}.propensities", "{}"))
        return {str(arm): float(chance) for arm, chance in value.items()}
    except (ValueError, TypeError, AttributeError):
        return {}
