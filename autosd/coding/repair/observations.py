"""What running the tests showed, typed. Every part may be missing: the engine works with lines alone, or with nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from autosd.domain.suites import BROKEN, Frame, Outcome
from autosd.ports import Hunk


@dataclass(frozen=True)
class ObservedFailure:
    """A failure with the two sides of the failing assertion as literals (None: not known)."""

    kind: str
    message: str = ""
    frames: tuple[Frame, ...] = ()
    left: str | None = None
    right: str | None = None
    locals: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ObservedTest:
    """One test alone in a fork: how it ended and which lines of which files it reached."""

    id: str
    outcome: Outcome
    lines: Mapping[str, frozenset[int]] = field(default_factory=dict)
    failure: ObservedFailure | None = None
    seconds: float = 0.0
    ticks: int = 0


@dataclass(frozen=True)
class Observations:
    """All that is known of the runs. ``groups`` are failing tests that seem to share one cause."""

    tests: tuple[ObservedTest, ...] = ()
    types: Mapping[str, Mapping[int, Mapping[str, frozenset[str]]]] = field(default_factory=dict)  # file, line, name
    values: Mapping[str, Mapping[str, Mapping[str, tuple[str, ...]]]] = field(default_factory=dict)  # file, function, name
    attributes: Mapping[str, frozenset[str]] = field(default_factory=dict)  # of a type
    errors: tuple[ObservedFailure, ...] = ()  # of collection
    groups: tuple[tuple[str, ...], ...] = ()
    history: tuple[Hunk, ...] = ()

    @cached_property
    def failing(self) -> tuple[ObservedTest, ...]:
        return tuple(test for test in self.tests if test.outcome in BROKEN)

    @cached_property
    def passing(self) -> tuple[ObservedTest, ...]:
        return tuple(test for test in self.tests if test.outcome is Outcome.PASSED)

    @cached_property
    def failures(self) -> tuple[ObservedFailure, ...]:
        """Every failure seen, of tests and of collection."""
        return (*(test.failure for test in self.failing if test.failure), *self.errors)

    @classmethod
    def from_events(cls, events: Iterable[Mapping[str, Any]], **more: Any) -> Observations:
        """Read the warm server's ``opened`` and ``observed`` messages; what is malformed is left out."""
        tests: list[ObservedTest] = []
        errors: list[ObservedFailure] = []
        types: dict[str, dict[int, dict[str, frozenset[str]]]] = {}
        values: dict[str, dict[str, dict[str, tuple[str, ...]]]] = {}
        attributes: dict[str, frozenset[str]] = {}
        for event in events:
            if event.get("event") == "opened":
                errors.extend(_failure(each) for each in event.get("errors", ()) if isinstance(each, Mapping))
            if event.get("event") != "observed":
                continue
            tests.append(_test(event))
            _merge_types(types, event.get("vars") or {})
            _merge_values(values, event.get("values") or {})
            for name, attrs in (event.get("attrs") or {}).items():
                attributes[name] = attributes.get(name, frozenset()) | frozenset(map(str, attrs))
        return cls(tuple(tests), types, values, attributes, tuple(errors), **more)


def _test(event: Mapping[str, Any]) -> ObservedTest:
    try:
        outcome = Outcome(event.get("outcome", "error"))
    except ValueError:
        outcome = Outcome.ERROR
    failure = event.get("failure")
    return ObservedTest(
        id=str(event.get("test", "")),
        outcome=outcome,
        lines={str(file): frozenset(lines) for file, lines in (event.get("lines") or {}).items()},
        failure=_failure(failure) if isinstance(failure, Mapping) else None,
        seconds=float(event.get("seconds") or 0.0),
        ticks=int(event.get("ticks") or 0),
    )


def _failure(raw: Mapping[str, Any]) -> ObservedFailure:
    frames = tuple(
        Frame(str(frame.get("file", "")), int(frame.get("line") or 0), str(frame.get("function", "")))
        for frame in raw.get("frames") or ()
        if isinstance(frame, Mapping)
    )
    left, right = raw.get("left"), raw.get("right")
    return ObservedFailure(
        str(raw.get("kind", "")),
        str(raw.get("message", "")),
        frames,
        left if isinstance(left, str) else None,
        right if isinstance(right, str) else None,
        {str(name): str(value) for name, value in (raw.get("locals") or {}).items()},
    )


def _merge_types(into: dict[str, dict[int, dict[str, frozenset[str]]]], raw: Mapping[str, Any]) -> None:
    for file, lines in raw.items():
        for line, names in lines.items():
            at = into.setdefault(file, {}).setdefault(int(line), {})
            for name, seen in names.items():
                at[name] = at.get(name, frozenset()) | frozenset(map(str, seen))


def _merge_values(into: dict[str, dict[str, dict[str, tuple[str, ...]]]], raw: Mapping[str, Any]) -> None:
    for file, functions in raw.items():
        for function, names in functions.items():
            at = into.setdefault(file, {}).setdefault(function, {})
            for name, seen in names.items():
                at[name] = tuple(dict.fromkeys((*at.get(name, ()), *map(str, seen))))[:8]


def literal(text: str | None) -> Any:
    """The value of a literal's ``repr``, or None when it is none (``None`` itself also gives None)."""
    if text is None or len(text) > 2000:
        return None
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return None
