"""The comparison of before and after: what counts as fixed, broken, vanished, flaky."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from autosd.domain.changes import Candidate
from autosd.domain.suites import Diagnosis, Outcome, SuiteEnding, SuiteRun, TestResult
from autosd.gates.context import GateContext
from autosd.gates.diffs import read_diff
from autosd.gates.suite import Proof, compare, now_passes, prove

TARGET = "t.py::a"
BEFORE = {TARGET: "failed", "t.py::b": "passed", "t.py::c": "skipped"}


def run(outcomes: Mapping[str, str], ending: SuiteEnding = SuiteEnding.COMPLETE, **words: Any) -> SuiteRun:
    results = tuple(TestResult(test, Outcome(outcome)) for test, outcome in outcomes.items())
    return SuiteRun(ending, results, words.pop("collected", frozenset(outcomes)), **words)


class Scripted:
    """A suite whose runs are given: the first is the candidate's, the rest are reruns."""

    def __init__(self, *runs: SuiteRun) -> None:
        self.runs, self.calls = list(runs), 0

    def __call__(self, tree: Path, tests: Sequence[str] | None = None, locked: Sequence[str] = ()) -> SuiteRun:
        self.calls += 1
        return self.runs.pop(0) if len(self.runs) > 1 else self.runs[0]


def proof(tmp_path: Path, suite: Scripted, before: SuiteRun | None = None, targets: tuple[str, ...] = (TARGET,)) -> Proof:
    unused: Any = None
    diagnosis = Diagnosis(before or run(BEFORE), (TARGET,), ("t.py::known_flaky",))
    context = GateContext(unused, unused, unused, suite, diagnosis, read_diff(""))
    return prove(Candidate("test", {"x.py": "x"}, targets), context, tmp_path)


def test_fail_before_and_pass_after_is_a_proof(tmp_path: Path) -> None:
    found = proof(tmp_path, Scripted(run({**BEFORE, TARGET: "passed"})))
    assert found.report.passed and found.evidence.failing_after == () and found.evidence.total == 3


@pytest.mark.parametrize(
    ("after", "word"),
    [
        (BEFORE, "tests_failed:not fixed"),
        ({**BEFORE, TARGET: "skipped"}, "tests_failed:not fixed"),
        ({**BEFORE, TARGET: "timeout"}, "tests_failed:not fixed"),
        ({**BEFORE, TARGET: "passed", "t.py::b": "skipped"}, "tests_failed:broken"),
        ({**BEFORE, TARGET: "passed", "t.py::b": "crashed"}, "tests_failed:broken"),
        ({TARGET: "passed", "t.py::b": "passed"}, "tests_failed:broken"),
        ({"t.py::b": "passed", "t.py::c": "skipped"}, "tests_failed:broken"),
    ],
)
def test_anything_less_is_none(tmp_path: Path, after: dict[str, str], word: str) -> None:
    assert str(proof(tmp_path, Scripted(run(after))).report.result) == word


@pytest.mark.parametrize(
    ("ending", "word"),
    [
        (SuiteEnding.CRASHED, "tests_failed:crashed"),
        (SuiteEnding.TIMEOUT, "tests_failed:timeout"),
        (SuiteEnding.ENVIRONMENT, "sandbox_failed"),
        (SuiteEnding.NO_TESTS, "tests_failed:no_tests"),
    ],
)
def test_a_run_that_did_not_come_to_its_end_proves_nothing(tmp_path: Path, ending: SuiteEnding, word: str) -> None:
    assert str(proof(tmp_path, Scripted(run({**BEFORE, TARGET: "passed"}, ending))).report.result) == word


def test_a_run_that_was_cut_off_proves_nothing_even_where_the_base_was_cut_off_too(tmp_path: Path) -> None:
    after, before = run({**BEFORE, TARGET: "passed"}, SuiteEnding.TIMEOUT), run(BEFORE, SuiteEnding.TIMEOUT)
    assert str(proof(tmp_path, Scripted(after), before).report.result) == "tests_failed:timeout"
    assert proof(tmp_path, Scripted(run({**BEFORE, TARGET: "passed"})), before).report.passed


def test_a_test_that_was_loaded_as_other_code_is_broken(tmp_path: Path) -> None:
    before = run(BEFORE, codes=dict.fromkeys(BEFORE, "1"))
    after = run({**BEFORE, TARGET: "passed"}, codes={**dict.fromkeys(BEFORE, "1"), TARGET: "2"})
    assert TARGET in proof(tmp_path, Scripted(after), before).evidence.broken


def test_new_notes_of_the_judge_are_tampering_and_old_ones_are_not(tmp_path: Path) -> None:
    after = run({**BEFORE, TARGET: "passed"}, notes=frozenset({"replaced:x"}))
    assert str(proof(tmp_path, Scripted(after)).report.result) == "tests_failed:tampering"
    assert proof(tmp_path, Scripted(after), run(BEFORE, notes=frozenset({"replaced:x"}))).report.passed


def test_a_newly_failing_test_that_passes_on_the_same_tree_is_flaky(tmp_path: Path) -> None:
    first = run({**BEFORE, TARGET: "passed", "t.py::b": "failed"})
    again = run({"t.py::b": "passed"})
    suite = Scripted(first, again, again, again)
    found = proof(tmp_path, suite)
    assert found.report.passed and found.evidence.flaky == ("t.py::known_flaky", "t.py::b") and suite.calls == 3


def test_a_newly_failing_test_that_fails_again_is_broken(tmp_path: Path) -> None:
    found = proof(tmp_path, Scripted(run({**BEFORE, TARGET: "passed", "t.py::b": "failed"})))
    assert found.evidence.broken == ("t.py::b",) and str(found.report.result) == "tests_failed:broken"


def test_no_rerun_is_spent_on_a_candidate_that_does_not_fix(tmp_path: Path) -> None:
    suite = Scripted(run({**BEFORE, "t.py::b": "failed"}))
    proof(tmp_path, suite)
    assert suite.calls == 1


@pytest.mark.parametrize("targets", [(), ("t.py::b",), (TARGET, "nowhere")])
def test_a_target_that_did_not_fail_before_proves_nothing(tmp_path: Path, targets: tuple[str, ...]) -> None:
    assert not proof(tmp_path, Scripted(run({**BEFORE, TARGET: "passed"})), targets=targets).report.passed


def test_a_file_that_could_not_be_collected_passes_when_its_tests_do() -> None:
    assert now_passes("t.py", run({"t.py::a": "passed", "t.py::b": "failed"}))
    assert not now_passes("t.py", run({"t.py::a": "failed"}))
    assert not now_passes("t.py", run({"t.py": "error", "u.py::a": "passed"}, collected=frozenset({"u.py::a"})))
    assert now_passes("tests/conftest.py", run({"tests/t.py::a": "passed"}))
    assert now_passes("pkg.test_x", run({"pkg.test_x.T.test_1": "passed"}))
    assert not now_passes("conftest.py", run({"conftest.py": "error"}, collected=frozenset()))


def test_known_flaky_tests_prove_nothing_but_must_be_there() -> None:
    before, after = run({"f": "passed"}), run({"f": "failed"})
    assert compare(before, after, (), ("f",)).worse == ()
    assert compare(before, run({}), (), ("f",)).vanished == ("f",)
