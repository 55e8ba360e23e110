"""Failing tests that share a bug are searched for together, others apart."""

from __future__ import annotations

from autosd.coding.repair.clusters import clusters, scouts
from autosd.coding.repair.observations import ObservedFailure, ObservedTest
from autosd.domain.suites import Frame, Outcome

EDITABLE = frozenset({"a.py", "b.py", "common.py"})


def failing(name: str, lines: dict[str, set[int]], *, kind: str = "AssertionError", seconds: float = 0.0) -> ObservedTest:
    failure = ObservedFailure(kind, "", (Frame("t.py", 1, name),))
    return ObservedTest(name, Outcome.FAILED, {file: frozenset(found) for file, found in lines.items()}, failure, seconds)


def passing(name: str, lines: dict[str, set[int]]) -> ObservedTest:
    return ObservedTest(name, Outcome.PASSED, {file: frozenset(found) for file, found in lines.items()})


def ids(groups: list[tuple[ObservedTest, ...]]) -> list[set[str]]:
    return [{test.id for test in group} for group in groups]


def test_tests_of_different_functions_are_different_bugs() -> None:
    found = clusters([failing("one", {"a.py": {1, 2}}), failing("two", {"b.py": {1, 2}})], [], EDITABLE)
    assert sorted(map(sorted, ids(found))) == [["one"], ["two"]]


def test_a_helper_that_everything_calls_joins_nothing() -> None:
    shared = {"common.py": set(range(20))}
    everyday = [passing(f"p{n}", shared) for n in range(10)]
    found = clusters([failing("one", {**shared, "a.py": {1}}), failing("two", {**shared, "b.py": {1}})], everyday, EDITABLE)
    assert len(found) == 2


def test_tests_that_reach_the_same_lines_belong_together_largest_first() -> None:
    tests = [failing("lone", {"b.py": {1}}), failing("x", {"a.py": {1, 2, 3}}), failing("y", {"a.py": {1, 2}})]
    assert ids(clusters(tests, [], EDITABLE)) == [{"x", "y"}, {"lone"}]


def test_lines_of_test_files_do_not_count() -> None:
    found = clusters([failing("one", {"t.py": {1}, "a.py": {1}}), failing("two", {"t.py": {1}, "b.py": {1}})], [], EDITABLE)
    assert len(found) == 2


def test_scouts_are_quick_and_fail_in_different_ways() -> None:
    slow = failing("slow", {"a.py": {1}}, seconds=2.0)
    twin, quick = failing("twin", {"a.py": {1}}, seconds=0.2), failing("quick", {"a.py": {1}}, seconds=0.1)
    other = failing("other", {"a.py": {1, 9}}, kind="KeyError", seconds=0.3)
    assert scouts([slow, twin, quick, other], 2)[0] == "quick"
    assert len(scouts([slow, twin, quick, other], 3)) == 3


def test_a_test_that_reaches_no_code_of_the_project_is_no_symptom_of_anothers_bug() -> None:
    found = clusters([failing("hostile", {"t.py": {1}}), failing("real", {"a.py": {1}})], [], EDITABLE)
    assert sorted(map(sorted, ids(found))) == [["hostile"], ["real"]]
