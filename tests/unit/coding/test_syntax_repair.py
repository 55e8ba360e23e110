"""Modules that do not parse get back to code that does."""

from __future__ import annotations

import pytest

from autosd.coding.repair.enumerate import enumerate_edits
from autosd.coding.repair.localise import rank_suspects
from autosd.coding.repair.model import build_project
from autosd.coding.repair.observations import Observations, ObservedFailure

GOOD = """def area(items):
    total = 0
    for w, h in items:
        if w > 0 and h > 0:
            total += w * h
        else:
            print("bad", w)
    return total


def main(name="x"):
    d = {'a': 1, 'b': [1, 2]}
    while True:
        break
    return d[name]
"""

FAULTS = [
    ("(items):", "(items)"),
    ("in items:", "in items"),
    ('print("bad", w)', 'print("bad", w'),
    ('print("bad", w)', 'print("bad, w)'),
    ('print("bad", w)', 'print "bad", w'),
    ("        else:", "       else:"),
    ("        else:\n", "        else\n"),
    ("return total", "retrun total"),
    ("while True", "whlie True"),
    ("'b': [1, 2]}", "'b': [1, 2}"),
    ("1, 'b'", "1 'b'"),
    ("        if w > 0 and", "\tif w > 0 and"),
    ("w > 0 and", "w > 0 &&"),
    ("total += w * h", "total += w * h)"),
    ("for w, h in items", "for w, h items"),
    ('def main(name="x"):', 'def main(name="x":'),
    ("        break", "    break"),
    ("    return total", "return total"),
]


@pytest.mark.parametrize(("right", "wrong"), FAULTS)
def test_a_slip_of_the_keyboard_is_taken_back(right: str, wrong: str) -> None:
    bug = GOOD.replace(right, wrong, 1)
    project = build_project({"m.py": bug}, test_files=frozenset())
    seen = Observations(errors=(ObservedFailure("SyntaxError", "invalid syntax"),))
    texts = [edit.apply(bug) for edit in enumerate_edits(project, rank_suspects(project, seen), seen)][:5]
    assert any("".join(text.split()) == "".join(GOOD.split()) for text in texts)


def test_an_unfinished_merge_keeps_either_side() -> None:
    bug = "def f():\n<<<<<<< ours\n    return 1\n=======\n    return 2\n>>>>>>> theirs\n"
    project = build_project({"m.py": bug}, test_files=frozenset())
    seen = Observations(errors=(ObservedFailure("SyntaxError", ""),))
    texts = {edit.apply(bug) for edit in enumerate_edits(project, rank_suspects(project, seen), seen)}
    assert {"def f():\n    return 1\n", "def f():\n    return 2\n"} <= texts
