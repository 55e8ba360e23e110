"""The agent strategy on a real repository: real git, the real sandbox, the real gates; only the model's words are scripted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autosd.adapters.git.repository import GitRepository
from autosd.adapters.sandbox import open_sandbox
from autosd.adapters.toolchains.python import PythonToolchain
from autosd.coding.agent.coder import AgentCoder
from autosd.domain.changes import Candidate
from autosd.domain.models import Ask, Reply, ToolCall
from autosd.gates.context import GatePolicy
from autosd.gates.gating import is_gating
from autosd.gates.judging import Verdict, judge
from autosd.intake.diagnosing import diagnose
from autosd.intake.runners import detect_runner
from autosd.intake.running import ColdSuite, SuiteLimits
from autosd.intake.scope import on_any_tree
from autosd.intake.trials import ColdTrials
from autosd.ports import Sandbox, Task
from autosd.testing import RecordingProgress, make_repository

pytestmark = pytest.mark.slow
FILES = {
    "shop/__init__.py": "",
    "shop/prices.py": "RATE = 20\n\n\ndef gross(net):\n    return net + net * RATE // 10\n",
    "tests/test_prices.py": (
        "from shop.prices import gross\n\n\ndef test_gross():\n    assert gross(100) == 120\n\n\n"
        "def test_nothing():\n    assert gross(0) == 0\n"
    ),
}
FAILING = "tests/test_prices.py::test_gross"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    home = tmp_path_factory.mktemp("home")
    home.chmod(0o700)
    yield open_sandbox(home)


class Talk:
    """Says each of its replies in turn."""

    model = "scripted:model"

    def __init__(self, *turns: tuple[tuple[str, dict[str, Any]], ...]) -> None:
        self._turns, self.asks = list(turns), list[Ask]()

    def reply(self, ask: Ask) -> Reply:
        self.asks.append(ask)
        if not self._turns:
            return Reply(reason="the script is over")
        return Reply(calls=tuple(ToolCall("", name, json.dumps(arguments)) for name, arguments in self._turns.pop(0)))


def fixed(sandbox: Sandbox, folder: Path, talk: Talk) -> tuple[list[Candidate], list[Verdict]]:
    subject = make_repository(folder / "project", FILES)
    before = subject.state()
    repository = GitRepository(folder / "home")
    toolchain = PythonToolchain(folder / "home", sandbox)
    found, verdicts = [], []
    with repository.snapshot(subject.path, clean=False) as snapshot:
        env, runner = toolchain.prepare(snapshot, python=None), detect_runner(snapshot.root)
        suite = ColdSuite(sandbox, env, runner, SuiteLimits(seconds=60, test_seconds=5))
        diagnosis = diagnose(sandbox, env, snapshot.root, runner=runner, limits=suite.limits)
        task = Task(snapshot, env, diagnosis, 60.0, 1)
        coder = AgentCoder(talk, repository, ColdTrials(sandbox), locked=is_gating)  # type: ignore[arg-type]
        for candidate in coder.candidates(task, RecordingProgress()):
            found.append(candidate)
            verdicts.append(
                judge(candidate, snapshot=snapshot, repository=repository, sandbox=sandbox, suite=on_any_tree(suite, snapshot),
                      diagnosis=diagnosis, policy=GatePolicy())
            )  # fmt: skip
            if verdicts[-1].proven:
                break
    assert subject.state() == before
    return found, verdicts


EDIT = (
    "edit_file",
    {"path": "shop/prices.py", "old": "    return net + net * RATE // 10\n", "new": "    return net + net * RATE // 100\n"},
)


def test_a_model_that_reads_edits_and_tests_brings_a_proven_fix(sandbox: Sandbox, tmp_path: Path) -> None:
    talk = Talk(
        (("find_symbol", {"name": "gross"}), ("run_tests", {})),
        (EDIT,),
        (("run_tests", {"tests": ["all"]}),),
        (("finish", {"summary": "per cent"}),),
    )
    found, verdicts = fixed(sandbox, tmp_path, talk)
    assert [candidate.summary for candidate in found] == ["per cent"] and verdicts[0].proven
    assert verdicts[0].diff.count("\n+") == 2 and "+    return net + net * RATE // 100" in verdicts[0].diff
    said = [message.text for message in talk.asks[-1].messages]
    assert not any(str(tmp_path) in text for text in said), "no name of a temporary folder: the same run asks the same questions"
    assert any("0 passed, 1 failed" in text and FAILING in text for text in said) and any("2 passed, 0 failed" in text for text in said)


def test_after_a_refusal_of_the_gates_the_conversation_goes_on(sandbox: Sandbox, tmp_path: Path) -> None:
    cheat = (
        "edit_file",
        {
            "path": "shop/prices.py",
            "old": "    return net",
            "new": "    if net == 0:\n        return 1\n    return 120 if net == 100 else net",
        },
    )
    undo = ("undo_file", {"path": "shop/prices.py"})
    done = ("finish", {"summary": "done"})
    _, verdicts = fixed(sandbox, tmp_path, Talk((cheat, done), (undo, EDIT), (done,)))
    assert [verdict.proven for verdict in verdicts] == [False, True]
