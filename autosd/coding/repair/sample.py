"""Which failing tests the engine looks at, and how long it lets a test run: enough to search well, no more."""

from __future__ import annotations

from collections.abc import Sequence

from autosd.domain.suites import Diagnosis, Outcome, TestResult

#: Tests that fail in the same way tell the same; hanging ones cost their whole time limit, every time.
MOST_OF_A_CAUSE, MOST_HANGING, MOST_IN_ALL = 8, 2, 60
#: Tracing slows a test down by an order of magnitude, so the limit is generous against the slowest that passes.
LEAST_SECONDS, MOST_SECONDS, SLOWER = 1.0, 6.0, 25.0


def sample(diagnosis: Diagnosis, remaining: Sequence[str]) -> tuple[str, ...]:
    """Of ``remaining`` failing tests, in their order, those worth watching: some of every cause, few that hang."""
    results = {result.id: result for result in diagnosis.run.results}
    hanging = {test for test in remaining if test in results and results[test].outcome is Outcome.TIMEOUT}
    chosen: list[str] = []
    for cause in _causes(diagnosis, remaining):
        quick = sorted((test for test in cause if test not in hanging), key=lambda test: _seconds(results.get(test)))
        slow = [test for test in cause if test in hanging][:MOST_HANGING]
        chosen += quick[: MOST_OF_A_CAUSE - len(slow)] + slow
    kept = set(chosen[:MOST_IN_ALL])
    return tuple(test for test in remaining if test in kept)


def _causes(diagnosis: Diagnosis, remaining: Sequence[str]) -> list[list[str]]:
    left = dict.fromkeys(remaining)
    causes = [[test for test in group.tests if test in left] for group in diagnosis.groups]
    known = {test for cause in causes for test in cause}
    return [*causes, [test for test in remaining if test not in known]]


def _seconds(result: TestResult | None) -> float:
    return result.seconds if result else 0.0


def test_seconds(diagnosis: Diagnosis) -> float:
    """The wall time after which a test on the unchanged program is said to hang."""
    took = [result.seconds for result in diagnosis.run.results if result.outcome in (Outcome.PASSED, Outcome.FAILED, Outcome.ERROR)]
    return min(MOST_SECONDS, max(LEAST_SECONDS, SLOWER * max(took, default=0.0)))
