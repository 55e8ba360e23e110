"""The kill switches: one project, or all. Asked at every permit, so work that is already running stops at its next one."""

from __future__ import annotations

from pathlib import Path

from autosd.acts.desk import Desk
from autosd.domain.projects import ALL_PROJECTS
from autosd.ports import Store

ALL = ALL_PROJECTS


def set_halted(desk: Desk, key: str, halted: bool, *, reason: str) -> None:
    """Stop a project (or ``ALL``) or let it go on: first recorded, then done."""
    desk.record("halted" if halted else "resumed", "halt" if halted else "resume", key, reason=reason)
    desk.store.set_halted(key, halted, reason=reason, at=desk.now)


def halted(store: Store, key: str, path: Path) -> bool:
    """By its id, by its folder (it may have been halted before it had an id), or with all."""
    return any(store.halted(each) for each in dict.fromkeys((key, str(path), ALL)))
