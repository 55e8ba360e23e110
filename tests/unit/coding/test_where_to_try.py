"""Where the repair engine looks first, and what it makes of what the runs showed."""

from __future__ import annotations

from autosd.coding.repair.localise import rank_suspects
from autosd.coding.repair.model import build_project
from autosd.coding.repair.observations import Observations, ObservedFailure, ObservedTest
from autosd.domain.suites import Frame, Outcome

TEXT = """import os

RATE = 3


def good(a):
    b = a + 1
    return b


def bad(a):
    if a > 2:
        a = a * RATE
    return a


def never(a):
    return a
"""


def seen(*tests: tuple[Outcome, set[int]], failure: ObservedFailure | None = None) -> Observations:
    return Observations(
        tuple(
            ObservedTest(f"t{number}", outcome, {"m.py": frozenset(lines)}, failure if outcome is not Outcome.PASSED else None)
            for number, (outcome, lines) in enumerate(tests)
        )
    )


def lines_of(observations: Observations) -> list[int]:
    project = build_project({"m.py": TEXT}, test_files=frozenset())
    return [suspect.statement.line for suspect in rank_suspects(project, observations)]


def test_what_only_failing_tests_reach_comes_first() -> None:
    ranked = lines_of(seen((Outcome.FAILED, {12, 13, 14}), (Outcome.PASSED, {12, 14}), (Outcome.PASSED, {7, 8})))
    assert ranked[0] == 13


def test_what_no_failing_test_reaches_is_not_looked_at() -> None:
    ranked = lines_of(seen((Outcome.FAILED, {12, 13, 14}), (Outcome.PASSED, {7, 8, 12, 14})))
    assert not {7, 8, 17, 18} & set(ranked)


def test_the_constants_that_suspicious_code_reads_are_suspects_too() -> None:
    ranked = lines_of(seen((Outcome.FAILED, {12, 13, 14})))
    assert 3 in ranked and ranked.index(3) > ranked.index(13)


def test_the_line_that_raised_comes_before_its_neighbours() -> None:
    failure = ObservedFailure("TypeError", "no", (Frame("test_m.py", 3, "test"), Frame("m.py", 14, "bad")))
    assert lines_of(seen((Outcome.ERROR, {12, 13, 14}), failure=failure))[0] == 14


def test_two_bugs_do_not_blur_each_other() -> None:
    one = ObservedTest("a", Outcome.FAILED, {"m.py": frozenset({7, 8})}, ObservedFailure("AssertionError"))
    two = ObservedTest("b", Outcome.ERROR, {"m.py": frozenset({12, 13, 14})}, ObservedFailure("KeyError", "x", (Frame("m.py", 13, "bad"),)))
    passed = tuple(ObservedTest(f"p{n}", Outcome.PASSED, {"m.py": frozenset({7, 12, 14})}) for n in range(5))
    project = build_project({"m.py": TEXT}, test_files=frozenset())
    ranked = [suspect.statement.line for suspect in rank_suspects(project, Observations((one, two, *passed)))]
    assert set(ranked[:2]) == {8, 13}


def test_nothing_known_means_everything_is_suspect() -> None:
    assert {7, 13, 18} <= set(lines_of(Observations()))


def test_an_error_of_collection_points_at_its_frames() -> None:
    failure = ObservedFailure("ImportError", "cannot import name 'x'", (Frame("m.py", 1, "<module>"),))
    assert lines_of(Observations(errors=(failure,)))[0] == 1


def test_loops_are_suspect_when_a_test_never_ends() -> None:
    text = "def f(a):\n    b = 1\n    while a:\n        b += 1\n    return b\n"
    project = build_project({"m.py": text}, test_files=frozenset())
    endless = Observations((ObservedTest("t", Outcome.TIMEOUT, {"m.py": frozenset({2, 3, 4})}),))
    assert rank_suspects(project, endless).ranked[0].statement.line == 3


def test_messages_of_the_server_become_observations_and_nonsense_is_left_out() -> None:
    events = [
        {"event": "opened", "errors": [{"kind": "ImportError", "message": "no", "frames": [{"file": "m.py", "line": 1}]}, "nonsense"]},
        {
            "event": "observed",
            "test": "t",
            "outcome": "failed",
            "lines": {"m.py": [2, 3]},
            "failure": {"kind": "AssertionError", "message": "", "left": "1", "right": "2", "frames": []},
            "vars": {"m.py": {"2": {"a": ["int"]}}},
            "values": {"m.py": {"f": {"a": ["1", "2"]}}},
            "attrs": {"Box": ["size"]},
        },
        {"event": "observed", "test": "u", "outcome": "no such outcome"},
        {"event": "end"},
    ]
    observations = Observations.from_events(events)
    assert [test.outcome for test in observations.tests] == [Outcome.FAILED, Outcome.ERROR]
    assert observations.tests[0].lines["m.py"] == {2, 3}
    assert observations.types["m.py"][2]["a"] == {"int"}
    assert observations.values["m.py"]["f"]["a"] == ("1", "2")
    assert observations.attributes["Box"] == {"size"}
    assert observations.errors[0].kind == "ImportError"
