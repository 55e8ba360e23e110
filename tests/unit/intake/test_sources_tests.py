"""Sources that look at a run of the tests."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from autosd.domain.errors import AutosdError
from autosd.domain.sandboxing import Mount
from autosd.domain.suites import Diagnosis, Failure, Frame, Outcome, SuiteEnding, SuiteRun, TestResult
from autosd.intake.diagnosing import diagnose
from autosd.intake.grouping import group
from autosd.intake.sources.failing_tests import FailingTests
from autosd.intake.sources.flaky_tests import FlakyTests
from autosd.intake.sources.slow_tests import SlowTests
from autosd.intake.sources.types import Types, configured
from autosd.ports import Sandbox, SubjectEnv
from autosd.testing import write_files

from .conftest import LIMITS, PYTEST

NOW = datetime(2026, 1, 2, tzinfo=UTC)
FILES = {
    "shop.py": (
        "def price(net):\n    return net - 1\n\n\ndef stock(count):\n    return count > 0\n\n\n"
        "def label(text):\n    return text.upperr()\n\n\ndef used(x):\n    return x\n"
    ),
    "test_shop.py": (
        "from shop import label, price, stock, used\n\n\n"
        "def test_price():\n    assert used(price(2)) == 2\n\n\n"
        "def test_price_of_none():\n    assert price(0) == 0\n\n\n"
        "def test_stock():\n    assert used(stock(1))\n\n\n"
        "def test_label():\n    assert label('a') == 'A'\n\n\n"
        "def test_label_again():\n    assert label('b') == 'B'\n"
    ),
}


def run_of(*results: TestResult) -> SuiteRun:
    return SuiteRun(SuiteEnding.COMPLETE, results, frozenset(result.id for result in results))


def test_each_cause_of_failing_tests_is_one_signal(sandbox: Sandbox, env: SubjectEnv, project: Path) -> None:
    write_files(project, FILES)
    diagnosis = diagnose(sandbox, env, project, runner=PYTEST, limits=LIMITS)
    found = {signal.subject: signal for signal in FailingTests(diagnosis).signals("shop", project, NOW)}
    assert set(found) == {"shop.py::price", "shop.py::label"}  # one by names, one by its traceback
    price, label = found["shop.py::price"], found["shop.py::label"]
    assert price.evidence["tests"] == ["test_shop.py::test_price", "test_shop.py::test_price_of_none"]
    assert price.paths == ("shop.py", "test_shop.py") and label.evidence["failing"] == 2
    assert "AttributeError" in label.summary and label.severity > 0.9


def failed(test: str, message: str = "assert 1 == 2", frames: tuple[Frame, ...] = ()) -> TestResult:
    return TestResult(test, Outcome.FAILED, 0.01, Failure("AssertionError", message, frames))


def test_a_failing_test_that_names_nothing_of_the_project_stands_for_itself(project: Path) -> None:
    write_files(project, {"test_x.py": "def test_one():\n    assert 1 == 2\n"})
    result = failed("test_x.py::test_one", frames=(Frame("test_x.py", 2, "test_one"),))
    diagnosis = Diagnosis(run_of(result), (result.id,), groups=group([result]))
    [signal] = FailingTests(diagnosis).signals("shop", project, NOW)
    assert signal.subject == "test_x.py::test_one" and signal.paths == ("test_x.py",)


def test_the_subject_of_a_failure_stays_the_same_when_lines_and_values_shift(project: Path) -> None:
    write_files(project, FILES)

    def subjects(line: int, value: int) -> list[str]:
        result = failed("test_shop.py::test_label", f"no attribute {value}", (Frame("shop.py", line, "label"),))
        return [s.subject for s in FailingTests(Diagnosis(run_of(result), (result.id,), groups=group([result]))).signals("p", project, NOW)]

    assert subjects(10, 1) == subjects(99, 2) == ["shop.py::label"]


def test_flaky_tests_are_told_once_a_test_whatever_its_parameters(project: Path) -> None:
    write_files(project, {"test_x.py": "def test_one(n):\n    pass\n"})
    results = [failed("test_x.py::test_one[1]"), failed("test_x.py::test_one[2]")]
    [signal] = FlakyTests(Diagnosis(run_of(*results), (), tuple(result.id for result in results))).signals("shop", project, NOW)
    assert signal.subject == "test_x.py::test_one" and signal.evidence["tests"] == ["test_x.py::test_one[1]", "test_x.py::test_one[2]"]


def test_a_slow_test_is_as_bad_as_its_share_of_the_run(project: Path) -> None:
    write_files(project, {"test_x.py": ""})
    slow = TestResult("test_x.py::test_slow", Outcome.PASSED, 9.0)

    def severity(rest: float) -> float:
        run = run_of(slow, TestResult("test_x.py::test_rest", Outcome.PASSED, rest))
        [signal] = SlowTests(Diagnosis(run, (), slow=(slow.id,))).signals("shop", project, NOW)
        assert signal.evidence["seconds"] == 9.0
        return signal.severity

    assert 0.2 < severity(1000.0) < severity(1.0) <= 1.0


def test_the_project_s_mypy_tells_defects_and_leaves_annotations_alone(sandbox: Sandbox, project: Path) -> None:
    text = "def f(a: str) -> int:\n    return a.lenght()\n\n\ndef g(b):\n    return b\n\n\nf(1, 2)\n"
    write_files(project, {"m.py": text, "mypy.ini": "[mypy]\nstrict = True\nfiles = m.py\n"})
    env = SubjectEnv(Path(sys.executable), (Mount(Path(sys.prefix)), Mount(Path(sys.base_prefix))))
    found = {s.subject: s for s in Types(sandbox, env).signals("shop", project, NOW)}
    assert set(found) == {"mypy attr-defined", "mypy call-arg", "mypy arg-type"}  # not no-any-return, not no-untyped-def
    assert found["mypy attr-defined"].paths == ("m.py",) and str(found["mypy attr-defined"].evidence["places"]).startswith("['m.py:2")


def test_a_project_that_does_not_ask_for_mypy_is_not_checked_by_it(sandbox: Sandbox, env: SubjectEnv, project: Path) -> None:
    write_files(project, {"m.py": "x: int = 'a'\n", "setup.cfg": "[metadata]\nname = x\n"})
    assert configured(project) is None and list(Types(sandbox, env).signals("shop", project, NOW)) == []


def test_a_project_that_asks_for_mypy_and_lacks_it_is_told_so(sandbox: Sandbox, project: Path) -> None:
    write_files(project, {"m.py": "x = 1\n", "pyproject.toml": "[tool.mypy]\nstrict = true\n"})
    assert configured(project) == (".",)
    base = Path(sys.base_prefix)
    bare = SubjectEnv(base / "bin" / "python3", (Mount(base),))
    with pytest.raises(AutosdError, match="No module named mypy"):
        list(Types(sandbox, bare).signals("shop", project, NOW))
