"""What a model is shown of a project when it is asked for a helper (guide S2), and what came of asking."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from autosd.domain.chunks import Region
from autosd.domain.memories import CodeRecord
from autosd.domain.passages import Passage


@dataclass(frozen=True)
class Parts:
    """All that goes into the prompt besides the request itself, in the order of the guide."""

    snippets: tuple[CodeRecord, ...] = ()
    file_text: str = ""  # of the target, or summaries of its chunks where it is large
    region: Region | None = None
    region_text: str = ""
    passages: tuple[Passage, ...] = ()
    layout: tuple[str, ...] = ()  # the project's top-level Python files
    strategy: str = ""  # how to go about it, when somebody says so
    error_log: str = ""  # why the last try failed
    history: tuple[str, ...] = ()  # how earlier patches of this file ended
    memories: tuple[str, ...] = ()  # earlier exchanges and fixes that may help


class Origin(StrEnum):
    """Who wrote a helper."""

    MODEL = "model"
    SNIPPET = "snippet"  # code that was there, as it was
    NOBODY = "nobody"


@dataclass(frozen=True)
class Helper:
    """Code that parses and does something, or the reason why there is none. ``degraded``: not by the model that was wanted."""

    text: str = ""
    origin: Origin = Origin.NOBODY
    degraded: bool = False
    reason: str = ""
    model: str = ""
    usd: float = 0.0
    prompt: str = ""
    snippet: int = 0  # the id of the code record it is, or that was shown first

    def __str__(self) -> str:
        return self.text

    def __bool__(self) -> bool:
        return bool(self.text)
