"""The proof that a candidate without targets changes nothing that the suite can see, and that the suite would see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from autosd.domain.changes import Candidate, TestEvidence
from autosd.domain.suites import Diagnosis, Outcome, SuiteEnding, SuiteRun, TestResult
from autosd.gates.context import GateContext
from autosd.gates.diffs import read_diff
from autosd.gates.unchanged import prove_unchanged
from autosd.ports import Snapshot

BEFORE = {"t.py::a": "passed", "t.py::b": "skipped", "t.py::c": "failed"}
OLD, NEW = "A = 1\n\nB = 2\n", "A = 1\n\nB = 3\n"


def run(outcomes: dict[str, str], ending: SuiteEnding = SuiteEnding.COMPLETE, **words: Any) -> SuiteRun:
    return SuiteRun(ending, tuple(TestResult(test, Outcome(word)) for test, word in outcomes.items()), frozenset(outcomes), **words)


@dataclass
class Scripted:
    """A suite that says this, and reaches these lines."""

    after: SuiteRun
    reached: frozenset[int] = frozenset({1, 3})
    asked: list[tuple[str, ...]] = field(default_factory=list)

    def __call__(self, tree: Path, tests: Sequence[str] | None = None, locked: Sequence[str] = (), reach: Sequence[str] = ()) -> SuiteRun:
        self.asked.append(tuple(reach))
        return run({}, reached={"x.py": self.reached}) if reach else self.after


def judged(tmp_path: Path, suite: Scripted, before: SuiteRun | None = None) -> tuple[str, TestEvidence]:
    unused: Any = None
    (tmp_path / "x.py").write_text(OLD)
    snapshot = Snapshot("1", tmp_path, None, "tree", tmp_path, tmp_path, False)
    context = GateContext(snapshot, unused, unused, suite, Diagnosis(before or run(BEFORE), ("t.py::c",)), read_diff(""))
    proof = prove_unchanged(Candidate("test", {"x.py": NEW}, ()), context, tmp_path)
    return str(proof.report.result or "passed"), proof.evidence


def test_the_same_outcomes_and_every_changed_line_run_are_a_proof(tmp_path: Path) -> None:
    suite = Scripted(run(BEFORE))
    word, evidence = judged(tmp_path, suite)
    assert word == "passed" and suite.asked == [(), ("x.py",)]
    assert evidence.failing_after == evidence.failing_before == ("t.py::c",)


def test_a_line_that_no_test_runs_wants_a_characterisation_test(tmp_path: Path) -> None:
    assert judged(tmp_path, Scripted(run(BEFORE), frozenset({1})))[0] == "tests_failed:characterisation"


@pytest.mark.parametrize(
    ("after", "word"),
    [
        ({**BEFORE, "t.py::a": "failed"}, "tests_failed:broken"),
        ({**BEFORE, "t.py::a": "skipped"}, "tests_failed:broken"),
        ({**BEFORE, "t.py::b": "error"}, "tests_failed:broken"),
        ({"t.py::a": "passed", "t.py::c": "failed"}, "tests_failed:broken"),
        ({**BEFORE, "t.py::new": "passed"}, "tests_failed:collected"),
    ],
)
def test_whatever_differs_is_told(tmp_path: Path, after: dict[str, str], word: str) -> None:
    suite = Scripted(run(after))
    assert judged(tmp_path, suite)[0] == word
    assert ("x.py",) not in suite.asked, "the second run is only for what the first one let pass"


@pytest.mark.parametrize("before", [run({"t.py::a": "skipped"}), run(BEFORE, SuiteEnding.TIMEOUT), run({})])
def test_a_base_without_a_passing_suite_proves_nothing(tmp_path: Path, before: SuiteRun) -> None:
    assert judged(tmp_path, Scripted(before), before)[0] == "tests_failed:no proof"


def test_a_judge_that_was_replaced_proves_nothing(tmp_path: Path) -> None:
    assert judged(tmp_path, Scripted(run(BEFORE, notes=frozenset({"replaced:os.write"}))))[0] == "tests_failed:tampering"
