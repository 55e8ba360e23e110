"""What opening a pull request needs of a forge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from autosd.domain.decisions import Permit


@dataclass(frozen=True)
class PullRequest:
    """``state`` is open, merged or closed. ``place`` is where people look at it."""

    number: int
    title: str
    body: str
    head: str  # branch
    base: str  # branch
    state: str = "open"
    place: str = ""


class Forge(Protocol):
    """Where pull requests live."""

    def ensure_pull_request(self, permit: Permit, project: str, *, head: str, base: str, title: str, body: str) -> PullRequest:
        """The one of this head, whatever its state; opened when there is none."""
        ...

    def pull_requests(self, project: str) -> Sequence[PullRequest]:
        """All that autosd opened, by number."""
        ...
