"""What a charge of a quota costs on each backend, how that grows with the number of keys, and what a reservation costs.

``python -m benchmarks.quotas [CHARGES] [--postgres URL] [--redis URL]``. SQLite is always measured, in a temporary folder; the servers
only when they are named. On a busy machine ``chrt -r 50`` in front (as root) shows what an idle one would.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from autosd.adapters.quotas import open_quotas
from autosd.adapters.quotas.on_store import StoreQuotas
from autosd.adapters.store import open_store
from autosd.adapters.store.ledger import SqlLedger
from autosd.domain.quotas import Account, Budget, Reservation, Unit, Window, epoch_ms, quota_key

SIZES = (1, 1_000, 100_000)
LEDGERS = (0, 1_000, 10_000)
DAILY = Budget("daily", Account(), Unit.MICRO_USD, Window.DAY, 10**12)


def measured(act: Callable[[int], object], count: int) -> str:
    """Rate, median and tail of ``count`` calls, one after the other."""
    act(-1)
    times = []
    for number in range(count):
        began = time.perf_counter()
        act(number)
        times.append((time.perf_counter() - began) * 1000)
    cuts = statistics.quantiles(times, n=100)
    return (
        f"{1000 * count / sum(times):9.0f}/s   p50 {statistics.median(times):6.3f} ms   p99 {cuts[98]:6.3f} ms   max {max(times):7.2f} ms"
    )


def charges(name: str, backend: str, store: str, redis: str, count: int) -> None:
    with closing(open_quotas(backend, store_url=store, redis_url=redis)) as quotas:
        key, now = quota_key("bench", "", "one key"), datetime.now(UTC)
        print(f"{name + ', one key':40}{measured(lambda _: quotas.charge(key, 10**9, now), count)}")
        quotas.reset(key, now)


def growth(url: str, count: int) -> None:
    """Charges spread over all the keys there are."""
    for size in SIZES:
        with closing(StoreQuotas(url)) as quotas:
            now = datetime.now(UTC)
            rows = [{"id": quota_key(f"p{number}"), "used": 1, "reset_ts": epoch_ms(now) + 10**6} for number in range(size)]
            with quotas._engine.begin() as connection:
                connection.execute(sa.text("DELETE FROM selfcoding_quota"))
                connection.execute(sa.text("INSERT INTO selfcoding_quota (id, used, reset_ts) VALUES (:id, :used, :reset_ts)"), rows)
            line = measured(lambda n, q=quotas, s=size, at=now: q.charge(quota_key(f"p{n * 7919 % s}"), 10**9, at), count)  # type: ignore[misc]
            print(f"{f'SQLite, {size} keys':40}{line}")


def fill(url: str, settled: int) -> None:
    """So many entries of this very day, which a budget of the day adds up each time."""
    from autosd.adapters.store.ledger import _row
    from autosd.adapters.store.quota_tables import ledger

    now, account = datetime.now(UTC), Account("t", "p", "s", "r")
    rows = [_row(Reservation(f"f{number}", account, {Unit.MICRO_USD: 5}, now)) for number in range(settled)]
    with closing(open_store(url)) as store, store.engine.begin() as connection:
        connection.execute(ledger.delete())
        if rows:
            connection.execute(ledger.insert(), [{**row, "state": "settled", "closed_at": now} for row in rows])


def reservations(name: str, url: str, count: int) -> None:
    """A reservation under a budget of the day, and its end; the day grows as it goes on."""
    with closing(open_store(url)) as store:
        ledger, now, account = SqlLedger(store.engine), datetime.now(UTC), Account("t", "p", "s", "r")

        def once(number: int) -> None:
            ledger.reserve(Reservation(f"{now.isoformat()} {number}", account, {Unit.MICRO_USD: 5}, now), [DAILY])
            ledger.settle(f"{now.isoformat()} {number}", {Unit.MICRO_USD: 4}, now)

        print(f"{name + ': reserve, settle':40}{measured(once, count)}")


def main() -> None:
    parser = argparse.ArgumentParser(description="What a charge and a reservation cost.")
    parser.add_argument("charges", type=int, nargs="?", default=5000)
    parser.add_argument("--postgres", metavar="URL")
    parser.add_argument("--redis", metavar="URL")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'autosd.db'}"
        charges("SQLite", "store", url, "", given.charges)
        growth(url, given.charges)
        for settled in LEDGERS:
            fill(url, settled)
            reservations(f"SQLite, {settled} settled today", url, given.charges // 10)
    if given.postgres:
        charges("PostgreSQL", "pg", given.postgres, "", given.charges // 5)
        reservations("PostgreSQL", given.postgres, given.charges // 10)
    if given.redis:
        charges("Redis", "redis", "", given.redis, given.charges)


if __name__ == "__main__":
    main()
