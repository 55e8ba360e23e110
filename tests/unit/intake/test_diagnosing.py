"""Failing is told from flaky by running again, and failures with one cause are put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from autosd.domain.suites import Failure, Frame, Outcome, SuiteEnding, SuiteRun, TestResult
from autosd.intake.channel import Report
from autosd.intake.diagnosing import CHEAP_SECONDS, FEW_RERUNS, MOST_RERUNS, cut_off, diagnose, find_flaky, slow_tests
from autosd.intake.grouping import group, normalised
from autosd.intake.running import run_suite
from autosd.ports import Sandbox, SubjectEnv
from autosd.testing import write_files

from .conftest import LIMITS, PYTEST


def failed(
    test: str, message: str = "assert 1 == 2", *, site: tuple[str, str] = ("calc.py", "add"), kind: str = "AssertionError"
) -> TestResult:
    frames = (Frame("tests/test_calc.py", 3, test), Frame(site[0], 7, site[1]), Frame("/usr/lib/x.py", 1, "y"))
    return TestResult(test, Outcome.FAILED, 0.1, Failure(kind, message, frames))


def run_of(*results: TestResult) -> SuiteRun:
    return SuiteRun(SuiteEnding.COMPLETE, results, frozenset(result.id for result in results))


def passed(test: str, seconds: float = 0.0) -> TestResult:
    return TestResult(test, Outcome.PASSED, seconds)


class Script:
    """Answers each rerun with the next run of a list, and keeps what it was asked for."""

    def __init__(self, *runs: SuiteRun) -> None:
        self.runs, self.asked = list(runs), list[tuple[str, ...]]()

    def __call__(self, tests: Sequence[str]) -> SuiteRun:
        self.asked.append(tuple(tests))
        return self.runs.pop(0) if len(self.runs) > 1 else self.runs[0]


def test_a_test_that_fails_alike_is_settled_by_two_cheap_reruns_or_one_dear_one() -> None:
    cheap = Script(run_of(failed("a", "assert 7 == 8")))
    assert find_flaky(run_of(failed("a"), passed("b")), cheap, seconds=30) == frozenset()
    assert cheap.asked == [("a",), ("a",)]
    dear = Script(run_of(replace(failed("a"), seconds=CHEAP_SECONDS + 1)))
    find_flaky(run_of(failed("a")), dear, seconds=30)
    assert dear.asked == [("a",)]


def test_a_second_run_that_came_along_settles_only_what_failed_in_it_as_before() -> None:
    def after(*again: TestResult) -> list[tuple[str, ...]]:
        rerun = Script(run_of(failed("a")))
        both = replace(run_of(failed("a")), again=again)
        assert find_flaky(run_of(failed("a")), rerun, first=lambda tests: both, seconds=30) == frozenset()
        return rerun.asked

    assert after(failed("a")) == []
    assert after() == after(passed("a")) == after(failed("a", "another")) == [("a",)]


LEFT_BEHIND = """
import os
def test_only_while_there_is_no_file():
    fresh = not os.path.exists("left")
    open("left", "w").close()
    assert not fresh
def test_always(): assert False
"""
HANGS_THE_SECOND_TIME = """
import os, time
def test_a():
    second = os.path.exists("left")
    open("left", "w").close()
    if second: time.sleep(60)
    assert False
"""


@pytest.mark.slow
def test_what_only_the_first_runs_leavings_turn_is_no_flaky_test(sandbox: Sandbox, env: SubjectEnv, tmp_path: Path) -> None:
    write_files(tmp_path, {"test_left.py": LEFT_BEHIND})
    once = run_suite(sandbox, env, tmp_path, runner=PYTEST, limits=LIMITS, twice=True)
    assert [each.outcome for each in once.again] == [Outcome.PASSED, Outcome.FAILED]
    found = diagnose(sandbox, env, tmp_path, runner=PYTEST, limits=LIMITS)
    assert found.flaky == () and len(found.failing) == 2


@pytest.mark.slow
def test_a_second_run_that_hangs_is_cut_off_and_says_nothing(sandbox: Sandbox, env: SubjectEnv, tmp_path: Path) -> None:
    write_files(tmp_path, {"test_left.py": HANGS_THE_SECOND_TIME})
    once = run_suite(sandbox, env, tmp_path, runner=PYTEST, limits=LIMITS, twice=True)
    assert once.ending is SuiteEnding.COMPLETE and once.again == () and len(once.broken) == 1 and once.seconds < 8


def test_what_the_second_run_leaves_running_holds_nothing_up(sandbox: Sandbox, env: SubjectEnv, tmp_path: Path) -> None:
    write_files(
        tmp_path, {"test_left.py": "import os, time\ndef test_a():\n    if os.fork() == 0:\n        time.sleep(60)\n    assert False\n"}
    )
    limits = replace(LIMITS, test_seconds=10.0)
    once = run_suite(sandbox, env, tmp_path, runner=PYTEST, limits=limits, twice=True)
    assert [each.outcome for each in once.again] == [Outcome.FAILED] and once.seconds < 8


def test_threads_of_the_suite_are_not_forked(sandbox: Sandbox, env: SubjectEnv, tmp_path: Path) -> None:
    text = "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\ndef test_a(): assert 0\n"
    write_files(tmp_path, {"test_threads.py": text})
    once = run_suite(sandbox, env, tmp_path, runner=PYTEST, limits=LIMITS, twice=True)
    assert once.ending is SuiteEnding.COMPLETE and once.again == () and len(once.broken) == 1


def test_a_test_that_passes_the_second_time_is_flaky_and_makes_those_beside_it_suspect() -> None:
    again = Script(run_of(failed("a"), passed("b")), *[run_of(failed("a"))] * 3, run_of(passed("a")))
    assert find_flaky(run_of(failed("a"), failed("b")), again, seconds=30) == {"a", "b"}
    stubborn = Script(run_of(failed("a"), passed("b")), run_of(failed("a")))
    assert find_flaky(run_of(failed("a"), failed("b")), stubborn, seconds=30) == {"b"}
    assert len(stubborn.asked) == 1 + FEW_RERUNS


def test_a_test_that_fails_in_another_way_is_asked_until_it_passes() -> None:
    other = run_of(failed("a", kind="KeyError"))
    again = Script(other, other, other, run_of(passed("a")))
    assert find_flaky(run_of(failed("a")), again, seconds=30) == {"a"}
    assert len(again.asked) == 4


def test_the_reruns_of_a_suspicious_test_have_an_end() -> None:
    again = Script(run_of(failed("a", kind="KeyError")))
    assert find_flaky(run_of(failed("a")), again, seconds=30) == frozenset()
    assert len(again.asked) == 1 + MOST_RERUNS
    none_left = Script(run_of(failed("a", kind="KeyError")))
    find_flaky(run_of(failed("a")), none_left, seconds=0)
    assert len(none_left.asked) == 1


def test_nothing_broken_is_nothing_run() -> None:
    again = Script(run_of())
    assert find_flaky(run_of(passed("a")), again, seconds=30) == frozenset() and again.asked == []


def test_failures_with_one_cause_are_one_group() -> None:
    groups = group([failed("a", "assert 1 == 2"), failed("b", "assert 30 == 41"), failed("c", site=("calc.py", "div"))])
    assert [found.tests for found in groups] == [("a", "b"), ("c",)]
    assert groups[0].site == "calc.py:add" and groups[0].kind == "AssertionError"


def test_a_fingerprint_does_not_move_with_lines_or_numbers() -> None:
    one = group([failed("a", "list index 3 at 0x7f01 in '/tmp/x/y'")])[0]
    failure = Failure("AssertionError", "list index 9 at 0xabc in '/tmp/q/r'", (Frame("calc.py", 99, "add"),))
    assert group([TestResult("z", Outcome.FAILED, 0, failure)])[0].fingerprint == one.fingerprint
    assert group([failed("a", kind="KeyError")])[0].fingerprint != one.fingerprint


def test_messages_lose_their_accidents_only() -> None:
    assert normalised("got 3.5e-2 at 0x7f3a in 'abc'") == normalised("got 17 at 0x01 in 'z'")
    assert normalised("unknown key") != normalised("unknown name")


def test_slow_is_measured_against_the_suite() -> None:
    assert slow_tests(run_of(*(passed(f"t{n}", 0.01) for n in range(5)), passed("slow", 3.0))) == ("slow",)
    assert slow_tests(run_of(*(passed(f"t{n}", 2.0) for n in range(5)))) == ()


def test_a_report_without_its_nonce_counts_for_nothing() -> None:
    report = Report()
    report.read(b'{"e": "end", "ending": "complete"}\nwrong {"e": "end", "ending": "complete"}\n', "right")
    assert report.ending is None and report.results == {}
    report.read(b'right {"e": "end", "ending": "complete"}\nright {"e": 1\n', "right")
    assert report.ending == "complete" and report.notes == {"forged:a record of the test process cannot be read"}


@pytest.mark.slow
@pytest.mark.slow
def test_a_real_suite_is_diagnosed(sandbox: Sandbox, env: SubjectEnv, project: Path) -> None:
    write_files(project, {
        "calc.py": "def add(a, b):\n    raise ValueError('no')\n",
        "test_calc.py": "from calc import add\ndef test_1(): add(1, 2)\ndef test_2(): add(3, 4)\ndef test_ok(): pass\n"
        "class State: runs = 0\ndef test_after_me(): State.runs = 1\ndef test_order(): assert not State.runs\n",
        "test_other.py": "import nowhere\n",
    })  # fmt: skip
    found = diagnose(sandbox, env, project, runner=PYTEST, limits=LIMITS)
    assert set(found.failing) == {"test_other.py", "test_calc.py::test_1", "test_calc.py::test_2"}
    assert found.flaky == ("test_calc.py::test_order",)
    assert {(found_group.kind, found_group.site, len(found_group.tests)) for found_group in found.groups} == {
        ("ModuleNotFoundError", "test_other.py:<module>", 1), ("ValueError", "calc.py:add", 2),
    }  # fmt: skip


def test_the_test_that_the_end_of_the_suite_cut_off_is_not_blamed_beside_others_that_failed() -> None:
    late = TestResult("z", Outcome.TIMEOUT)
    run = SuiteRun(SuiteEnding.TIMEOUT, (failed("a"), late), frozenset({"a", "z", "never_run"}))
    assert cut_off(run) == "z"
    assert cut_off(replace(run, ending=SuiteEnding.COMPLETE)) is None and cut_off(replace(run, results=(failed("a"),))) is None
