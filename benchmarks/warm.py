"""The warm server alone, as the benchmarks of its speed use it: open a project in the sandbox, try trials, count."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from autosd.coding.repair.replies import Opened, Verdict
from autosd.coding.repair.servers import MEMORY_MB, PROCESSES
from autosd.coding.repair.session import SERVER, Trial, WarmSession, server_argv
from autosd.domain.changes import TextEdit
from autosd.domain.sandboxing import Access, Command, Limits, Mount
from autosd.domain.suites import Outcome
from benchmarks.inject import Fault
from benchmarks.isolated import environment, sandbox


@dataclass(frozen=True)
class Rate:
    """How fast trials were judged; ``tried`` are those that ran (no twins, nothing that does not compile)."""

    tried: int
    seconds: float
    killed: int

    @property
    def per_second(self) -> float:
        return self.tried / self.seconds if self.seconds else 0.0


@contextmanager
def opened(project: Path, python: Path, *, seconds: float = 600.0) -> Iterator[tuple[WarmSession, Opened]]:
    env = environment(project, python)
    limits = Limits(wall_seconds=seconds, cpu_seconds=seconds, memory_mb=MEMORY_MB, processes=PROCESSES, output_bytes=1 << 40)
    mounts = (Mount(project, Access.SCRATCH), Mount(SERVER), *env.mounts)
    with sandbox().session(Command(server_argv(env.python), project, mounts, env.env, limits)) as session:
        warm = WarmSession(session)
        yield warm, warm.open(project)


def broken_and_seconds(warm: WarmSession, tests: Sequence[str]) -> tuple[list[str], dict[str, float]]:
    """The tests that do not pass, and how long each test takes by itself."""
    seen = list(warm.observe(tests))
    return [each.test for each in seen if each.outcome not in (Outcome.PASSED, Outcome.SKIPPED)], {each.test: each.seconds for each in seen}


def trials_of(file: str, faults: Sequence[Fault]) -> list[Trial]:
    return [Trial(number, (TextEdit(file, fault.start, fault.end, fault.text),)) for number, fault in enumerate(faults, 1)]


def rate(warm: WarmSession, trials: Sequence[Trial], targets: Sequence[str]) -> Rate:
    """Try all of ``trials``: each is killed by the first of ``targets`` that fails, or runs them all."""
    started = time.perf_counter()
    answers = list(warm.attempt(trials, targets=targets))
    seconds = time.perf_counter() - started
    ran = [each for each in answers if each.verdict not in (Verdict.DUPLICATE, Verdict.INVALID)]
    return Rate(len(ran), seconds, sum(each.verdict not in (Verdict.PLAUSIBLE, Verdict.PARTIAL) for each in ran))
