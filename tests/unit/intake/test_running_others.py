"""unittest suites are judged test by test like pytest's; a plain command by its exit code."""

from __future__ import annotations

import pytest

from autosd.domain.suites import SuiteEnding
from autosd.intake.runners import Kind, Runner, runner_of_command
from autosd.intake.running import SuiteLimits

from .conftest import UNITTEST, Running, outcomes, result

pytestmark = pytest.mark.slow

SUITE = """import os, sys, time, unittest
from calc import div


class Ends(unittest.TestCase):
    def test_passes(self):
        self.assertEqual(div(4, 2), 2)

    def test_fails(self):
        self.assertEqual(div(4, 2), 3)

    def test_errs(self):
        div(1, 0)

    @unittest.skip("later")
    def test_skipped(self):
        pass

    @unittest.expectedFailure
    def test_expected(self):
        self.fail()

    @unittest.expectedFailure
    def test_unexpected(self):
        pass

    def test_sub(self):
        for n in range(3):
            with self.subTest(n=n):
                self.assertNotEqual(n, 1)

    def test_hangs(self):
        time.sleep(60)

    def test_leaves(self):
        os._exit(0)

    def test_exits(self):
        sys.exit(0)


class Unset(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise ValueError("no class")

    def test_never(self):
        pass
"""


def test_every_end_of_a_unittest_is_told(running: Running) -> None:
    run = running({"calc.py": "def div(a, b):\n    return a / b\n", "test_ends.py": SUITE}, UNITTEST)
    assert run.ending is SuiteEnding.COMPLETE
    assert outcomes(run) == {
        "test_passes": "passed", "test_fails": "failed", "test_errs": "error", "test_skipped": "skipped", "test_expected": "skipped",
        "test_unexpected": "failed", "test_sub": "failed", "test_hangs": "timeout", "test_leaves": "crashed", "test_exits": "error",
        "test_never": "error",
    }  # fmt: skip
    failure = result(run, "test_errs").failure
    assert failure is not None and failure.frames[-1].file == "calc.py" and failure.kind == "ZeroDivisionError"


def test_a_failed_subtest_fails_its_test_also_under_pytest(running: Running) -> None:
    run = running({"calc.py": "def div(a, b):\n    return a / b\n", "test_ends.py": SUITE}, tests=["test_ends.py::Ends::test_sub"])
    assert outcomes(run) == {"test_sub": "failed"}
    assert result(run, "test_sub").failure.kind == "AssertionError"  # type: ignore[union-attr]


def test_a_module_that_cannot_be_imported_is_told_with_the_place(running: Running) -> None:
    good = "import unittest\nclass Good(unittest.TestCase):\n    def test_good(self): pass\n"
    files = {"calc.py": "1 / 0\n", "test_bad.py": "import calc\n", "test_good.py": good}
    run = running(files, UNITTEST)
    assert {found.id: str(found.outcome) for found in run.results} == {"test_bad": "error", "test_good.Good.test_good": "passed"}
    failure = result(run, "test_bad").failure
    assert failure is not None and (failure.kind, failure.frames[-1].file) == ("ZeroDivisionError", "calc.py")


def test_only_the_asked_unittests_run(running: Running) -> None:
    text = "import unittest\nclass A(unittest.TestCase):\n    def test_1(self): pass\n    def test_2(self): pass\n"
    assert outcomes(running({"test_a.py": text}, UNITTEST, tests=["test_a.A.test_2"])) == {"test_2": "passed"}


def test_the_callers_words_find_the_tests(running: Running) -> None:
    text = "import unittest\nclass A(unittest.TestCase):\n    def test_1(self): pass\n"
    runner = Runner(Kind.UNITTEST, ("discover", "-s", "checks", "-p", "*_check.py"))
    assert outcomes(running({"checks/a_check.py": text}, runner)) == {"test_1": "passed"}


def test_an_empty_unittest_suite_has_no_tests(running: Running) -> None:
    assert running({"calc.py": ""}, UNITTEST).ending is SuiteEnding.NO_TESTS


@pytest.mark.parametrize(
    ("line", "outcome"), [("sh -c 'exit 0'", "passed"), ("sh -c 'exit 3'", "failed"), ("test -f calc.py && true", "passed")]
)
def test_a_plain_command_is_judged_by_its_exit_code(running: Running, line: str, outcome: str) -> None:
    run = running({"calc.py": ""}, runner_of_command(line))
    assert outcomes(run) == {"command": outcome} and run.ending is SuiteEnding.COMPLETE


def test_a_command_of_python_runs_the_projects_python(running: Running) -> None:
    assert outcomes(running({"check.py": "import pytest\n"}, runner_of_command("python check.py"))) == {"command": "passed"}


@pytest.mark.slow
def test_a_command_that_never_ends_is_cut(running: Running) -> None:
    run = running({"a.py": ""}, runner_of_command("sleep 60"), SuiteLimits(seconds=1.5))
    assert outcomes(run) == {"command": "timeout"} and run.ending is SuiteEnding.TIMEOUT


def test_a_command_that_does_not_exist_is_a_matter_of_the_environment(running: Running) -> None:
    assert running({"a.py": ""}, runner_of_command("no-such-program --x")).ending is SuiteEnding.ENVIRONMENT
