"""What a search costs, counted while it runs: also a search that finds nothing has its price."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from autosd.domain.changes import Cost
from autosd.ports import Progress


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
