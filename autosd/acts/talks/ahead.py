"""Asking ahead as the settings want it, for tasks whose questions depend on files of one tree."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from autosd.app import App
from autosd.coding.models.prefetch import Prefetch
from autosd.ports import Talk
from autosd.settings import table


def asking_ahead(app: App, talk: Talk, root: Path) -> Prefetch:
    """A block in which ``talk`` may be asked ahead; the names of files are taken from ``root``."""
    workers, stale = app.settings[table.PROMPT_WORKERS], app.settings[table.STALE_PROMPTS]
    return Prefetch(talk, partial(_read, root.resolve()), workers=workers, allow_stale=stale)


def _read(root: Path, name: str) -> bytes | None:
    """What cannot be read, or lies outside, is as if it were not there."""
    path = (root / name).resolve()
    try:
        return path.read_bytes() if path.is_relative_to(root) and path.is_file() else None
    except OSError:
        return None
