"""The kill switches: one project, or all. Asked at every permit, so work that is already running stops at its next one."""

from __future__ import annotations

from autosd.acts.desk import Desk
from autosd.acts.projects import Named
from autosd.domain.projects import ALL_PROJECTS

ALL = ALL_PROJECTS


def set_halted(desk: Desk, named: Named | None, halted: bool, *, reason: str) -> None:
    """Stop a project (None: all of them) or let it go on: first recorded, then done. What was halted as a folder is let go by its id."""
    key = named.key if named else ALL
    desk.record("halted" if halted else "resumed", "halt" if halted else "resume", key, reason=reason)
    desk.store.set_halted(key, halted, reason=reason, at=desk.now)
    if named and not halted and desk.store.halted(str(named.path)):
        desk.store.set_halted(str(named.path), False, reason=reason, at=desk.now)
