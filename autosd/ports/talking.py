"""What a governed conversation needs of the disk: replies that were paid for, transcripts, and the queue of questions that wait."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from autosd.domain.models import Reply
from autosd.domain.talks import Kept, WaitingPrompt


class TalkRun(Protocol):
    """One run of one request. A run that was killed is taken up again by the next one of the same request; safe for threads."""

    @property
    def id(self) -> str:
        """The same until the run has ended: the ledger's run."""
        ...

    def turn(self, prompt: str) -> int:
        """How often this prompt (its hash) was asked before in this process: the same question may be put again for another answer."""
        ...

    def kept(self, prompt: str, turn: int) -> Kept | None: ...

    def keep(self, prompt: str, turn: int, kept: Kept) -> None:
        """On disk when this returns. What cannot be kept is logged: it only means paying again after a kill."""
        ...

    def answer(self, prompt: str) -> Reply | None:
        """What the queue's replay brought for this prompt, once."""
        ...

    def write(self, line: Mapping[str, Any]) -> None:
        """A line of the transcript, without secrets."""
        ...


class TalkRuns(Protocol):
    """The runs of this process."""

    def take(self, key: str) -> TalkRun:
        """The run of this request: the one this process has, the one that a killed process left, or a new one."""
        ...

    def end(self, key: str) -> None:
        """It came to its end: what was kept for its sake goes, answers of the queue stay. Safe to repeat."""
        ...

    def put_answer(self, key: str, prompt: str, reply: Reply) -> None:
        """For the next run of that request."""
        ...

    def close(self) -> None: ...


class PromptQueue(Protocol):
    """Questions that wait for a model. Every change is atomic among all processes."""

    def put(self, waiting: WaitingPrompt) -> bool:
        """False when the same prompt of the same request waits already, or when there is no more room."""
        ...

    def all(self) -> Sequence[WaitingPrompt]:
        """Oldest first. Nothing is read or locked when the queue is empty."""
        ...

    def change(self, id: str, key: str, how: Callable[[WaitingPrompt], WaitingPrompt | None]) -> None:
        """Replace the one there (None: remove it); nothing when it is gone."""
        ...
