"""What the warm servers saw, put together as observations."""

from __future__ import annotations

from collections.abc import Iterable

from autosd.coding.repair.observations import ObservedFailure, ObservedTest
from autosd.coding.repair.replies import Explained, Observed


def observed_test(seen: Observed) -> ObservedTest:
    """What localisation needs of one observation. A looping test is only charged with the lines it went round in, when known."""
    return ObservedTest(seen.test, seen.outcome, seen.lines, observed_failure(seen.failure), seen.seconds)


def observed_failure(failure: Explained | None) -> ObservedFailure | None:
    if failure is None:
        return None
    plain = failure.failure
    return ObservedFailure(plain.kind, plain.message, plain.frames, failure.left, failure.right, failure.locals)


def merge_types(seen: Iterable[Observed]) -> dict[str, dict[int, dict[str, frozenset[str]]]]:
    merged: dict[str, dict[int, dict[str, frozenset[str]]]] = {}
    for each in seen:
        for file, lines in each.vars.items():
            for line, names in lines.items():
                at = merged.setdefault(file, {}).setdefault(line, {})
                for name, kinds in names.items():
                    at[name] = at.get(name, frozenset()) | kinds
    return merged


def merge_values(seen: Iterable[Observed], most: int = 8) -> dict[str, dict[str, dict[str, tuple[str, ...]]]]:
    merged: dict[str, dict[str, dict[str, tuple[str, ...]]]] = {}
    for each in seen:
        for file, functions in each.values.items():
            for function, names in functions.items():
                at = merged.setdefault(file, {}).setdefault(function, {})
                for name, known in names.items():
                    at[name] = tuple(dict.fromkeys((*at.get(name, ()), *known)))[:most]
    return merged


def merge_attributes(seen: Iterable[Observed]) -> dict[str, frozenset[str]]:
    merged: dict[str, frozenset[str]] = {}
    for each in seen:
        for kind, names in each.attrs.items():
            merged[kind] = merged.get(kind, frozenset()) | names
    return merged
