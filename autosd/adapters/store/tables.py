"""The tables, the same on SQLite and PostgreSQL, and the columns that keep every Python value as it was."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

#: A character that text never holds (a Unicode noncharacter): it begins an escape for what databases refuse.
_ESCAPE = "\ufdd0"
_REFUSED = re.compile("[\x00\ud800-\udfff\ufdd0]")
_ESCAPED = re.compile("\ufdd0([0-9a-f]{4})")


def storable(text: str) -> str:
    """``text`` with NUL and lone surrogates (bytes of a file that was no UTF-8) written out; PostgreSQL refuses both."""
    return _REFUSED.sub(lambda match: f"{_ESCAPE}{ord(match[0]):04x}", text)


def restored(text: str) -> str:
    """The opposite of ``storable``."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if _ESCAPE in text else text


class Text(sa.types.TypeDecorator[str]):
    """Any Python text."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        return None if value is None else storable(value)

    def process_result_value(self, value: str | None, dialect: Any) -> str | None:
        return None if value is None else restored(value)


class Json(sa.types.TypeDecorator[Any]):
    """A JSON value (``jsonb`` on PostgreSQL, so that people can query it); its texts may be any Python text."""

    impl = sa.JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        if dialect.name == "postgresql":
            from sqlalchemy.dialects.postgresql import JSONB

            return dialect.type_descriptor(JSONB())
        return dialect.type_descriptor(sa.JSON())

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return each_text(value, storable)

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return each_text(value, restored) if dialect.name == "postgresql" else value  # else ``loaded`` did it


def loaded(text: str | bytes) -> Any:
    """A JSON text of SQLite, restored; nearly none holds an escape, and looking into the text is quicker than into the value."""
    value = json.loads(text)
    spelt = text.decode() if isinstance(text, bytes) else text
    return each_text(value, restored) if "ufdd0" in spelt or _ESCAPE in spelt else value


class Time(sa.types.TypeDecorator[datetime]):
    """An aware time, kept in UTC to the microsecond."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        return dialect.type_descriptor(sa.String(32) if dialect.name == "sqlite" else sa.DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without its zone")
        utc = value.astimezone(UTC)
        return utc.isoformat(timespec="microseconds") if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return (datetime.fromisoformat(value) if isinstance(value, str) else value).astimezone(UTC)


def each_text(value: Any, change: Any) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [each_text(item, change) for item in value]
    if isinstance(value, dict):
        return {change(key): each_text(item, change) for key, item in value.items()}
    return value


metadata = sa.MetaData()

#: Attempts; append-only, which triggers of the database see to.
changes = sa.Table(
    "changes",
    metadata,
    sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), sa.Identity(), primary_key=True),
    sa.Column("id", Text, nullable=False, unique=True),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("project", Text, nullable=False, index=True),
    sa.Column("base", Text),
    sa.Column("result", Text, nullable=False),
    sa.Column("result_detail", Text, nullable=False),
    sa.Column("strategy", Text),
    sa.Column("diff", Text, nullable=False),
    sa.Column("branch", Text),
    sa.Column("commit_sha", Text),
    sa.Column("artifacts", Text),
    sa.Column("reports", Json, nullable=False),
    sa.Column("evidence", Json, nullable=False),
    sa.Column("overfit", Json, nullable=False),
    sa.Column("cost", Json, nullable=False),
    sa.Column("objections", Json, nullable=False),
    sa.Column("extra", Json, nullable=False),
    sa.Column("created_at", Time),
)

#: What holds for a project as a whole; a project that was never halted has no row.
projects = sa.Table(
    "projects",
    metadata,
    sa.Column("project", Text, primary_key=True),
    sa.Column("halted", sa.Boolean, nullable=False),
    sa.Column("reason", Text, nullable=False),
    sa.Column("changed_at", Time, nullable=False),
)

#: One row for each request, found again by its id; append-only.
run_summaries = sa.Table(
    "run_summaries",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("project", Text, nullable=False, index=True),
    sa.Column("principal", Text, nullable=False),
    sa.Column("purpose", Text, nullable=False),
    sa.Column("decisions", Json, nullable=False),
    sa.Column("artifacts", Text),
    sa.Column("refs", Json, nullable=False),
    sa.Column("seconds", Json, nullable=False),
    sa.Column("created_at", Time),
)


def canonical(value: Any) -> bytes:
    """One spelling for equal JSON values, to tell whether two rows say the same."""
    return json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode()
