"""The durable record on SQLite or PostgreSQL. What it takes (SQLAlchemy) is imported when a store is opened, not before."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autosd.adapters.store.sql import SqlStore


def open_store(url: str) -> SqlStore:
    """The store at ``url``, its schema brought up to date. Raises ``AUTOSD-STORE-...`` with the cause named."""
    from autosd.adapters.store.opening import opened_engine
    from autosd.adapters.store.sql import SqlStore

    return SqlStore(opened_engine(url))
