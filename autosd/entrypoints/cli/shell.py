"""What one command line shares with its parts: the global options, and what an error message will want to know."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autosd.domain.sandboxing import SandboxReport


@dataclass
class Shell:
    """Filled in as the command goes on, so that whatever stops it can still be told whole."""

    argv: tuple[str, ...] = ()
    verbose: bool = False
    log_file: Path | None = None
    started: float = field(default_factory=time.monotonic)
    project: str = ""
    sandbox: SandboxReport | None = None
    evaluated: int = 0
    per_second: float = 0.0

    @property
    def command(self) -> str:
        """The command that was asked for, read off the words themselves: they may not parse."""
        words = iter(self.argv)
        for word in words:
            if word == "--log-file":
                next(words, None)
            elif not word.startswith("-"):
                return word
        return ""

    @property
    def json(self) -> bool:
        words = self.argv[: self.argv.index("--")] if "--" in self.argv else self.argv
        return "--json" in words

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started
