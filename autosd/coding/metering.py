"""What a search costs, counted while it runs: also a search that finds nothing has its price."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace

from autosd.domain.changes import Candidate, Cost
from autosd.ports import Coder, Progress, Task

#: Seconds without which a further strategy is not begun.
WORTHWHILE = 3.0


@dataclass
class Metered:
    """A ``Progress`` that passes everything on and remembers how far the search came."""

    progress: Progress
    evaluated: int = 0
    _began: float = field(default_factory=time.monotonic)

    def step(self, name: str, detail: str = "") -> None:
        self.progress.step(name, detail)

    def update(self, *, done: int = 0, per_second: float = 0.0, seconds_left: float | None = None, detail: str = "") -> None:
        self.evaluated = max(self.evaluated, done)
        self.progress.update(done=done, per_second=per_second, seconds_left=seconds_left, detail=detail)

    def cost(self) -> Cost:
        return Cost(evaluated=self.evaluated, seconds=time.monotonic() - self._began)


def offered(coders: Sequence[Coder], task: Task, progress: Metered) -> Generator[Candidate]:
    """Every strategy's candidates in turn, in the time that those before it left; each is closed: no sandbox of its own outlives it."""
    began = time.monotonic()
    for coder in coders:
        left = task.seconds - (time.monotonic() - began)
        if coder is not coders[0] and left < WORTHWHILE:
            return
        candidates = coder.candidates(replace(task, seconds=max(left, 1.0)), progress)
        try:
            yield from candidates
        finally:
            close = getattr(candidates, "close", None)
            if close:
                close()
