"""Warm servers in the sandbox: started side by side, started again when a candidate takes one down."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack

from autosd.coding.repair.replies import Observed, Opened, Probed, Tried
from autosd.coding.repair.sample import test_seconds
from autosd.coding.repair.session import SERVER, Trial, WarmSession, server_argv
from autosd.domain.sandboxing import Access, Command, Limits, Mount
from autosd.domain.suites import Outcome
from autosd.ports import Sandbox, SessionLost, Task

#: Searches run many programs that were never meant to end: the server bounds each test, these bound the server.
MEMORY_MB, PROCESSES, LINE_BYTES = 4096, 256, 64_000_000
#: A server that is lost more often than this meets something that kills it every time.
MOST_LIVES = 6
#: Seconds past the end of a round's time that a server may live: for a batch that has begun.
GRACE = 3.0


class NoServer(Exception):
    """No warm server could be opened; ``str()`` says why."""


class Server:
    """One warm server that can be started again; its requests are those of ``WarmSession``."""

    def __init__(self, sandbox: Sandbox, task: Task, overlay: Mapping[str, str], deadline: float) -> None:
        self._sandbox = sandbox
        self._task = task
        self._overlay = overlay
        self._deadline = deadline
        self._stack = ExitStack()
        self._session: WarmSession | None = None
        self._lives = MOST_LIVES

    def open(self) -> Opened:
        """Start it and collect the suite. Raises ``SessionLost``."""
        left = max(1.0, self._deadline - time.monotonic()) + GRACE
        self._session = WarmSession(self._stack.enter_context(self._sandbox.session(_command(self._task, left))), patience=left)
        return self._session.open(
            self._task.snapshot.root,
            runner="unittest" if self._task.runner == "unittest" else "pytest",
            args=self._task.test_args,
            seed=self._task.seed,
            test_seconds=test_seconds(self._task.diagnosis),
            overlay=self._overlay,
            hanging=[result.id for result in self._task.diagnosis.run.results if result.outcome is Outcome.TIMEOUT],
        )

    def revive(self) -> bool:
        """A new server for a lost one; False when there is no time for it or it was lost too often."""
        self.close()
        self._lives -= 1
        if self._lives <= 0 or time.monotonic() >= self._deadline:
            return False
        try:
            self.open()
        except SessionLost:
            return False
        return True

    def close(self) -> None:
        self._stack.close()

    @property
    def session(self) -> WarmSession:
        if self._session is None:
            raise SessionLost("not open")
        return self._session

    @property
    def pending(self) -> tuple[int, ...]:
        """The trials that were not answered when the server was lost; the one that took it down is among the first."""
        return self._session.pending if self._session else ()

    def observe(self, tests: Sequence[str], *, full: bool) -> Iterator[Observed]:
        return self.session.observe(tests, full=full)

    def attempt(self, trials: Sequence[Trial], *, targets: Sequence[str], guards: Sequence[str], scout: int = 0) -> Iterator[Tried]:
        return self.session.attempt(trials, targets=targets, guards=guards, need="any", scout=scout)

    def probe(self, trials: Sequence[Trial], *, tests: Sequence[str], samples: int, seed: int) -> Iterator[Probed]:
        return self.session.probe(trials, tests=tests, samples=samples, seed=seed)


def open_servers(
    stack: ExitStack, sandbox: Sandbox, task: Task, overlay: Mapping[str, str], *, deadline: float
) -> tuple[list[Server], Opened]:
    """``task.workers`` servers, opened side by side; they end with ``stack``. Raises ``NoServer`` when none could be."""
    servers = [Server(sandbox, task, overlay, deadline) for _ in range(max(1, task.workers))]
    for server in servers:
        stack.callback(server.close)
    opened: dict[int, Opened] = {}
    causes: list[str] = []

    def open_one(number: int) -> None:
        try:
            opened[number] = servers[number].open()
        except SessionLost as lost:
            causes.append(str(lost))

    in_parallel([lambda n=number: open_one(n) for number in range(len(servers))])  # type: ignore[misc]
    if not opened:
        raise NoServer("; ".join(dict.fromkeys(causes)))
    alive = sorted(opened)
    return [servers[number] for number in alive], opened[alive[0]]


def _command(task: Task, seconds: float) -> Command:
    limits = Limits(wall_seconds=seconds, cpu_seconds=2 * seconds, memory_mb=MEMORY_MB, processes=PROCESSES, output_bytes=LINE_BYTES)
    mounts = (Mount(task.snapshot.root, Access.SCRATCH), Mount(SERVER), *task.env.mounts)
    return Command(server_argv(task.env.python), task.snapshot.root, mounts, {**task.env.env, **task.test_env}, limits)


def in_parallel(jobs: Sequence[Callable[[], object]]) -> None:
    """Run ``jobs`` each in a thread of its own and wait for all."""
    threads = [threading.Thread(target=job, daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
