"""Generated calls tell whether a function does as before: its result, its errors, what it prints, what it does to its arguments."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from autosd.inside import as_before

KINDS = {
    "result": ("def f(x: int):\n    return x + 1\n", "def f(x: int):\n    return x + 2\n"),
    "rare result": ("def f(x: int):\n    return x == 7\n", "def f(x: int):\n    return False\n"),
    "constant": ("def f(word):\n    return word == 'sesame'\n", "def f(word):\n    return False\n"),
    "error": ("def f(x: str):\n    return int(x)\n", "def f(x: str):\n    return int(x or 0)\n"),
    "printed": ("def f(x):\n    print(x)\n", "def f(x):\n    pass\n"),
    "argument": ("def f(x: list):\n    x.sort(key=str)\n", "def f(x: list):\n    sorted(x, key=str)\n"),
    "object": ("class C:\n    def f(self, x: int):\n        self.x = x\n", "class C:\n    def f(self, x: int):\n        self.x = -x\n"),
    "made": (
        "class C:\n    def __init__(self, x: int):\n        self.x = x\n",
        "class C:\n    def __init__(self, x: int):\n        self.x = 0\n",
    ),
    "static": (
        "class C:\n    @staticmethod\n    def f(x: int):\n        return x\n",
        "class C:\n    @staticmethod\n    def f(x: int):\n        return 0\n",
    ),
    "property": (
        "class C:\n    def __init__(self, x: int):\n        self.x = x\n    @property\n    def f(self):\n        return self.x\n",
        "class C:\n    def __init__(self, x: int):\n        self.x = x\n    @property\n    def f(self):\n        return 1\n",
    ),
    "generator": ("def f(x: list):\n    yield from x\n", "def f(x: list):\n    yield from x[:1]\n"),
    "awaited": ("async def f(x: int):\n    return x\n", "async def f(x: int):\n    return abs(x)\n"),
    "keyword only": ("def f(*, x: int):\n    return x\n", "def f(*, x: int):\n    return abs(x)\n"),
    "many": ("def f(*x):\n    return len(x)\n", "def f(*x):\n    return 2\n"),
}


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(text: str) -> str:
        (tmp_path / "subject_as_before.py").write_text(text)
        sys.modules.pop("subject_as_before", None)
        return "subject_as_before"

    yield write
    sys.modules.pop("subject_as_before", None)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_difference_is_found_and_sameness_too(module, kind: str) -> None:
    before, now = KINDS[kind]
    name = "C.__init__" if kind == "made" else "C.f" if before.startswith("class") else "f"
    as_before.check(module(before), before, name)
    with pytest.raises(as_before.Differs, match=r"before, .* now"):
        as_before.check(module(now), before, name)


def test_what_cannot_be_called_says_nothing(module) -> None:
    text = "def f(x):\n    return x.nothing_has_this\n"
    as_before.check(module(text), text, "f")  # it always raises, and in the same way
    with pytest.raises(AssertionError, match="could be made"):
        gone = "class C:\n    f = 3\n"
        as_before.check(module(gone), gone, "C.f")


def test_chance_is_the_same_for_both_and_time_is_not(module) -> None:
    chance = "import random\n\n\ndef f(x: int):\n    return random.random() + x\n"
    as_before.check(module(chance), chance, "f")
    clock = "import time\n\n\ndef f(x: int):\n    return time.perf_counter_ns()\n"
    with pytest.raises(AssertionError):
        as_before.check(module(clock), clock, "f")


def test_a_module_is_compared_by_what_it_holds(module) -> None:
    text = "KINDS = {'a': [1, 2]}\n"
    as_before.check(module(text), text, "")
    with pytest.raises(as_before.Differs, match="holds"):
        as_before.check(module("KINDS = {'a': [1]}\n"), text, "")
