"""Candidates inside functions: what is told plausible, what never is, and that nothing of one reaches the next."""

from __future__ import annotations

import pytest

from .conftest import WarmMaker

SUM = {
    "calc.py": """
        def total(items, limit):
            result = 1
            for item in items:
                if item < limit:
                    result += item
            return result
    """,
    "test_calc.py": """
        import pytest
        from calc import total

        def test_some(): assert total([1, 2, 9], 5) == 3
        def test_none(): assert total([], 5) == 0
        @pytest.mark.parametrize("items", [[4], [1, 3]])
        def test_each(items): assert total(items, 5) == 4
        def test_kind(): assert isinstance(total([1], 2), int)
    """,
}
RIGHT = ("calc.py", "result = 1", "result = 0")


def test_the_right_edit_is_plausible_and_wrong_ones_are_killed(warm: WarmMaker) -> None:
    assert warm(SUM).verdicts(
        RIGHT,
        ("calc.py", "result = 1", "result = 2"),
        ("calc.py", "result = 1", "result  =  (0)"),
        ("calc.py", "result = 1", "result = 1 +"),
        ("calc.py", "result = 1", "result = (1)"),
    ) == ["plausible", "killed", "duplicate", "invalid", "duplicate"]


def test_a_duplicate_names_its_twin_and_zero_is_the_original(warm: WarmMaker) -> None:
    tried = warm(SUM).attempt(
        RIGHT, ("calc.py", "result = 1", "result = 0  # the same"), ("calc.py", "result = 1", "result = 1  # as before")
    )
    assert [one.twin for one in tried] == [None, 1, 0]


def test_guards_kill_what_the_targets_let_pass(warm: WarmMaker) -> None:
    (tried,) = warm(SUM).attempt(("calc.py", "return result", "return float(result - 1)"))
    assert (tried.verdict, tried.killed_by) == ("killed", "test_calc.py::test_kind")


def test_need_any_tells_which_targets_pass_and_scouts_decide_early(warm: WarmMaker) -> None:
    server = warm(SUM)
    change = ("calc.py", "result = 1", "result = 0 if items else 1")
    (partial,) = server.attempt(change, need="any")
    assert partial.verdict == "partial"
    assert sorted(partial.passed) == ["test_calc.py::test_each[items0]", "test_calc.py::test_each[items1]", "test_calc.py::test_some"]
    targets = ["test_calc.py::test_none", "test_calc.py::test_some"]
    (scouted,) = server.session.attempt([server.trial(9, change)], targets=targets, need="any", scout=1)
    assert (scouted.verdict, scouted.ran, scouted.passed) == ("killed", 1, ())


def test_several_edits_in_several_functions_make_one_candidate(warm: WarmMaker) -> None:
    files = {
        "two.py": "def a():\n    return 0\n\ndef b():\n    return 0\n",
        "test_two.py": "import two\ndef test(): assert two.a() + two.b() * 10 == 21\n",
    }
    server = warm(files)
    server.observe()
    both = server.trial(
        1, ("two.py", "def a():\n    return 0", "def a():\n    return 1"), ("two.py", "b():\n    return 0", "b():\n    return 2")
    )
    (tried,) = server.session.attempt([both], targets=server.tests)
    assert tried.verdict == "plausible"


@pytest.mark.parametrize(
    "trick",
    [
        "import sys; sys.exit(0)",
        "import os; os._exit(0)",
        "raise KeyboardInterrupt",
        "raise SystemExit",
        "raise GeneratorExit",
        "import pytest; pytest.skip('fine')",
        "import pytest; pytest.exit('fine', returncode=0)",
        "import pytest; pytest.xfail('fine')",
        "import os; os.kill(os.getpid(), 9)",
        "import os; os.fork()",
        "import os; [os.close(n) for n in range(3, 60) if n]",
        "return total(items, limit)",
        "bytes(1 << 40)",
        "import ctypes; ctypes.string_at(0)",
    ],
)
def test_a_candidate_that_ends_the_test_otherwise_than_by_passing_is_never_plausible(warm: WarmMaker, trick: str) -> None:
    tricky, right = warm(SUM).attempt(("calc.py", "result = 1\n", f"{trick}\n"), RIGHT)
    assert tricky.verdict in ("killed", "crash", "fuel", "timeout")
    assert right.verdict == "plausible"


def test_a_candidate_that_mends_pytest_instead_is_not_plausible_and_does_not_stay(warm: WarmMaker) -> None:
    cheat = "import builtins; builtins.AssertionError = type('Quiet', (Exception,), {}); result = 1\n"
    tricky, wrong, right = warm(SUM).attempt(("calc.py", "result = 1\n", cheat), ("calc.py", "result = 1", "result = 3"), RIGHT)
    assert [tricky.verdict, wrong.verdict, right.verdict] == ["killed", "killed", "plausible"]


def test_endless_loops_end_by_fuel_and_the_answer_is_the_same_every_time(warm: WarmMaker) -> None:
    server = warm(SUM)
    loop = ("calc.py", "for item in items:", "while True:")
    swallow = (
        "calc.py",
        "result = 1\n",
        "result = 0\n    while True:\n        try:\n            result += 1\n        except:\n            pass\n",
    )
    generator = ("calc.py", "result = 1\n", "import itertools; [x for x in itertools.count()]\n")
    assert server.verdicts(loop, swallow, generator, RIGHT) == ["killed", "fuel", "fuel", "plausible"]


def test_what_no_tick_can_see_ends_by_time(warm: WarmMaker) -> None:
    server = warm(SUM, test_seconds=0.6)
    asleep = ("calc.py", "result = 1\n", "import time; time.sleep(60)\n")
    stuck = ("calc.py", "result = 1\n", "import itertools; sum(itertools.repeat(0))\n")
    assert server.verdicts(asleep, stuck, RIGHT) == ["timeout", "timeout", "plausible"]


def test_a_target_that_hangs_on_the_base_costs_fuel_not_time(warm: WarmMaker) -> None:
    files = {
        "spin.py": "def halve(n):\n    steps = 0\n    while n > 0:\n        n = n - 0\n        steps += 1\n    return steps\n",
        "test_spin.py": "from spin import halve\ndef test(): assert halve(3) == 3\n",
    }
    server = warm(files, test_seconds=0.5)
    wrong = [("spin.py", "n - 0", f"n + {number}") for number in range(30)]
    tried = server.attempt(*wrong, ("spin.py", "n - 0", "n - 1"))
    assert [one.verdict for one in tried[1:]] == ["fuel"] * 29 + ["plausible"]


KINDS = {
    "kinds.py": """
        from __future__ import annotations
        import functools

        def loud(function):
            @functools.wraps(function)
            def wrapper(*args):
                return function(*args) + 0
            return wrapper

        class Base:
            def __init__(self, size):
                self.__size = size
            def size(self):
                return self.__size

        class Box(Base):
            def __init__(self, size):
                super().__init__(size + 1)
            @property
            def area(self):
                return self.size() * self.size() + 1
            @staticmethod
            def one():
                return 2
            @classmethod
            def two(cls):
                return 3
            class Inner:
                def deep(self):
                    def deeper(x):
                        return x + 2
                    return deeper(0)

        @loud
        def wrapped(x):
            return x + 1

        @functools.lru_cache(None)
        def cached(x):
            return x + 1

        def generated(n):
            for i in range(n):
                yield i + 1

        async def awaited(x):
            return x + 1

        def over(x):
            scale = 2
            return list(map(lambda y: y * scale, [x]))

        if True:
            def conditional():
                return 1
    """,
    "test_kinds.py": """
        import asyncio
        import kinds
        def test_super(): assert kinds.Box(1).size() == 1
        def test_area(): assert kinds.Box(1).area in (1, 4)
        def test_one(): assert kinds.Box.one() == 1
        def test_two(): assert kinds.Box(0).two() == 2
        def test_deep(): assert kinds.Box.Inner().deep() == 1
        def test_wrapped(): assert kinds.wrapped(1) == 1
        def test_cached(): assert kinds.cached(1) == 1
        def test_generated(): assert list(kinds.generated(2)) == [0, 1]
        def test_awaited(): assert asyncio.run(kinds.awaited(1)) == 1
        def test_over(): assert kinds.over(1) == [3]
        def test_conditional(): assert kinds.conditional() == 0
        def test_wrapper(): assert kinds.wrapped(5) == 7
    """,
}


@pytest.mark.parametrize(
    ("test", "old", "new"),
    [
        ("super", "super().__init__(size + 1)", "super().__init__(size)"),
        ("super", "super().__init__(size + 1)", "self._Base__size = size"),
        ("super", "return self.__size", "return self.__size - 1"),
        ("area", "self.size() * self.size() + 1", "self.size() * self.size()"),
        ("one", "return 2", "return 1"),
        ("two", "return 3", "return 2"),
        ("deep", "return x + 2", "return x + 1"),
        ("wrapped", "def wrapped(x):\n    return x + 1", "def wrapped(x):\n    return x"),
        ("cached", "def cached(x):\n    return x + 1", "def cached(x):\n    return x"),
        ("generated", "yield i + 1", "yield i"),
        ("awaited", "async def awaited(x):\n    return x + 1", "async def awaited(x):\n    return x"),
        ("over", "y * scale", "y + scale"),
        ("conditional", "return 1", "return 0"),
        ("wrapper", "function(*args) + 0", "function(*args) + 1"),
        ("wrapper", "return wrapper", "return lambda x: 7"),
    ],
)
def test_functions_of_every_kind_can_be_repaired(warm: WarmMaker, test: str, old: str, new: str) -> None:
    server = warm(KINDS)
    server.observe()
    trials = [server.trial(1, ("kinds.py", old, new)), server.trial(2, ("kinds.py", old, "return NotImplemented"))]
    tried = {one.id: str(one.verdict) for one in server.session.attempt(trials, targets=[f"test_kinds.py::test_{test}"])}
    assert tried[1] == "plausible"
    assert tried[2] != "plausible"


def test_a_new_super_call_takes_a_cell_the_function_did_not_have(warm: WarmMaker) -> None:
    files = {
        "shapes.py": "class A:\n    def __init__(self):\n        self.ready = True\n\nclass B(A):\n    def __init__(self):\n        self.sides = 4\n",  # noqa: E501
        "test_shapes.py": "from shapes import B\ndef test(): assert B().ready and B().sides == 4\n",
    }
    change = ("shapes.py", "        self.sides = 4", "        super().__init__()\n        self.sides = 4")
    assert warm(files).verdicts(change) == ["plausible"]


def test_text_keeps_its_meaning_with_tabs_unicode_crlf_and_odd_layout(warm: WarmMaker) -> None:
    text = "\ufeff# -*- coding: utf-8 -*-\r\nclass Größe:\r\n\tdef weite(self, ä):\r\n\t\treturn ä + 'ö'\r\n\r\ndef one(x): return x + 0 # ü\r\n"  # noqa: E501
    tests = "import odd\ndef test(): assert odd.Größe().weite('ä') == 'äé' and odd.one(2) == 2\n"
    server = warm({"odd.py": text.encode(), "test_odd.py": tests})
    assert server.verdicts(("odd.py", "'ö'", "'é'"), ("odd.py", "'ö'", "'ü'")) == ["plausible", "killed"]


def test_a_function_that_ran_while_the_project_was_imported_is_imported_again(warm: WarmMaker) -> None:
    files = {
        "table.py": "def make():\n    return [1, 2]\n\nTABLE = make()\n\ndef first():\n    return TABLE[0]\n",
        "test_table.py": "import table\ndef test(): assert table.first() == 3\n",
    }
    server = warm(files)
    assert server.verdicts(
        ("table.py", "[1, 2]", "[3, 2]"), ("table.py", "[1, 2]", "[2, 3]"), ("table.py", "TABLE[0]", "TABLE[0] + 2")
    ) == [
        "plausible",
        "killed",
        "plausible",
    ]


def test_a_repair_may_need_far_more_fuel_than_the_broken_program_used(warm: WarmMaker) -> None:
    files = {
        "work.py": "def work(n):\n    raise ValueError(n)\n    total = 0\n    for i in range(n):\n        total += 1\n    return total\n",
        "test_work.py": "from work import work\ndef test(): assert work(60000) == 60000\n",
    }
    server = warm(files)
    endless = [("work.py", "raise ValueError(n)", f"while n: n += {number}") for number in range(1, 6)]
    verdicts = server.verdicts(("work.py", "raise ValueError(n)", "pass"), *endless)
    assert verdicts == ["plausible"] + ["fuel"] * 5
    assert server.verdicts(*endless[:2], ("work.py", "raise ValueError(n)", "n + 0"))[-1] == "plausible"
