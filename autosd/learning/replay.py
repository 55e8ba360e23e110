"""What another way of choosing would have brought, from the runs that were chosen otherwise.

The estimate is doubly robust (a running mean of each arm, corrected by inverse propensities) with the weights of Hadad et al. 2021,
which keep its interval honest although the choices depended on earlier results.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from autosd.domain.errors import AutosdError

#: From the arms that were possible to how likely each would have been.
Policy = Callable[[Sequence[str]], Mapping[str, float]]
Z = 1.959964  # 95 % of a normal distribution
FEWEST = 10


@dataclass(frozen=True)
class Logged:
    """One choice as it was made: the arm, what it brought (0 to 1), how likely each arm was, and the class of problem."""

    problem: str
    arm: str
    reward: float
    propensities: Mapping[str, float]


@dataclass(frozen=True)
class Estimate:
    """``value`` is the mean reward; ``effective`` is how many runs of its own it is worth. Too few runs: no interval."""

    value: float
    low: float
    high: float
    runs: int
    effective: float
    logged: float  # what the runs brought as they were chosen


def estimate(logged: Iterable[Logged], policy: Policy) -> Estimate | None:
    """None when not one run could have been chosen by ``policy``. Runs whose arms it does not know are left out."""
    scores: list[float] = []
    weights: list[float] = []
    shares: list[float] = []
    rewards: list[float] = []
    means: dict[tuple[str, str], tuple[float, int]] = {}
    for each in logged:
        target = policy(tuple(each.propensities))
        if not target or each.propensities.get(each.arm, 0.0) <= 0:
            continue
        share = target.get(each.arm, 0.0) / each.propensities[each.arm]
        model = {arm: _mean(means.get((each.problem, arm))) for arm in each.propensities}
        scores.append(sum(chance * model[arm] for arm, chance in target.items()) + share * (each.reward - model[each.arm]))
        weights.append(1 / math.sqrt(_spread(target, each.propensities)))
        shares.append(share)
        rewards.append(each.reward)
        total, count = means.get((each.problem, each.arm), (0.0, 0))
        means[each.problem, each.arm] = (total + each.reward, count + 1)
    return _estimated(scores, weights, shares, rewards) if scores else None


def _spread(target: Mapping[str, float], propensities: Mapping[str, float]) -> float:
    """How far a score may swing: the larger, the less it should weigh."""
    return sum(chance * chance / max(propensities.get(arm, 0.0), 1e-9) for arm, chance in target.items())


def _mean(seen: tuple[float, int] | None) -> float:
    total, count = seen or (0.0, 0)
    return (total + 0.5) / (count + 1)


def _estimated(scores: Sequence[float], weights: Sequence[float], shares: Sequence[float], rewards: Sequence[float]) -> Estimate:
    heap = sum(weights)
    value = sum(weight * score for weight, score in zip(weights, scores, strict=True)) / heap
    error = math.sqrt(sum((weight * (score - value)) ** 2 for weight, score in zip(weights, scores, strict=True))) / heap
    squares = sum(share * share for share in shares)
    effective = sum(shares) ** 2 / squares if squares else 0.0
    known = len(scores) >= FEWEST
    width = error * _quantile(effective)
    low, high = (max(0.0, value - width), min(1.0, value + width)) if known else (0.0, 1.0)
    return Estimate(value, low, high, len(scores), effective, sum(rewards) / len(rewards))


def _quantile(effective: float) -> float:
    """Student's, to its first order: few runs that speak of the policy deserve a wider interval."""
    return Z + (Z**3 + Z) / (4 * max(1.0, effective - 1))


def policy_named(words: str) -> Policy:
    """``uniform``, ``always:ARM``, or shares such as ``repair=3,codemod=1``. Raises ``AUTOSD-POLICY-WORDS``."""
    if words == "uniform":
        return lambda arms: {arm: 1 / len(arms) for arm in arms}
    if words.startswith("always:") and words[len("always:") :]:
        wanted = words[len("always:") :]
        return lambda arms: {arm: float(arm == wanted) for arm in arms} if wanted in arms else {}
    shares = _shares(words)
    return lambda arms: _scaled({arm: shares[arm] for arm in arms if arm in shares}, arms)


def _scaled(shares: Mapping[str, float], arms: Sequence[str]) -> dict[str, float]:
    total = sum(shares.values())
    return {arm: shares.get(arm, 0.0) / total for arm in arms} if total > 0 else {}


def _shares(words: str) -> dict[str, float]:
    try:
        pairs = (part.split("=") for part in words.split(","))
        shares = {arm.strip(): float(share) for arm, share in pairs}
    except ValueError:
        shares = {}
    if not shares or not all(share >= 0 and math.isfinite(share) for share in shares.values()) or not sum(shares.values()):
        message = f"{words!r} names no way of choosing."
        raise AutosdError("AUTOSD-POLICY-WORDS", message, "Say uniform, always:ARM, or shares such as repair=3,codemod=1.")
    return shares
