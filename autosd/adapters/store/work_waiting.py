"""Waiting for work without asking all the time: PostgreSQL tells, SQLite's change counter is cheap to look at."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from autosd.adapters.store.failures import clear_failures

#: How often SQLite's counter of changes is looked at.
TICK = 0.02
#: How long nothing is asked when nothing is told: delays and leases run out without anybody telling.
PATIENCE = 0.5


def waiting(engine: sa.Engine, ready: Callable[[], bool], seconds: float) -> bool:
    """Until ``ready``, at most so long; what it said last."""
    deadline = time.monotonic() + seconds
    with clear_failures(engine.url), engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        quiet = _until_told if engine.dialect.name == "postgresql" else _until_changed
        return quiet(driver, ready, deadline)


def _until_changed(driver: Any, ready: Callable[[], bool], deadline: float) -> bool:
    while True:
        version = _version(driver)
        if ready():
            return True
        asked_again = min(deadline, time.monotonic() + PATIENCE)
        while _version(driver) == version and (left := asked_again - time.monotonic()) > 0:
            time.sleep(min(TICK, left))
        if time.monotonic() >= deadline:
            return ready()


def _version(driver: Any) -> int:
    return int(driver.execute("PRAGMA data_version").fetchone()[0])


def _until_told(driver: Any, ready: Callable[[], bool], deadline: float) -> bool:
    driver.autocommit = True
    try:
        driver.execute("LISTEN autosd_queue")
        while not ready():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            for _ in driver.notifies(timeout=min(left, PATIENCE), stop_after=1):
                pass
        return True
    finally:
        driver.execute("UNLISTEN autosd_queue")
        driver.autocommit = False
