"""What a reply can ask for, and what is said when it cannot be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Trouble(StrEnum):
    """Why a reply came to nothing. The first three are guide S1's codes; all are told to the model in a sentence."""

    NO_DIFF = "no_unified_diff_returned"
    NO_FILES = "diff_has_no_files"
    NOT_APPLIED = "git_apply_failed"
    PATH = "diff_path_blocked"
    TOO_LARGE = "too_large"


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a reply, in words that help its writer."""

    trouble: Trouble
    message: str
    path: str = ""

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


@dataclass(frozen=True)
class Replace:
    """The lines ``search`` become the lines ``replace``. Where a line of equals signs made it unclear which is which, several ways to
    read it stand in ``ways``; only one of them may fit the file."""

    path: str
    ways: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]


@dataclass(frozen=True)
class Redefine:
    """The function or class ``symbol`` (dotted) of a Python file gets new source."""

    path: str
    symbol: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Whole:
    """The whole text of a file that is new, or replaced."""

    path: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Delete:
    path: str


@dataclass(frozen=True)
class Hunk:
    """A piece of a diff: ``start`` is the line that its head names (0: none); each line begins with a space, ``-`` or ``+``."""

    start: int
    lines: tuple[str, ...]

    @property
    def old(self) -> tuple[str, ...]:
        return tuple(line[1:] for line in self.lines if line[0] in " -")

    @property
    def new(self) -> tuple[str, ...]:
        return tuple(line[1:] for line in self.lines if line[0] in " +")


@dataclass(frozen=True)
class Patch:
    """What a diff says of one file; ``before`` is None for a new one, ``after`` for one that goes. ``odd`` names what is not done."""

    before: str | None
    after: str | None
    hunks: tuple[Hunk, ...] = ()
    odd: str = ""

    @property
    def path(self) -> str:
        return self.after or self.before or ""


Edit = Replace | Redefine | Whole | Delete | Patch


@dataclass(frozen=True)
class Parsed:
    edits: tuple[Edit, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Edited:
    """``files`` is empty when there is any problem: half of a change is none."""

    files: Mapping[str, str | None] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    @property
    def done(self) -> bool:
        return bool(self.files) and not self.problems
