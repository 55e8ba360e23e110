"""A point in time as people write it: a date, a date with a time (UTC unless it says another zone), or how long ago."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import click

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Moment(click.ParamType[datetime]):
    """``2026-03-01``, ``2026-03-01T14:30``, ``2026-03-01T14:30+02:00``, ``90m``, ``24h``, ``7d``, ``2w``."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        text = str(value).strip()
        try:
            ago = re.fullmatch(r"(\d{1,6})([mhdw])", text)
            if ago:
                return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
            moment = datetime.fromisoformat(text)
        except (ValueError, OverflowError):
            self.fail(f"{text!r} is neither a date (2026-03-01), a time (2026-03-01T14:30) nor how long ago (90m, 24h, 7d).", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
