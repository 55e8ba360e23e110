"""Every rule: what it rewrites, character for character, and what it leaves alone."""

from __future__ import annotations

import textwrap

import pytest

from autosd.coding.codemod.coder import find, rewritten
from autosd.coding.codemod.module import Module
from autosd.coding.codemod.rules import RULES, chosen
from autosd.coding.repair.source import parse_error

REWRITES = [
    ("mutable-default", "def f(x, xs=[]):  # all\n    '''Doc.'''\n    # why\n    xs.append(x)\n    return xs\n",
     "def f(x, xs=None):  # all\n    '''Doc.'''\n    # why\n    if xs is None:\n        xs = []\n    xs.append(x)\n    return xs\n"),
    ("mutable-default", "class A:\n\tdef f(self, xs={}):\n\t\tself.xs = xs\n",
     "class A:\n\tdef f(self, xs=None):\n\t\tif xs is None:\n\t\t\txs = {}\n\t\tself.xs = xs\n"),
    ("mutable-default", "from __future__ import annotations\ndef f(a: list[int] = [], *, b=dict()):\n    a += [1]\n    b[1] = 2\n",
     "from __future__ import annotations\ndef f(a: list[int] | None = None, *, b=None):\n    if a is None:\n"
     "        a = []\n    if b is None:\n        b = dict()\n    a += [1]\n    b[1] = 2\n"),
    ("late-binding", "for i in xs:\n    fs.append(lambda: i)\n", "for i in xs:\n    fs.append(lambda i=i: i)\n"),
    ("late-binding", "fs = [lambda x, y=1: x * i + j for i, j in xs]\n", "fs = [lambda x, y=1, i=i, j=j: x * i + j for i, j in xs]\n"),
    ("late-binding", "for k in ks:\n    table[k] = lambda v: (k, v)\n", "for k in ks:\n    table[k] = lambda v, k=k: (k, v)\n"),
    ("return-in-finally", "def f():\n    try:\n        g()\n    finally:\n        h()\n        return 1\n",
     "def f():\n    try:\n        g()\n    finally:\n        h()\n    return 1\n"),
    ("assert-tuple", "assert (x > 1, 'small')\n", "assert x > 1, 'small'\n"),
    ("swallowed-interrupt", "try:\n    f()\nexcept :  # all\n    pass\n", "try:\n    f()\nexcept Exception :  # all\n    pass\n"),
    ("swallowed-interrupt", "try:\n    f()\nexcept BaseException:\n    x = 1\n", "try:\n    f()\nexcept Exception:\n    x = 1\n"),
    ("shadowed-builtin", "def f(n):\n    list = [1, 2]\n    print(list)\n    return list(range(n))\n",
     "def f(n):\n    list_ = [1, 2]\n    print(list_)\n    return list(range(n))\n"),
    ("is-literal", "if x is 'a' or y is not  5: z\n", "if x == 'a' or y !=  5: z\n"),
    ("equals-none", "ok = x == None and (None) != y  # é\n", "ok = x is None and (None) is not y  # é\n"),
    ("left-open", "def f(p):\n    # read\n    return open(p).read().strip()\n",
     "def f(p):\n    # read\n    with open(p) as file:\n        return file.read().strip()\n"),
    ("left-open", "data = json.load(open('a', encoding='u8'))\nb = 1\n",
     "with open('a', encoding='u8') as file:\n    data = json.load(file)\nb = 1\n"),
    ("left-open", "def f(p):\n    for file in open(p):\n\n        g(file)\n    return 1\n",
     "def f(p):\n    with open(p) as stream:\n        for file in stream:\n\n            g(file)\n    return 1\n"),
    ("export-of-nothing", "__all__ = ['a', 'gone', 'b', 'lost']\na = b = 1\n", "__all__ = ['a', 'b']\na = b = 1\n"),
    ("doubled-key", "d = {'a': 1, 'b': 2, 'a': 3, 'c': 4}\n", "d = {'a': 3, 'b': 2, 'c': 4}\n"),
    ("doubled-key", "d = {\n    'a': x,\n    'b': 2,\n    'a': y,\n}\n", "d = {\n    'a': y,\n    'b': 2,\n}\n"),
    ("lost-cause", "try:\n    f()\nexcept KeyError as e:\n    raise ValueError(1)  # no\n",
     "try:\n    f()\nexcept KeyError as e:\n    raise ValueError(1) from e  # no\n"),
    ("lost-cause", "try:\n    f()\nexcept (KeyError, OSError):\n    if x:\n        raise ValueError\n    raise A(\n        1\n    )\n",
     "try:\n    f()\nexcept (KeyError, OSError) as error:\n    if x:\n        raise ValueError from error\n"
     "    raise A(\n        1\n    ) from error\n"),
    ("doubled-element", "s = {1, 2, 1, 'a'}\n", "s = {1, 2, 'a'}\n"),
    ("dead-code", "def f(x):\n    if x:\n        return 1\n        print(x)\n        y = 2\n    # end\n    return 3\n",
     "def f(x):\n    if x:\n        return 1\n    # end\n    return 3\n"),
]  # fmt: skip

LEFT_ALONE = [
    ("mutable-default", "def f(x, xs=[]):\n    return x in xs\n"),
    ("mutable-default", "def f(x, _cache={}):\n    _cache[x] = 1\n"),
    ("mutable-default", "def f(xs=[]): return xs\n"),
    ("mutable-default", "def f(xs: list = []):\n    xs.append(1)\n"),
    ("late-binding", "for i in xs:\n    ys.sort(key=lambda y: y - i)\n"),
    ("late-binding", "for i in xs:\n    fs.append(lambda i=i: i)\n"),
    ("late-binding", "for i in xs:\n    fs.append(sorted(ys, key=lambda y: y - i))\n"),
    ("late-binding", "for i in xs:\n    fs.append(lambda: other)\n"),
    ("late-binding", "ys = list(map(lambda x: x * i, xs) for i in zs)\n"),
    ("return-in-finally", "def f():\n    try:\n        return g()\n    finally:\n        h()\n        return 1\n"),
    ("assert-tuple", "assert (x, y)\nassert x, 'a'\n"),
    ("swallowed-interrupt", "try:\n    f()\nexcept:\n    g()\n    raise\n"),
    ("swallowed-interrupt", "try:\n    f()\nexcept BaseException as e:\n    keep(e)\n"),
    ("swallowed-interrupt", "try:\n    f()\nexcept:  # noqa: E722\n    pass\n"),
    ("shadowed-builtin", "def f(list):\n    return list(1)\n"),
    ("shadowed-builtin", "def f():\n    input = get()\n    return input(1)\n"),
    ("shadowed-builtin", "def f():\n    id = 1\n    return id\n"),
    ("is-literal", "x is None or x is True or x is y\n"),
    ("equals-none", "q.filter(User.name == None)\ndf[df.a == None]\n(a == None) & b\n"),
    ("left-open", "f = open(p)\nreturned = g(f)\n"),
    ("left-open", "def open(p):\n    pass\nx = open(p).read()\n"),
    ("left-open", "rows = csv.reader(open(p))\n"),
    ("left-open", "x = a() + open(p).read()\n"),
    ("left-open", "x = open(make()).read()\n"),
    ("left-open", "x = open(p).read().replace('''a\n''', '')\n"),
    ("export-of-nothing", "from m import *\n__all__ = ['a', 'b']\na = 1\n"),
    ("export-of-nothing", "__all__ = ['a', 'b']\na = 1\ndef __getattr__(name): ...\n"),
    ("doubled-key", "d = {'a': f(), 'a': 2}\n"),
    ("doubled-key", "d = {1: 2, True: 3, **e}\n"),
    ("lost-cause", "try:\n    f()\nexcept KeyError as e:\n    raise e\n"),
    ("lost-cause", "try:\n    f()\nexcept KeyError as e:\n    raise ValueError from None\n"),
    ("lost-cause", "try:\n    f()\nexcept KeyError:\n    def g():\n        raise ValueError(1)\n"),
    ("doubled-element", "s = {1, True}\n"),
    ("dead-code", "def f():\n    return\n    yield\n"),
    ("dead-code", "def f():\n    print(x)\n    return\n    x = 1\n"),
]  # fmt: skip


def rewrite(code: str, text: str) -> str | None:
    [rule] = [rule for rule in RULES if rule.code == code]
    modules = {"m.py": Module(text, "m.py")}
    return rewritten(modules, find(rule, modules)).get("m.py")


@pytest.mark.parametrize(("code", "before", "after"), REWRITES)
def test_a_defect_is_rewritten_and_nothing_else(code: str, before: str, after: str) -> None:
    assert rewrite(code, before) == after
    assert rewrite(code, after) is None, "what was rewritten has nothing left to rewrite"


@pytest.mark.parametrize(("code", "text"), LEFT_ALONE)
def test_what_may_be_meant_is_left_alone(code: str, text: str) -> None:
    assert rewrite(code, text) is None


@pytest.mark.parametrize(("code", "before", "after"), REWRITES)
def test_line_ends_and_byte_order_marks_stay(code: str, before: str, after: str) -> None:
    odd = "\ufeff" + before.replace("\n", "\r\n")
    assert rewrite(code, odd) == "\ufeff" + after.replace("\n", "\r\n")


@pytest.mark.parametrize(("code", "before", "after"), REWRITES)
def test_deep_in_other_code_the_same_happens(code: str, before: str, after: str) -> None:
    if before.startswith(("from", "__all__", "class")):
        pytest.skip("of the top level only")
    around = "class Deep:\n    def deep(self):\n        é = 'é'\n{}        return é  # é\n"
    for text in (before, after):
        assert parse_error(around.format(textwrap.indent(text, " " * 8))) is None
    assert rewrite(code, around.format(textwrap.indent(before, " " * 8))) == around.format(textwrap.indent(after, " " * 8))


def test_rules_are_chosen_by_our_code_or_a_linters_and_come_worst_first() -> None:
    assert [rule.code for rule in chosen(["B006", "F401", "dead-code"])] == ["mutable-default", "dead-code", "F401"]
    assert len({rule.code for rule in RULES}) == len(RULES) == len(chosen([]))
    assert [rule.severity for rule in RULES] == sorted((rule.severity for rule in RULES), reverse=True)
