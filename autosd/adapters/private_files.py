"""Files that belong to this user alone: written whole or not at all, and refused when anybody else could read or replace them."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from autosd.domain.errors import AutosdError


def require_private(path: Path, is_kind: object, *, home: str = "AUTOSD_HOME") -> None:
    """Refuse what others could read or replace: loose modes, foreign owners, links. ``home`` is the setting that says another place."""
    info = path.lstat()
    if not callable(is_kind) or not is_kind(info.st_mode):
        raise AutosdError("AUTOSD-KEY-INVALID", f"{path} is a link or not of the right kind.", f"Look at {path}, then move it away.")
    if info.st_uid != os.geteuid():
        raise AutosdError(
            "AUTOSD-KEY-PERMISSIONS", f"{path} belongs to another user.", f"Set {home} to a folder of your own, or correct its owner."
        )
    mode = stat.S_IMODE(info.st_mode)
    if mode & 0o077:
        wanted = "700" if stat.S_ISDIR(info.st_mode) else "600"
        raise AutosdError("AUTOSD-KEY-PERMISSIONS", f"Others may use {path} (mode {mode:o}).", f"Run: chmod {wanted} '{path}'")


def write_beside(file: Path, content: bytes) -> Path:
    """A complete, durable draft of ``file`` in the same folder, readable by the user alone."""
    descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)  # mode 0600
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
    except BaseException:
        draft.unlink()
        raise
    return draft


def write_private(file: Path, content: bytes) -> None:
    """``file`` with ``content``, in one step and on disk."""
    write_beside(file, content).replace(file)
    sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
