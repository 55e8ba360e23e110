# ruff: noqa: E501 - programs as one line each
"""What was left out of the code is found early, by what the rest of the code says of it."""

from __future__ import annotations

import pytest
from test_what_to_try import rank_of

pytestmark = pytest.mark.slow

OMISSIONS = {
    "a call that binds a name, of a parameter that nothing uses": (
        "def f(visit, enter, path, key):\n    pass\n    for x in res:\n        visit(path, key, x)\n    return res\n",
        "def f(visit, enter, path, key):\n    res = enter(path, key)\n    pass\n    for x in res:\n        visit(path, key, x)\n    return res\n",
        60,
    ),
    "the error that is kept for later": (
        "def f(g, x):\n    seen = None\n    try:\n        g(x)\n    except ValueError as e:\n        x = 1\n    if seen:\n        raise seen\n    return x\n",
        "def f(g, x):\n    seen = None\n    try:\n        g(x)\n    except ValueError as e:\n        seen = e\n        x = 1\n    if seen:\n"
        "        raise seen\n    return x\n",
        400,
    ),
    "an update that its sister has": (
        "def f(parts):\n    names = []\n    sizes = []\n    for part in parts:\n        sizes += part.sizes\n    return names, sizes\n",
        "def f(parts):\n    names = []\n    sizes = []\n    for part in parts:\n        sizes += part.sizes\n        names += part.names\n"
        "    return names, sizes\n",
        180,
    ),
    "a condition before what cuts off the rest": (
        "def f(n, total):\n    return total\n    total = total + n\n    return total\n",
        "def f(n, total):\n    if n < 0:\n        return total\n    total = total + n\n    return total\n",
        160,
    ),
    "a condition in a loop that never turns": (
        "def f(rules, word):\n    for rule in rules:\n        return word\n    return ''\n",
        "def f(rules, word):\n    for rule in rules:\n        if rule in word:\n            return word\n    return ''\n",
        100,
    ),
    "a predicate of the caller": (
        "def f(pred, xs):\n    out = []\n    for x in xs:\n        if x:\n            out.append(x)\n    return out\n",
        "def f(pred, xs):\n    out = []\n    for x in xs:\n        if x and pred(x):\n            out.append(x)\n    return out\n",
        300,
    ),
    "a factor from a table of the module": (
        "UNITS = {'s': 1, 'm': 60}\n\ndef f(n, unit):\n    return int(n)\n",
        "UNITS = {'s': 1, 'm': 60}\n\ndef f(n, unit):\n    return int(n) * UNITS[unit]\n",
        150,
    ),
    "two terms": (
        "def f(a, base, shift):\n    base = int(base)\n    shift = int(shift)\n    x = int(a)\n    return x\n",
        "def f(a, base, shift):\n    base = int(base)\n    shift = int(shift)\n    x = int(a)\n    return x - base + shift\n",
        6000,
    ),
    "an element of what is returned": (
        "def f(a, b, c):\n    d = a + b\n    return a // d\n",
        "def f(a, b, c):\n    d = a + b\n    return a // d, b // d\n",
        2000,
    ),
    "a switch of the called function": (
        "def g(x, top=True):\n    return x, top\n\ndef f(x):\n    return g(x)\n",
        "def g(x, top=True):\n    return x, top\n\ndef f(x):\n    return g(x, top=False)\n",
        60,
    ),
    "keywords handed on": (
        "def g(x, **more):\n    return x, more\n\ndef f(x, **more):\n    return g(x)\n",
        "def g(x, **more):\n    return x, more\n\ndef f(x, **more):\n    return g(x, **more)\n",
        100,
    ),
    "a default beside a parameter whose name ends alike": (
        "def f(x, kw=None, load_kw=None):\n    if load_kw is None:\n        load_kw = {}\n    return g(x, **kw), load_kw\n",
        "def f(x, kw=None, load_kw=None):\n    if kw is None:\n        kw = {}\n    if load_kw is None:\n        load_kw = {}\n"
        "    return g(x, **kw), load_kw\n",
        400,
    ),
    "a count in a dict": (
        "def f(words):\n    seen = {}\n    for word in words:\n        pass\n    return seen\n",
        "def f(words):\n    seen = {}\n    for word in words:\n        seen[word] = seen.get(word, 0) + 1\n        pass\n    return seen\n",
        60,
    ),
    "what a failing branch raises again": (
        "def f(g):\n    tries = 0\n    try:\n        return g()\n    except KeyError:\n        tries += 1\n",
        "def f(g):\n    tries = 0\n    try:\n        return g()\n    except KeyError:\n        tries += 1\n        raise\n",
        650,
    ),
}


@pytest.mark.parametrize("kind", OMISSIONS)
def test_what_was_left_out_is_found_early(kind: str) -> None:
    buggy, fixed, within = OMISSIONS[kind]
    place = rank_of(fixed, buggy)
    assert place is not None and place <= within, place
