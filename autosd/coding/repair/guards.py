"""Which passing tests have to hold for an edit: those that reach the function it changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from autosd.coding.repair.edits import Edit
from autosd.coding.repair.model import Project
from autosd.coding.repair.observations import ObservedTest


@dataclass
class Guards:
    """Passing tests by the lines they reach, quickest first; answers are kept by changed function."""

    project: Project
    passing: Sequence[ObservedTest]
    _known: dict[tuple[tuple[str, int, int], ...], list[str]] = field(default_factory=dict)

    def __call__(self, edit: Edit) -> list[str]:
        places = tuple(sorted({self._place(text.file, text.start) for text in edit.edits}))
        if places not in self._known:
            self._known[places] = [test.id for test in self.ranked if any(_reaches(test, place) for place in places)]
        return self._known[places]

    @property
    def ranked(self) -> list[ObservedTest]:
        return sorted(self.passing, key=lambda test: (test.seconds, test.id))

    def _place(self, file: str, offset: int) -> tuple[str, int, int]:
        """File and lines of the outermost function around ``offset``; the whole file for module and class level."""
        module = self.project[file]
        line = module.line_of(offset)
        for unit in module.units:
            end = getattr(unit.node, "end_lineno", None) or 0
            if unit.is_function and unit.node.lineno <= line <= end:  # type: ignore[union-attr]
                body = unit.node.body[0].lineno
                return (file, body, end) if line >= body else (file, 1, 1 << 30)
        return file, 1, 1 << 30


def _reaches(test: ObservedTest, place: tuple[str, int, int]) -> bool:
    file, first, last = place
    return any(first <= line <= last for line in test.lines.get(file, ()))
