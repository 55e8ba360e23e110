"""One search of the strategy ``edit``: what was asked and what came of it, and what is said when that was nothing."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from autosd.coding.edit.trying import Tried
from autosd.coding.editing.edits import Problem, Trouble
from autosd.coding.models.prefetch import Prefetch
from autosd.domain.changes import Cost
from autosd.domain.errors import AutosdError
from autosd.ports import Task

#: Seconds without which no further question is asked.
WORTHWHILE = 2.0


@dataclass
class Round:
    """One search: what was asked and what came, over all candidates."""

    task: Task
    started: float
    until: float
    asked: int = 0
    usd: float = 0.0
    offered: list[Mapping[str, str | None]] = field(default_factory=list)
    partial: list[tuple[Mapping[str, str | None], Tried]] = field(default_factory=list)
    problems: tuple[Problem, ...] = ()
    reason: str = ""
    ahead: Prefetch | None = None

    @property
    def cost(self) -> Cost:
        return Cost(self.asked, time.monotonic() - self.started, self.usd)

    @property
    def over(self) -> bool:
        return time.monotonic() > self.until - WORTHWHILE

    def complain(self, model: str) -> None:
        """Nothing is left to offer: said only when nothing was offered at all. Raises ``AUTOSD-MODEL-UNAVAILABLE``, ``AUTOSD-EDIT-...``."""
        if self.offered:
            return
        if self.reason:
            message = f"{model} gave no answer: {self.reason}."
            raise AutosdError("AUTOSD-MODEL-UNAVAILABLE", message, "Try again later, or without a model.", exit_code=1)
        if self.problems:
            raise unusable(self.problems[0].trouble, f"What {model} wrote could not be used: {self.problems[0]}")


def unusable(trouble: Trouble, message: str) -> AutosdError:
    """The error that a reply of no use comes to when nothing better followed it."""
    if trouble is Trouble.NO_DIFF:
        return AutosdError("AUTOSD-EDIT-NO-DIFF", message, "Say more plainly what to change, or try another model.", exit_code=1)
    if trouble is Trouble.NO_FILES:
        return AutosdError("AUTOSD-EDIT-NO-FILES", message, "Name the file that is meant, or try another model.", exit_code=1)
    if trouble is Trouble.PATH:
        return AutosdError("AUTOSD-EDIT-PATH", message, "Ask for a change of files that a change may touch.", exit_code=1)
    if trouble is Trouble.TOO_LARGE:
        return AutosdError("AUTOSD-EDIT-TOO-LARGE", message, "Ask for a smaller change.", exit_code=1)
    return AutosdError("AUTOSD-EDIT-NOT-APPLIED", message, "Ask for a smaller change, or try another model.", exit_code=1)
