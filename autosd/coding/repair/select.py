"""Choosing among fixes that pass all tests: the one least likely to serve only the tests.

Signals, in the order of what they told in experiments: agreement with the original where the original was right,
agreement among the plausible fixes on inputs no test holds (a vote weighted by each fix's prior), the smallest change.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autosd.coding.repair.edits import Edit
from autosd.domain.changes import Overfit

#: Below this share of unchanged behaviour on passing inputs a fix is told to be suspect.
KEPT_ENOUGH = 0.8
#: A vote needs at least this share of the priors to settle a disagreement.
MAJORITY = 0.5


@dataclass(frozen=True)
class Behaviour:
    """How a fix acts on extra inputs: ``agree`` with the original where it was right, and an ``outputs`` vector.

    ``kept`` is the share of inputs near the tested ones on which it does what the original did.
    """

    agree: float
    outputs: tuple[str | None, ...] = ()
    kept: float = 0.0


@dataclass(frozen=True)
class Plausible:
    """An edit that passed what it was asked to; ``passed`` are failing tests it fixes, ``order`` when it was found."""

    edit: Edit
    passed: frozenset[str]
    order: int = 0
    share: float = 1.0  # of the tests of files that could not even be collected before


@dataclass(frozen=True)
class Choice:
    """A plausible fix with its rank's reasons; the first of a list of choices is the one to take."""

    plausible: Plausible
    overfit: Overfit
    weight: float


def choose(found: Sequence[Plausible], behaviours: Mapping[int, Behaviour]) -> list[Choice]:
    """Rank ``found``, best first. ``behaviours`` by ``order``; fixes without one are ranked by prior and size alone."""
    most = max((len(each.passed) for each in found), default=0)
    votes = _votes(found, behaviours)
    choices = [
        Choice(each, _overfit(each, found, behaviours.get(each.order), votes), _weight(each, most, behaviours.get(each.order), votes))
        for each in found
    ]
    return sorted(choices, key=lambda choice: (-choice.weight, choice.plausible.edit.distance, choice.plausible.order))


def _prior(edit: Edit) -> float:
    return max(edit.score, 1e-9) * 0.7 ** max(0, edit.distance - 1)


def _votes(found: Sequence[Plausible], behaviours: Mapping[int, Behaviour]) -> dict[tuple[str | None, ...], float]:
    """The share of the priors behind each observed behaviour."""
    weights: dict[tuple[str | None, ...], float] = defaultdict(float)
    for each in found:
        if each.order in behaviours:
            weights[behaviours[each.order].outputs] += math.sqrt(_prior(each.edit))  # numbers count, not one sure voice alone
    total = sum(weights.values()) or 1.0
    return {outputs: weight / total for outputs, weight in weights.items()}


def _weight(each: Plausible, most: int, behaviour: Behaviour | None, votes: Mapping[tuple[str | None, ...], float]) -> float:
    fixed = len(each.passed) / most if most else 1.0
    weight = 4 * fixed + 4 * each.share + math.log10(_prior(each.edit)) / 4
    if behaviour is not None:
        weight += 2 * behaviour.agree + votes.get(behaviour.outputs, 0.0) + behaviour.kept
    return weight


def _overfit(
    each: Plausible, found: Sequence[Plausible], behaviour: Behaviour | None, votes: Mapping[tuple[str | None, ...], float]
) -> Overfit:
    if behaviour is None:
        return Overfit(checked=False, suspect=len(found) > 1, reason=_unchecked(found))
    if behaviour.agree < KEPT_ENOUGH:
        share = round(100 * (1 - behaviour.agree))
        return Overfit(True, True, f"it changes {share} % of the results that passing tests relied on")
    if len(votes) > 1 and votes.get(behaviour.outputs, 0.0) < MAJORITY:
        return Overfit(True, True, f"{len(found)} fixes pass all tests and differ on inputs that no test holds")
    if len(found) > 1:
        return Overfit(True, False, f"{len(found)} fixes pass all tests; this one acts like most of them on extra inputs")
    return Overfit(True, False, "the only fix found; it keeps what passing tests relied on")


def _unchecked(found: Sequence[Plausible]) -> str:
    if len(found) > 1:
        return f"{len(found)} fixes pass all tests and none could be told apart by extra inputs"
    return "no extra inputs could be made for the changed code"
