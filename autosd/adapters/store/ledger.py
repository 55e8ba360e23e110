"""The Ledger port on SQLAlchemy Core: one row a reservation, limits counted from the rows that exist, one writer at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from autosd.adapters.store.base import Tables
from autosd.adapters.store.quota_tables import ledger
from autosd.adapters.store.tables import canonical
from autosd.domain.errors import AutosdError
from autosd.domain.quotas import Account, Breach, Budget, Reservation, Unit, Window

OPEN, SETTLED, RELEASED = "open", "settled", "released"

#: Far above any real sum, far below where a sum of many would leave the column.
MOST = 10**15

#: The key of PostgreSQL's advisory lock for reservations (any number that nobody else uses).
_LOCK = 0x6C6564676572  # "ledger"


class SqlLedger(Tables):
    """Satisfies ``Ledger``; ``SqlLedger(store.engine)``.

    What is open counts in every window: it may be spent any time. What is settled counts in the window it was settled in. So what
    is spent within one window never passes a budget but by what settling came to above its reservation.
    """

    def reserve(self, reservation: Reservation, budgets: Sequence[Budget]) -> Breach | None:
        """See ``Ledger``. What was released may be reserved again; what is settled was paid for, and is not asked again."""
        row = _row(reservation)
        with self._writing() as connection:  # on SQLite this is BEGIN IMMEDIATE: the lock
            self._lock(connection)
            there = self._there(connection, reservation.id)
            if there is not None and there.digest != row["digest"]:
                raise _conflict(reservation.id, "was reserved with another content", "A new piece of work takes a new id.")
            if there is not None and there.state != RELEASED:
                return None
            breach = self._first_breach(connection, reservation, budgets)
            if breach is None:
                again = {name: row[name] for name in ("state", "reserved_at", "closed_at", *map(str, Unit))}
                connection.execute(self._insert(ledger).values(**row).on_conflict_do_update(index_elements=["id"], set_=again))
            return breach

    def settle(self, id: str, spent: Mapping[Unit, int], at: datetime) -> None:
        """See ``Ledger``; also after a release, since what was spent has to be counted."""
        amounts = _amounts(spent)
        with self._writing() as connection:
            self._lock(connection)
            there = self._known(connection, id)
            if there.state != SETTLED:
                self._close(connection, id, SETTLED, amounts, at)
            elif any(getattr(there, name) != amount for name, amount in amounts.items()):
                raise _conflict(id, "was settled with other figures", "Look at it with `autosd quota show --open`.")

    def release(self, id: str, at: datetime) -> None:
        """See ``Ledger``."""
        with self._writing() as connection:
            self._lock(connection)
            there = self._known(connection, id)
            if there.state == SETTLED:
                raise _conflict(id, "is settled: what was spent stays counted", "Nothing needs to be done.")
            if there.state == OPEN:
                self._close(connection, id, RELEASED, _amounts({}), at)

    def spent(self, account: Account, unit: Unit, since: datetime) -> int:
        """See ``Ledger``."""
        query = sa.select(_sum(unit).label("total")).where(*_settled_since(since), *_matches(account))
        return int(self._rows(query)[0]["total"])

    def open_reservations(self, *, older_than: datetime | None = None) -> Sequence[Reservation]:
        """See ``Ledger``."""
        query = sa.select(ledger).where(ledger.c.state == OPEN).order_by(ledger.c.reserved_at, ledger.c.id)
        if older_than is not None:
            query = query.where(ledger.c.reserved_at < older_than)
        return [_reservation(row) for row in self._rows(query)]

    def accounts(self, since: datetime) -> Sequence[Account]:
        """See ``Ledger``."""
        parts = [ledger.c[each.name] for each in fields(Account)]
        alive = sa.or_(ledger.c.state == OPEN, sa.and_(*_settled_since(since)))
        return [Account(**row) for row in self._rows(sa.select(*parts).where(alive).distinct().order_by(*parts))]

    def _lock(self, connection: sa.Connection) -> None:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})

    def _there(self, connection: sa.Connection, id: str) -> sa.Row[Any] | None:
        return connection.execute(sa.select(ledger).where(ledger.c.id == id)).one_or_none()

    def _known(self, connection: sa.Connection, id: str) -> sa.Row[Any]:
        there = self._there(connection, id)
        if there is None:
            message, remedy = f"There is no reservation {id!r}.", "Run `autosd quota show --open` for those there are."
            raise AutosdError("AUTOSD-RESERVATION-UNKNOWN", message, remedy, exit_code=1)
        return there

    def _close(self, connection: sa.Connection, id: str, state: str, amounts: Mapping[str, int], at: datetime) -> None:
        connection.execute(sa.update(ledger).where(ledger.c.id == id).values(state=state, closed_at=at, **amounts))

    def _first_breach(self, connection: sa.Connection, reservation: Reservation, budgets: Sequence[Budget]) -> Breach | None:
        for budget in budgets:
            asked = reservation.amounts.get(budget.unit, 0)
            if not budget.account.covers(reservation.account):
                continue
            used = self._used(connection, budget, reservation)
            if asked and used + asked > budget.limit:
                return Breach(budget, used, asked)
        return None

    def _used(self, connection: sa.Connection, budget: Budget, reservation: Reservation) -> int:
        """What counts against ``budget`` now. A run's budget looks at that run alone; work without a run shares one."""
        of_whom = [*_matches(budget.account)]
        if budget.window is Window.RUN:
            of_whom.append(ledger.c.run == reservation.account.run)
        since = budget.window.start(reservation.at)
        closed = sa.select(_sum(budget.unit)).where(*_settled_since(since), *of_whom)
        pending = sa.select(_sum(budget.unit)).where(ledger.c.state == OPEN, *of_whom)
        return int(connection.execute(sa.select(closed.scalar_subquery() + pending.scalar_subquery())).scalar_one())


def _sum(unit: Unit) -> sa.ColumnElement[Any]:
    return sa.func.coalesce(sa.func.sum(ledger.c[str(unit)]), 0)


def _settled_since(since: datetime) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    return ledger.c.state == SETTLED, ledger.c.closed_at >= since


def _matches(account: Account) -> list[sa.ColumnElement[bool]]:
    return [ledger.c[part] == value for part, value in asdict(account).items() if value]


def _amounts(amounts: Mapping[Unit, int]) -> dict[str, int]:
    wrong = [f"{unit}={amount}" for unit, amount in amounts.items() if not 0 <= amount <= MOST]
    if wrong:
        remedy = f"Give whole numbers from 0 to {MOST}."
        raise AutosdError("AUTOSD-AMOUNT-INVALID", f"The ledger cannot count {', '.join(wrong)}.", remedy)
    return {str(unit): amounts.get(unit, 0) for unit in Unit}


def _row(reservation: Reservation) -> dict[str, Any]:
    amounts, account = _amounts(reservation.amounts), asdict(reservation.account)
    content = canonical({"account": account, "amounts": amounts})
    when = {"state": OPEN, "reserved_at": reservation.at, "closed_at": None}
    return {"id": reservation.id, "digest": hashlib.sha256(content).hexdigest(), **account, **amounts, "reserved": amounts, **when}


def _reservation(row: Mapping[str, Any]) -> Reservation:
    account = Account(**{each.name: row[each.name] for each in fields(Account)})
    return Reservation(row["id"], account, {unit: row[str(unit)] for unit in Unit if row[str(unit)]}, row["reserved_at"])


def _conflict(id: str, why: str, remedy: str) -> AutosdError:
    return AutosdError("AUTOSD-STORE-CONFLICT", f"Reservation {id!r} {why}.", remedy, exit_code=1)
