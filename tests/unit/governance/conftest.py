"""A guard with a real record, and facts that nothing objects to until a test changes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from autosd.adapters.keyring import FileKeyring
from autosd.governance.audit import FileAuditLog
from autosd.governance.guard import Guard

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Ticking:
    """A clock that moves on by a second at every look."""

    def __init__(self) -> None:
        self.time = NOON

    def now(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time


class Record:
    """A record with its files at hand, as an attacker or an auditor has them."""

    def __init__(self, home: Path, **options: Any) -> None:
        self.home = home
        self.keyring = FileKeyring(home)
        self.log = FileAuditLog(home / "audit.log.jsonl", self.keyring, **options)
        self.path = self.log.path
        self.heads = self.log.heads

    def add(self, kind: str = "noted", **fields: Any) -> str:
        return self.log.append(kind, {"action": "test", "project_id": "shop", **fields}, NOON)

    def entries(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.path.read_text().splitlines()]

    def key(self) -> bytes:
        return self.keyring.public()


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record(tmp_path / "home")


@pytest.fixture
def new_id() -> Callable[[], str]:
    numbers = iter(range(1, 10_000))
    return lambda: f"id-{next(numbers)}"


@pytest.fixture
def guard(record: Record, new_id: Callable[[], str]) -> Guard:
    return Guard(record.log, Ticking(), new_id)
