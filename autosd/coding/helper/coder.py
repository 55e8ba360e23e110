"""The ``helper`` strategy (guide S2): a new function behind what a file has, or new text for a region of it, as a candidate."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from autosd.coding.helper.parts import Helper, Parts
from autosd.coding.helper.placing import appended, spliced
from autosd.coding.helper.writing import write_helper
from autosd.domain.changes import Candidate, Cost
from autosd.domain.memories import CodeRecord
from autosd.ports import Progress, Talk, Task

NAME = "helper"

#: Gathers what a model is to be shown, from the base in this folder: asked when the base is there.
Gather = Callable[[Path, str], Parts]


class HelperCoder:
    """``path`` is the file by its place in the project. ``made`` is what was written for the last task."""

    name = NAME

    def __init__(self, talk: Callable[[], Talk | None], path: str, description: str, gather: Gather) -> None:
        self._talk, self._path, self._description, self._gather = talk, path, description, gather
        self.made: Helper | None = None
        self.shown: tuple[CodeRecord, ...] = ()

    def candidates(self, task: Task, progress: Progress) -> Iterator[Candidate]:
        started = time.monotonic()
        text = _text(task.snapshot.root / self._path)
        parts = self._gather(task.snapshot.root, text)
        self.shown = parts.snippets
        self.made = made = write_helper(self._talk(), self._description, self._path, parts)
        if not made:
            return
        new, why = spliced(text, parts.region, made.text) if parts.region else appended(text, made.text)
        if not new:
            self.made = replace(made, text="", degraded=True, reason=why)
            return
        cost = Cost(1, time.monotonic() - started, made.usd)
        yield Candidate(self.name, {self._path: new}, (), f"{self._description} ({self._path})", cost=cost)


def _text(file: Path) -> str:
    if file.is_symlink() or not file.is_file():
        return ""
    with file.open(encoding="utf-8", errors="surrogateescape", newline="") as text:
        return text.read()
