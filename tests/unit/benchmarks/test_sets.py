"""The sets of bugs are sound: what they call wrong is wrong, what they call right is right, and nothing kept is shown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import cases
from benchmarks.cases import Case, judge, load_set
from benchmarks.inject import faults_of

EXPECTED = {"classics": 40, "students": 30, "functions": 60}


@pytest.fixture(scope="module", params=sorted(EXPECTED))
def bugs(request: pytest.FixtureRequest) -> list[Case]:
    return load_set(request.param)


def test_a_set_has_the_promised_number_of_cases(bugs: list[Case]) -> None:
    assert len(bugs) >= EXPECTED[bugs[0].set]
    assert len({case.id for case in bugs}) == len(bugs)


def test_every_wrong_program_fails_a_visible_test_and_a_hidden_input(bugs: list[Case]) -> None:
    judged = zip(bugs, judge(bugs, seconds=0.2, brief=True), strict=True)
    harmless = [case.id for case, verdict in judged if not verdict.failed or verdict.agree == verdict.of]
    assert not harmless


def test_every_reference_passes_all_visible_and_all_hidden(bugs: list[Case]) -> None:
    judged = zip(bugs, judge([replace(case, program=case.reference) for case in bugs]), strict=True)
    wrong = [(case.id, verdict) for case, verdict in judged if not verdict.correct]
    assert not wrong


def test_hidden_inputs_are_many(bugs: list[Case]) -> None:
    least = 20 if bugs[0].set == "classics" else 11
    few = [case.id for case, verdict in zip(bugs, judge(bugs, seconds=0.02), strict=True) if verdict.of < least]
    assert not few


def test_what_the_tool_is_given_says_nothing_of_what_is_kept(bugs: list[Case]) -> None:
    for case in bugs:
        assert set(case.given) == {"program.py", "test_program.py"}
        assert "HIDDEN" not in "".join(case.given.values()) and "reference" not in "".join(case.given.values())


def test_the_same_seed_draws_the_same_faults_and_another_draws_others() -> None:
    first, again, other = (load_set("functions", seed=seed) for seed in (3, 3, 4))
    assert first == again
    assert sum(a.program != b.program for a, b in zip(first, other, strict=False)) > 30


def test_a_fault_changes_one_place_and_still_compiles() -> None:
    source = (Path(cases.SETS) / "functions" / "csv_line.py").read_text("utf-8").split("VISIBLE")[0]
    faults = faults_of(source)
    assert len({fault.kind for fault in faults}) > 10
    for fault in faults:
        changed = fault.applied(source)
        assert changed != source
        assert changed.startswith(source[: fault.start]) and changed.endswith(source[fault.end :])
        compile(changed, "fault", "exec")


def test_faults_can_be_kept_to_covered_lines() -> None:
    source = "def f(a, b):\n    c = a + b\n    return c * 2\n"
    assert {fault.line for fault in faults_of(source, lines={3})} == {3}
