"""What a row of the settings table is: names, kind, default, sentence, and how several sources of one setting meet."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

from autosd.settings.kinds import Kind

T = TypeVar("T")


class Merge(StrEnum):
    """What happens when several sources give a value."""

    STRONGEST = "strongest"  # options beat the environment, which beats the files
    STRICT = "strict"  # any source that says the strict value wins, whatever its rank: no source can loosen
    UNION = "union"  # the values of all sources add up


class FromProject(StrEnum):
    """What the ``autosd.toml`` of a project may say. It is untrusted: whoever wrote the project wrote it."""

    NO = "no"
    YES = "yes"  # harmless: it only steers what runs inside the sandbox
    STRICTER = "stricter"  # it may say the strict value, or add to a list that forbids


@dataclass(frozen=True)
class Alias:
    """A guide's name for a setting. ``scale`` turns its unit into ours (milliseconds into seconds: 0.001)."""

    name: str
    scale: float = 1.0


@dataclass(frozen=True, eq=False)
class Setting(Generic[T]):
    """One row. ``default`` is a value; a path's default may begin with ``{home}`` or ``~``."""

    name: str
    kind: Kind[T]
    default: T
    sentence: str
    aliases: tuple[Alias, ...] = ()
    merge: Merge = Merge.STRONGEST
    strict: Any = None  # with Merge.STRICT: the value that no source can loosen
    project: FromProject = FromProject.NO

    @property
    def env(self) -> str:
        """Our own environment name."""
        return "AUTOSD_" + self.name.upper().replace(".", "_")

    @property
    def env_names(self) -> dict[str, float]:
        """Every environment name with its scale, strongest first: ours, then the guides' in the order of the row."""
        return {self.env: 1.0, **{alias.name: alias.scale for alias in self.aliases}}


def names_of(*names: str) -> tuple[Alias, ...]:
    return tuple(map(Alias, names))
