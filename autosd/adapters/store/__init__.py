"""The durable record on SQLite or PostgreSQL. What it takes (SQLAlchemy) is imported when a store is opened, not before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autosd.adapters.store.sql import SqlStore


def open_store(url: str, secrets: Sequence[str] = ()) -> SqlStore:
    """The store at ``url``, its schema brought up to date. Raises ``AUTOSD-STORE-...`` with the cause named.

    ``secrets`` are literal values (passwords of the settings) that are taken out of all that is kept, besides what looks like a secret.
    """
    from autosd.adapters.store.opening import opened_engine
    from autosd.adapters.store.sql import SqlStore

    return SqlStore(opened_engine(url), secrets)
