"""The system's clock and source of ids; tests inject their own."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def new_id() -> str:
    """Thirty-two hex digits that nobody can guess."""
    return uuid.uuid4().hex
