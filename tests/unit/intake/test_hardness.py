"""What a change does to how hard code is to follow, and to how much of it is tested."""

from __future__ import annotations

import pytest

from autosd.intake.coverage import covered, untested
from autosd.intake.hardness import hardness_delta, hardness_of, total

PLAIN = "def one(x):\n    return x\n"
HARDER = "def one(x):\n    if x:\n        for y in x:\n            if y:\n                return y\n    return x\n"
HELPER = "\n\ndef helper(items):\n    for each in items:\n        if each:\n            return each\n    return None\n"


@pytest.mark.parametrize(("body", "cognitive"), [
    ("    return 1\n", 0),
    ("    if a:\n        return 1\n    elif b:\n        return 2\n    return 3\n", 2),
    ("    for x in a:\n        if x and b or c:\n            return 1\n", 5),
    ("    try:\n        f()\n    except ValueError:\n        return 1\n", 1),
])  # fmt: skip
def test_breaks_in_the_flow_count_and_nested_ones_more(body: str, cognitive: int) -> None:
    assert hardness_of(f"def f(a, b, c):\n{body}")["f"].cognitive == cognitive


def test_what_was_there_and_became_harder_is_charged() -> None:
    assert hardness_delta({"a.py": PLAIN}, {"a.py": HARDER}) == total(HARDER) - total(PLAIN) > 0
    assert hardness_delta({"a.py": HARDER}, {"a.py": PLAIN}) < 0


def test_a_plain_new_function_is_no_harm_but_a_monster_is() -> None:
    assert hardness_delta({"a.py": PLAIN}, {"a.py": PLAIN + HELPER}) == 0
    assert hardness_delta({}, {"new.py": HELPER}) == 0
    monster = "def f(x):\n" + "".join(f"    if x == {n}:\n        return {n}\n" for n in range(30))
    assert hardness_delta({"a.py": PLAIN}, {"a.py": PLAIN + "\n" + monster}) == (31 - 10) + (30 - 15)


def test_splitting_a_function_pays_and_what_went_is_credited() -> None:
    split = "def one(x):\n    return x and _first(x) or x\n\n\ndef _first(x):\n    for y in x:\n        if y:\n            return y\n"
    assert hardness_delta({"a.py": HARDER}, {"a.py": split}) < 0
    assert hardness_delta({"a.py": HARDER}, {"a.py": None}) == -total(HARDER) + total("")
    assert hardness_delta({"a.txt": "x"}, {"a.txt": "if x"}) == 0


def test_coverage_is_of_what_was_there_and_new_functions_that_no_test_runs_are_named() -> None:
    new = PLAIN + HELPER
    reached = {"a.py": frozenset({1, 2, 5})}
    assert covered({"a.py": PLAIN}, reached, {"a.py": PLAIN}) == 1.0
    assert covered({"a.py": new}, reached, {"a.py": PLAIN}) == 1.0
    assert covered({"a.py": HARDER}, {"a.py": frozenset({2, 6})}, {"a.py": PLAIN}) == 2 / 5
    assert covered({"a.py": "x = 1\n"}, reached, {"a.py": "x = 2\n"}) is None
    assert untested({"a.py": PLAIN}, {"a.py": new}, reached) == ("a.py:helper",)
    assert untested({"a.py": PLAIN}, {"a.py": new}, {"a.py": frozenset({6})}) == ()
