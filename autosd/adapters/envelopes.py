"""Envelopes in autosd's home, by the id of their change: what is left when a branch, its notes and its pull request are gone."""

from __future__ import annotations

import re
from pathlib import Path

from autosd.adapters.private_files import write_private
from autosd.governance.provenance.envelope import MOST_BYTES

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,100}")


def keep_envelope(home: Path, change: str, data: bytes) -> None:
    """The newest statement about a change; those before it stand in the commits that they were made for."""
    if file := _file(home, change):
        file.parent.mkdir(mode=0o700, exist_ok=True)
        write_private(file, data)


def kept_envelope(home: Path, change: str) -> bytes | None:
    """None when there is none, or it is nothing that was written here."""
    file = _file(home, change)
    if file is None or file.is_symlink() or not file.is_file() or file.stat().st_size > MOST_BYTES:
        return None
    return file.read_bytes()


def _file(home: Path, change: str) -> Path | None:
    """None for what could lead to another folder."""
    return home / "provenance" / f"{change}.json" if _ID.fullmatch(change) else None
