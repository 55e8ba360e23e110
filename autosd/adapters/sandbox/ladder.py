"""The sandbox itself: one class for every rung; a rung is the plan it makes for the launcher."""

from __future__ import annotations

import contextlib
import signal
import time
import weakref
from collections.abc import Callable, Iterator
from typing import Any

from autosd.adapters.sandbox import layout
from autosd.adapters.sandbox.client import END_SECONDS, Launcher, Process
from autosd.adapters.sandbox.pump import Budget, Reader, Writer, pump
from autosd.adapters.sandbox.session import PipeSession
from autosd.domain.sandboxing import Command, Completed, Ending, SandboxReport
from autosd.ports import Session

Planner = Callable[[Command], dict[str, Any]]


class LauncherSandbox:
    """Runs plans by way of one launcher process. Safe to use from several threads."""

    def __init__(self, planner: Planner, report: Callable[[], SandboxReport]) -> None:
        self._planner, self._report = planner, report
        self._launcher = Launcher()
        weakref.finalize(self, self._launcher.close)

    def report(self) -> SandboxReport:
        return self._report()

    def run(self, command: Command) -> Completed:
        layout.check(command)
        return self.run_plan(self._planner(command), command)

    def run_plan(self, plan: dict[str, Any], command: Command) -> Completed:
        began = time.monotonic()
        process = self._launcher.spawn(plan)
        try:
            return _collect(process, command, began)
        finally:
            process.close()

    @contextlib.contextmanager
    def session(self, command: Command) -> Iterator[Session]:
        layout.check(command)
        with self.session_plan(self._planner(command), command) as session:
            yield session

    @contextlib.contextmanager
    def session_plan(self, plan: dict[str, Any], command: Command) -> Iterator[Session]:
        session = PipeSession(self._launcher.spawn(plan), command.limits)
        try:
            yield session
        finally:
            session.close()

    def close(self) -> None:
        self._launcher.close()


def _collect(process: Process, command: Command, began: float) -> Completed:
    """Feed stdin, read both outputs to their end or a limit, and say how it ended."""
    budget = Budget(command.limits.output_bytes)
    out, err = Reader(process.stdout, budget), Reader(process.stderr, budget)
    deadline = began + command.limits.wall_seconds
    ending = _exchange(process, [out, err], Writer(process.stdin, memoryview(command.stdin)), budget, deadline)
    ended = process.wait(0.0 if ending else deadline - time.monotonic())
    if ended is None:
        ending = ending or Ending.TIMEOUT  # it closed its outputs and went on
        process.kill()
        ended = process.wait(END_SECONDS)
    code, natural = ended or (-signal.SIGKILL, Ending.FAILED)
    if ending and code >= 0:
        code = -signal.SIGKILL
    stderr = bytes(err.data) + (process.failure.encode() + b"\n" if process.failure else b"")
    return Completed(code, ending or natural, bytes(out.data), stderr, time.monotonic() - began)


def _exchange(process: Process, readers: list[Reader], writer: Writer, budget: Budget, deadline: float) -> Ending | None:
    process.stdin = -1  # the writer closes it
    try:
        while any(reader.open for reader in readers):
            if not writer.data:
                writer.close()
            if not pump(readers, writer, deadline):
                return Ending.TIMEOUT
            if budget.left < 0:
                return Ending.OUTPUT
        return None
    finally:
        writer.close()
