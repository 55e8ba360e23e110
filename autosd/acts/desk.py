"""The desk at which people act: settings, store, record and the time, opened without the rest of the house."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from autosd.acts.work.noticing import record_changed_settings
from autosd.app import ensure_home, open_audit, open_keyring, opened_store
from autosd.domain.actions import Principal
from autosd.ports import Approvals, AuditLog, Keyring, Projects, Store
from autosd.settings import Settings

if TYPE_CHECKING:
    from autosd.adapters.store.sql import SqlStore


@dataclass(frozen=True)
class Desk:
    settings: Settings
    store: Store
    projects: Projects
    approvals: Approvals
    audit: AuditLog
    keyring: Keyring
    by: Principal
    now: datetime

    def record(self, kind: str, action: str, project: str | None, **details: Any) -> None:
        """Written before the act: what cannot be recorded is not done."""
        fields = {"action": action, "project_id": project, "principal": self.by.name, "attended": self.by.attended}
        self.audit.append(kind, {**fields, "details": details}, self.now)


@contextmanager
def opened_desk(settings: Settings, by: Principal) -> Iterator[Desk]:
    """Raises what a store, a home or a record that cannot be used raise."""
    from autosd.adapters.clock import SystemClock
    from autosd.adapters.store.approving import SqlApprovals
    from autosd.adapters.store.registry import SqlProjects

    ensure_home(settings)
    audit, now = open_audit(settings), SystemClock().now()
    with opened_store(settings) as store:
        record_changed_settings(settings, audit, now)
        engine = _engine_of(store)
        projects, approvals = SqlProjects(engine), SqlApprovals(engine)
        yield Desk(settings, store, projects, approvals, audit, open_keyring(settings), by, now)


def _engine_of(store: Any) -> Any:
    sql: SqlStore = store
    return sql.engine
