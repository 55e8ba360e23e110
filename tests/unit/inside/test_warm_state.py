"""Nothing that one candidate leaves in the process reaches the verdict on the next."""

from __future__ import annotations

import pytest

from .conftest import WarmMaker

#: ``spoil`` is replaced by each candidate; the last one is right and must still be plausible.
CODE = """
    import collections, functools, itertools, os, random, sys, warnings
    from collections import deque, OrderedDict

    NAMES = ["a"]
    TABLE = {"k": [1]}
    SEEN = set()
    RECENT = deque([1], maxlen=3)
    ORDER = OrderedDict(a=1, b=2)
    IDS = itertools.count(5)
    DICE = random.Random(7)
    LEVEL = 0

    class Registry:
        kinds = {}
        total = 0
        def __init__(self):
            self.rows = []
    class Slotted:
        __slots__ = ("value",)
        def __init__(self):
            self.value = 1
    THE = Registry()
    SMALL = Slotted()

    @functools.lru_cache(None)
    def memo(x):
        return answer(x)

    def remember(x, known={}):
        return known.setdefault(x, answer(x))

    def closure():
        state = 0
        def step():
            nonlocal state
            state += 1
            return state
        return step
    STEP = closure()

    def answer(x):
        return x + 1

    def look():
        return (NAMES, TABLE, SEEN, list(RECENT), list(ORDER), LEVEL, Registry.kinds, Registry.total, THE.rows, SMALL.value,
                os.environ.get("SPOILT"), os.getcwd(), sys.path[-1], sys.getrecursionlimit(), getattr(look, "extra", None),
                hasattr(Registry, "added"), "ADDED" in globals())

    BEFORE = repr(look())
"""
TESTS = """
    import lib
    ARGUMENT = [3, 1, 2]
    def test_answer(): assert lib.answer(1) == 1
    def test_memo(): assert lib.memo(1) == 1
    def test_remember(): assert lib.remember(2) == 2
    def test_step(): assert lib.STEP() == lib.answer(1)
    def test_state(): assert repr(lib.look()) == lib.BEFORE and lib.answer(3) == 3
    def test_argument(): assert ARGUMENT == [3, 1, 2] and lib.answer(4) == 4
    def test_ids(): assert next(lib.IDS) == 5 and lib.answer(5) == 5
    def test_dice(): assert lib.DICE.random() == __import__("random").Random(7).random() and lib.answer(6) == 6
"""
SPOILS = [
    "NAMES.append(1)",
    "TABLE['k'].append(2)",
    "SEEN.add(x)",
    "RECENT.append(9)",
    "ORDER.move_to_end('a')",
    "global LEVEL; LEVEL += 1",
    "globals()['ADDED'] = 1",
    "next(IDS)",
    "DICE.random()",
    "Registry.kinds['x'] = 1",
    "Registry.total += 1",
    "Registry.added = 1",
    "THE.rows.append(1)",
    "SMALL.value = 2",
    "look.extra = 1",
    "os.environ['SPOILT'] = '1'",
    "os.chdir('/')",
    "sys.path.append('/spoilt')",
    "sys.setrecursionlimit(4000)",
    "warnings.simplefilter('error')",
    "sys.stdout = None",
    "import threading, time; threading.Thread(target=time.sleep, args=(30,), daemon=True).start()",
    "import signal; signal.signal(signal.SIGALRM, signal.SIG_IGN)",
    "import builtins; builtins.repr = lambda x: ''",
    "sys.modules['lib'].BEFORE = ''",
    "sys.modules['test_lib'].ARGUMENT.sort()",
    "sys.modules['test_lib'].ARGUMENT = None",
    "STEP()",
    "memo(1); remember(2)",
]


@pytest.mark.parametrize("half", [0, 1])
def test_a_right_candidate_is_plausible_after_any_that_spoilt_the_process(warm: WarmMaker, half: int) -> None:
    server = warm({"lib.py": CODE, "test_lib.py": TESTS})
    changes = []
    for number, spoil in enumerate(SPOILS[half::2]):
        changes.append(("lib.py", "return x + 1", f"{spoil}; return x + {number + 2}"))
        changes.append(("lib.py", "return x + 1", "return x" + " + int()" * (number + 1)))
    server.observe()
    tests = [test for test in server.tests if test != "test_lib.py::test_step"]
    trials = [server.trial(number, change) for number, change in enumerate(changes, 1)]
    tried = {one.id: str(one.verdict) for one in server.session.attempt(trials, targets=tests)}
    wrong = {changes[number - 1][2]: tried[number] for number in range(1, len(trials) + 1, 2)}
    right = {changes[number - 2][2]: tried[number] for number in range(2, len(trials) + 1, 2)}
    assert set(wrong.values()) == {"killed"}
    assert right == dict.fromkeys(right, "plausible")


def test_parameters_and_fixtures_are_fresh_for_every_candidate(warm: WarmMaker) -> None:
    server = warm(
        {
            "lib.py": "def ordered(items):\n    return items\n",
            "test_lib.py": """
                import pytest, lib
                @pytest.mark.parametrize("items", [[3, 1, 2], [2, 1, 0]])
                def test_plain(items): assert lib.ordered(items)[0] < 2 and len(items) == 3
                @pytest.fixture(scope="module")
                def shared(): return [5, 4]
                @pytest.fixture(params=[[9, 8]])
                def varied(request): return request.param
                def test_shared(shared): assert lib.ordered(shared) == [4, 5]
                def test_tmp(tmp_path, varied): assert not list(tmp_path.iterdir()) and len(lib.ordered(varied)) == 2
            """,
        }
    )
    spoils = [("lib.py", "return items", f"items.sort(); items.append({n}); return items") for n in range(3)]
    empties = [("lib.py", "return items", f"items.clear(); return [{n}]") for n in range(3)]
    assert server.verdicts(*spoils, *empties, ("lib.py", "return items", "return sorted(items)")) == ["killed"] * 6 + ["plausible"]


def test_setup_and_teardown_of_every_style_is_honoured(warm: WarmMaker) -> None:
    server = warm(
        {
            "lib.py": "def level():\n    return 0\n",
            "conftest.py": """
                import pytest
                @pytest.fixture(autouse=True)
                def number(request):
                    request.node.number = 7
                    yield
            """,
            "test_styles.py": """
                import unittest, pytest, lib
                log = []
                def setup_function(function): log.append(1)
                def teardown_function(function): log.clear()
                def test_function(request): assert log == [1] and request.node.number == 7 and lib.level() == 1
                class TestStyle:
                    def setup_method(self): self.value = 1
                    def test_method(self): assert lib.level() == self.value
                class TestOld(unittest.TestCase):
                    def setUp(self): self.addCleanup(log.clear); log.append(2)
                    def test_old(self): self.assertEqual((lib.level(), log), (1, [2]))
                class TestShared(unittest.TestCase):
                    @classmethod
                    def setUpClass(cls): cls.base = lib.level()
                    def test_shared(self): self.assertEqual(self.base, 1)
            """,
        }
    )
    tried = server.attempt(("lib.py", "return 0", "return 2"), ("lib.py", "return 0", "return 1"), ("lib.py", "return 0", "return 3"))
    assert [one.verdict for one in tried] == ["killed", "plausible", "killed"]
    assert len(tried[1].passed) == 4


def test_warnings_that_the_project_makes_errors_stay_errors(warm: WarmMaker) -> None:
    server = warm(
        {
            "pytest.ini": "[pytest]\nfilterwarnings = error\n",
            "lib.py": "def f():\n    return 0\n",
            "test_lib.py": "import lib\ndef test(): assert lib.f() == 1\n",
        }
    )
    loud = ("lib.py", "return 0", "import warnings; warnings.warn('x'); return 1")
    assert server.verdicts(loud, ("lib.py", "return 0", "return 1")) == ["killed", "plausible"]


def test_generated_examples_are_the_same_for_every_candidate(warm: WarmMaker) -> None:
    pytest.importorskip("hypothesis")
    server = warm(
        {
            "lib.py": "def f(x):\n    return x + 1\n",
            "test_lib.py": """
                import lib
                from hypothesis import given, strategies
                @given(strategies.integers())
                def test(x): assert lib.f(x) == x
            """,
        }
    )
    wrong = [("lib.py", "x + 1", f"x + (x == {number})") for number in range(3)]
    assert server.verdicts(*wrong, ("lib.py", "x + 1", "x"))[-1] == "plausible"
    assert not (server.root / ".hypothesis" / "examples").exists()
