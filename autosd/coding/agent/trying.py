"""Runs the project's tests on the workspace as it is now, cold in the sandbox, and says in few words how they ended.

The same run is told in the same words: no times, no names of temporary folders. So a conversation that is run again asks the same
questions, and replies that were paid for can be used again.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence

from autosd.coding.agent.workspace import NotAllowed, Workspace
from autosd.coding.revert.trying import Runs
from autosd.domain.suites import BROKEN, SuiteEnding, SuiteRun
from autosd.ports import Repository, Task

MOST_SHOWN = 8
TAIL = 1500
_TIMES = re.compile(r"\b\d+\.\d+ ?s\b")


class Trying:
    """The runs of one conversation. ``green`` is the workspace's version on which the failing tests were last seen to pass."""

    def __init__(self, repository: Repository, runs: Runs, task: Task, workspace: Workspace, until: float) -> None:
        self._repository, self._runs, self._task, self._workspace, self._until = repository, runs, task, workspace, until
        self.green = -1
        self.count = 0

    def run(self, tests: Sequence[str]) -> str:
        """No tests: those that fail in the base, or all where none does; ``all``: all. Raises ``NotAllowed`` for a test there is not."""
        failing = self._task.diagnosis.failing
        wanted: tuple[str, ...] | None = None if tuple(tests) == ("all",) else self._known(tests) if tests else failing or None
        run, tree = self._run(wanted)
        if self._task.runner == "command":
            wanted = None
        passed = set(run.passed)
        if failing and passed.issuperset(failing):
            self.green = self._workspace.version
        return told(run, wanted).replace(tree, ".")

    def _run(self, wanted: tuple[str, ...] | None) -> tuple[SuiteRun, str]:
        left = self._until - time.monotonic()
        if left < 1.0:
            raise NotAllowed("there is no time left to run tests")
        self.count += 1
        with self._repository.apply(self._task.snapshot, self._workspace.changed()) as tree:
            return self._runs(self._task, tree, wanted, left), str(tree)

    def _known(self, tests: Sequence[str]) -> tuple[str, ...]:
        """Only ids that the suite has: any other word would be an option of the runner."""
        collected = sorted(self._task.diagnosis.run.collected | set(self._task.diagnosis.failing))
        found: dict[str, None] = {}
        for test in tests:
            fitting = [each for each in collected if each == test or each.startswith((f"{test}::", f"{test}[", f"{test}.", f"{test}/"))]
            if not fitting:
                raise NotAllowed(f"the suite has no test {test[:200]!r}; ids look like {', '.join(collected[:3])}")
            found.update(dict.fromkeys(fitting))
        return tuple(found)


def told(run: SuiteRun, wanted: tuple[str, ...] | None) -> str:
    """How a run ended, for a reader who pays for each word."""
    broken = [result for result in run.results if result.outcome in BROKEN]
    lines = [f"{len(run.passed)} passed, {len(broken)} failed"]
    if run.ending is not SuiteEnding.COMPLETE:
        lines.append(f"the run did not come to its end: {run.ending}")
    for result in broken[:MOST_SHOWN]:
        failure = result.failure
        lines.append(f"{result.outcome.upper()} {result.id}" + (f": {failure.kind}: {failure.message[:500]}" if failure else ""))
        lines += [f"    {frame.file}:{frame.line} in {frame.function}" for frame in (failure.frames if failure else ())[-4:]]
    if len(broken) > MOST_SHOWN:
        lines.append(f"... and {len(broken) - MOST_SHOWN} more")
    missing = set(wanted or ()) - {result.id for result in run.results}
    if missing:
        lines.append(f"not run: {', '.join(sorted(missing)[:5])}")
    if broken and run.output_tail.strip():
        lines.append(f"end of the output:\n{_TIMES.sub('? s', run.output_tail.strip())[-TAIL:]}")
    return "\n".join(lines)
