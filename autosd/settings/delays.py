"""Waiting times between tries as people write them: ``2,5,10``, or guide S2's other form, the JSON list ``[2, 5, 10]``."""

from __future__ import annotations

import json
import math

from autosd.settings.kinds import Kind

MOST_DELAYS, MOST_SECONDS = 20, 3600.0


def _seconds(raw: object) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        raise ValueError(raw)
    value = float(raw)
    if not math.isfinite(value) or not 0 <= value <= MOST_SECONDS:
        raise ValueError(raw)
    return value


def parse_delays(raw: object) -> tuple[float, ...]:
    """Raises ``ValueError`` for what is no list of seconds. An empty list means one try and no more."""
    if isinstance(raw, str):
        text = raw.strip()
        raw = json.loads(text) if text.startswith("[") else [each for each in (part.strip() for part in text.split(",")) if each]
    if not isinstance(raw, list | tuple) or len(raw) > MOST_DELAYS:
        raise ValueError(raw)
    return tuple(map(_seconds, raw))


DELAYS: Kind[tuple[float, ...]] = Kind(
    "list of seconds",
    f"up to {MOST_DELAYS} numbers from 0 to {MOST_SECONDS:g}, with commas between them or as a JSON list",
    parse_delays,
    lambda value: ",".join(f"{each:g}" for each in value),
)
