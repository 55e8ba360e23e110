"""Extra inputs: near the recorded ones, and of their kind."""

from __future__ import annotations

from autosd.inside.warm.record import neighbours, together


class Node:
    def __init__(self) -> None:
        self.near: list[Node] = []


def values(*first: object) -> list[object]:
    calls = [([value], {}) for value in first]
    return [positional[0] for positional, _ in neighbours(calls, 60, 0)]


def test_objects_that_know_each_other_do_so_in_the_copy() -> None:
    one, other = Node(), Node()
    one.near.append(other)
    (copies,), _ = together(([[one, other]], {}))
    assert copies[0].near[0] is copies[1]
    assert copies[0] is not one


def test_what_cannot_be_copied_is_passed_on() -> None:
    stuck = (number for number in range(3))
    (again, items), _ = together(([stuck, [1]], {}))
    assert again is stuck
    assert items == [1]


def test_no_negative_number_is_made_where_none_was_given() -> None:
    assert all(value > 0 for value in values(3, 8, 120))  # type: ignore[operator]
    assert any(value < 0 for value in values(3, -8, 120))  # type: ignore[operator]


def test_sorted_lists_stay_sorted() -> None:
    made = values([1, 2, 5], [2, 3, 9, 11])
    assert made
    assert all(value == sorted(value) for value in made)  # type: ignore[type-var, call-overload]
    assert any(value != sorted(value) for value in values([5, 2, 1], [2, 3, 9, 11]))  # type: ignore[type-var, call-overload]


def test_numbers_far_off_are_tried_too() -> None:
    assert {31, 11} & set(values(111))


def test_the_other_callers_values_are_used_for_mixing_only() -> None:
    made = neighbours([([1, "a"], {})], 40, 0, others=[([2, "z"], {})])
    assert any(positional[1] == "z" for positional, _ in made)
    assert ([2, "z"], {}) not in made
