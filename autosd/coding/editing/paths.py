"""Which file a reply means: a plain place inside the project, not a secret one, and not behind a link."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from autosd.coding.editing.document import Document
from autosd.coding.editing.edits import Problem, Trouble
from autosd.governance.paths import is_secret, malformed

MOST_BYTES = 2_000_000
_LETTER = re.compile(r"[abciow]/.")  # what diffs put before their paths


def _free(path: str) -> str | None:
    return None


@dataclass(frozen=True)
class Tree:
    """The base that edits are made on. ``prefix`` is where ``root`` lies in its checkout; ``refused`` says why a path may not be
    changed."""

    root: Path
    prefix: str = ""
    refused: Callable[[str], str | None] = field(default=_free)

    def place(self, path: str, *, of_diff: bool = False) -> str | Problem:
        """``path`` as the project spells it: a diff's ``a/`` and ``b/``, ``./`` and the project's own folder before it are taken off."""
        spelt = re.sub(r"^(\./)+", "", path.strip())
        why = malformed(spelt) or (malformed(spelt[2:]) if of_diff and _LETTER.match(spelt) else None)
        if why:
            return Problem(Trouble.PATH, f"{_shown(path)} is no file inside the project: {why}.")
        if any(len(part.encode("utf-8", "replace")) > 255 for part in spelt.split("/")):
            return Problem(Trouble.PATH, f"{_shown(path)} has a name that is too long.")
        ways = self._ways(spelt, of_diff)
        return self._allowed(next((way for way in ways if (self.root / way).is_file()), ways[0]))

    def _ways(self, path: str, of_diff: bool) -> list[str]:
        """The first one is meant when none of them is there yet."""
        ways = [path[2:], path] if of_diff and _LETTER.match(path) else [path]
        inside = [way[len(self.prefix) + 1 :] for way in ways if self.prefix and way.startswith(f"{self.prefix}/")]
        ways = [*ways, *inside] if (self.root / self.prefix).is_dir() else [*inside, *ways]
        return [way for way in ways if way and not malformed(way)] or [path]

    def _allowed(self, path: str) -> str | Problem:
        if is_secret(path) or ".git" in path.lower().split("/"):
            return Problem(Trouble.PATH, "this path may not be changed.", path)
        spot = self.root / path
        behind = [part for part in (spot, *spot.parents) if part != self.root and part.is_relative_to(self.root)]
        if any(part.is_symlink() for part in behind):
            return Problem(Trouble.PATH, "it is a symbolic link, or lies behind one.", path)
        if spot.exists() and not spot.is_file():
            return Problem(Trouble.PATH, "it is no file.", path)
        if any(part.is_file() for part in behind[1:]):
            return Problem(Trouble.PATH, "a file stands where its folder would be.", path)
        if why := self.refused(path):
            return Problem(Trouble.PATH, why, path)
        return path

    def read(self, path: str) -> Document | Problem | None:
        """None where there is no file. ``path`` is one that ``place`` gave."""
        spot = self.root / path
        try:
            if not spot.is_file():
                return None
            if spot.stat().st_size > MOST_BYTES:
                return Problem(Trouble.TOO_LARGE, "the file is too large to be edited.", path)
            raw = spot.read_bytes()
            text = raw.decode(encoding_of(path, raw), "strict" if path.endswith((".py", ".pyi")) else "surrogateescape")
        except (OSError, ValueError, SyntaxError, LookupError):
            return Problem(Trouble.NOT_APPLIED, "the file cannot be read as text.", path)
        if "\0" in text:
            return Problem(Trouble.NOT_APPLIED, "the file is binary.", path)
        return Document.of(text)


def encoding_of(path: str, raw: bytes) -> str:
    """A Python file says which; its byte order mark stays in the text."""
    if not path.endswith((".py", ".pyi")):
        return "utf-8"
    return tokenize.detect_encoding(io.BytesIO(raw).readline)[0].removesuffix("-sig")


def _shown(path: str) -> str:
    return repr(path[:200])
