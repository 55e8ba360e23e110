"""A quick cold trial of what a model wrote, so that a second question can show it what its first answer did. It proves nothing."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from autosd.coding.edit.prompt import told
from autosd.domain.errors import AutosdError
from autosd.domain.suites import SuiteEnding, SuiteRun
from autosd.governance.redaction import Redactor
from autosd.ports import Repository, Task

_SHOWN = 5


class Runs(Protocol):
    """Runs tests of a task (None: all) on a tree of its project, cold, for so many seconds at the most."""

    def __call__(self, task: Task, tree: Path, tests: Sequence[str] | None, seconds: float) -> SuiteRun: ...


@dataclass(frozen=True)
class Tried:
    """``turned`` are the failing tests that pass now. ``said`` and ``output`` are for the model when it is not good."""

    good: bool
    turned: tuple[str, ...] = ()
    said: str = ""
    output: str = ""


class Trials:
    """Of one task. Without anything to run tests with, or no time for it, everything is taken as good: the proof will tell."""

    def __init__(self, task: Task, repository: Repository | None, runs: Runs | None, until: float) -> None:
        self._task, self._repository, self._runs, self._until = task, repository, runs, until

    def __call__(self, files: Mapping[str, str | None]) -> Tried:
        failing = self._task.diagnosis.failing
        if self._repository is None or self._runs is None or self._left() < 2 * self._task.diagnosis.run.seconds + 1:
            return Tried(True, failing)
        try:
            with self._repository.apply(self._task.snapshot, files) as tree:
                return self._in(tree, failing)
        except AutosdError as error:
            return Tried(False, said=f"The change could not be tried: {error.message}")

    def _in(self, tree: Path, failing: tuple[str, ...]) -> Tried:
        turned: tuple[str, ...] = ()
        if failing:
            run = self._run(tree, failing)
            passed = set(run.passed)
            turned = tuple(test for test in failing if test in passed)
            if not turned:
                return _failed(run, failing, "With your edits the failing tests still fail.")
        run = self._run(tree, None)
        if run.ending is not SuiteEnding.COMPLETE:
            return _failed(run, (), f"With your edits the tests do not come to their end ({run.ending}).", turned)
        before, flaky = set(self._task.diagnosis.run.passed), set(self._task.diagnosis.flaky)
        if broken := sorted(before - set(run.passed) - flaky):
            return _failed(run, broken, "With your edits tests fail that passed before.", turned)
        if still := [test for test in failing if test not in turned]:
            return Tried(False, turned, "With your edits some of the failing tests still fail.", _output(run, still))
        return Tried(True, turned)

    def _run(self, tree: Path, tests: Sequence[str] | None) -> SuiteRun:
        assert self._runs is not None
        return self._runs(self._task, tree, tests, max(1.0, self._left()))

    def _left(self) -> float:
        return self._until - time.monotonic()


def _failed(run: SuiteRun, tests: Sequence[str], said: str, turned: tuple[str, ...] = ()) -> Tried:
    return Tried(False, () if tests and not turned else turned, said, _output(run, tests))


def _output(run: SuiteRun, tests: Sequence[str]) -> str:
    by_id = {each.id: each for each in run.results}
    lines = []
    for test in tests[:_SHOWN]:
        result = by_id.get(test)
        lines.append(f"{test}: {result.outcome if result else 'not run'}{told(result.failure) if result else ''}")
    if len(tests) > _SHOWN:
        lines.append(f"... and {len(tests) - _SHOWN} more")
    return Redactor().whole_text("\n".join([*lines, "", run.output_tail[-2500:]]))
