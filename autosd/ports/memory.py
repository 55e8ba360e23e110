"""What strategies need of memory: lessons that are worth showing, and a way to say how it went with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from autosd.domain.memories import Lesson


class Lessons(Protocol):
    """Entries to remind a model of. Which ones is decided by how changes ended that were made with them in sight.

    ``attempt`` names the piece of work, the same before and after it (a change's base tree); said again, nothing is counted twice.
    """

    def lessons_for(self, words: str, tags: Iterable[str] = (), limit: int = 3, *, attempt: str = "") -> Sequence[Lesson]:
        """Proven ones, the most to the point first; in a small share of attempts one more that is still to be found out."""
        ...

    def shown(self, lessons: Iterable[Lesson], *, attempt: str, strategy: str) -> None:
        """They stood in a prompt of ``strategy``."""
        ...

    def came_out(self, attempt: str, *, won: bool, strategy: str = "") -> None:
        """How it ended. ``strategy`` is the one whose candidate won: what others were shown in this attempt says nothing then.

        A later word (a change that was taken back) replaces an earlier one.
        """
        ...
