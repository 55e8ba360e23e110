"""Doors to isolation: the ladder of sandboxes this host can offer, best first. Loaded lazily."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autosd.adapters.sandbox.probing import Rung
    from autosd.ports import Sandbox


def open_sandbox(home: Path, level: str = "auto") -> Sandbox:
    """The sandbox of ``level`` (``auto``: the best there is). Refuses with ``AUTOSD-SANDBOX-UNAVAILABLE``, never steps down.

    A self-test runs inside it first; its result is kept under ``home`` until something changes.
    """
    from autosd.adapters.sandbox.probing import open_rung

    return open_rung(home, level)


def probe(home: Path) -> list[Rung]:
    """Every rung of the ladder, best first, with what it offers and lacks here; for ``autosd doctor``."""
    from autosd.adapters.sandbox.probing import rungs

    return rungs(home)
