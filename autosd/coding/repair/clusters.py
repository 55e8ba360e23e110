"""Which failing tests seem to share one bug, and which of them to try first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from autosd.coding.repair.observations import ObservedTest

Place = tuple[str, int]


def clusters(failing: Sequence[ObservedTest], passing: Sequence[ObservedTest], editable: frozenset[str]) -> list[tuple[ObservedTest, ...]]:
    """Failing tests grouped by the telling lines they share, largest overlap first; each group is searched by itself.

    A line is telling for a test when few passing tests reach it, so a helper that everything calls joins nothing.
    """
    common = Counter(place for test in passing for place in _places(test, editable))
    often = max(3, len(passing) // 2)
    telling = {test.id: {place for place in _places(test, editable) if common[place] < often} for test in failing}
    whole = {test.id: set(_places(test, editable)) for test in failing}
    groups: list[list[ObservedTest]] = []
    for test in sorted(failing, key=lambda each: (-len(telling[each.id]), each.id)):
        home = next((group for group in groups if any(_alike(test, other, telling, whole) for other in group)), None)
        if home is None:
            groups.append([test])
        else:
            home.append(test)
    return [tuple(group) for group in sorted(groups, key=len, reverse=True)]


def _places(test: ObservedTest, editable: frozenset[str]) -> Iterable[Place]:
    return ((file, line) for file, lines in test.lines.items() if file in editable for line in lines)


def _alike(one: ObservedTest, other: ObservedTest, telling: Mapping[str, set[Place]], whole: Mapping[str, set[Place]]) -> bool:
    left, right = telling[one.id] or whole[one.id], telling[other.id] or whole[other.id]
    if not left or not right:
        return not left and not right  # what reaches no code of the project is no symptom of the other's bug
    return len(left & right) >= 0.5 * min(len(left), len(right))


def scouts(tests: Sequence[ObservedTest], most: int) -> list[str]:
    """The tests that stand for the others: quick ones, each failing in a way of its own; at most ``most``."""
    ranked = sorted(tests, key=lambda test: (test.seconds, test.ticks, test.id))
    chosen: list[ObservedTest] = []
    seen: set[tuple[str, str, frozenset[Place]]] = set()
    for test in ranked:
        failure = test.failure
        lines = frozenset((file, line) for file, reached in test.lines.items() for line in reached)
        way = (failure.kind if failure else "", failure.frames[-1].function if failure and failure.frames else "", lines)
        if way not in seen:
            seen.add(way)
            chosen.append(test)
    chosen += [test for test in ranked if test not in chosen]
    return [test.id for test in chosen[:most]]
