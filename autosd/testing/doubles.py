"""Doubles of ports: a clock that is told the time, a coder and a model that say what they were given."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from autosd.domain.changes import Candidate, Cost, Overfit
from autosd.domain.decisions import Action, Permit
from autosd.domain.models import Ask, Finish, Reply
from autosd.governance.permits import require
from autosd.ports import ModelError, ModelFault, Progress, Task


class FakeClock:
    """A clock that moves only when it is told to."""

    def __init__(self, start: datetime = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def advance(self, **duration: float) -> None:
        """By ``seconds=``, ``hours=``, ``days=`` ... as of ``timedelta``."""
        self._now += timedelta(**duration)


@dataclass
class RecordingProgress:
    """A ``Progress`` that keeps what it was told."""

    steps: list[str] = field(default_factory=list)
    updates: int = 0

    def step(self, name: str, detail: str = "") -> None:
        self.steps.append(name)

    def update(self, *, done: int = 0, per_second: float = 0.0, seconds_left: float | None = None, detail: str = "") -> None:
        self.updates += 1


@dataclass(frozen=True)
class ScriptedCoder:
    """A ``Coder`` that proposes what it was given: each entry is the new text of some files (None: deleted).

    It claims to fix ``targets``, or else every failing test.
    """

    scripts: tuple[Mapping[str, str | None], ...]
    targets: tuple[str, ...] | None = None
    name: str = "scripted"
    overfit: Overfit = field(default_factory=Overfit)

    def candidates(self, task: Task, progress: Progress) -> Iterator[Candidate]:
        for number, files in enumerate(self.scripts, 1):
            progress.update(done=number, per_second=1.0, seconds_left=task.seconds)
            cost = Cost(evaluated=number, seconds=float(number))
            targets = task.diagnosis.failing if self.targets is None else self.targets
            yield Candidate(self.name, files, targets, f"script {number}", self.overfit, cost)


#: What a scripted model answers with: a text, a whole reply, or an error that is raised.
Line = str | Reply | ModelError


class ScriptedModel:
    """A ``Model`` that says what it was given, in order, or what a function makes of each ask. ``asks`` is what it was asked.

    After its last line every call fails with a ``BAD-REQUEST``, so that a test which asks too often sees it.
    """

    def __init__(self, lines: Iterable[Line] | Callable[[Ask], Line], name: str = "scripted:model") -> None:
        self.name = name
        self.asks: list[Ask] = []
        self._answer = lines if callable(lines) else _in_order(iter(lines))

    def complete(self, permit: Permit, ask: Ask, heard: Callable[[str], None] | None = None) -> Reply:
        """See ``Model``."""
        require(permit, Action.SPEND)
        began = time.monotonic()
        self.asks.append(ask)
        line = self._answer(ask)
        if isinstance(line, ModelError):
            raise line
        reply = _reply(line)
        if heard and reply.text:
            for piece in reply.text.splitlines(keepends=True):
                heard(piece)
        return replace(reply, model=reply.model or self.name, seconds=time.monotonic() - began)


def _in_order(lines: Iterator[Line]) -> Callable[[Ask], Line]:
    over = ModelError(ModelFault.BAD_REQUEST, "The script of this model is over.", "Give it more lines.")
    return lambda _: next(lines, over)


def _reply(line: str | Reply) -> Reply:
    """A text alone as a reply; an empty one gets a reason, as every model has to give one."""
    reply = Reply(text=line) if isinstance(line, str) else line
    if reply.calls and reply.finish is Finish.STOP:
        reply = replace(reply, finish=Finish.TOOLS)
    return replace(reply, reason=reply.reason or "empty completion") if reply.empty else reply
