"""Brings a database's schema up to date, forward only, one process at a time; Alembic is loaded only when there is work."""

from __future__ import annotations

import sqlalchemy as sa

from autosd.adapters.store import quota_tables as _quota_tables  # noqa: F401 - adds its tables to the metadata
from autosd.domain.errors import AutosdError

#: Every revision there ever was, oldest first; a test holds this against the folder of migrations.
REVISIONS = ("20261120_01", "20261120_02", "20261120_03", "20261120_04", "20261126_05")

#: The key of PostgreSQL's advisory lock for our migrations (any number that nobody else uses).
_LOCK = 0x6175746F7364  # "autosd"


def ensure_schema(engine: sa.Engine) -> None:
    """Raises ``AUTOSD-STORE-NEWER`` when a newer program has changed the schema already."""
    with engine.connect().execution_options(reads=True) as connection, connection.begin():
        if _current(connection) == REVISIONS[-1]:
            return
    with engine.begin() as connection:  # on SQLite this is BEGIN IMMEDIATE: the lock
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        if _current(connection) != REVISIONS[-1]:
            _upgrade(connection)


def _current(connection: sa.Connection) -> str | None:
    """The revision the database is at; None for an empty one."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    if found is not None and found not in REVISIONS:
        raise AutosdError(
            "AUTOSD-STORE-NEWER",
            f"The database is at schema {found}, this autosd knows none later than {REVISIONS[-1]}.",
            "Install a newer autosd, or name another database.",
        )
    return found


def _upgrade(connection: sa.Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "autosd.adapters.store:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
