"""Runs a suite cold: in a fresh sandbox, on a tree whose every change is thrown away."""

from __future__ import annotations

import json
import math
import re
import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from autosd.domain.sandboxing import Access, Command, Completed, Ending, Limits, Mount
from autosd.domain.suites import Failure, Outcome, SuiteEnding, SuiteRun, TestResult
from autosd.intake.channel import Report
from autosd.intake.runners import Kind, Runner, pytest_config
from autosd.ports import Sandbox, SubjectEnv

INSIDE = Path(__file__).resolve().parent.parent / "inside"
MAX_SANDBOXES = 6  # a test that takes the whole sandbox down costs one; the rest goes on in the next
TAIL = 4000
_NEEDS_CACHE = re.compile(r"--(lf|ff|nf|sw|last-failed|failed-first|new-first|stepwise|cache)|cache_dir")


@dataclass(frozen=True)
class SuiteLimits:
    """Bounds of one cold run: the whole suite, each single test, and the machine. After ``until`` no run goes on, whatever it has left."""

    seconds: float = 120.0
    test_seconds: float = 10.0
    memory_mb: int = 2048
    processes: int = 128
    output_bytes: int = 8_000_000
    file_mb: int = 256
    disk_mb: int = 512
    until: float = math.inf  # of time.monotonic()

    def now(self) -> SuiteLimits:
        """What is left of them at this moment."""
        return replace(self, seconds=max(1.0, min(self.seconds, self.until - time.monotonic())))


@dataclass(frozen=True)
class _Run:
    """One call of ``run_suite``: what stays the same over its sandboxes."""

    sandbox: Sandbox
    env: SubjectEnv
    root: Path
    runner: Runner
    limits: SuiteLimits
    locked: tuple[str, ...]
    reach: tuple[str, ...] = ()
    twice: bool = False


def run_suite(
    sandbox: Sandbox,
    env: SubjectEnv,
    root: Path,
    *,
    runner: Runner,
    tests: Sequence[str] | None = None,
    limits: SuiteLimits | None = None,
    locked: Iterable[str] = (),
    reach: Iterable[str] = (),
    twice: bool = False,
) -> SuiteRun:
    """Run all tests, or only ``tests``. The files ``locked`` cannot be written even by code that runs inside.

    ``twice``: the tests are run a second time where that can be had for little, in what the first time left behind.
    Which lines of the files ``reach`` are run is noted; that is seen from inside, so such a run is no proof of anything else.
    """
    run = _Run(sandbox, env, root, runner, (limits or SuiteLimits()).now(), tuple(locked), tuple(reach), twice)
    if runner.kind is Kind.COMMAND:
        return _run_command(run)
    began = time.monotonic()
    report, tail = Report(), ""
    ending = SuiteEnding.CRASHED
    for _ in range(MAX_SANDBOXES):
        left = run.limits.seconds - (time.monotonic() - began)
        nonce = secrets.token_hex(16)
        completed = sandbox.run(_command(run, _request(run, tests, report, nonce, left), left))
        report.read(completed.stdout, nonce)
        tail = _tail(completed)
        ending, go_on = _judge(report, completed)
        if not go_on or run.limits.seconds - (time.monotonic() - began) < 1.0:
            break
    detail = f"{report.environment}\n{tail}" if report.environment else tail
    return SuiteRun(
        ending=ending,
        results=tuple(report.results.values()),
        collected=frozenset(report.collected),
        seconds=time.monotonic() - began,
        output_tail=detail,
        codes=report.collected,
        notes=frozenset(report.notes),
        reached={file: frozenset(lines) for file, lines in report.reached.items()},
        again=tuple(report.again.values()),
    )


_ENDINGS = {"complete": SuiteEnding.COMPLETE, "deadline": SuiteEnding.TIMEOUT, "environment": SuiteEnding.ENVIRONMENT}
_CAUSES = {
    Ending.MEMORY: (SuiteEnding.MEMORY, Failure("MemoryLimit", "exhausted the memory it was given")),
    Ending.OUTPUT: (SuiteEnding.OUTPUT, Failure("OutputLimit", "flooded its output")),
    Ending.TIMEOUT: (SuiteEnding.TIMEOUT, Failure("Timeout", "did not end in the time of the whole suite")),
    Ending.FAILED: (SuiteEnding.ENVIRONMENT, Failure("SandboxFailed", "the sandbox could not start it")),
}


def _judge(report: Report, completed: Completed) -> tuple[SuiteEnding, bool]:
    """How the suite ended as far as is known, and whether another sandbox may run the rest."""
    if report.ending == "forged":
        report.notes.add("forged:somebody else wrote on the report channel")
        report.blame(Outcome.CRASHED, Failure("Forged", "wrote on the report channel"))
        return SuiteEnding.CRASHED, False
    if report.ending is not None:
        ending = _ENDINGS.get(report.ending, SuiteEnding.CRASHED)
        if ending is SuiteEnding.COMPLETE and not report.results:
            ending = SuiteEnding.NO_TESTS
        return ending, False
    ending, failure = _CAUSES.get(completed.ending, (SuiteEnding.CRASHED, Failure("RunnerLost", "took down the process that ran it")))
    if ending is SuiteEnding.ENVIRONMENT:
        return ending, False
    outcome = Outcome.TIMEOUT if ending is SuiteEnding.TIMEOUT else Outcome.CRASHED
    blamed = report.blame(outcome, failure)
    return ending, blamed is not None and ending is not SuiteEnding.TIMEOUT


def _request(run: _Run, tests: Sequence[str] | None, report: Report, nonce: str, left: float) -> dict[str, object]:
    done = list(report.results)
    return {
        "nonce": nonce,
        "runner": str(run.runner.kind),
        "root": str(run.root),
        "args": list(run.runner.args),
        "options": _pytest_options(run.root, run.runner) if run.runner.kind is Kind.PYTEST else [],
        "tests": None if tests is None else list(tests),
        "skip": done,
        "ignore": [test for test in done if "::" not in test and test.endswith(".py")],
        "seconds": max(0.5, left - 0.5),
        "test_seconds": min(run.limits.test_seconds, run.limits.seconds),
        "reach": list(run.reach),
        "twice": run.twice,
    }


def _pytest_options(root: Path, runner: Runner) -> list[str]:
    """The root's configuration, also when only some files are named; no cache unless the project's own words need it."""
    config = pytest_config(root)
    text = (root / config).read_text("utf-8", "replace") if config else ""
    options = [] if _NEEDS_CACHE.search(text) or any(map(_NEEDS_CACHE.search, runner.args)) else ["-p", "no:cacheprovider"]
    chosen = any(word == "-c" or word.startswith("--config-file") for word in runner.args)
    return options + (["-c", str(root / config)] if config and not chosen else [])


def _command(run: _Run, request: dict[str, object], left: float) -> Command:
    cold = INSIDE / "cold.py"
    return Command(
        argv=(str(run.env.python), str(cold)),
        cwd=run.root,
        mounts=(*run.env.mounts, Mount(INSIDE), *_tree_mounts(run)),
        env=_environment(run),
        limits=_limits(run, left),
        stdin=json.dumps(request).encode(),
    )


def _tree_mounts(run: _Run) -> tuple[Mount, ...]:
    return (Mount(run.root, Access.SCRATCH), *(Mount(run.root / file) for file in run.locked if (run.root / file).is_file()))


def _limits(run: _Run, left: float) -> Limits:
    limits = run.limits
    wall = max(1.0, left)
    return Limits(
        wall_seconds=wall + 1.0,
        cpu_seconds=wall + 1.0,
        memory_mb=limits.memory_mb,
        processes=limits.processes,
        output_bytes=limits.output_bytes,
        file_mb=limits.file_mb,
        disk_mb=limits.disk_mb,
    )


def _environment(run: _Run) -> dict[str, str]:
    """What every run has in common, so that two runs of one tree do the same; the subject's own words win."""
    common = {
        "PATH": f"{run.env.python.parent}:/usr/local/bin:/usr/bin:/bin",
        "HOME": "/tmp",  # noqa: S108 - inside the sandbox, where it is its own
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return {**common, **run.env.env, **run.runner.env}


def _run_command(run: _Run) -> SuiteRun:
    """A suite that is only a command: one test named ``command``, judged by the exit code."""
    words = run.runner.args
    if re.fullmatch(r"python[0-9.]*", words[0]):
        words = (str(run.env.python), *words[1:])
    if run.reach:
        return _reach_of_command(run, words)
    completed = run.sandbox.run(
        Command(words, run.root, (*run.env.mounts, *_tree_mounts(run)), _environment(run), _limits(run, run.limits.seconds))
    )
    ending, failure = _CAUSES.get(completed.ending, (SuiteEnding.COMPLETE, Failure("ExitCode", f"exit code {completed.exit_code}")))
    outcome = Outcome.FAILED
    if completed.ending is Ending.EXITED:
        outcome = Outcome.PASSED if completed.exit_code == 0 else Outcome.FAILED
        if completed.exit_code in (126, 127):
            ending = SuiteEnding.ENVIRONMENT
    elif ending is SuiteEnding.TIMEOUT:
        outcome = Outcome.TIMEOUT
    result = TestResult("command", outcome, completed.seconds, None if outcome is Outcome.PASSED else failure)
    return SuiteRun(ending, (result,), frozenset({"command"}), completed.seconds, _tail(completed))


def _reach_of_command(run: _Run, words: Sequence[str]) -> SuiteRun:
    """The command once more, every Python that it starts traced."""
    nonce = secrets.token_hex(16)
    request = {"root": str(run.root), "files": {}, "argv": list(words), "trace": True, "nonce": nonce}
    script = INSIDE / "by_command.py"
    completed = run.sandbox.run(
        Command(
            (str(run.env.python), str(script)),
            run.root,
            (*run.env.mounts, Mount(script), *_tree_mounts(run)),
            _environment(run),
            _limits(run, run.limits.seconds),
            json.dumps(request).encode(),
        )
    )
    lines: dict[str, frozenset[int]] = {}
    for line in completed.stdout.decode("utf-8", "replace").splitlines():
        if line.startswith(f"{nonce} "):
            told = json.loads(line.partition(" ")[2])["lines"]
            lines = {file: frozenset(map(int, told.get(file, ()))) for file in run.reach}
    return SuiteRun(SuiteEnding.COMPLETE, seconds=completed.seconds, output_tail=_tail(completed), reached=lines)


def _tail(completed: Completed) -> str:
    return completed.stderr[-TAIL:].decode("utf-8", "replace")


@dataclass(frozen=True)
class ColdSuite:
    """A suite that is ready to be run on any tree of its project: what gates are given, so that they know nothing of intake."""

    sandbox: Sandbox
    env: SubjectEnv
    runner: Runner
    limits: SuiteLimits = SuiteLimits()

    def __call__(self, tree: Path, tests: Sequence[str] | None = None, locked: Sequence[str] = (), reach: Sequence[str] = ()) -> SuiteRun:
        limits, runner = self.limits, self.runner
        return run_suite(self.sandbox, self.env, tree, runner=runner, tests=tests, limits=limits, locked=locked, reach=reach)
