"""How much is used and how much is left: windows, budgets and what is spoken for, as people and machines read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from autosd.domain.quotas import Account, Budget, QuotaState, Reservation, Unit, Window, epoch_ms
from autosd.governance.quotas import amount_text, budgets_of
from autosd.ports import Ledger
from autosd.settings import Settings


@dataclass(frozen=True)
class BudgetUse:
    """What counts against a budget now: what was settled in its window, and everything that is open."""

    budget: Budget
    account: Account
    used: int


def quota_object(state: QuotaState, now: datetime) -> dict[str, Any]:
    """``reset_ts`` is null where no window runs: the next use begins one."""
    return {
        "id": state.id,
        "used": state.used,
        "limit": state.limit,
        "left": max(0, state.limit - state.used),
        "refused": max(0, state.used - state.limit),
        "reset_ts": state.reset_ts or None,
        "resets_in_seconds": seconds_left(state, now),
    }


def seconds_left(state: QuotaState, now: datetime) -> int | None:
    return max(0, -((epoch_ms(now) - state.reset_ts) // 1000)) if state.reset_ts else None


def budget_uses(settings: Settings, ledger: Ledger, now: datetime) -> Sequence[BudgetUse]:
    """Every budget that holds for somebody who spent something today; those of a run, only for runs with open reservations."""
    pending = ledger.open_reservations()
    running = {reservation.account.run for reservation in pending}
    found: dict[tuple[Budget, Account], BudgetUse] = {}
    for account in (Account(), *ledger.accounts(Window.DAY.start(now))):
        for budget in budgets_of(settings, account):
            if budget.window is Window.RUN and running and account.run not in running:
                continue
            purse = Account(**{**asdict(budget.account), **({"run": account.run} if budget.window is Window.RUN else {})})
            found.setdefault((budget, purse), BudgetUse(budget, purse, _used(ledger, pending, budget, purse, now)))
    each_its_own = {use.budget.name for use in found.values() if use.account != Account()}
    return tuple(use for use in found.values() if use.account != Account() or use.budget.name not in each_its_own)


def _used(ledger: Ledger, pending: Sequence[Reservation], budget: Budget, purse: Account, now: datetime) -> int:
    spoken_for = sum(each.amounts.get(budget.unit, 0) for each in pending if purse.covers(each.account))
    return ledger.spent(purse, budget.unit, budget.window.start(now)) + spoken_for


def budget_object(use: BudgetUse) -> dict[str, Any]:
    budget = use.budget
    return {
        "name": budget.name,
        "account": _named(use.account),
        "window": str(budget.window),
        "unit": str(budget.unit),
        "used": use.used,
        "limit": budget.limit,
    }


def budget_row(use: BudgetUse) -> tuple[str, ...]:
    unit = use.budget.unit
    return use.budget.name, account_text(use.account), amount_text(unit, use.used), amount_text(unit, use.budget.limit)


def reservation_object(reservation: Reservation, now: datetime) -> dict[str, Any]:
    return {
        "id": reservation.id,
        "account": _named(reservation.account),
        "amounts": {str(unit): amount for unit, amount in reservation.amounts.items()},
        "at": reservation.at.astimezone(UTC).isoformat(),
        "age_seconds": max(0, int((now - reservation.at).total_seconds())),
    }


def reservation_row(reservation: Reservation, now: datetime) -> tuple[str, ...]:
    amounts = ", ".join(_amounts(reservation))
    age = max(0, int((now - reservation.at).total_seconds()))
    return reservation.id, account_text(reservation.account), amounts or "nothing", f"{age} s"


def account_text(account: Account) -> str:
    return " ".join(f"{part}={name}" for part, name in _named(account).items()) or "all"


def _amounts(reservation: Reservation) -> Iterator[str]:
    return (amount_text(unit, reservation.amounts[unit]) for unit in Unit if unit in reservation.amounts)


def _named(account: Account) -> dict[str, str]:
    return {part: name for part, name in asdict(account).items() if name}
