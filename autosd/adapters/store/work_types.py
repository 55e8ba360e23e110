"""Columns that other programs write too: what they put in is read leniently, never with an error."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from autosd.adapters.store.tables import Json, Time, each_text, restored


class LenientJson(Json):
    """JSON; on SQLite a text, so that what is no JSON comes back as the text it is."""

    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        if dialect.name == "postgresql":
            return super().load_dialect_impl(dialect)
        return dialect.type_descriptor(sa.Text())

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        plain = super().process_bind_param(_lists(value), dialect)
        return plain if dialect.name == "postgresql" else json.dumps(plain, ensure_ascii=False, separators=(",", ":"))

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        if dialect.name != "postgresql" and isinstance(value, str | bytes):
            try:
                value = json.loads(value)
            except ValueError:
                value = value if isinstance(value, str) else value.decode(errors="replace")
        return each_text(value, restored)


def _lists(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_lists(each) for each in value]
    return {name: _lists(each) for name, each in value.items()} if isinstance(value, dict) else value


class GuideTime(Time):
    """A time; one without a zone, as ``CURRENT_TIMESTAMP`` of SQLite writes it, is UTC."""

    cache_ok = True

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        if isinstance(value, str):
            found = _time(value)
            return found.replace(tzinfo=UTC) if found and found.tzinfo is None else found and found.astimezone(UTC)
        return super().process_result_value(value, dialect)


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def words(value: Any) -> tuple[str, ...]:
    """A list of texts, in whichever of the ways it arrived: a list, a JSON list in a text, one text, nothing."""
    if isinstance(value, str):
        try:
            inner = json.loads(value)
        except ValueError:
            inner = None
        value = inner if isinstance(inner, list) else [value]
    if not isinstance(value, list):
        return ()
    return tuple(each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in value if each not in ("", None))


def mapping(value: Any) -> dict[str, Any]:
    """A JSON object, also one in a text; anything else is an empty one."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    return dict(value) if isinstance(value, dict) else {}
