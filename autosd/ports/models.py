"""What strategies need to work with a model: the model, a conversation that is governed, and what it should be shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from autosd.domain.decisions import Permit
from autosd.domain.errors import AutosdError
from autosd.domain.models import Ask, Reply
from autosd.domain.passages import Passage
from autosd.domain.talks import Spent


class ModelFault(StrEnum):
    """Why a try failed. The first four may pass by themselves."""

    RATE_LIMITED = "RATE-LIMITED"
    TIMEOUT = "TIMEOUT"
    CONNECTION = "CONNECTION"
    SERVER = "SERVER"
    GARBAGE = "GARBAGE"  # an answer that is none
    AUTH = "AUTH"
    BAD_REQUEST = "BAD-REQUEST"
    TOO_LONG = "TOO-LONG"  # more than the model can take in


PASSING = frozenset({ModelFault.RATE_LIMITED, ModelFault.TIMEOUT, ModelFault.CONNECTION, ModelFault.SERVER, ModelFault.GARBAGE})


class ModelError(AutosdError):
    """One try failed (``AUTOSD-MODEL-<fault>``). ``retry_after`` is what the provider asked for, in seconds, as its headers said it."""

    def __init__(self, fault: ModelFault, message: str, remedy: str, *, retry_after: float | None = None) -> None:
        super().__init__(f"AUTOSD-MODEL-{fault}", message, remedy, exit_code=1)
        self.fault = fault
        self.retry_after = retry_after

    @property
    def passing(self) -> bool:
        return self.fault in PASSING


class Model(Protocol):
    """One model of one provider. One call is one try: waiting and trying again are the caller's."""

    @property
    def name(self) -> str:
        """``<provider>:<model>``."""
        ...

    def complete(self, permit: Permit, ask: Ask, heard: Callable[[str], None] | None = None) -> Reply:
        """Spend a call; ``permit`` is one for SPEND. ``heard`` gets the text piece by piece. Raises ``ModelError``."""
        ...


class Talk(Protocol):
    """A model as strategies see it: each word is permitted, redacted, paid for and tried again as the settings say."""

    @property
    def model(self) -> str: ...

    def reply(self, ask: Ask) -> Reply:
        """An empty reply with a reason when nothing came after all tries. Raises ``Refused``, and ``AUTOSD-BUDGET-EXCEEDED``."""
        ...

    def instead(self, ask: Ask, why: str) -> Reply:
        """When what came for ``ask`` is no use (it cannot be parsed, it is a stub): the fallback's reply, or an empty one with ``why``."""
        ...

    @property
    def spent(self) -> Spent:
        """What this conversation came to so far, failed tries included: what belongs into a candidate's cost."""
        ...


class Retriever(Protocol):
    """Finds what of a project a model should be shown."""

    def passages(self, root: Path, words: str, *, tokens: int) -> Sequence[Passage]:
        """Best first, together within ``tokens``. ``words`` is any text: a request, a traceback."""
        ...
