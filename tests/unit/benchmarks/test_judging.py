"""How results are judged, kept and shown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import records, report
from benchmarks.cases import Case, judge
from benchmarks.heldout import function_of, names_in, without
from benchmarks.records import Results, Row, alike

TESTS = """import pytest


class TestA:
    @pytest.mark.parametrize("x", [1])
    def test_one(self, x):
        assert x

    def test_two(self):
        assert 2


def test_three():
    pass
"""
CASE = Case(
    "own",
    "double",
    "def double(x):\n    return x + x\n",
    "from program import double\n\n\ndef test_one():\n    assert double(1) == 2\n",
    "def double(x):\n    return 2 * x\n",
    "CASES = [(1,), (3,)]\n\n\ndef call(program, x):\n    return program.double(x)\n",
)
ROW = Row("own/double", "artifacts_written", True, True, False, 1.0, 100, 100.0, False)


def test_a_fix_is_correct_when_visible_tests_and_hidden_inputs_agree() -> None:
    (verdict,) = judge([CASE])
    assert verdict.plausible and verdict.correct


def test_a_fix_that_only_serves_its_tests_is_plausible_and_not_correct() -> None:
    (verdict,) = judge([replace(CASE, program="def double(x):\n    return 2\n")])
    assert verdict.plausible and not verdict.correct
    assert verdict.miss == "(3,): wanted 6, got value 2"


@pytest.mark.parametrize(
    "body", ["while True:\n        pass", "return double(x)", "raise SystemError", "return [0] * 10**10", "return True + True == 2"]
)
def test_programs_that_run_away_or_break_are_wrong_and_the_judge_lives_on(body: str) -> None:
    bad, good = judge([replace(CASE, program=f"def double(x):\n    {body}\n"), CASE], seconds=0.2)
    assert not bad.correct and good.correct


def test_a_program_that_cannot_be_imported_fails() -> None:
    (verdict,) = judge([replace(CASE, program="def double(x:\n")])
    assert not verdict.plausible and not verdict.correct


def test_held_out_functions_leave_the_text_and_nothing_else_does() -> None:
    left = without(TESTS, {"TestA::test_one", "test_three"})
    assert names_in(left) == ["TestA::test_two"]
    assert "parametrize" not in left and "import pytest" in left


def test_a_class_that_loses_all_its_tests_still_compiles() -> None:
    left = without(TESTS, {"TestA::test_one", "TestA::test_two"})
    compile(left, "test", "exec")
    assert names_in(left) == ["test_three"]


def test_parameters_belong_to_their_function() -> None:
    assert function_of("tests/test_a.py::TestA::test_one[a::b-[1]]") == "tests/test_a.py::TestA::test_one"


def test_results_survive_a_line_that_was_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "BENCH", tmp_path)
    results = Results("own", max=1, seed=0)
    results.add(ROW)
    with results.path.open("a") as file:
        file.write('{"id": "own/cut"')
    assert list(Results("own", max=1, seed=0).rows()) == [ROW]
    assert list(Results("own", max=1, seed=1).rows()) == []


def test_layout_and_comments_do_not_make_a_fix_another_one() -> None:
    assert alike("x = 1  # one\n", "x = (1)\n") and not alike("x = 1\n", "x = 2\n")


def test_the_summary_names_plausible_and_correct_as_a_pair() -> None:
    wrong = replace(ROW, id="own/other", correct=False, suspect=True, diff="-a\n+b\n", miss="(3,): wanted 6, got value 2")
    line = report.summary("own", [ROW, wrong]).splitlines()[2]
    assert [cell.strip() for cell in line.split("|")[1:7]] == ["own", "2", "2", "1", "0", "1"]
    assert "own/other: WRONG" in report.misses([ROW, wrong]) and "own/double" not in report.misses([ROW, wrong])


@pytest.mark.parametrize(("share", "wanted"), [(0.5, 2), (0.9, 4), (1.0, 4), (0.25, 1)])
def test_a_percentile_is_a_value_that_was_measured(share: float, wanted: float) -> None:
    assert report.percentile([4, 1, 3, 2], share) == wanted
