"""What people do about quotas and budgets: look, reset a window, close a reservation that its job left open. First recorded, then done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autosd.acts.desk import Desk, opened_desk
from autosd.domain.actions import Principal
from autosd.domain.errors import AutosdError
from autosd.domain.quotas import PREFIX, Reservation, Unit
from autosd.governance.quotas import COOLDOWN
from autosd.ports import Ledger, Quotas
from autosd.settings import Settings, table

if TYPE_CHECKING:
    from autosd.adapters.store.sql import SqlStore


@dataclass(frozen=True)
class Counter:
    """The desk, with what is counted."""

    desk: Desk
    quotas: Quotas
    ledger: Ledger


@contextmanager
def opened_counter(settings: Settings, by: Principal) -> Iterator[Counter]:
    """The quota backend that the settings name, and the ledger, which is always in the store."""
    from autosd.adapters.quotas import open_quotas
    from autosd.adapters.store.ledger import SqlLedger

    backend, store_url, redis_url = settings[table.QUOTA_BACKEND], settings[table.STORE_URL], settings[table.REDIS_URL]
    with opened_desk(settings, by) as desk, closing(open_quotas(backend, store_url=store_url, redis_url=redis_url)) as quotas:
        store: SqlStore | Any = desk.store
        yield Counter(desk, quotas, SqlLedger(store.engine))


def known_key(key: str) -> str:
    """``key`` if it is spelt as S0 spells them."""
    if key.startswith(PREFIX) and key.count(":") == 3:
        return key
    remedy = "Spell it as `autosd quota show` does, such as selfcoding:tenantA:global:pilot_demo."
    raise AutosdError("AUTOSD-QUOTA-KEY-INVALID", f"{key[:200]!r} is no quota key (selfcoding:<principal>:<scope>:<purpose>).", remedy)


def reset_quota(counter: Counter, key: str) -> int:
    """Empty the window of ``key``, its cooldown too; how many uses it had counted."""
    desk = counter.desk
    state = counter.quotas.state(known_key(key), 0, desk.now)
    if not state.reset_ts:
        message, remedy = f"No window of {key} is running: nothing is used.", "Run `autosd quota show` for those that are."
        raise AutosdError("AUTOSD-QUOTA-UNKNOWN", message, remedy, exit_code=1)
    desk.record("quota_reset", "quota_reset", None, key=key, used=state.used, reset_ts=state.reset_ts)
    counter.quotas.reset(key, desk.now)
    counter.quotas.reset(COOLDOWN + key, desk.now)
    return state.used


def close_reservation(counter: Counter, id: str, spent: Mapping[Unit, int] | None) -> Reservation:
    """Settle an open reservation at ``spent``, or release it (None)."""
    desk = counter.desk
    found = next((each for each in counter.ledger.open_reservations() if each.id == id), None)
    if found is None:
        message, remedy = f"There is no open reservation {id[:200]!r}.", "Run `autosd quota show --open` for those there are."
        raise AutosdError("AUTOSD-RESERVATION-UNKNOWN", message, remedy, exit_code=1)
    amounts = {str(unit): amount for unit, amount in (spent or {}).items()}
    kind = "reservation_released" if spent is None else "reservation_settled"
    desk.record(kind, kind, found.account.project or None, reservation=id, spent=amounts)
    if spent is None:
        counter.ledger.release(id, desk.now)
    else:
        counter.ledger.settle(id, spent, desk.now)
    return found
