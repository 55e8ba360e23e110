"""Which lines have to be run for a suite to speak about a change."""

from __future__ import annotations

import textwrap

import pytest

from autosd.gates.reach import places, unreached

BASE = """
    import os
    import sys


    def f(x):
        \"\"\"What it does.\"\"\"
        # a remark
        if x:
            return 1
            print(x)
        return [
            x,
            2,
        ]
"""


def changed(old: str, new: str) -> list[set[int]]:
    base = textwrap.dedent(BASE).lstrip()
    assert old in base
    return [set(place.lines) for place in places(base, base.replace(old, new))]


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ("return 1\n", "return 2\n", [{9}]),
        ("    x,\n", "    x + 1,\n", [{11, 12, 13, 14}]),  # a line of a statement over several
        ("if x:", "if not x:", [{8}]),
        ("# a remark", "# another", []),
        ("What it does", "What it really does", []),
        ("import os\n", "", [{1}]),  # what stands next to the gap
        ("            print(x)\n", "", [set()]),  # replaced below
        ("import os\nimport sys\n", "import os\n", [{1}]),
    ],
)
def test_a_changed_place_is_a_statement_that_runs(old: str, new: str, lines: list[set[int]]) -> None:
    if "print" in old:
        old, lines = "        print(x)\n", [{9}]  # dead code: the return before it has to be run
    assert changed(old, new) == lines


def test_what_went_from_the_start_of_a_function_is_watched_inside_of_it() -> None:
    base = "def f(x):\n    y = 1\n    return x\n"
    assert [set(place.lines) for place in places(base, "def f(x):\n    return x\n")] == [{2}]


def test_a_new_branch_has_to_be_run_itself() -> None:
    new = "def f(x=None):\n    if x is None:\n        x = []\n    return x\n"
    found = places("def f(x=[]):\n    return x\n", new)
    assert [set(place.lines) for place in found] == [{1}, {2}, {3}]
    base = {"a.py": "def f(x=[]):\n    return x\n"}
    assert unreached(base, {"a.py": new}, {"a.py": frozenset({1, 2, 4})}) == ["a.py:3"]
    assert unreached(base, {"a.py": new}, {"a.py": frozenset({1, 2, 3, 4})}) == []


def test_prose_needs_no_test_and_data_cannot_be_watched() -> None:
    assert unreached({}, {"README.md": "words", "data.json": "{}", "gone.py": None}, {}) == ["data.json", "gone.py"]
