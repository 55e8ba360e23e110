"""Test suites: what was collected, how each test ended, and why the failing ones fail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Outcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"  # an assertion of the test did not hold
    ERROR = "error"  # set-up, import or collection broke, or an exception the test did not expect
    SKIPPED = "skipped"
    TIMEOUT = "timeout"  # did not end in its time
    CRASHED = "crashed"  # took its process down


#: Outcomes that a fix has to turn into ``PASSED``.
BROKEN = frozenset({Outcome.FAILED, Outcome.ERROR, Outcome.TIMEOUT, Outcome.CRASHED})


@dataclass(frozen=True)
class Frame:
    """One line of a traceback; ``file`` is relative to the project's root when it lies inside it."""

    file: str
    line: int
    function: str


@dataclass(frozen=True)
class Failure:
    """Why one test did not pass: exception type, first line of its message, and the way there."""

    kind: str
    message: str
    frames: tuple[Frame, ...] = ()


@dataclass(frozen=True)
class TestResult:
    """One test's end. ``id`` is the runner's own id (pytest node id, unittest dotted name)."""

    __test__ = False  # not a test class for pytest

    id: str
    outcome: Outcome
    seconds: float = 0.0
    failure: Failure | None = None


class SuiteEnding(StrEnum):
    COMPLETE = "complete"
    NO_TESTS = "no_tests"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    OUTPUT = "output"
    CRASHED = "crashed"  # the runner died before it could finish its report
    ENVIRONMENT = "environment"  # the runner could not even start (no interpreter, no pytest ...)


@dataclass(frozen=True)
class SuiteRun:
    """One cold run of a suite in a fresh sandbox. Order of ``results`` is the order of execution."""

    ending: SuiteEnding
    results: tuple[TestResult, ...] = ()
    collected: frozenset[str] = frozenset()
    seconds: float = 0.0
    output_tail: str = ""
    codes: Mapping[str, str] = field(default_factory=dict)  # test id -> digest of the test's own code as it was loaded
    notes: frozenset[str] = frozenset()  # judging parts that code of the project replaced while it ran
    reached: Mapping[str, frozenset[int]] = field(default_factory=dict)  # file -> its lines that were run, where that was asked for
    again: tuple[TestResult, ...] = ()  # a second run of the same tests in what the first one left behind, where there was one

    def with_outcome(self, *outcomes: Outcome) -> tuple[str, ...]:
        """The ids of the tests that ended in one of ``outcomes``, in order of execution."""
        return tuple(result.id for result in self.results if result.outcome in outcomes)

    @property
    def broken(self) -> tuple[str, ...]:
        return self.with_outcome(*BROKEN)

    @property
    def passed(self) -> tuple[str, ...]:
        return self.with_outcome(Outcome.PASSED)


@dataclass(frozen=True)
class FailureGroup:
    """Failing tests that seem to share one cause; ``fingerprint`` is stable across runs and line shifts."""

    fingerprint: str
    tests: tuple[str, ...]
    kind: str
    message: str
    site: str  # "file:function" of the innermost frame inside the project, or ""


@dataclass(frozen=True)
class Diagnosis:
    """What intake learnt of a suite before anything was changed."""

    run: SuiteRun
    failing: tuple[str, ...]
    flaky: tuple[str, ...] = ()
    slow: tuple[str, ...] = ()
    groups: tuple[FailureGroup, ...] = field(default=())
