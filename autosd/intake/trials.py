"""Runs of a task's tests on any tree of its project: what strategies are given that have to try things cold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from autosd.domain.suites import Outcome, SuiteRun
from autosd.intake.runners import Kind, Runner
from autosd.intake.running import SuiteLimits, run_suite
from autosd.ports import Sandbox, Task


class ColdTrials:
    """A fresh sandbox each time; ``tests`` None is the whole suite."""

    def __init__(self, sandbox: Sandbox, limits: SuiteLimits | None = None) -> None:
        self._sandbox = sandbox
        self._limits = limits or SuiteLimits()

    def __call__(self, task: Task, tree: Path, tests: Sequence[str] | None, seconds: float) -> SuiteRun:
        runner = Runner(Kind(task.runner), task.test_args, task.test_env)
        env = task.env.moved(task.snapshot.root, tree)
        slowest = max((each.seconds for each in task.diagnosis.run.results if each.outcome is Outcome.PASSED), default=0.0)
        limits = SuiteLimits(
            seconds=max(1.0, min(seconds, self._limits.seconds)),
            test_seconds=max(self._limits.test_seconds, 3 * slowest),
            memory_mb=self._limits.memory_mb,
            processes=self._limits.processes,
        )
        wanted = None if runner.kind is Kind.COMMAND else tests
        return run_suite(self._sandbox, env, tree, runner=runner, tests=wanted, limits=limits)
