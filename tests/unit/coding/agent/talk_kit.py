"""A model that says what it was told to say, and what the tests of the agent share."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autosd.domain.models import Ask, Reply, ToolCall, Usage
from autosd.domain.suites import Diagnosis, Failure, Frame, Outcome, SuiteEnding, SuiteRun, TestResult
from autosd.ports import Snapshot, SubjectEnv, Task

FAILING = "tests/test_sums.py::test_total"
FILES = {
    "sums.py": "def total(numbers):\n    result = 1\n    for number in numbers:\n        result += number\n    return result\n",
    "notes/readme.txt": "A total is the sum of all numbers.\n",
    "tests/test_sums.py": "from sums import total\n\n\ndef test_total():\n    assert total([1, 2]) == 3\n",
}


def call(name: str, **arguments: Any) -> ToolCall:
    return ToolCall("x", name, json.dumps(arguments))


def says(*calls: ToolCall, text: str = "", usd: float = 0.01) -> Reply:
    return Reply(text, calls, "scripted", Usage(100, 20), usd=usd)


@dataclass
class ScriptedTalk:
    """Each reply is a value or what makes one of the ask; after the last one nothing comes any more."""

    replies: Sequence[Reply | Exception | Callable[[Ask], Reply]]
    asks: list[Ask] = field(default_factory=list)
    model: str = "scripted:model"

    def reply(self, ask: Ask) -> Reply:
        self.asks.append(ask)
        if len(self.asks) > len(self.replies):
            return Reply(reason="the script is over")
        said = self.replies[len(self.asks) - 1]
        if isinstance(said, Exception):
            raise said
        return said if isinstance(said, Reply) else said(ask)

    def answers(self) -> list[str]:
        """Every answer that tools gave, in order."""
        return [message.text for message in self.asks[-1].messages[2:] if message.role.value in ("tool", "user")]


class Trees:
    """Of a ``Repository`` only what the agent uses: a folder with some texts written over the base."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._count = folder, 0

    @contextmanager
    def apply(self, snapshot: Snapshot, files: Mapping[str, str | None]) -> Iterator[Path]:
        self._count += 1
        tree = self._folder / f"tree-{self._count}"
        for source in snapshot.root.rglob("*"):
            if source.is_file() and not source.is_symlink():
                target = tree / source.relative_to(snapshot.root)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(source.read_bytes())
        for path, text in files.items():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_text(text or "")
        yield tree


def judged_by_text(task: Task, tree: Path, tests: Sequence[str] | None, seconds: float) -> SuiteRun:
    """A suite whose one test passes when the sum begins at 0."""
    good = "result = 0" in (tree / "sums.py").read_text()
    result = TestResult(FAILING, Outcome.PASSED) if good else broken()
    return SuiteRun(SuiteEnding.COMPLETE, (result,), frozenset({FAILING}), 0.1, "" if good else f"{tree}/sums.py: 1 failed in 0.12s")


def broken() -> TestResult:
    return TestResult(
        FAILING, Outcome.FAILED, 0.0, Failure("AssertionError", "assert 4 == 3", (Frame("tests/test_sums.py", 5, "test_total"),))
    )


def task_in(
    folder: Path, files: Mapping[str, str] = FILES, *, seconds: float = 60.0, failing: bool = True, suite_seconds: float = 60.0
) -> Task:
    root = folder / "base"
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text.encode())
    run = SuiteRun(SuiteEnding.COMPLETE, (broken(),) if failing else (), frozenset({FAILING}), suite_seconds)
    snapshot = Snapshot("0123456789ab", folder / "project", "a" * 40, "b" * 40, root, root, False)
    return Task(snapshot, SubjectEnv(Path("/usr/bin/python3")), Diagnosis(run, (FAILING,) if failing else ()), seconds, 1)
