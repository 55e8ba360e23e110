"""Which files of a folder belong in the index, and which of them need a new look."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from autosd.adapters.codeindex.shapes import CODE, PLAIN, PROSE

#: Lists the files of a folder that its owner did not ask to ignore, POSIX, relative; None: it cannot tell.
Listing = Callable[[Path], Sequence[str] | None]

MOST_BYTES = 1_000_000  # of a file; a larger one is generated or data
_DATA_BYTES = 100_000  # of a file that is no code
_LONG_LINE = 2000  # bytes; minified
_FOLDERS = """
node_modules bower_components vendor vendored _vendor third_party site-packages dist-packages __pycache__ venv env virtualenv
.git .hg .svn .tox .nox .venv .eggs .mypy_cache .pytest_cache .ruff_cache .autosd .idea .vscode .cache dist .next .nuxt htmlcov
"""
_LEFT_OUT = frozenset(_FOLDERS.split())
_SUFFIXES = CODE | PROSE | PLAIN
_NAMES = frozenset({"Makefile", "Dockerfile", "Jenkinsfile", "Procfile"})
_GENERATED = ("package-lock.json", "yarn.lock", "pnpm-lock.yaml", "poetry.lock", "Cargo.lock", "go.sum", ".min.js", ".min.css", ".map")
#: A file that changed so shortly before it was looked at may have changed again without its times telling.
_RACY_NS = 50_000_000


class Seen(NamedTuple):
    """A file as the file system tells of it: a hint, while the hash is what counts."""

    path: str
    size: int
    mtime: int
    ctime: int
    inode: int

    @property
    def racy_until(self) -> int:
        return max(self.mtime, self.ctime) + _RACY_NS


@lru_cache(maxsize=200_000)  # of every file at every question
def belongs(path: str) -> bool:
    """By its name alone."""
    folder, _, name = path.rpartition("/")
    if suffix_of(name) not in _SUFFIXES and name not in _NAMES:
        return False
    return not name.endswith(_GENERATED) and _LEFT_OUT.isdisjoint(folder.split("/"))


def suffix_of(path: str) -> str:
    """In lower case; plain text is cut, for it is asked of every file there is."""
    stem, dot, suffix = path.rpartition("/")[2].rpartition(".")
    return f".{suffix.lower()}" if dot and stem else ""


def walked(root: Path) -> Iterator[str]:
    """Every file below ``root`` outside folders that hold what is not its owner's; for a folder that git knows nothing of."""
    pending = [""]
    while pending:
        inside = pending.pop()
        try:
            entries = sorted(os.scandir(root / inside), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            path = f"{inside}/{entry.name}" if inside else entry.name
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in _LEFT_OUT:
                    pending.append(path)
            elif entry.is_file(follow_symlinks=False):
                yield path


def look(root: Path, listing: Listing | None) -> list[Seen]:
    """The files that belong in the index as they are now; links are not followed."""
    listed = listing(root) if listing else None
    found = []
    top = os.fspath(root)
    for path in filter(belongs, listed if listed is not None else walked(root)):
        try:
            status = os.lstat(f"{top}/{path}")
            path.encode()
        except (OSError, ValueError):  # gone, or a name that is no text
            continue
        size = status.st_size
        if stat.S_ISREG(status.st_mode) and (0 < size <= _DATA_BYTES or (0 < size <= MOST_BYTES and suffix_of(path) in CODE)):
            found.append(Seen(path, size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino))
    return found


def read(root: Path, path: str) -> bytes | None:
    """A file's bytes when they are text that people write; never through a link, also not of a folder."""
    parts = PurePosixPath(path).parts
    try:
        folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for part in parts[:-1]:
                inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
                os.close(folder)
                folder = inner
            file = os.open(parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
        finally:
            os.close(folder)
        with os.fdopen(file, "rb") as stream:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                return None
            data = stream.read(MOST_BYTES + 1)
    except (OSError, ValueError):
        return None
    return data if len(data) <= MOST_BYTES else None


def is_text(data: bytes) -> bool:
    """Not binary, and not one long line as machines write it."""
    if b"\0" in data[:8192]:
        return False
    return len(data) < 20_000 or len(data) / (data.count(b"\n") + 1) < _LONG_LINE


def digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()
