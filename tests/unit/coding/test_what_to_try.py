"""What the repair engine tries: the fix is among the edits, early, and every edit is a small change of valid code."""

from __future__ import annotations

import ast
from dataclasses import replace
from itertools import islice

import pytest

from autosd.coding.repair.edits import Edit, pairs
from autosd.coding.repair.enumerate import Enumeration, enumerate_edits
from autosd.coding.repair.localise import rank_suspects
from autosd.coding.repair.model import build_project
from autosd.coding.repair.observations import Observations, ObservedFailure, ObservedTest
from autosd.domain.changes import TextEdit
from autosd.domain.suites import Frame, Outcome
from autosd.ports import Hunk


def edits_for(text: str, observations: Observations | None = None, *, seed: int = 0, limit: int = 40_000) -> list[Edit]:
    project = build_project({"m.py": text}, test_files=frozenset())
    seen = observations or Observations()
    return list(islice(enumerate_edits(project, rank_suspects(project, seen), seen, seed=seed), limit))


def rank_of(fixed: str, buggy: str, observations: Observations | None = None) -> int | None:
    """The place of the first edit that gives ``fixed``, brackets and white space aside."""

    def bare(text: str) -> str:
        return text.translate(str.maketrans("", "", " \n()"))

    places = (place for place, edit in enumerate(edits_for(buggy, observations), 1) if bare(edit.apply(buggy)) == bare(fixed))
    return next(places, None)


FIXES = {
    "comparison": ("def f(a, b):\n    return a < b\n", "def f(a, b):\n    return a <= b\n", 20),
    "augmented operator": (
        "def f(xs):\n    t = 0\n    for x in xs:\n        t -= x\n    return t\n",
        "def f(xs):\n    t = 0\n    for x in xs:\n        t += x\n    return t\n",
        40,
    ),
    "variable": ("def f(lo, hi):\n    m = (lo + lo) // 2\n    return m\n", "def f(lo, hi):\n    m = (lo + hi) // 2\n    return m\n", 60),
    "off by one": ("def f(n):\n    return list(range(n))\n", "def f(n):\n    return list(range(n + 1))\n", 60),
    "argument order": ("def f(a, b):\n    return f(a % b, b)\n", "def f(a, b):\n    return f(b, a % b)\n", 60),
    "method": ("def f(xs, y):\n    xs.append(y)\n    return xs\n", "def f(xs, y):\n    xs.extend(y)\n    return xs\n", 60),
    "negation": (
        "def f(x):\n    if x:\n        return 1\n    return 2\n",
        "def f(x):\n    if not x:\n        return 1\n    return 2\n",
        60,
    ),
    "condition gains a part": (
        "def f(n, k):\n    if n < 0:\n        return 0\n    if not k:\n        return 1\n    return f(n - 1, k)\n",
        "def f(n, k):\n    if n < 0 or not k:\n        return 0\n    if not k:\n        return 1\n    return f(n - 1, k)\n",
        400,
    ),
    "question of what is kept": (
        "def f(s):\n    seen = set()\n    for x in s:\n        if x.ok:\n            g\n        seen.add(x.key)\n",
        "def f(s):\n    seen = set()\n    for x in s:\n        if x.ok and x.key not in seen:\n            g\n        seen.add(x.key)\n",
        400,
    ),
    "question of a key that is stored elsewhere": (
        "def put(d):\n    d['end'] = True\n\n\ndef ends(d):\n    return d is not None\n",
        "def put(d):\n    d['end'] = True\n\n\ndef ends(d):\n    return d is not None and 'end' in d\n",
        400,
    ),
    "missing statement": (
        "def f(g, n, seen):\n    if n in seen:\n        return\n    for m in g[n]:\n        f(g, m, seen)\n",
        "def f(g, n, seen):\n    if n in seen:\n        return\n    seen.add(n)\n    for m in g[n]:\n        f(g, m, seen)\n",
        3000,
    ),
    "missing guard": (
        "def f(xs):\n    return sum(xs) / len(xs)\n",
        "def f(xs):\n    if not xs:\n        return 0\n    return sum(xs) / len(xs)\n",
        3000,
    ),
    "missing return": (
        "def f(xs):\n    out = []\n    for x in xs:\n        out.append(x)\n",
        "def f(xs):\n    out = []\n    for x in xs:\n        out.append(x)\n    return out\n",
        200,
    ),
    "yield from": ("def f(t):\n    for c in t:\n        yield f(c)\n", "def f(t):\n    for c in t:\n        yield from f(c)\n", 60),
    "mutable default": (
        "def f(x, acc=[]):\n    acc.append(x)\n    return acc\n",
        "def f(x, acc=None):\n    if acc is None:\n        acc = []\n    acc.append(x)\n    return acc\n",
        100,
    ),
    "shared rows": ("def f(n, m):\n    return [[0] * n] * m\n", "def f(n, m):\n    return [[0] * n for _ in range(m)]\n", 60),
    "super call": (
        "class A:\n    def __init__(self, n):\n        self.n = n\nclass B(A):\n    def __init__(self, n, k):\n        self.k = k\n",
        "class A:\n    def __init__(self, n):\n        self.n = n\n"
        "class B(A):\n    def __init__(self, n, k):\n        super().__init__(n)\n        self.k = k\n",
        200,
    ),
    "forgotten field": (
        "class P:\n    def __init__(self, x, y):\n        self.x = x\n        self.y = y\n"
        "    def to_dict(self):\n        return {'x': self.x}\n",
        "class P:\n    def __init__(self, x, y):\n        self.x = x\n        self.y = y\n"
        "    def to_dict(self):\n        return {'x': self.x, 'y': self.y}\n",
        200,
    ),
    "key that may be new": (
        "def f(d, k, v):\n    d[k].append(v)\n    return d\n",
        "def f(d, k, v):\n    d.setdefault(k, []).append(v)\n    return d\n",
        100,
    ),
    "unicode before the place": ("def f(a, b):\n    é = 'ü'; return (é, a < b)\n", "def f(a, b):\n    é = 'ü'; return (é, a <= b)\n", 60),
}


@pytest.mark.parametrize("name", FIXES)
def test_the_fix_is_among_the_first_edits(name: str) -> None:
    buggy, fixed, within = FIXES[name]
    place = rank_of(fixed, buggy)
    assert place is not None and place <= within, f"{name}: {place}"


PROGRAM = '''"""Doc."""
import math  # kept

LIMIT = 10  # kept too


class Box:
    size: int = 0

    def __init__(self, items=None, *, name="box"):
        self.items = items or []  # kept as well
        self.name = name

    @property
    def total(self):
        return sum(item.price * 2 for item in self.items if item.price > 0)

    def add(self, item):
        if item in self.items: return False
        elif len(self.items) >= LIMIT:
            raise ValueError(f"too many: {len(self.items)} in {self.name!r}")
        else:
            self.items.append(item)
        return True


def walk(tree, depth=0, *rest, **more):
    try:
        for name, child in sorted(tree.items()):
            yield name, depth
            yield from walk(child, depth + 1)
    except (AttributeError, KeyError) as error:
        print("leaf", error, end="")
    finally:
        depth -= 1; more["x"] = rest[:-1]
    while depth > 0 and not (rest or tree is None):
        a, b = depth, -depth
        depth = (a if a < b else b) // 2


def text(value):
    \'\'\'More.\'\'\'
    lines = [f"{value:.2f}", """two
lines"""]
    key = lambda each: (each[0], -len(each))
    with open(value) as file: lines.extend(file)
    return math.floor(len(lines) / 2), sorted(lines, key=key)[1:]
'''


ODD = """import os, sys as system
from . import sibling
from .pkg import *
@decorator(1)
class A(Base, metaclass=M):
    x: int
    y = z = 3; __slots__ = ()
    async def f(self, /, a, *, b: int = 1, **c) -> None:
        async with a as d, b: await d
        async for e in a: yield e
        del a[0], b.c
        global g; g = 1
        return
    def __init__(self): pass
    @staticmethod
    def h(): return lambda *a, **k: (yield)
def m(v, w=None):
    match v:
        case {"a": 1, **rest} if rest: return rest
        case [1, *others] | A(x=1): pass
        case _: raise
    try: assert v, "no"
    except* ValueError: ...
    while v: v -= 1
    else: v = w = not v
    *a, (b, c) = [d := 1, *v]; a[1:2, ..., ::3] = b"x", 1j, -1.5, 0x1F
    print(f"{v!r:>{w}} {{}}", *a, sep="", **{}); return {**v, 1: 2}, {*a}, {k: x for k, x in v if k if not x}
    for i in range(3): pass
x = 1 if m else 2 if A else 3; x: int
if x: pass
elif not x: x = 0
else: x = x[-1][::-1]
with open(x) as (f), x: pass
"""


@pytest.mark.slow
def test_every_edit_leaves_valid_code_and_all_comments() -> None:
    seen = edits_for(PROGRAM, limit=100_000)
    assert len(seen) > 5_000
    broken = []
    for edit in [*seen[:1_500], *seen[1_500::17]]:
        after = edit.apply(PROGRAM)
        try:
            ast.parse(after)
        except SyntaxError as error:
            broken.append((edit, error))
            continue
        assert edit.template.startswith(("delete", "unwrap", "class")) or after.count("# kept") == 3, edit
    assert not broken, broken[:3]


@pytest.mark.slow
def test_no_template_stumbles_over_odd_code() -> None:
    for text in (PROGRAM, ODD):
        project = build_project({"m.py": text}, test_files=frozenset())
        failures = (
            ObservedFailure("NameError", "name 'xyz' is not defined"),
            ObservedFailure("KeyError", "'x'", left="[1, 2]", right="'a b'"),
        )
        seen = Observations(errors=failures)
        enumeration = Enumeration(project, rank_suspects(project, Observations()), seen, 0)
        for edit in islice(enumeration.run(), 40_000):
            assert text != edit.apply(text)
        assert not enumeration.skipped, enumeration.skipped[:3]


def test_no_two_edits_give_the_same_text() -> None:
    seen = [edit.apply(PROGRAM) for edit in edits_for(PROGRAM, limit=5_000) if len(edit.edits) == 1]
    assert len(seen) == len(set(seen))


def test_the_order_is_by_score_and_the_same_for_the_same_seed() -> None:
    first, again = edits_for(PROGRAM, seed=3, limit=2_000), edits_for(PROGRAM, seed=3, limit=2_000)
    assert first == again
    top = [edit.score for edit in first[:200]]
    assert top[0] >= top[-1] and all(edit.distance >= 1 and edit.summary for edit in first)


def test_tests_and_conftest_are_never_edited() -> None:
    text = "def helper(a):\n    return a < 1\n"
    project = build_project({"m.py": text, "test_m.py": text, "pkg/conftest.py": text}, test_files=frozenset({"test_m.py"}))
    lines = {path: frozenset({2}) for path in project}
    seen = Observations((ObservedTest("t", Outcome.FAILED, lines),))
    assert {edit.file for edit in enumerate_edits(project, rank_suspects(project, seen), seen)} == {"m.py"}


def test_an_unknown_name_gets_its_import() -> None:
    failure = ObservedFailure("NameError", "name 'defaultdict' is not defined", (Frame("m.py", 2, "f"),))
    seen = Observations((ObservedTest("t", Outcome.ERROR, {"m.py": frozenset({2})}, failure),))
    buggy = "def f():\n    return defaultdict(list)\n"
    place = rank_of("from collections import defaultdict\n" + buggy, buggy, seen)
    assert place is not None and place <= 10


def test_a_recent_hunk_is_undone() -> None:
    buggy = "def f(a):\n    b = a * 37\n    return b\n"
    hunk = Hunk("m.py", "    b = a + 59 - a // 3\n", "    b = a * 37\n")
    place = rank_of(buggy.replace(hunk.new, hunk.old), buggy, Observations(history=(hunk,)))
    assert place is not None and place <= 20


def test_a_hunk_is_undone_in_part_also_when_the_lines_around_it_have_changed_since() -> None:
    buggy = "def f(a):\n    # new words\n    b = a * 37\n    c = a + b\n    return c\n"
    hunk = Hunk(
        "m.py", "# words\n    b = a + 59 - a // 3\n    c = b\n    return c\n", "# words\n    b = a * 37\n    c = a + b\n    return c\n", 3
    )
    fixed = "def f(a):\n    # new words\n    b = a + 59 - a // 3\n    c = b\n    return c\n"
    place = rank_of(fixed, buggy, Observations(history=(hunk,)))
    assert place is not None and place <= 20


def test_a_change_of_two_files_is_taken_back_in_one_edit_before_all_others() -> None:
    texts = {"m.py": "from n import g\n\ndef f(a):\n    return g(a, 2)\n", "n.py": "def g(a, b):\n    return a - b\n"}
    history = (
        Hunk("m.py", "    return g(a)\n", "    return g(a, 2)\n"),
        Hunk("n.py", "def g(a):\n    return a * 7 - 3\n", "def g(a, b):\n    return a - b\n"),
    )
    project = build_project(texts, test_files=frozenset())
    seen = Observations((ObservedTest("t", Outcome.FAILED, {"m.py": frozenset({4}), "n.py": frozenset({2})}),), history=history)
    first = next(enumerate_edits(project, rank_suspects(project, seen), seen))
    assert {edit.file for edit in first.edits} == {"m.py", "n.py"}
    assert first.apply(texts["m.py"]).endswith("    return g(a)\n") and "a * 7 - 3" in replace(first, file="n.py").apply(texts["n.py"])


def test_types_seen_rule_out_what_makes_no_sense() -> None:
    text = "def f(name, n):\n    return name + 'x'\n"
    types = {"m.py": {2: {"name": frozenset({"str"}), "n": frozenset({"int"})}}}
    summaries = [edit.apply(text) for edit in edits_for(text, Observations(types=types))]
    assert not any("name - 'x'" in each or "n + 'x'" in each.replace("name + 'x'", "") for each in summaries)


def test_pairs_join_what_does_not_overlap_best_first() -> None:
    def edit(start: int, end: int, score: float) -> Edit:
        return Edit("m.py", (TextEdit("m.py", start, end, "x"),), "t", 1, score, 1, "s")

    one, two, clash = edit(0, 2, 0.9), edit(5, 6, 0.8), edit(1, 3, 0.7)
    joined = list(pairs([two, clash, one]))
    assert [(pair.edits[0].start, pair.edits[1].start) for pair in joined] == [(0, 5), (1, 5)]
    assert all(pair.tier == 4 for pair in joined)


def test_what_stands_in_one_line_is_not_torn_apart() -> None:
    text = "def f(x):\n    if x: return 1\n    return 2\n"
    for edit in edits_for(text):
        ast.parse(edit.apply(text))
