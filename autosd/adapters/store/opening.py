"""Opens a database: the driver, the file and its privacy, the connection's habits, the schema."""

from __future__ import annotations

import os
import random
import sqlite3
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, exc, pool

from autosd.adapters.store.failures import clear_failures
from autosd.adapters.store.migrating import ensure_schema
from autosd.adapters.store.tables import loaded
from autosd.domain.errors import AutosdError

#: How long a writer waits for another one.
BUSY_MS = 15_000


def opened_engine(url: str, *, durable: bool = True) -> sa.Engine:
    """An engine whose schema is up to date. ``url`` is ``sqlite:///file``, ``postgresql://...``, or what SQLAlchemy takes for these.

    Without ``durable`` a power cut (never a crash of ours) may undo the last commits on SQLite, which then cost no wait for the disk.
    """
    parsed = _parsed(url)
    backend = parsed.get_backend_name()
    with clear_failures(parsed):
        engine = _sqlite(parsed, "FULL" if durable else "NORMAL") if backend == "sqlite" else _postgres(parsed)
        try:
            ensure_schema(engine)
        except BaseException:
            engine.dispose()
            raise
    return engine


def _parsed(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url.replace("postgres://", "postgresql://", 1) if url.startswith("postgres://") else url)
    except (exc.ArgumentError, ValueError):
        raise _bad_url("it is no database URL") from None
    if parsed.drivername in {"postgresql", "postgresql+psycopg"}:
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername in {"sqlite", "sqlite+pysqlite"}:
        return parsed.set(drivername="sqlite")
    raise _bad_url(f"{parsed.drivername!r} is neither sqlite nor postgresql")


def _bad_url(why: str) -> AutosdError:
    return AutosdError("AUTOSD-STORE-URL", f"DATABASE_URL cannot be used: {why}.", "Use sqlite:///FILE or postgresql://USER@HOST/NAME.")


def _sqlite(url: sa.URL, synchronous: str) -> sa.Engine:
    in_memory = not url.database or url.database == ":memory:"
    if not in_memory:
        _private_file(Path(str(url.database)))
    engine = sa.create_engine(
        url,
        poolclass=pool.StaticPool if in_memory else pool.QueuePool,
        connect_args={"check_same_thread": False},
        json_deserializer=loaded,
    )

    @event.listens_for(engine, "connect")
    def _(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver's own idea of transactions is off: every BEGIN is ours
        for pragma in (f"busy_timeout = {BUSY_MS}", "foreign_keys = ON", f"synchronous = {synchronous}", "trusted_schema = OFF"):
            connection.execute(f"PRAGMA {pragma}")
        if not in_memory and connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            connection.execute("PRAGMA journal_mode = WAL")

    @event.listens_for(engine, "begin")
    def _(connection: sa.Connection) -> None:
        if connection.get_execution_options().get("reads"):
            connection.exec_driver_sql("BEGIN")
        else:
            _begin_writing(connection)

    return engine


def _begin_writing(connection: sa.Connection) -> None:
    """A writer takes its place at once: a transaction that begins by reading cannot wait for another's write.

    SQLite's own waiting asks more and more seldom, so whoever came last is served first, and with many writers some never are.
    Asking at even, random intervals is fair.
    """
    driver: Any = connection.connection.driver_connection  # asking through SQLAlchemy would cost ten times as much
    deadline = time.monotonic() + BUSY_MS / 1000
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        while _busy(driver) and time.monotonic() < deadline:
            time.sleep(random.uniform(0.003, 0.02))  # noqa: S311 - no secret
        if not driver.in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # the last try, whose failure is told
    finally:
        driver.execute(f"PRAGMA busy_timeout = {BUSY_MS}")


def _busy(driver: Any) -> bool:
    """Try to begin; whether another writer was in the way."""
    try:
        driver.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        return error.sqlite_errorname.startswith("SQLITE_BUSY")
    return False


def _private_file(file: Path) -> None:
    """The database file, readable by its owner alone from the first moment on (SQLite gives its side files the same mode)."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        remedy = "Set AUTOSD_HOME to a folder you may write."
        raise AutosdError("AUTOSD-STORE-READONLY", f"{file}: {error.strerror}", remedy, exit_code=1) from error


def _postgres(url: sa.URL) -> sa.Engine:
    try:
        return sa.create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": 10, "application_name": "autosd"})
    except ImportError as error:
        message = "A PostgreSQL database needs the psycopg driver, which is not installed."
        raise AutosdError("AUTOSD-STORE-DRIVER", message, "Run: python -m pip install 'autosd[postgres]'") from error
