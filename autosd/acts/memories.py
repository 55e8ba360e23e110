"""What people do with the memory itself."""

from __future__ import annotations

from autosd.acts.desk import Desk
from autosd.adapters.memory.compaction import Retention
from autosd.adapters.memory.opening import open_memory
from autosd.settings import table


def compact(desk: Desk, keep: Retention | None = None) -> int:
    """By ``keep``, else by the settings; how many exchanges went into summaries."""
    retention: Retention = desk.settings[table.MEMORY_RETENTION] if keep is None else keep
    desk.record("memory_compacted", "memory_compact", None, keep=retention if isinstance(retention, int) else dict(retention))
    with open_memory(desk.settings) as memory:
        return memory.compact(retention)
