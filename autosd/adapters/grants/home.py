"""The folder that grants live in: one writer at a time, and nothing in it that others could have put there."""

from __future__ import annotations

import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autosd.adapters.private_files import require_private
from autosd.domain.errors import AutosdError

SETTING = "AUTOSD_PREAUTH_HOME"
LOCK_SECONDS = 15.0

Stamp = tuple[int, ...]


def ensure_private_folder(folder: Path) -> None:
    """Make it if it is not there; refuse a link, a foreign or an open one."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError:
        pass  # no folder: told below
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise AutosdError(
            "AUTOSD-PREAUTH-HOME-UNUSABLE", f"The home of grants, {folder}, cannot be used: {why}.", f"Set {SETTING} to a folder of yours."
        ) from None
    require_private(folder, stat.S_ISDIR, home=SETTING)


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """Alone among all processes that change this home. Readers need no lock: every file in it appears whole."""
    ensure_private_folder(home)
    lock = os.open(home / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        _take(lock, home)
        yield
    finally:
        os.close(lock)  # closing unlocks


def _take(lock: int, home: Path) -> None:
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise AutosdError(
                    "AUTOSD-PREAUTH-BUSY", f"Another process holds {home} and does not let go.", "Try again when it has ended.", exit_code=1
                ) from None
            time.sleep(0.005)


def stamp(path: Path) -> Stamp | None:
    """Changes when the file, its owner or its mode does; None when it is not there."""
    try:
        info = path.lstat()
    except OSError:
        return None
    return info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_mode, info.st_uid


def trustworthy(path: Path, is_kind: object) -> bool:
    """Whether nobody but this user and root could have written ``path``; a link is nothing to trust. Reading by others is no matter."""
    try:
        info = path.lstat()
    except OSError:
        return False
    return callable(is_kind) and bool(is_kind(info.st_mode)) and info.st_uid in (os.geteuid(), 0) and not info.st_mode & 0o022


def read_plain(path: Path, most: int) -> bytes | None:
    """The bytes of a regular file of at most ``most``; None for anything else (links, pipes, folders, what may not be read)."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        info = os.fstat(descriptor)
        if not stat.S_ISREG(info.st_mode) or info.st_size > most:
            return None
        return file.read(most + 1)
