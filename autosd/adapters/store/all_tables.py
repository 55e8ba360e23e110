"""The whole schema: importing this makes every group of tables known to the metadata."""

from __future__ import annotations

from autosd.adapters.store import leave_tables, quota_tables, work_tables
from autosd.adapters.store.tables import metadata

__all__ = ["leave_tables", "metadata", "quota_tables", "work_tables"]
