"""What is happening, told on stderr: one live line at a terminal, plain lines everywhere else."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from autosd.entrypoints.cli.shell import Shell

if TYPE_CHECKING:
    from rich.status import Status

    from autosd.ports import Progress

_EVERY = 10.0  # seconds between two plain lines about the same step


class PlainProgress:
    """One line a step, and now and then how far the step is; nothing that moves."""

    def __init__(self, shell: Shell, stream: TextIO) -> None:
        self._shell = shell
        self._stream = stream
        self._said = time.monotonic()

    def step(self, name: str, detail: str = "") -> None:
        self._say(f"{name}{f': {detail}' if detail else ''}")

    def update(self, *, done: int = 0, per_second: float = 0.0, seconds_left: float | None = None, detail: str = "") -> None:
        _remember(self._shell, done, per_second)
        if time.monotonic() - self._said >= _EVERY:
            self._say("  " + how_far(done, per_second, seconds_left, detail))

    def _say(self, text: str) -> None:
        self._said = time.monotonic()
        self._stream.write(f"[{self._shell.seconds:6.1f}s] {text}\n")
        self._stream.flush()


class LiveProgress:
    """The running step on one line that is redrawn; steps that are over stay above it."""

    def __init__(self, shell: Shell, status: Status) -> None:
        self._shell = shell
        self._status = status
        self._name = ""

    def step(self, name: str, detail: str = "") -> None:
        from rich.markup import escape

        if self._name:
            self._status.console.print(f"[dim]\\[{self._shell.seconds:6.1f}s][/dim] {escape(self._name)}", highlight=False)
        self._name = f"{name}{f': {detail}' if detail else ''}"
        self._status.update(escape(self._name))

    def update(self, *, done: int = 0, per_second: float = 0.0, seconds_left: float | None = None, detail: str = "") -> None:
        from rich.markup import escape

        _remember(self._shell, done, per_second)
        self._status.update(f"{escape(self._name)}  [dim]{escape(how_far(done, per_second, seconds_left, detail))}[/dim]")


@contextmanager
def told(shell: Shell) -> Iterator[Progress]:
    """The progress that suits the terminal, taken off the screen when the work ends in whichever way."""
    if not _may_animate(sys.stderr):
        yield PlainProgress(shell, sys.stderr)
        return
    from rich.console import Console

    console = Console(stderr=True)
    with console.status("starting") as status:
        yield LiveProgress(shell, status)


def how_far(done: int, per_second: float, seconds_left: float | None, detail: str) -> str:
    """``1,200 candidates, 950/s, 211 s left``: only what is known."""
    known = [detail] if detail else []
    if done:
        known.append(f"{done:,} candidates")
    if per_second:
        known.append(f"{per_second:,.0f}/s")
    if seconds_left is not None:
        known.append(f"{max(seconds_left, 0):.0f} s left")
    return ", ".join(known)


def _remember(shell: Shell, done: int, per_second: float) -> None:
    shell.evaluated = max(shell.evaluated, done)
    shell.per_second = per_second or shell.per_second


def _may_animate(stream: TextIO) -> bool:
    return stream.isatty() and not os.environ.get("CI") and os.environ.get("TERM") != "dumb"
