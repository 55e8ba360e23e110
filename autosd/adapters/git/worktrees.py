"""Folders for work in progress: one lock each, and whatever a killed run left is removed by the next one."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

#: More runs than this at once on the same content is a mistake of the caller, not a load.
_SLOTS = 1000


@contextlib.contextmanager
def slot(home: Path, id: str) -> Iterator[tuple[Path, int]]:
    """A fresh private folder ``worktrees/<id>`` (``<id>.2`` ... while other runs hold it), removed on exit;
    and the descriptor of its lock.
    """
    parent = home / "worktrees"
    parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    for number in range(1, _SLOTS):
        folder = parent / (id if number == 1 else f"{id}.{number}")
        lock = _take(folder.with_name(folder.name + ".lock"))
        if lock is not None:
            break
    else:
        raise RuntimeError("no free slot")
    try:
        remove_tree(folder)  # a killed run's, as the lock was free
        folder.mkdir(mode=0o700)
        yield folder, lock
    finally:
        remove_tree(folder)
        _release(lock, folder.with_name(folder.name + ".lock"))


def clean_leftovers(home: Path) -> int:
    """Remove what runs that no longer live left behind; how many."""
    removed = 0
    for file in (home / "worktrees").glob("*.lock"):
        lock = _take(file)
        if lock is None:
            continue
        folder = file.with_name(file.name.removesuffix(".lock"))
        removed += folder.exists()
        remove_tree(folder)
        _release(lock, file)
    return removed


def remove_tree(folder: Path) -> None:
    """Delete ``folder`` whatever its permissions say; links are removed, never followed."""
    shutil.rmtree(folder, onerror=_force)


def _force(function: Callable[..., Any], path: str, error: Any) -> None:
    if isinstance(error[1], FileNotFoundError):
        return
    os.chmod(os.path.dirname(path), stat.S_IRWXU)  # noqa: PTH101, PTH120 - rmtree speaks strings
    if os.path.isdir(path) and not os.path.islink(path):  # noqa: PTH112, PTH114
        os.chmod(path, stat.S_IRWXU)  # noqa: PTH101
        shutil.rmtree(path, ignore_errors=True)
    else:
        os.unlink(path)  # noqa: PTH108


def _take(file: Path) -> int | None:
    """The descriptor of a lock now held by this process, or None when a living one holds it."""
    while True:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        # Its last holder may have removed the file between our open and our lock: then this lock guards nothing.
        with contextlib.suppress(FileNotFoundError):
            if os.fstat(descriptor).st_ino == file.stat().st_ino:
                os.ftruncate(descriptor, 0)
                os.write(descriptor, f"{os.getpid()}\n".encode())
                return descriptor
        os.close(descriptor)


def _release(descriptor: int, file: Path) -> None:
    file.unlink(missing_ok=True)
    os.close(descriptor)
