"""The revert strategy on real repositories, through real git and the real sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from autosd.adapters.git.repository import GitRepository
from autosd.adapters.sandbox import open_sandbox
from autosd.adapters.toolchains.python import PythonToolchain
from autosd.coding.revert.coder import RevertCoder
from autosd.domain.changes import Candidate
from autosd.gates.context import GatePolicy
from autosd.gates.judging import judge
from autosd.intake.diagnosing import diagnose
from autosd.intake.runners import detect_runner
from autosd.intake.running import ColdSuite, SuiteLimits
from autosd.intake.scope import on_any_tree
from autosd.intake.trials import ColdTrials
from autosd.ports import Sandbox, Task
from autosd.testing import RecordingProgress, TinyRepository, make_repository

pytestmark = pytest.mark.slow
LIMITS = SuiteLimits(seconds=60, test_seconds=5)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    folder.chmod(0o700)
    return folder


@pytest.fixture(scope="module")
def sandbox(home: Path) -> Iterator[Sandbox]:
    yield open_sandbox(home)


def offered(home: Path, sandbox: Sandbox, project: Path, *, seconds: float = 300.0) -> list[Candidate]:
    """What the strategy offers; the first one is proven by the gates."""
    git = GitRepository(home)
    with git.snapshot(project, clean=False) as snapshot:
        env = PythonToolchain(home, sandbox).prepare(snapshot, python=None)
        runner = detect_runner(snapshot.root)
        diagnosis = diagnose(sandbox, env, snapshot.root, runner=runner, limits=LIMITS)
        task = Task(snapshot, env, diagnosis, seconds, 0, runner=str(runner.kind), test_args=runner.args, test_env=runner.env)
        found = list(RevertCoder(git, ColdTrials(sandbox, LIMITS)).candidates(task, RecordingProgress()))
        if found:
            suite = on_any_tree(ColdSuite(sandbox, env, runner, LIMITS), snapshot)
            policy = GatePolicy(max_deleted_files=2)
            verdict = judge(found[0], snapshot=snapshot, repository=git, sandbox=sandbox, suite=suite, diagnosis=diagnosis, policy=policy)
            assert verdict.proven, verdict.reports
        return found


SHOP = {
    "shop/__init__.py": "",
    "shop/prices.py": (
        '"""Prices."""\n\n\ndef total(prices):\n    return sum(prices)\n\n\ndef mean(prices):\n    return total(prices) / len(prices)\n'
    ),
    "shop/names.py": "def full(first, last):\n    return f'{first} {last}'\n",
    "shop/words.py": "HELLO = 'hello'\n\n\ndef greet(name):\n    return f'{HELLO}, {name}'\n",
    "test_shop.py": (
        "from shop.names import full\nfrom shop.prices import mean, total\nfrom shop.words import greet\n\n\n"
        "def test_total():\n    assert total([1, 2]) == 3\n\n\ndef test_mean():\n    assert mean([1, 3]) == 2\n\n\n"
        "def test_full():\n    assert full('a', 'b') == 'a b'\n\n\ndef test_greet():\n    assert 'x' in greet('x')\n"
    ),
}


def shop(tmp_path: Path) -> TinyRepository:
    repository = make_repository(tmp_path / "shop", SHOP)
    for number in range(6):
        repository.write({f"notes/{number}.txt": f"{number}\n"})
        repository.commit(f"note {number}")
    return repository


def replaced(repository: TinyRepository, file: str, *pairs: tuple[str, str]) -> None:
    text = (repository.path / file).read_text()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    repository.write({file: text})


def test_of_a_commit_over_three_files_only_the_lines_that_broke_the_tests_are_taken_back(
    tmp_path: Path, home: Path, sandbox: Sandbox
) -> None:
    repository = shop(tmp_path)
    replaced(repository, "shop/prices.py", ("return sum(prices)", "return sum(prices[1:])"), ('"""Prices."""', '"""What things cost."""'))
    replaced(repository, "shop/names.py", ("{first} {last}", "{last} {first}"))
    replaced(repository, "shop/words.py", ("'hello'", "'good day'"))
    culprit = repository.commit("better words, prices and names")
    for number in range(5):
        repository.write({"shop/words.py": (repository.path / "shop/words.py").read_text() + f"\n\nMORE_{number} = {number}\n"})
        repository.commit(f"more {number}")
    before = repository.state()
    first, *rest = offered(home, sandbox, repository.path)
    assert set(first.targets) == {"test_shop.py::test_total", "test_shop.py::test_mean", "test_shop.py::test_full"}
    assert first.files == {
        "shop/prices.py": SHOP["shop/prices.py"].replace("Prices.", "What things cost."),
        "shop/names.py": SHOP["shop/names.py"],
    }
    assert culprit[:7] in first.summary and "better words" in first.summary and "2026-01-02" in first.summary
    assert "2 of 4 pieces" in first.summary and first.cost.evaluated > 4
    assert [len(each.files) for each in rest] == [2, 3], "then the whole of those files, then all of it"
    assert repository.state() == before


def test_commits_that_cannot_be_run_are_skipped(tmp_path: Path, home: Path, sandbox: Sandbox) -> None:
    repository = shop(tmp_path)
    replaced(repository, "shop/names.py", ("{first} {last}", "{last} {first}"))
    culprit = repository.commit("turn names round")
    good_words = (repository.path / "shop/words.py").read_text()
    repository.write({"shop/words.py": "import nowhere\n"})
    repository.commit("cannot be run")
    repository.write({"shop/words.py": good_words})
    repository.commit("can be run again")
    [found] = offered(home, sandbox, repository.path)
    assert culprit[:7] in found.summary and found.files == {"shop/names.py": SHOP["shop/names.py"]}


def test_a_merge_is_one_step_and_a_file_that_moved_since_is_found(tmp_path: Path, home: Path, sandbox: Sandbox) -> None:
    repository = shop(tmp_path)
    repository.git("checkout", "-q", "-b", "side")
    replaced(repository, "shop/prices.py", ("return sum(prices)", "return sum(prices) + 1"))
    repository.commit("on the side")
    repository.git("checkout", "-q", "main")
    repository.write({"notes/main.txt": "main\n"})
    repository.commit("meanwhile")
    repository.git("merge", "-q", "--no-ff", "-m", "merge side", "side")
    merge = repository.git("rev-parse", "HEAD")
    repository.git("mv", "shop/prices.py", "shop/costs.py")
    replaced(repository, "test_shop.py", ("shop.prices", "shop.costs"))
    repository.commit("move")
    found = offered(home, sandbox, repository.path)
    assert found and merge[:7] in found[0].summary and found[0].files == {"shop/costs.py": SHOP["shop/prices.py"]}


def test_a_file_that_was_deleted_comes_back(tmp_path: Path, home: Path, sandbox: Sandbox) -> None:
    repository = shop(tmp_path)
    (repository.path / "shop/words.py").unlink()
    repository.write({"notes/why.txt": "nobody needs words\n"})
    repository.commit("no more words")
    first = offered(home, sandbox, repository.path)[0]
    assert first.files == {"shop/words.py": SHOP["shop/words.py"]}


def test_uncommitted_work_can_be_what_broke_it(tmp_path: Path, home: Path, sandbox: Sandbox) -> None:
    repository = shop(tmp_path)
    replaced(repository, "shop/names.py", ("{first} {last}", "{last}"))
    [found] = offered(home, sandbox, repository.path)
    assert "the uncommitted work" in found.summary and found.files == {"shop/names.py": SHOP["shop/names.py"]}


def test_a_test_that_never_passed_has_no_culprit(tmp_path: Path, home: Path, sandbox: Sandbox) -> None:
    repository = shop(tmp_path)
    replaced(repository, "test_shop.py", ("assert total([1, 2]) == 3", "assert total([1, 2]) == 4"))
    repository.commit("a wrong test")
    assert offered(home, sandbox, repository.path) == []


def test_it_gives_up_in_its_time(tmp_path: Path, home: Path, sandbox: Sandbox) -> None:
    repository = shop(tmp_path)
    replaced(repository, "shop/names.py", ("{first} {last}", "{last} {first}"))
    repository.commit("turn names round")
    assert offered(home, sandbox, repository.path, seconds=0.4) == []
