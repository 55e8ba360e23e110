"""The repair strategy on small real projects, through the real sandbox: what kinds of code and bug it can work on."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from autosd.adapters.git.repository import GitRepository
from autosd.adapters.sandbox import open_sandbox
from autosd.adapters.toolchains.python import PythonToolchain
from autosd.coding.repair.coder import RepairCoder
from autosd.domain.changes import Candidate
from autosd.intake.diagnosing import diagnose
from autosd.intake.runners import detect_runner
from autosd.intake.running import SuiteLimits
from autosd.ports import Sandbox, Task
from autosd.testing import RecordingProgress, write_files

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    folder.chmod(0o700)
    return folder


@pytest.fixture(scope="module")
def sandbox(home: Path) -> Iterator[Sandbox]:
    yield open_sandbox(home)


def first_candidate(home: Path, sandbox: Sandbox, project: Path, *, seconds: float = 60.0) -> Candidate | None:
    with GitRepository(home).snapshot(project, clean=False) as snapshot:
        env = PythonToolchain(home, sandbox).prepare(snapshot, python=None)
        runner = detect_runner(snapshot.root)
        diagnosis = diagnose(sandbox, env, snapshot.root, runner=runner, limits=SuiteLimits(test_seconds=1.5))
        assert diagnosis.failing
        task = Task(snapshot, env, diagnosis, seconds, 0, runner=str(runner.kind), test_args=runner.args, test_env=runner.env)
        return next(iter(RepairCoder(sandbox).candidates(task, RecordingProgress())), None)


METHOD = """
    class Account:
        def __init__(self):
            self.balance = 0
            self.moves = []

        def deposit(self, amount):
            self.balance = amount
            self.moves.append(amount)
""", """
    import pytest
    from subject import Account

    @pytest.fixture
    def account():
        return Account()

    @pytest.mark.parametrize("moves", [[1], [1, 2], [5, 5, 5]])
    def test_balance_is_the_sum(account, moves):
        for move in moves:
            account.deposit(move)
        assert account.balance == sum(moves)
        assert account.moves == moves
"""  # fmt: skip

NESTED = """
    def counter(step):
        count = 0

        def advance():
            nonlocal count
            count += 1
            return count

        return advance
""", """
    from subject import counter

    def test_it_advances_by_its_step():
        advance = counter(3)
        assert [advance(), advance()] == [3, 6]

    def test_by_one():
        advance = counter(1)
        assert [advance(), advance()] == [1, 2]
"""  # fmt: skip

MODULE_LEVEL = """
    LIMIT = 9
    SIZES = {"small": 1, "large": LIMIT + 1}


    def fits(count):
        return count <= LIMIT
""", """
    from subject import LIMIT, SIZES, fits

    def test_ten_fit():
        assert fits(10)
        assert not fits(11)

    def test_sizes():
        assert LIMIT == 10
        assert SIZES["large"] == 11
"""  # fmt: skip

ENDLESS = """
    def digits(number):
        found = []
        while number > 0:
            found.append(number % 10)
            number -= number // 10
        return found[::-1]
""", """
    from subject import digits

    def test_none():
        assert digits(0) == []

    def test_some():
        assert digits(1203) == [1, 2, 0, 3]

    def test_one():
        assert digits(7) == [7]
"""  # fmt: skip

GENERATOR = """
    def pairs(items):
        before = None
        for item in items:
            if before is not None:
                yield item, before
            before = item
""", """
    from subject import pairs

    def test_pairs():
        assert list(pairs("abc")) == [("a", "b"), ("b", "c")]

    def test_too_few():
        assert list(pairs("a")) == []
"""  # fmt: skip

OMISSION = """
    def mean(numbers):
        return sum(numbers) / len(numbers)
""", """
    from subject import mean

    def test_mean():
        assert mean([1, 2, 3]) == 2

    def test_of_nothing():
        assert mean([]) == 0
"""  # fmt: skip

UNITTEST = """
    def larger(a, b):
        return a if a < b else b
""", """
    import unittest
    from subject import larger

    class Larger(unittest.TestCase):
        def test_first(self):
            self.assertEqual(larger(3, 1), 3)

        def test_second(self):
            self.assertEqual(larger(1, 3), 3)

    if __name__ == "__main__":
        unittest.main()
"""  # fmt: skip


@pytest.mark.parametrize(
    "source, tests",
    [METHOD, NESTED, MODULE_LEVEL, ENDLESS, GENERATOR, OMISSION, UNITTEST],
    ids=["method", "nested", "module level", "endless loop", "generator", "omission", "unittest"],
)
def test_each_kind_of_code_can_be_fixed(home: Path, sandbox: Sandbox, tmp_path: Path, source: str, tests: str) -> None:
    write_files(tmp_path, {"subject.py": textwrap.dedent(source), "test_it.py": textwrap.dedent(tests)})
    candidate = first_candidate(home, sandbox, tmp_path)
    assert candidate is not None
    assert set(candidate.files) == {"subject.py"}
    written = {"__name__": "fixed"}
    exec(compile(candidate.files["subject.py"] or "", "fixed", "exec"), written)


def test_two_bugs_in_one_function_are_fixed_as_one(home: Path, sandbox: Sandbox, tmp_path: Path) -> None:
    source = """
        def clamp(value, low, high):
            if value > low:
                return low
            if value < high:
                return high
            return value
    """
    tests = """
        import pytest
        from clamp import clamp

        @pytest.mark.parametrize(("value", "expected"), [(-5, 0), (15, 10), (5, 5), (0, 0), (10, 10), (3, 3)])
        def test_clamp(value, expected):
            assert clamp(value, 0, 10) == expected
    """
    write_files(tmp_path, {"clamp.py": textwrap.dedent(source), "test_clamp.py": textwrap.dedent(tests)})
    candidate = first_candidate(home, sandbox, tmp_path)
    assert candidate is not None
    assert len(candidate.targets) >= 5


def test_untouched_lines_stay_byte_for_byte(home: Path, sandbox: Sandbox, tmp_path: Path) -> None:
    source = b"# a comment  \r\ndef double( x ):   # odd spacing\r\n    return x*3    # three?\r\n"
    (tmp_path / "double.py").write_bytes(source)
    (tmp_path / "test_double.py").write_text(
        "from double import double\n\n\ndef test_double():\n    assert [double(n) for n in (1, 2, 5)] == [2, 4, 10]\n"
    )
    candidate = first_candidate(home, sandbox, tmp_path)
    assert candidate is not None
    assert (candidate.files["double.py"] or "").encode() == source.replace(b"x*3", b"x*2")
