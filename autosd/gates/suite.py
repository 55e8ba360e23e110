"""The suite gate: the proof. One full, cold run of the candidate, held against the run that intake made of the same base.

The candidate's targets failed before and pass now; what passed before passes now, or is shown to be flaky; no test has vanished, is
skipped now, or was loaded as other code; and nothing that judges was replaced while the candidate's code ran.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from autosd.domain.changes import Candidate, ChangeResult, GateReport, TestEvidence, Word
from autosd.domain.suites import Outcome, SuiteEnding, SuiteRun
from autosd.gates.context import GateContext, Suite
from autosd.gates.gating import to_lock

GATE = "suite"
MOST_RERUNS = 3
MOST_FLAKY = 20  # more newly failing tests than this are no accident


@dataclass(frozen=True)
class Proof:
    report: GateReport
    evidence: TestEvidence
    run: SuiteRun | None = None


@dataclass(frozen=True)
class Comparison:
    """Before against after, in sets of test ids. ``worse`` passed before and do not now."""

    unfixed: tuple[str, ...]
    worse: tuple[str, ...]
    vanished: tuple[str, ...]
    rewritten: tuple[str, ...]
    tampered: tuple[str, ...]


def prove(candidate: Candidate, context: GateContext, tree: Path) -> Proof:
    """``tree`` is the base with the candidate written over it."""
    before = context.diagnosis.run
    locked = to_lock(tree, before, candidate.files)
    after = context.suite(tree, None, locked)
    found = compare(before, after, candidate.targets, context.diagnosis.flaky)
    only_worse = after.ending is SuiteEnding.COMPLETE and not (found.unfixed or found.vanished or found.rewritten or found.tampered)
    flaky = shown_flaky(context.suite, tree, locked, found.worse) if only_worse else ()
    broken = tuple(test for test in (*found.worse, *found.vanished, *found.rewritten) if test not in flaky)
    evidence = TestEvidence(
        failing_before=context.diagnosis.failing,
        failing_after=tuple(test for test in context.diagnosis.failing if not now_passes(test, after)),
        broken=tuple(dict.fromkeys(broken)),
        flaky=(*context.diagnosis.flaky, *flaky),
        total=len(after.collected),
    )
    why = verdict(candidate, context, after, found, evidence)
    report = GateReport(GATE, why is None, why and why[0], why[1] if why else summary(evidence), after.seconds)
    return Proof(report, evidence, after)


def verdict(
    candidate: Candidate, context: GateContext, after: SuiteRun, found: Comparison, evidence: TestEvidence
) -> tuple[ChangeResult, str] | None:
    """Why this is no proof, or None."""
    failing = set(context.diagnosis.failing)
    if not candidate.targets or not failing.issuperset(candidate.targets):
        return ChangeResult(Word.TESTS_FAILED, "targets"), "the candidate names no target, or one that did not fail before"
    if after.ending is SuiteEnding.ENVIRONMENT:
        return ChangeResult(Word.SANDBOX_FAILED), f"the suite could not be started: {after.output_tail[-300:]}"
    same = after.ending is context.diagnosis.run.ending and after.ending is not SuiteEnding.TIMEOUT  # cut off, it says nothing of the rest
    if after.ending is not SuiteEnding.COMPLETE and not same:
        return ChangeResult(Word.TESTS_FAILED, after.ending), f"the run of the candidate ended by: {after.ending}"
    if found.tampered:
        return ChangeResult(Word.TESTS_FAILED, "tampering"), f"the candidate's run replaced parts of the judge: {named(found.tampered)}"
    if evidence.broken:
        return ChangeResult(Word.TESTS_FAILED, "broken"), f"passed before, not now: {named(evidence.broken)}"
    if found.unfixed:
        return ChangeResult(Word.TESTS_FAILED, "not fixed"), f"still failing: {named(found.unfixed)}"
    return None


def compare(before: SuiteRun, after: SuiteRun, targets: Iterable[str], flaky: Iterable[str] = ()) -> Comparison:
    """Pure. Tests known to be flaky prove nothing either way, but they must still be there."""
    known_flaky = set(flaky)
    passed_now = set(after.passed)
    vanished = tuple(sorted(before.collected - after.collected))
    worse = tuple(test for test in before.passed if test not in passed_now and test not in known_flaky and test not in vanished)
    rewritten = tuple(sorted(test for test, code in before.codes.items() if after.codes.get(test, code) != code))
    unfixed = tuple(test for test in targets if not now_passes(test, after))
    return Comparison(unfixed, worse, vanished, rewritten, tuple(sorted(after.notes - before.notes)))


def now_passes(test: str, after: SuiteRun) -> bool:
    """A test passes when it ran and passed; a file (or conftest) that could not be collected, when its tests are there and one passes."""
    passed = set(after.passed)
    if test in after.collected or test in passed:
        return test in passed
    if any(result.id == test and result.outcome is not Outcome.PASSED for result in after.results):
        return False
    return any(_belongs(other, test) for other in passed)


def _belongs(test: str, file: str) -> bool:
    if file.endswith("conftest.py"):
        return test.startswith(file[: -len("conftest.py")])
    return test.startswith((f"{file}::", f"{file}.", f"{file}/")) or file == "."


def shown_flaky(suite: Suite, tree: Path, locked: tuple[str, ...], worse: tuple[str, ...]) -> tuple[str, ...]:
    """Of the newly failing tests, those that pass on the very same tree: each must pass more often than it failed."""
    if not 0 < len(worse) <= MOST_FLAKY:
        return ()
    failures = dict.fromkeys(worse, 1)
    passes = dict.fromkeys(worse, 0)
    open_tests = list(worse)
    for _ in range(MOST_RERUNS):
        run = suite(tree, open_tests, locked)
        passed = set(run.passed)
        for test in open_tests:
            passes[test] += test in passed
            failures[test] += test not in passed
        open_tests = [test for test in open_tests if passes[test] and passes[test] <= failures[test]]
        if not open_tests:
            break
    return tuple(test for test in worse if passes[test] > failures[test])


def summary(evidence: TestEvidence) -> str:
    fixed = len(evidence.failing_before) - len(evidence.failing_after)
    return f"{fixed} of {len(evidence.failing_before)} failing tests pass now, nothing broken, {evidence.total} tests"


def named(tests: Iterable[str], most: int = 5) -> str:
    tests = list(tests)
    return ", ".join(tests[:most]) + (f" and {len(tests) - most} more" if len(tests) > most else "")
