"""Reads a unified diff as git writes it: every path on both sides, what kind of change it is, and the added lines."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

SYMLINK, SUBMODULE = "120000", "160000"
_HUNK = re.compile(r"^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_HEADER_PATHS = re.compile(r'^(?:"(?:[^"\\]|\\.)*"|.*?) ((?:"(?:[^"\\]|\\.)*"|b/.*))$')
_MODES = ("new file mode ", "deleted file mode ", "old mode ", "new mode ")
_SIDES = ("rename from ", "rename to ", "copy from ", "copy to ")


@dataclass
class FileDiff:
    """One file of a diff. ``paths`` are all its names, of both sides; ``/dev/null`` is none."""

    paths: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    removed: int = 0
    modes: list[str] = field(default_factory=list)
    binary: bool = False
    created: bool = False
    deleted: bool = False
    renamed: bool = False

    def name(self, path: str) -> None:
        if path != "/dev/null" and path not in self.paths:
            self.paths.append(path)


@dataclass(frozen=True)
class Diff:
    text: str
    files: tuple[FileDiff, ...]

    @property
    def lines(self) -> int:
        return sum(len(file.added) + file.removed for file in self.files)


def read_diff(text: str) -> Diff:
    """Lines that belong to no hunk and no header are ignored, as git does; a hunk's length is what its head says."""
    files: list[FileDiff] = []
    old = new = 0
    for line in text.split("\n"):
        if line.startswith("diff --git "):
            files.append(FileDiff())
            old = new = 0
            _name_both(files[-1], line[len("diff --git ") :])
        elif not files:
            if line.startswith(("--- ", "+++ ")):
                files.append(FileDiff())
                _header(files[-1], line)
        elif old > 0 or new > 0:
            old, new = _body(files[-1], line, old, new)
        elif match := _HUNK.match(line):
            old, new = (int(count) if count is not None else 1 for count in match.groups())
        else:
            if line.startswith("--- ") and files[-1].added:
                files.append(FileDiff())  # a plain diff without git's headers
            _header(files[-1], line)
    return Diff(text, tuple(files))


def _body(file: FileDiff, line: str, old: int, new: int) -> tuple[int, int]:
    if line.startswith("+"):
        file.added.append(line[1:])
        return old, new - 1
    if line.startswith("-"):
        file.removed += 1
        return old - 1, new
    if line.startswith("\\"):
        return old, new
    return old - 1, new - 1


def _header(file: FileDiff, line: str) -> None:
    for start in ("--- ", "+++ "):
        if line.startswith(start):
            path = unquoted(line[len(start) :].split("\t")[0])
            file.name(path if path == "/dev/null" else re.sub(r"^[ab]/", "", path))
    for start in _SIDES:
        if line.startswith(start):
            file.name(unquoted(line[len(start) :]))
            file.renamed = True
    for start in _MODES:
        if line.startswith(start):
            file.modes.append(line[len(start) :].strip())
    file.created |= line.startswith("new file mode ")
    file.deleted |= line.startswith("deleted file mode ")
    file.binary |= line.startswith(("Binary files ", "GIT binary patch"))


def _name_both(file: FileDiff, rest: str) -> None:
    """The two paths of a ``diff --git`` line; they may be quoted, and may hold spaces."""
    if not rest.startswith('"') and len(rest) % 2 and rest[: len(rest) // 2][2:] == rest[len(rest) // 2 + 1 :][2:]:
        file.name(rest[: len(rest) // 2][2:])
        return
    match = _HEADER_PATHS.match(rest)
    if match:
        second = match.group(1)
        first = rest[: -len(second) - 1]
        for part in (first, second):
            file.name(re.sub(r"^[ab]/", "", unquoted(part)))


def unquoted(path: str) -> str:
    """A path as git quotes it (``"a\\303\\244"``), plain."""
    path = path.strip()
    if not (path.startswith('"') and path.endswith('"') and len(path) > 1):
        return path
    simple = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}

    def plain(match: re.Match[str]) -> str:
        word = match.group(1)
        return chr(int(word, 8)) if word.isdigit() else simple.get(word, word)

    bytewise = re.sub(r"\\([0-7]{3}|.)", plain, path[1:-1])
    try:
        return bytewise.encode("latin-1").decode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return bytewise
