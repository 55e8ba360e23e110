"""Choosing among fixes that pass all tests: the one least likely to serve only the tests.

Signals, in the order of what they told in experiments: agreement with the original where the original was right,
agreement among the plausible fixes on inputs no test holds (a vote weighted by each fix's prior), behaviour kept near
tested inputs, oddities of the new text, the smallest change.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autosd.coding.repair.edits import Edit
from autosd.coding.repair.signs import NO_SIGNS, Signs
from autosd.domain.changes import Overfit

#: Below this share of unchanged behaviour on passing inputs a fix is told to be suspect ...
KEPT_ENOUGH = 0.8
#: ... when there are so many of them: one or two may come from a test that looks at a part of the result only.
INPUTS_ENOUGH = 4
#: Below this share a few are enough.
HARDLY = 0.3
#: A vote needs at least this share of the priors to settle a disagreement.
MAJORITY = 0.6
#: A fix that runs on without end for more than this share of the inputs on which the original came to an end is suspect.
HANGS = 0.05
#: What it counts against a fix that it took a condition away without saying so.
VOID = 0.75

Outputs = tuple[str | None, ...]


@dataclass(frozen=True)
class Behaviour:
    """How a fix acts on extra inputs: ``agree`` with the original where it was right, and an ``outputs`` vector.

    ``kept`` is the share of inputs near those of passing tests on which it does what the original did; ``known`` is how many
    inputs ``agree`` speaks of; ``hangs`` is the share of inputs on which it does not end, although the original did;
    ``void`` says that it acts as if the condition it changes were always true, or always false.
    """

    agree: float
    outputs: Outputs = ()
    kept: float = 0.0
    known: int = INPUTS_ENOUGH
    hangs: float = 0.0
    void: bool = False


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


def choose(found: Sequence[Plausible], behaviours: Mapping[int, Behaviour], signs: Mapping[int, Signs] | None = None) -> list[Choice]:
    """Rank ``found``, best first. ``behaviours`` and ``signs`` by ``order``; fixes without one are ranked by the rest."""
    return _Bench(found, behaviours, signs or {}).choices()


def _prior(edit: Edit) -> float:
    return max(edit.score, 1e-9) * 0.7 ** max(0, edit.distance - 1)


class _Bench:
    """All that is known of the fixes that are compared."""

    def __init__(self, found: Sequence[Plausible], behaviours: Mapping[int, Behaviour], signs: Mapping[int, Signs]) -> None:
        self._found = found
        self._behaviours = behaviours
        self._signs = signs
        self._votes = self._count()
        self._most = max((len(each.passed) for each in found), default=0)
        self._kept_best = max((behaviour.agree for behaviour in behaviours.values()), default=0.0)

    def choices(self) -> list[Choice]:
        choices = [Choice(each, self._overfit(each), self._weight(each)) for each in self._found]
        return sorted(choices, key=lambda choice: (-choice.weight, choice.plausible.edit.distance, choice.plausible.order))

    def _count(self) -> dict[Outputs, float]:
        """The share of the priors behind each observed behaviour: one voice for every line that is changed for it.

        There are many ways to break one line to the same effect, and they are no witnesses for each other.
        """
        voices: dict[tuple[Outputs, int], float] = defaultdict(float)
        for each in self._found:
            if each.order in self._behaviours:
                line = self._signs[each.order].line if each.order in self._signs else -each.order
                voice = self._behaviours[each.order].outputs, line
                voices[voice] = max(voices[voice], math.sqrt(_prior(each.edit)))  # numbers count, not one sure voice alone
        weights: dict[Outputs, float] = defaultdict(float)
        for (outputs, _), weight in voices.items():
            weights[outputs] += weight
        total = sum(weights.values()) or 1.0
        return {outputs: weight / total for outputs, weight in weights.items()}

    def _weight(self, each: Plausible) -> float:
        fixed = len(each.passed) / self._most if self._most else 1.0
        weight = 4 * fixed + 4 * each.share + math.log10(_prior(each.edit)) / 4 + self._signs.get(each.order, NO_SIGNS).weight
        behaviour = self._behaviours.get(each.order)
        if behaviour is not None:
            weight += (
                2 * behaviour.agree + self._votes.get(behaviour.outputs, 0.0) + 2 * behaviour.kept - behaviour.hangs - VOID * behaviour.void
            )
        return weight

    def _overfit(self, each: Plausible) -> Overfit:
        behaviour = self._behaviours.get(each.order)
        said = self._signs.get(each.order, NO_SIGNS).said
        if said or behaviour is None:
            return Overfit(behaviour is not None, bool(said) or len(self._found) > 1, said or self._unchecked())
        against = self._against(behaviour)
        if against:
            return Overfit(True, True, against)
        if len(self._found) > 1:
            return Overfit(True, False, f"{len(self._found)} fixes pass all tests; this one acts like most of them on extra inputs")
        kept = "it keeps what passing tests relied on" if behaviour.known else "no passing test reaches the changed code"
        return Overfit(True, False, f"the only fix found; {kept}")

    def _against(self, behaviour: Behaviour) -> str:
        """What its behaviour says against a fix."""
        telling = behaviour.known >= INPUTS_ENOUGH or behaviour.agree < max(self._kept_best, HARDLY)
        if behaviour.agree < KEPT_ENOUGH and telling:
            return f"it changes {round(100 * (1 - behaviour.agree))} % of the results that passing tests relied on"
        if behaviour.hangs > HANGS:
            return f"it does not end on {round(100 * behaviour.hangs)} % of extra inputs on which the original did"
        if behaviour.void:
            return "the condition that it changes decides nothing any more on any input tried"
        if len(self._votes) > 1 and self._votes.get(behaviour.outputs, 0.0) < MAJORITY:
            return f"{len(self._found)} fixes pass all tests and differ on inputs that no test holds"
        return ""

    def _unchecked(self) -> str:
        if len(self._found) > 1:
            return f"{len(self._found)} fixes pass all tests and none could be told apart by extra inputs"
        return "no extra inputs could be made for the changed code"
