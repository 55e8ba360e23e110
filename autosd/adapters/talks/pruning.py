"""Keeps what conversations left on disk within its age and its size, and leaves alone what a live process works on."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class _Left:
    path: Path
    at: float
    size: int


def prune(folders: Iterable[Path], *, days: float, most: int) -> None:
    """Remove entries of ``folders`` that are older than ``days``, then the oldest until ``most`` bytes are left."""
    found = sorted((left for folder in folders for left in _entries(folder)), key=lambda each: each.at, reverse=True)
    oldest, total = time.time() - days * 86_400, 0
    for left in found:
        total += left.size
        if left.at < oldest or total > most:
            _remove(left.path)


def _entries(folder: Path) -> Iterator[_Left]:
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        files = [path, *path.rglob("*")] if path.is_dir() and not path.is_symlink() else [path]
        stats = [info for file in files if (info := _stat(file))]
        if stats:
            yield _Left(path, max(info.st_mtime for info in stats), sum(info.st_size for info in stats))


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except OSError:
        return None


def _remove(path: Path) -> None:
    if not path.is_dir() or path.is_symlink():
        path.unlink(missing_ok=True)
        return
    try:
        with (path / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path, ignore_errors=True)
    except OSError:
        return  # in use, or gone
