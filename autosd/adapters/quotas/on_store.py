"""Quota windows in the store's database, in S0's own table: one statement a charge, so any number of workers agree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property

import sqlalchemy as sa

from autosd.adapters.quotas.failures import unavailable
from autosd.adapters.store.failures import clear_failures
from autosd.adapters.store.opening import opened_engine
from autosd.adapters.store.quota_tables import selfcoding_quota as table
from autosd.adapters.store.tables import Text
from autosd.domain.errors import AutosdError
from autosd.domain.quotas import HOUR_MS, PREFIX, QuotaState, epoch_ms

#: The window is S0's: it ends when the time is past ``reset_ts``. The count stops short of what the column can hold.
_CHARGE = sa.text(
    """
    INSERT INTO selfcoding_quota (id, used, reset_ts) VALUES (:id, 1, :next)
    ON CONFLICT (id) DO UPDATE SET
        used = CASE
            WHEN :now > selfcoding_quota.reset_ts THEN 1
            WHEN selfcoding_quota.used < 2147483647 THEN selfcoding_quota.used + 1
            ELSE selfcoding_quota.used END,
        reset_ts = CASE WHEN :now > selfcoding_quota.reset_ts THEN :next ELSE selfcoding_quota.reset_ts END
    RETURNING used, reset_ts
    """
).bindparams(sa.bindparam("id", type_=Text), sa.bindparam("now", type_=sa.BigInteger), sa.bindparam("next", type_=sa.BigInteger))


class StoreQuotas:
    """Satisfies ``Quotas`` on SQLite and PostgreSQL; connects at the first use."""

    def __init__(self, url: str) -> None:
        self._url = url

    @cached_property
    def _engine(self) -> sa.Engine:
        return opened_engine(self._url, durable=False)

    def close(self) -> None:
        """Give the connections back."""
        if "_engine" in self.__dict__:
            self._engine.dispose()

    def charge(self, key: str, limit: int, now: datetime, *, window_ms: int = HOUR_MS) -> QuotaState:
        """See ``Quotas``."""
        at = epoch_ms(now)
        with self._counting() as connection:
            used, reset_ts = connection.execute(_CHARGE, {"id": key, "now": at, "next": at + window_ms}).one()
        return QuotaState(key, used, limit, reset_ts)

    def state(self, key: str, limit: int, now: datetime) -> QuotaState:
        """See ``Quotas``; a key without a running window has ``reset_ts`` 0."""
        found = self._running(table.c.id == key, limit, now)
        return found[0] if found else QuotaState(key, 0, limit, 0)

    def states(self, limit: int, now: datetime) -> Sequence[QuotaState]:
        """See ``Quotas``."""
        return self._running(table.c.id.startswith(PREFIX, autoescape=True), limit, now)

    def reset(self, key: str, now: datetime) -> bool:
        """See ``Quotas``."""
        with self._counting() as connection:
            gone = connection.execute(sa.delete(table).where(table.c.id == key).returning(table.c.reset_ts)).all()
        return any(reset_ts >= epoch_ms(now) for (reset_ts,) in gone)

    def _running(self, which: sa.ColumnElement[bool], limit: int, now: datetime) -> list[QuotaState]:
        query = sa.select(table).where(which, table.c.reset_ts >= epoch_ms(now)).order_by(table.c.id)
        with self._counting(reads=True) as connection:
            return [QuotaState(row.id, row.used, limit, row.reset_ts) for row in connection.execute(query)]

    @contextmanager
    def _counting(self, *, reads: bool = False) -> Iterator[sa.Connection]:
        try:
            engine = self._engine.execution_options(reads=True) if reads else self._engine
            with clear_failures(engine.url), engine.begin() as connection:
                yield connection
        except AutosdError as error:
            raise unavailable(error.message, error.remedy) from error
