"""What a run of the road works on: which runner under which limits, which failures, and whether there is anything to do."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from autosd.domain.changes import ChangeResult, Word
from autosd.domain.decisions import Objection
from autosd.domain.errors import AutosdError
from autosd.domain.suites import Diagnosis, Outcome, SuiteEnding, SuiteRun
from autosd.intake.diagnosing import cut_off
from autosd.intake.runners import Runner, detect_runner, runner_of_command
from autosd.intake.running import ColdSuite, SuiteLimits
from autosd.ports import Snapshot
from autosd.settings import Settings, table

_HOW = "Name the way to run them with --test-command, and the interpreter with --python."


def runner_of(settings: Settings, snapshot: Snapshot) -> Runner:
    command = settings[table.TEST_COMMAND]
    return runner_of_command(command) if command else detect_runner(snapshot.root)


def limits_of(settings: Settings, deadline: float) -> SuiteLimits:
    """One run of the suite may take half of the time, since the proof is another; one test a small part of that.

    A test that needs more gets a second chance (``diagnose``): bugs that hang come in groups, and each would cost its whole limit.
    """
    seconds = max(1.0, min(settings[table.TEST_TIMEOUT], (deadline - time.monotonic()) / 2))
    of_runs = settings.limits
    return SuiteLimits(
        seconds=seconds,
        test_seconds=min(5.0, max(1.0, seconds / 20)),
        memory_mb=of_runs.memory_mb,
        processes=of_runs.processes,
        file_mb=of_runs.file_mb,
        disk_mb=of_runs.disk_mb,
        output_bytes=of_runs.output_bytes,
        until=deadline,
    )


def patient(suite: ColdSuite, diagnosis: Diagnosis) -> ColdSuite:
    """The suite with time enough for the slowest test that passed, whatever the machine is doing meanwhile.

    A proof that has begun may end after the deadline: by one whole run of the suite at the most, reruns included.
    """
    slowest = max((result.seconds for result in diagnosis.run.results if result.outcome is Outcome.PASSED), default=0.0)
    limits = suite.limits
    return replace(suite, limits=replace(limits, test_seconds=max(limits.test_seconds, 3 * slowest), until=limits.until + limits.seconds))


def only(tests: Sequence[str], diagnosis: Diagnosis) -> Diagnosis:
    """The failing tests that were asked for; all tests were run, so that nothing else gets broken unseen."""
    if not tests:
        return diagnosis
    for test in tests:
        if not any(each == test or each.startswith((f"{test}::", f"{test}[", f"{test}.")) for each in diagnosis.run.collected):
            raise AutosdError("AUTOSD-TEST-UNKNOWN", f"The suite has no test {test}.", "Give the id as the runner prints it.")
    asked = tuple(each for each in diagnosis.failing if any(each == t or each.startswith((f"{t}::", f"{t}[", f"{t}.")) for t in tests))
    return replace(diagnosis, failing=asked)


def nothing_to_do(diagnosis: Diagnosis) -> tuple[ChangeResult, tuple[Objection, ...]]:
    run, ending = diagnosis.run, diagnosis.run.ending
    tail = run.output_tail.strip().rpartition("\n")[2][:300]
    if ending is SuiteEnding.ENVIRONMENT:
        return ChangeResult(Word.ENVIRONMENT_FAILED), (Objection("AUTOSD-ENV-SUITE", f"The tests could not be started: {tail}", _HOW),)
    if ending is SuiteEnding.NO_TESTS:
        return ChangeResult(Word.NO_TESTS), (Objection("AUTOSD-NO-TESTS", "No tests were found.", _HOW),)
    if ending is SuiteEnding.TIMEOUT and set(diagnosis.failing) <= {cut_off(run)}:  # else what failed before that is worth mending
        remedy = "Give it more time with --max-seconds, or fewer tests with --test-command."
        message = f"The suite did not end in {run.seconds:.0f} s."
        return ChangeResult(Word.SUITE_TIMEOUT), (Objection("AUTOSD-SUITE-TIMEOUT", message, remedy),)
    if diagnosis.failing:
        return ChangeResult(Word.NO_CANDIDATE), ()
    if ending is not SuiteEnding.COMPLETE:
        message = f"The suite did not come to its end: {ending}. {tail}"
        return ChangeResult(Word.SUITE_FAILED, str(ending)), (Objection("AUTOSD-SUITE-FAILED", message, _HOW),)
    return ChangeResult(Word.NO_FAILING_TESTS), ()


def on_any_tree(suite: ColdSuite, base: Snapshot) -> Callable[..., SuiteRun]:
    """The same suite on a candidate's tree: what pointed into the base points there."""

    def run(tree: Path, tests: Sequence[str] | None = None, locked: Sequence[str] = (), **more: Sequence[str]) -> SuiteRun:
        return replace(suite, env=suite.env.moved(base.root, tree))(tree, tests, locked, **more)

    return run
