"""The whole schema: importing this makes every group of tables known to the metadata, for both databases."""

from __future__ import annotations

from autosd.adapters.store import leave_tables, quota_tables, work_tables
from autosd.adapters.store.tables import metadata

__all__ = ["leave_tables", "metadata", "quota_tables", "work_tables"]

for _index in [each for table in metadata.tables.values() for each in table.indexes]:
    if (_condition := _index.info.get("postgresql_where")) is not None:
        _index.dialect_kwargs["postgresql_where"] = _condition
