"""Counts since a moment, without reading the rows: whole hours as triggers keep them, and the rows of the hour that it lies in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from autosd.adapters.store.work_tables import hours

Rows = Callable[[sa.Select[Any]], list[dict[str, Any]]]


def counted_since(
    rows: Rows, since: datetime, time: sa.Column[Any], word: sa.Column[Any], kept: Sequence[sa.ColumnElement[bool]], *, production: bool
) -> list[dict[str, Any]]:
    """``word`` and ``n``, more than one row a word. ``kept`` says of the rows what ``production`` says of the hours."""
    next_hour = since.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    spelt = (word + "").label("word")  # else SQLite groups by an index of the word, and reads every row there ever was
    part = sa.select(spelt, sa.func.count().label("n")).where(time >= since, time < next_hour, *kept).group_by(sa.text("word"))
    whole = sa.select(hours.c.word.label("word"), sa.func.sum(hours.c.n).label("n")).group_by(hours.c.word)
    whole = whole.where(hours.c.of == time.table.name, hours.c.hour >= f"{next_hour:%Y-%m-%dT%H}")
    if production:
        whole = whole.where(hours.c.stream == "production")
    return rows(sa.union_all(part, whole))  # type: ignore[arg-type]  # one statement: nothing moves between the two
