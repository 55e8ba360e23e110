"""Tries things cold: the failing tests on earlier commits, and takings-back of pieces on the base."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from autosd.coding.repair.subject import read_source
from autosd.coding.revert.bisecting import Verdict
from autosd.coding.revert.pieces import Piece, applied, readable
from autosd.domain.errors import AutosdError
from autosd.domain.suites import BROKEN, SuiteRun
from autosd.ports import Commit, Progress, Repository, Task


class Runs(Protocol):
    """Runs tests of a task (None: all) on a tree of its project, cold, for so many seconds at the most."""

    def __call__(self, task: Task, tree: Path, tests: Sequence[str] | None, seconds: float) -> SuiteRun: ...


class TimeUp(Exception):
    """The task's seconds are over; what was found until then stands."""


class Trials:
    """One search's runs, counted, none of them made twice."""

    def __init__(self, repository: Repository, runs: Runs, task: Task, progress: Progress) -> None:
        self._repository, self._runs, self._task, self._progress = repository, runs, task, progress
        self.started = time.monotonic()
        self.deadline = self.started + task.seconds
        self.evaluated = 0
        self._asked: dict[str, Mapping[str, Verdict]] = {}
        self._judged: dict[tuple[frozenset[Piece], tuple[str, ...]], bool] = {}
        self._base = {each.id: each for each in task.diagnosis.run.results}
        self._tests = _texts_of_tests(task)

    def on_commit(self, commit: Commit) -> Mapping[str, Verdict]:
        """How the failing tests, as the base has them, fare on ``commit``; where they cannot run there, as that commit has them."""
        if commit.sha not in self._asked:
            verdicts = self._run_at(commit.sha, self._tests)
            if self._tests and any(verdict is None for verdict in verdicts.values()):
                own = self._run_at(commit.sha, {})
                verdicts = {test: own[test] if verdict is None else verdict for test, verdict in verdicts.items()}
            self._asked[commit.sha] = verdicts
        return self._asked[commit.sha]

    def green(self, pieces: Sequence[Piece], base: Mapping[str, str | None], tests: tuple[str, ...]) -> bool:
        """Whether the base without ``pieces`` passes ``tests``, and all that passed before."""
        key = (frozenset(pieces), tests)
        if key not in self._judged:
            files = applied(pieces, base)
            self._judged[key] = bool(files) and readable(files) and self._passes(files, tests)
        return self._judged[key]

    def _passes(self, files: Mapping[str, str | None], tests: tuple[str, ...]) -> bool:
        with self._repository.apply(self._task.snapshot, files) as tree:
            run = self._run(tree, tests)
            if not all(self._verdict(test, run) for test in tests):
                return False
            before = self._task.diagnosis.run
            if before.seconds * 2 > self._left():
                return True  # the proof will tell
            passed = set(self._run(tree, None).passed)
            return passed.issuperset(set(before.passed) - set(self._task.diagnosis.flaky))

    def _run_at(self, sha: str, files: Mapping[str, str | None]) -> Mapping[str, Verdict]:
        failing = self._task.diagnosis.failing
        try:
            with self._repository.at(self._task.snapshot, sha, files) as tree:
                run = self._run(tree, failing)
        except AutosdError:
            return dict.fromkeys(failing)  # objects are missing, or a link stands where a test file should
        return {test: self._verdict(test, run) for test in failing}

    def _verdict(self, test: str, run: SuiteRun) -> Verdict:
        passed = set(run.passed)
        if test in passed:
            return True
        result = next((each for each in run.results if each.id == test), None)
        if result is not None and result.outcome in BROKEN:
            return False if self._is_test(test) or _alike(result.failure, self._failure(test)) else None
        if not self._is_test(test) and any(each.startswith(f"{test}::") for each in passed):
            return True  # the file that could not be collected
        return None

    def _is_test(self, test: str) -> bool:
        return test in self._task.diagnosis.run.collected

    def _failure(self, test: str) -> object:
        return self._base[test].failure if test in self._base else None

    def _run(self, tree: Path, tests: Sequence[str] | None) -> SuiteRun:
        if self._left() < 0.5:
            raise TimeUp
        run = self._runs(self._task, tree, tests, self._left())
        self.evaluated += 1
        took = time.monotonic() - self.started
        self._progress.update(done=self.evaluated, per_second=self.evaluated / took, seconds_left=max(0.0, self._left()))
        return run

    def _left(self) -> float:
        return self.deadline - time.monotonic()


def _alike(one: object, other: object) -> bool:
    """The same import fails for the same reason: else the commit cannot be run for one of its own."""
    kind, message = (getattr(one, name, None) for name in ("kind", "message"))
    return (kind, message) == (getattr(other, "kind", None), getattr(other, "message", None))


def _texts_of_tests(task: Task) -> dict[str, str | None]:
    files = {test.partition("::")[0] for test in task.diagnosis.failing}
    found = {file: read_source(task.snapshot.root / file) for file in files if file.endswith(".py")}
    return {file: text for file, text in found.items() if text is not None}
