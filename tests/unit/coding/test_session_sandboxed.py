"""The warm server inside the real sandbox: it starts, it works, what it kills stays inside, and a lost one can be replaced."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autosd.adapters.sandbox import open_sandbox
from autosd.coding.repair.session import SERVER, Trial, WarmSession, server_argv
from autosd.domain.changes import TextEdit
from autosd.domain.sandboxing import Access, Command, Limits, Mount
from autosd.ports import Sandbox, SessionLost

pytestmark = pytest.mark.slow

CODE = "LEVEL = 3\n\ndef f(x):\n    return x + LEVEL\n"
TESTS = """
import pytest
from lib import f

def test_f(): assert f(1) == 2
def test_g(tmp_path):
    (tmp_path / "a").write_text("a")
    assert f(0) > 0
"""


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    sandbox = open_sandbox(tmp_path_factory.mktemp("home"))
    yield sandbox
    getattr(sandbox, "close", lambda: None)()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "lib.py").write_text(CODE)
    (root / "test_lib.py").write_text(TESTS)
    return root


def command(root: Path, memory_mb: int = 2048) -> Command:
    environment = Path(sys.prefix)
    mounts = (Mount(root, Access.SCRATCH), Mount(SERVER), Mount(environment), Mount(Path(sys.base_prefix)))
    env = {"PATH": "/usr/bin:/bin", "HOME": "/tmp", "PYTHONHASHSEED": "0"}
    return Command(server_argv(Path(sys.executable)), root, mounts, env, Limits(memory_mb=memory_mb))


def trial(id: int, old: str, new: str) -> Trial:
    start = CODE.index(old)
    return Trial(id, (TextEdit("lib.py", start, start + len(old), new),))


def test_the_server_works_in_the_sandbox_and_leaves_the_tree_as_it_was(sandbox: Sandbox, root: Path) -> None:
    with sandbox.session(command(root)) as session:
        warm = WarmSession(session)
        opened = warm.open(root, test_seconds=2.0)
        assert [test.id for test in opened.tests] == ["test_lib.py::test_f", "test_lib.py::test_g"], opened.errors
        seen = {one.test: str(one.outcome) for one in warm.observe([test.id for test in opened.tests])}
        assert seen == {"test_lib.py::test_f": "failed", "test_lib.py::test_g": "passed"}
        trials = [
            trial(1, "x + LEVEL", "x + 1"),
            trial(2, "x + LEVEL", "x + 2"),
            trial(3, "LEVEL = 3", "LEVEL = 1"),
            trial(4, "x + LEVEL", "[0] * (1 << 33)"),
            trial(5, "x + LEVEL", "__import__('os').kill(0, 9)"),
        ]
        tried = {one.id: str(one.verdict) for one in warm.attempt(trials, targets=["test_lib.py::test_f"], guards=["test_lib.py::test_g"])}
        warm.close()
    assert tried == {1: "plausible", 2: "killed", 3: "plausible", 4: "killed", 5: "crash"}
    assert (root / "lib.py").read_text() == CODE and not list(root.rglob("*.pyc"))


def test_a_lost_server_says_so_and_the_rest_is_tried_one_by_one_on_the_next(sandbox: Sandbox, root: Path) -> None:
    #: ends every process in the sandbox, the server's own too
    everything = "[__import__('os').kill(p, 9) for p in range(2, 300) if __import__('os').path.exists(f'/proc/{p}')]"
    trials = [trial(1, "x + LEVEL", "x + 7"), trial(2, "x + LEVEL", everything), trial(3, "x + LEVEL", "x + 1")]
    answers: dict[int, str] = {}
    at_once, losses = len(trials), 0
    while len(answers) < len(trials):
        left = [each for each in trials if each.id not in answers][:at_once]
        with sandbox.session(command(root)) as session:
            warm = WarmSession(session, patience=20)
            warm.open(root, test_seconds=2.0)
            try:
                for one in warm.attempt(left, targets=["test_lib.py::test_f"]):
                    answers[one.id] = str(one.verdict)
            except SessionLost:
                losses += 1
                assert warm.pending and set(warm.pending).isdisjoint(answers)
                if at_once == 1:
                    answers[left[0].id] = "lost"
                at_once = 1
    assert (answers, losses) == ({1: "killed", 2: "lost", 3: "plausible"}, 2)
