"""Choosing among plausible fixes: what counts, and when the choice is said to be suspect."""

from __future__ import annotations

from autosd.coding.repair.edits import Edit
from autosd.coding.repair.select import Behaviour, Plausible, choose
from autosd.coding.repair.signs import Signs
from autosd.domain.changes import TextEdit


def plausible(order: int, *, score: float = 0.1, distance: int = 1, passed: tuple[str, ...] = ("t",)) -> Plausible:
    edit = Edit("m.py", (TextEdit("m.py", order, order + 1, "x"),), "template", 1, score, distance, f"fix {order}")
    return Plausible(edit, frozenset(passed), order)


def test_a_fix_that_keeps_what_passing_tests_relied_on_beats_a_smaller_one_that_does_not() -> None:
    small, kind = plausible(1, distance=1), plausible(2, distance=3)
    best = choose([small, kind], {1: Behaviour(0.4, ("a",)), 2: Behaviour(1.0, ("b",))})[0]
    assert best.plausible is kind


def test_the_behaviour_with_most_of_the_priors_behind_it_wins() -> None:
    alone, *crowd = plausible(1, score=0.12), plausible(2, score=0.1), plausible(3, score=0.1)
    behaviours = {1: Behaviour(1.0, ("odd",)), 2: Behaviour(1.0, ("same",)), 3: Behaviour(1.0, ("same",))}
    assert choose([alone, *crowd], behaviours)[0].plausible in crowd


def test_more_fixed_tests_come_before_everything_else() -> None:
    half, whole = plausible(1, score=0.9, passed=("a",)), plausible(2, score=0.01, passed=("a", "b"))
    assert choose([half, whole], {})[0].plausible is whole


def test_fixes_that_disagree_without_a_majority_are_suspect_and_said_so() -> None:
    three = [plausible(1), plausible(2), plausible(3)]
    best = choose(three, {each.order: Behaviour(1.0, (str(each.order),)) for each in three})[0]
    assert best.overfit.suspect
    assert "3 fixes" in best.overfit.reason


def test_a_fix_that_changes_what_passing_tests_relied_on_is_suspect() -> None:
    assert choose([plausible(1)], {1: Behaviour(0.5, ("a",))})[0].overfit.suspect


def test_the_only_fix_with_kept_behaviour_is_not_suspect() -> None:
    overfit = choose([plausible(1)], {1: Behaviour(1.0, ("a", "b"))})[0].overfit
    assert overfit.checked
    assert not overfit.suspect


def test_the_choice_does_not_depend_on_the_order_of_finding_them() -> None:
    fixes = [plausible(n, score=0.1 * n, distance=n) for n in range(1, 5)]
    behaviours = {each.order: Behaviour(1.0, ("a",) if each.order % 2 else ("b",)) for each in fixes}
    assert [c.plausible.order for c in choose(fixes, behaviours)] == [c.plausible.order for c in choose(fixes[::-1], behaviours)]


def test_many_ways_to_break_one_line_are_one_voice() -> None:
    right, *broken = (plausible(n, score=0.1 if n > 1 else 0.15) for n in range(1, 6))
    behaviours = {1: Behaviour(1.0, ("right",)), **{each.order: Behaviour(1.0, ("broken",)) for each in broken}}
    scattered = {each.order: Signs(line=each.order) for each in [right, *broken]}
    same_line = {1: Signs(line=1), **{each.order: Signs(line=9) for each in broken}}
    assert choose([right, *broken], behaviours, scattered)[0].plausible in broken
    assert choose([right, *broken], behaviours, same_line)[0].plausible is right


def test_a_fix_that_empties_its_condition_loses_and_is_suspect_when_alone() -> None:
    empty, honest = plausible(1, score=0.2), plausible(2, score=0.1)
    behaviours = {1: Behaviour(1.0, ("a",), void=True), 2: Behaviour(1.0, ("b",))}
    assert choose([empty, honest], behaviours)[0].plausible is honest
    assert "decides nothing" in choose([empty], behaviours)[0].overfit.reason


def test_a_fix_that_keeps_behaviour_near_passing_inputs_wins() -> None:
    near, far = plausible(1), plausible(2, score=0.15)
    best = choose([near, far], {1: Behaviour(1.0, ("a",), kept=0.95), 2: Behaviour(1.0, ("b",), kept=0.7)})[0]
    assert best.plausible is near


def test_a_fix_that_runs_on_where_the_original_ended_is_suspect() -> None:
    overfit = choose([plausible(1)], {1: Behaviour(1.0, ("a",), hangs=0.3)})[0].overfit
    assert overfit.suspect
    assert "does not end" in overfit.reason


def test_one_property_test_does_not_make_a_fix_suspect() -> None:
    assert not choose([plausible(1)], {1: Behaviour(0.5, ("a",), known=2)})[0].overfit.suspect
    assert choose([plausible(1)], {1: Behaviour(0.5, ("a",), known=8)})[0].overfit.suspect
    assert choose([plausible(1)], {1: Behaviour(0.0, ("a",), known=1)})[0].overfit.suspect


def test_oddities_of_the_text_settle_what_behaviour_leaves_open_and_are_told() -> None:
    odd, plain = plausible(1), plausible(2)
    signs = {1: Signs(brought=("everything caught",))}
    behaviours = {each.order: Behaviour(1.0, ("a",)) for each in (odd, plain)}
    assert choose([odd, plain], behaviours, signs)[0].plausible is plain
    assert "everything caught" in choose([odd], behaviours, signs)[0].overfit.reason


def test_nothing_is_said_of_passing_tests_when_none_reaches_the_code() -> None:
    assert "no passing test" in choose([plausible(1)], {1: Behaviour(1.0, ("a",), known=0)})[0].overfit.reason
