"""The site's limits on a change, as its settings say them."""

from __future__ import annotations

from autosd.gates.context import GatePolicy
from autosd.settings import Settings, table


def policy_of(settings: Settings) -> GatePolicy:
    return GatePolicy(
        suffixes=settings[table.ALLOWED_SUFFIXES],
        protected=settings[table.PROTECTED_PATHS],
        max_files=settings[table.MAX_FILES],
        max_lines=settings[table.MAX_LINES],
        severity_block=settings[table.STATIC_SEVERITY],
        limits=settings.limits,
    )
