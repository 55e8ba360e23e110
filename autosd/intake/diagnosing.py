"""What is wrong with a suite: failing told from flaky and slow, failures with one cause put together."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from autosd.domain.suites import BROKEN, Diagnosis, Outcome, SuiteEnding, SuiteRun, TestResult
from autosd.intake.grouping import group, normalised
from autosd.intake.runners import Runner
from autosd.intake.running import SuiteLimits, run_suite
from autosd.ports import Sandbox, SubjectEnv

SLOW_SECONDS = 1.0
SLOW_FACTOR = 10
MOST_RERUNS, FEW_RERUNS = 20, 6
CHEAP_RERUNS, CHEAP_SECONDS = 1, 1.0
SECOND_CHANCE = 3.0  # so many times the limit of a test, before it is said to hang
_JUDGED = frozenset({SuiteEnding.COMPLETE, SuiteEnding.CRASHED, SuiteEnding.MEMORY, SuiteEnding.OUTPUT})

#: How to run some tests again: the ids, in, a fresh run of them out.
Rerun = Callable[[Sequence[str]], SuiteRun]


def diagnose(
    sandbox: Sandbox,
    env: SubjectEnv,
    root: Path,
    *,
    runner: Runner,
    tests: Sequence[str] | None = None,
    limits: SuiteLimits | None = None,
    rerun_seconds: float = 30.0,
) -> Diagnosis:
    """Run the suite, then only its failing tests again, each time in a fresh sandbox."""
    limits = limits or SuiteLimits()
    run = run_suite(sandbox, env, root, runner=runner, tests=tests, limits=limits)

    def rerun(failing: Sequence[str], patience: float = 1.0, *, twice: bool = False) -> SuiteRun:
        longer = replace(limits, test_seconds=min(limits.test_seconds * patience, limits.seconds))
        return run_suite(sandbox, env, root, runner=runner, tests=failing, limits=longer, twice=twice)

    def first_rerun(failing: Sequence[str]) -> SuiteRun:
        return rerun(failing, twice=sum(each.seconds for each in run.results if each.id in failing) < CHEAP_SECONDS)

    if run.ending in _JUDGED and run.seconds + limits.test_seconds * SECOND_CHANCE < limits.seconds:
        run = told_slow_from_hanging(run, lambda tests: rerun(tests, SECOND_CHANCE))
    flaky = find_flaky(run, rerun, first=first_rerun, seconds=rerun_seconds) if run.ending in _JUDGED else frozenset()
    failing = tuple(test for test in run.broken if test not in flaky)
    failing = tuple(test for test in failing if test != cut_off(run)) or failing
    results = [result for result in run.results if result.id in set(failing)]
    return Diagnosis(run, failing, tuple(test for test in run.broken if test in flaky), slow_tests(run), group(results))


def cut_off(run: SuiteRun) -> str | None:
    """The test that was running when the time of the whole suite was up: it need not be the one to blame."""
    last = run.results[-1] if run.ending is SuiteEnding.TIMEOUT and run.results else None
    return last.id if last is not None and last.outcome is Outcome.TIMEOUT else None


def told_slow_from_hanging(run: SuiteRun, patient: Rerun) -> SuiteRun:
    """``run`` with the tests that only needed more time judged anew. One of them is asked first: hanging tests come in groups."""
    late = run.with_outcome(Outcome.TIMEOUT)
    if not late or _without_end(patient(late[:1])):
        return run
    anew = {result.id: result for result in patient(late).results}
    return replace(run, results=tuple(anew.get(result.id, result) for result in run.results))


def _without_end(run: SuiteRun) -> bool:
    """Whether a test that had more time only hung longer, or went on until it had filled the memory."""
    return any(result.outcome in (Outcome.TIMEOUT, Outcome.CRASHED) for result in run.results)


def find_flaky(run: SuiteRun, rerun: Rerun, *, first: Rerun | None = None, seconds: float) -> frozenset[str]:
    """Broken tests that pass when they are run again on the same tree.

    One rerun, or two cheap ones, settle a test that fails again in the same way, as long as nothing else in the suite flips. Where
    something does, those that failed each time are run some times more. A test that fails in another way is suspicious: it is run again
    until it passes, twenty times at the most, within the time. ``first`` is the first rerun, which may be two in one: the second of them
    runs in what the first left behind, so only a test that fails there as it always did is settled by it.
    """
    dear = set(run.with_outcome(Outcome.TIMEOUT)) | _exhausted(run)  # hanging ones were asked a second time already
    broken = [test for test in run.broken if test not in dear]
    if not broken:
        return frozenset()
    began = time.monotonic()
    before = {result.id: result for result in run.results}
    again = (first or rerun)(broken)
    flaky = {test for test in again.passed if test in before}
    still = [result for result in again.results if result.outcome in BROKEN]
    odd = {result.id for result in still if not _alike(before.get(result.id), result)}
    settled = {each.id for each in again.again if each.outcome in BROKEN and _alike(before.get(each.id), each)} if not flaky else set()
    for round_ in range(MOST_RERUNS):
        few = FEW_RERUNS if flaky else (CHEAP_RERUNS if _cheap(again) else 0)
        unsure = [each.id for each in still if each.id not in flaky and (each.id in odd or (round_ < few and each.id not in settled))]
        if not unsure or time.monotonic() - began > seconds:
            break
        flaky |= set(rerun(unsure).passed)
    return frozenset(flaky)


def _cheap(run: SuiteRun) -> bool:
    """By what the tests themselves took: a busy machine's slow start says nothing about them."""
    return sum(result.seconds for result in run.results) < CHEAP_SECONDS and run.seconds < 5 * CHEAP_SECONDS


def _exhausted(run: SuiteRun) -> set[str]:
    """Tests that took all the memory they were given: each costs seconds, and what fills gigabytes once does so again."""
    return {result.id for result in run.results if result.failure is not None and result.failure.kind == "MemoryLimit"}


def _alike(one: TestResult | None, other: TestResult) -> bool:
    if one is None or one.failure is None or other.failure is None:
        return True
    if {one.outcome, other.outcome} <= {Outcome.TIMEOUT, Outcome.CRASHED}:
        return True
    return one.failure.kind == other.failure.kind and normalised(one.failure.message) == normalised(other.failure.message)


def slow_tests(run: SuiteRun) -> tuple[str, ...]:
    """Passing tests that take over a second and ten times the median, slowest first."""
    passed = sorted((result for result in run.results if result.outcome is Outcome.PASSED), key=lambda result: -result.seconds)
    if not passed:
        return ()
    median = passed[len(passed) // 2].seconds
    return tuple(result.id for result in passed if result.seconds > max(SLOW_SECONDS, SLOW_FACTOR * median))
