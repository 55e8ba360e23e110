"""An office that gives leave, on real files, with a real record."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autosd.acts.allowing.leave import Made, Office
from autosd.adapters.grants import FileGrants
from autosd.adapters.keyring import FileKeyring
from autosd.domain.actions import Principal
from autosd.domain.grants import Capability, Terms
from autosd.governance.audit import FileAuditLog

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TERMS = Terms(project_ids=frozenset({"shop"}), capabilities=frozenset({Capability.AUTO_COMMIT}))
UNKNOWN = "123e4567-e89b-42d3-a456-426614174000"


def office_in(folder: Path) -> Office:
    audit = FileAuditLog(folder / "audit.log.jsonl", FileKeyring(folder / "home"))
    return Office(FileGrants(folder / "preauth"), audit, Principal("ada", attended=True), NOW)


def word(office: Office, id: str, now: datetime = NOW) -> str:
    """As another process sees it, and as one that looked before: nothing may hide behind a cache."""
    warm, cold = office.grants.present(id, now), FileGrants(office.grants.home).present(id, now)
    assert warm == cold
    return cold.reason or "ok"


def kinds(office: Office) -> list[str]:
    return [json.loads(line)["kind"] for line in office.audit.path.read_text().splitlines()]  # type: ignore[attr-defined]


def edit(office: Office, made: Made, change: Callable[[dict[str, Any]], object]) -> None:
    file = office.grants.folder / f"{made.id}.json"
    payload = json.loads(file.read_text())
    change(payload)
    file.write_text(json.dumps(payload))
