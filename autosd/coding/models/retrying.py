"""Trying again: guide S2's waiting times, guide S3's respect for what the provider asks for, and one last try with less.

Nothing here reads a clock or sleeps: whoever asks hands in ``pause``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from autosd.coding.models.asks import Simplifying, simplified
from autosd.domain.models import Ask, Reply
from autosd.ports import ModelError, ModelFault

#: One try: the ask and the number of the try, from 1. Raises ``ModelError``.
Once = Callable[[Ask, int], Reply]


@dataclass(frozen=True)
class Schedule:
    """``delays`` stand between the tries, so there is one try more. A provider's own wish is kept up to ``most_asked`` seconds."""

    delays: tuple[float, ...] = (2.0, 5.0, 10.0)
    most_asked: float = 30.0
    jitter: float = 0.15  # of the wait, at most: many that were refused together do not come back together

    @property
    def tries(self) -> int:
        return len(self.delays) + 1

    def wait(self, failed: int, retry_after: float | None, draw: float) -> float:
        """Seconds to wait after the try ``failed`` (from 1). ``draw`` is a chance from 0 up to 1."""
        planned = self.delays[failed - 1] if failed <= len(self.delays) else 0.0
        return max(planned, self.asked(retry_after)) * (1 + self.jitter * draw)

    def asked(self, retry_after: float | None) -> float:
        """What the provider asked for, within reason; 0 for what is no time."""
        if retry_after is None or not math.isfinite(retry_after) or retry_after <= 0:
            return 0.0
        return min(retry_after, self.most_asked)


@dataclass(frozen=True)
class Insisted:
    """``reply`` is None when no try brought one; ``error`` is the last one's."""

    reply: Reply | None
    tries: int
    error: ModelError | None = None

    @property
    def why(self) -> str:
        return f"{self.error.code}: {self.error.message}" if self.error else ""


def insist(
    ask: Ask, once: Once, schedule: Schedule, how: Simplifying, *, pause: Callable[[float], bool], draw: Callable[[], float]
) -> Insisted:
    """The first reply that comes. ``pause`` waits, or says false when there is no time left for it.

    Faults that pass by themselves are tried again after the schedule's waits, then exactly once in simpler form. What is too long is
    tried in simpler form at once. What cannot get better (a wrong key, a bad request) ends it.
    """
    error: ModelError | None = None
    for number in range(1, schedule.tries + 1):
        try:
            return Insisted(once(ask, number), number)
        except ModelError as failed:
            error = failed
        if not error.passing:
            break
        if number < schedule.tries and not pause(schedule.wait(number, error.retry_after, draw())):
            return Insisted(None, number, error)
    assert error is not None
    if not error.passing and error.fault is not ModelFault.TOO_LONG:
        return Insisted(None, number, error)
    return _with_less(ask, once, schedule, how, pause, number, error)


def _with_less(
    ask: Ask, once: Once, schedule: Schedule, how: Simplifying, pause: Callable[[float], bool], number: int, error: ModelError
) -> Insisted:
    """Not waited for unless the provider asked for it: a simpler question is another question."""
    if not pause(schedule.asked(error.retry_after)):
        return Insisted(None, number, error)
    try:
        return Insisted(once(simplified(ask, how), number + 1), number + 1)
    except ModelError as failed:
        return Insisted(None, number + 1, failed)
