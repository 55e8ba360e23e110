"""What a model may be reminded of: earlier exchanges, pieces of code, and the lessons that proved useful."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

#: How a tag begins that says where an exchange belongs, not what it is about: it has no quota of its own.
PLACE = "project:"


def project_tag(project: str) -> str:
    """Of a project's id or folder. What was learnt in one project is shown in another only by who leaves this tag out."""
    return PLACE + hashlib.sha256(project.encode("utf-8", "backslashreplace")).hexdigest()[:16]


@dataclass(frozen=True)
class MemoryEntry:
    """One exchange with a model, without its secrets. ``alerts`` name what makes it unfit to be shown to a model.

    ``summary`` marks a row that stands for older ones; ``score`` orders the entries of one search, higher first.
    """

    id: int
    prompt: str
    response: str
    tags: tuple[str, ...]
    ts: datetime
    alerts: tuple[str, ...] = ()
    summary: bool = False
    score: float = 0.0


@dataclass(frozen=True)
class KeptValue:
    """One version of what was kept under a key."""

    key: str
    data: str
    version: int
    tags: tuple[str, ...]
    ts: datetime


@dataclass(frozen=True)
class CodeRecord:
    """A piece of code that may serve again. ``cid`` is its id in the database it came from (0: in none yet)."""

    code: str
    template_type: str = ""
    language: str = "python"
    version: str = "1.0"
    complexity_score: float = 0.0
    summary: str = ""
    cid: int = 0
    revision: int = 0
    score: float = 0.0

    def __post_init__(self) -> None:
        if not self.code.strip():
            raise ValueError("a code record without code")


@dataclass(frozen=True)
class LicenseViolation:
    """A piece of code that may not be used here, by the hash of its text."""

    path: str
    license: str
    hash: str
    detected_at: datetime


@dataclass(frozen=True)
class Lesson:
    """An entry to remind a model of, with how the changes ended that were made with it in sight."""

    entry: MemoryEntry
    wins: int = 0
    losses: int = 0
    proven: bool = False  # false: it is shown to find out

    @property
    def mean(self) -> float:
        """Of the Beta distribution that a uniform prior gives."""
        return (self.wins + 1) / (self.wins + self.losses + 2)
