"""Signs in a fix's text: oddities it brings in or takes away, and conditions that it empties."""

from __future__ import annotations

import ast

import pytest

from autosd.coding.repair.ablation import without_condition
from autosd.coding.repair.anomalies import anomalies, brought
from autosd.coding.repair.edits import Edit
from autosd.coding.repair.enumerate import enumerate_edits
from autosd.coding.repair.localise import rank_suspects
from autosd.coding.repair.model import build_project
from autosd.coding.repair.observations import Observations
from autosd.coding.repair.signs import signs_of
from autosd.domain.changes import TextEdit

WALK = "def walk(room, goal):\n    seen = set()\n    if room in seen:\n        return False\n    return room is goal\n"
COUNT = "def f(xs, low):\n    n = 0\n    while n < low and xs[n] > 0:\n        n += 1\n    return n\n"


def edit_of(text: str, old: str, new: str, template: str = "reuse") -> Edit:
    start = text.index(old)
    return Edit("m.py", (TextEdit("m.py", start, start + len(old), new),), template, 1, 0.1, 1, "a fix")


def kinds(text: str) -> set[str]:
    return set(anomalies(ast.parse(text)))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("def f(a, b):\n    return a\n", "unused parameter"),
        ("def f(a):\n    b = a\n    return a\n", "unused variable"),
        (WALK, "collection never filled"),
        ("def f(a):\n    return a - a\n", "the same on both sides"),
        ("def f(a):\n    return max(a, a)\n", "the same on both sides"),
        ("def f(a):\n    if 0 < 1:\n        return a\n", "decided beforehand"),
        ("def f(a):\n    return a if a else a\n", "the same in both branches"),
        ("def f(a):\n    try:\n        return a.b\n    except Exception:\n        return 0\n", "everything caught"),
        ("def f(a):\n    return a\n    print(a)\n", "unreachable"),
        ("def f(a):\n    a == 1\n    return a\n", "without effect"),
    ],
)
def test_an_oddity_is_seen(text: str, kind: str) -> None:
    assert kinds(text) == {kind}


@pytest.mark.parametrize(
    "text",
    [
        WALK.replace("    return room is goal", "    seen.add(room)\n    return room is goal"),
        "def f(self, _unused):\n    return {}\n",
        "def f(a):\n    while True:\n        if a():\n            break\n",
        "def f(a):\n    found = []\n    g(a, found)\n    return found\n",
        "def f(a):\n    return next(a) - next(a)\n",
        "def f():\n    'Says what.'\n    global n\n    n = 1\n",
    ],
)
def test_plain_code_is_not_odd(text: str) -> None:
    assert kinds(text) == set()


def test_a_fix_that_fills_the_collection_takes_an_oddity_away() -> None:
    came, went = brought(ast.parse(WALK), ast.parse(WALK.replace("    return room is", "    seen.add(room)\n    return room is")))
    assert not came
    assert set(went) == {"collection never filled"}


def test_signs_are_read_in_the_function_that_is_changed() -> None:
    text = f"x = 1\n\n\nclass A:\n    def f(self, a, b):\n        return a - b\n\n\n{WALK}"
    project = build_project({"m.py": text}, test_files=frozenset())
    signs = signs_of(edit_of(text, "a - b", "a - a"), project)
    assert signs.brought == ("the same on both sides", "unused parameter")
    assert signs.weight < 0 < signs_of(edit_of(text, "        return False", "        seen.add(room)"), project).weight
    assert signs.line == 6


def test_an_edit_outside_of_functions_or_one_that_does_not_parse_has_no_signs() -> None:
    text = f"x = 1\n{WALK}"
    project = build_project({"m.py": text}, test_files=frozenset())
    assert not signs_of(edit_of(text, "x = 1", "x = 2"), project).said
    assert not signs_of(edit_of(text, "set()", "set("), project).said


def test_the_smallest_condition_around_a_fix_is_put_to_constants() -> None:
    module = build_project({"m.py": COUNT}, test_files=frozenset())["m.py"]
    part = without_condition(edit_of(COUNT, "> 0", ">= 0"), module)
    assert [COUNT[each.start : each.end] for each in part] == ["xs[n] > 0"] * len(part)
    assert {each.text for each in part} == {"True", "False"}


def test_a_loop_is_never_made_endless_to_compare_with() -> None:
    text = "def f(n):\n    while n > 0:\n        n -= 1\n    return n\n"
    module = build_project({"m.py": text}, test_files=frozenset())["m.py"]
    assert [each.text for each in without_condition(edit_of(text, "n > 0", "n"), module)] == ["False"]


def test_a_fix_outside_of_conditions_or_one_that_drops_them_openly_is_not_compared() -> None:
    module = build_project({"m.py": COUNT}, test_files=frozenset())["m.py"]
    assert without_condition(edit_of(COUNT, "n += 1", "n += 2"), module) == ()
    assert without_condition(edit_of(COUNT, " and xs[n] > 0", "", "boolean.drop"), module) == ()


def test_a_modulus_is_likely_to_be_a_power_of_ten() -> None:
    buggy, fixed = "def f(n):\n    return n % 7 in (11, 12)\n", "def f(n):\n    return n % 100 in (11, 12)\n"
    project = build_project({"m.py": buggy}, test_files=frozenset())
    edits = enumerate_edits(project, rank_suspects(project, Observations()), Observations())
    numbers = [edit.apply(buggy) for edit in edits if edit.template == "constant.number" and edit.summary.startswith("use `1")]
    assert fixed in [text for text in numbers if "% 7" not in text][:3]
