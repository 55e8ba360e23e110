"""What the road works on: which failures, and whether there is anything to do."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from autosd.domain.changes import Change, ChangeResult, TestEvidence, Word
from autosd.domain.errors import AutosdError
from autosd.domain.suites import Diagnosis, Outcome, SuiteEnding, SuiteRun, TestResult
from autosd.intake.scope import limits_of, nothing_to_do, only
from autosd.settings import load_settings
from autosd.views.changes import id_of

TESTS = ("tests/test_a.py::test_one", "tests/test_a.py::test_two[1]", "tests/test_b.py::Case::test_three")


def diagnosis(ending: SuiteEnding = SuiteEnding.COMPLETE, failing: tuple[str, ...] = ()) -> Diagnosis:
    return Diagnosis(SuiteRun(ending, collected=frozenset(TESTS), output_tail="first\nlast words"), failing)


@pytest.mark.parametrize(
    "ending, failing, result",
    [
        (SuiteEnding.COMPLETE, (), "no_failing_tests"),
        (SuiteEnding.COMPLETE, TESTS[:1], "no_candidate_found"),
        (SuiteEnding.CRASHED, TESTS[:1], "no_candidate_found"),
        (SuiteEnding.CRASHED, (), "suite_failed:crashed"),
        (SuiteEnding.MEMORY, (), "suite_failed:memory"),
        (SuiteEnding.OUTPUT, (), "suite_failed:output"),
        (SuiteEnding.TIMEOUT, (), "suite_timeout"),
        (SuiteEnding.TIMEOUT, TESTS[:1], "no_candidate_found"),
        (SuiteEnding.NO_TESTS, (), "no_tests"),
        (SuiteEnding.ENVIRONMENT, (), "environment_failed"),
    ],
)
def test_every_end_of_a_suite_has_its_word_and_a_remedy(ending: SuiteEnding, failing: tuple[str, ...], result: str) -> None:
    said, objections = nothing_to_do(diagnosis(ending, failing))
    assert str(said) == result
    assert all(objection.code.startswith("AUTOSD-") and objection.remedy for objection in objections)
    assert bool(objections) == (said.word not in (Word.NO_FAILING_TESTS, Word.NO_CANDIDATE))


def test_a_suite_whose_time_was_up_in_its_only_failing_test_has_nothing_that_is_known_to_fail() -> None:
    run = SuiteRun(SuiteEnding.TIMEOUT, (TestResult(TESTS[0], Outcome.TIMEOUT),), frozenset(TESTS))
    assert str(nothing_to_do(Diagnosis(run, TESTS[:1]))[0]) == "suite_timeout"


@pytest.mark.parametrize(
    "asked, kept",
    [
        ((), TESTS),
        ((TESTS[0],), TESTS[:1]),
        (("tests/test_a.py",), TESTS[:2]),
        (("tests/test_a.py::test_two",), TESTS[1:2]),
        (("tests/test_b.py::Case", TESTS[0]), (TESTS[0], TESTS[2])),
    ],
)
def test_failures_are_narrowed_to_what_was_asked_for(asked: tuple[str, ...], kept: tuple[str, ...]) -> None:
    assert only(asked, diagnosis(failing=TESTS)).failing == kept


def test_a_test_that_the_suite_does_not_have_is_refused() -> None:
    with pytest.raises(AutosdError, match="AUTOSD-TEST-UNKNOWN"):
        only(("tests/test_a.py::test_on",), diagnosis(failing=TESTS))


def test_one_run_of_the_suite_gets_half_of_the_time_and_one_test_a_part_of_that(autosd_home: Path) -> None:
    limits = limits_of(load_settings({"AUTOSD_HOME": str(autosd_home)}), time.monotonic() + 80)
    assert 39 < limits.seconds <= 40 and limits.test_seconds <= limits.seconds / 8


def test_a_run_of_the_suite_is_bounded_by_every_limit_of_the_sandbox(autosd_home: Path) -> None:
    env = {"AUTOSD_SANDBOX_FILE_MB": "3", "AUTOSD_SANDBOX_DISK_MB": "5", "SANDBOX_MEM_MB": "700", "AUTOSD_SANDBOX_PROCESSES": "9"}
    limits = limits_of(load_settings({"AUTOSD_HOME": str(autosd_home), **env}), time.monotonic() + 80)
    assert (limits.file_mb, limits.disk_mb, limits.memory_mb, limits.processes) == (3, 5, 700, 9)


def test_no_run_of_the_suite_has_more_time_than_the_whole_work(autosd_home: Path) -> None:
    limits = limits_of(load_settings({"AUTOSD_HOME": str(autosd_home)}), time.monotonic() + 80)
    late = replace(limits, until=time.monotonic() + 3)
    assert limits.now().seconds == limits.seconds and 2 < late.now().seconds <= 3
    assert replace(limits, until=time.monotonic() - 9).now().seconds == 1.0


def test_the_same_fix_of_the_same_base_has_the_same_name() -> None:
    def named(diff: str, total: int = 0) -> str:
        evidence = TestEvidence(failing_before=TESTS, total=total)
        return id_of(Change("", "p", "abc", ChangeResult(Word.PROVEN), diff=diff, evidence=evidence, extra={"tree": "t1"}))

    assert named("+x") == named("+x", total=9) != named("+y")
