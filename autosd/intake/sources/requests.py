"""What a person asks for in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from autosd.domain.signals import Signal, SignalKind
from autosd.intake.sources.code import python_paths

MOST_WORDS = 4000  # characters


@dataclass(frozen=True)
class Request:
    """``asked_by`` may not be who approves it. Files of the project that the words name are where it will be done."""

    words: str
    asked_by: str
    name = "request"

    def signals(self, project: str, root: Path, now: datetime) -> Iterator[Signal]:
        text = " ".join(self.words.split())[:MOST_WORDS]
        if not text:
            return
        paths = tuple(path for path in python_paths(root) if _names(text, path))
        evidence = {"words": self.words.strip()[:MOST_WORDS], "asked_by": self.asked_by}
        subject = text.lower().rstrip(".!? ")
        yield Signal(SignalKind.REQUEST, project, subject, text[:300], now, 0.9, 0.9, paths, evidence, source=self.name)


def _names(text: str, path: str) -> bool:
    module = path.removesuffix(".py").replace("/", ".")
    return any(re.search(rf"(?<![\w./]){re.escape(each)}(?![\w/])", text) for each in {path, Path(path).name, module} if len(each) > 3)
