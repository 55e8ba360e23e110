"""Starting warm servers in the sandbox, and turning what they saw into observations."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack

from autosd.coding.repair.observations import ObservedFailure, ObservedTest
from autosd.coding.repair.replies import Explained, Observed, Opened
from autosd.coding.repair.sample import test_seconds
from autosd.coding.repair.session import SERVER, WarmSession, server_argv
from autosd.domain.sandboxing import Access, Command, Limits, Mount
from autosd.ports import Sandbox, SessionLost, Task

#: Searches run many programs that were never meant to end: the server bounds each test, these bound the server.
MEMORY_MB, PROCESSES = 4096, 256


class NoServer(Exception):
    """No warm server could be opened; ``str()`` says why."""


def open_servers(
    stack: ExitStack, sandbox: Sandbox, task: Task, overlay: Mapping[str, str], *, seconds: float
) -> tuple[list[WarmSession], Opened]:
    """``task.workers`` servers, opened side by side; they end with ``stack``. Raises ``NoServer`` when none could be."""
    command = _command(task, seconds)
    sessions = [WarmSession(stack.enter_context(sandbox.session(command))) for _ in range(max(1, task.workers))]
    opened: dict[int, Opened] = {}
    causes: list[str] = []

    def open_one(number: int) -> None:
        try:
            opened[number] = sessions[number].open(
                task.snapshot.root,
                runner="unittest" if task.runner == "unittest" else "pytest",
                args=task.test_args,
                seed=task.seed,
                test_seconds=test_seconds(task.diagnosis),
                overlay=overlay,
            )
        except SessionLost as lost:
            causes.append(str(lost))

    in_parallel([lambda n=number: open_one(n) for number in range(len(sessions))])  # type: ignore[misc]
    if not opened:
        raise NoServer("; ".join(dict.fromkeys(causes)))
    alive = sorted(opened)
    return [sessions[number] for number in alive], opened[alive[0]]


def _command(task: Task, seconds: float) -> Command:
    limits = Limits(wall_seconds=seconds + 60, cpu_seconds=seconds + 60, memory_mb=MEMORY_MB, processes=PROCESSES, output_bytes=1 << 40)
    mounts = (Mount(task.snapshot.root, Access.SCRATCH), Mount(SERVER), *task.env.mounts)
    return Command(server_argv(task.env.python), task.snapshot.root, mounts, {**task.env.env, **task.test_env}, limits)


def in_parallel(jobs: Sequence[Callable[[], object]]) -> None:
    """Run ``jobs`` each in a thread of its own and wait for all."""
    threads = [threading.Thread(target=job, daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def observed_test(seen: Observed) -> ObservedTest:
    """What localisation needs of one observation. A looping test is only charged with the lines it went round in, when known."""
    return ObservedTest(seen.test, seen.outcome, seen.lines, observed_failure(seen.failure), seen.seconds)


def observed_failure(failure: Explained | None) -> ObservedFailure | None:
    if failure is None:
        return None
    plain = failure.failure
    return ObservedFailure(plain.kind, plain.message, plain.frames, failure.left, failure.right, failure.locals)


def merge_types(seen: Iterable[Observed]) -> dict[str, dict[int, dict[str, frozenset[str]]]]:
    merged: dict[str, dict[int, dict[str, frozenset[str]]]] = {}
    for each in seen:
        for file, lines in each.vars.items():
            for line, names in lines.items():
                at = merged.setdefault(file, {}).setdefault(line, {})
                for name, kinds in names.items():
                    at[name] = at.get(name, frozenset()) | kinds
    return merged


def merge_values(seen: Iterable[Observed], most: int = 8) -> dict[str, dict[str, dict[str, tuple[str, ...]]]]:
    merged: dict[str, dict[str, dict[str, tuple[str, ...]]]] = {}
    for each in seen:
        for file, functions in each.values.items():
            for function, names in functions.items():
                at = merged.setdefault(file, {}).setdefault(function, {})
                for name, known in names.items():
                    at[name] = tuple(dict.fromkeys((*at.get(name, ()), *known)))[:most]
    return merged


def merge_attributes(seen: Iterable[Observed]) -> dict[str, frozenset[str]]:
    merged: dict[str, frozenset[str]] = {}
    for each in seen:
        for kind, names in each.attrs.items():
            merged[kind] = merged.get(kind, frozenset()) | names
    return merged
