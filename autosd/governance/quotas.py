"""How a charge or a budget becomes an objection: S0's hour windows after the rules had their say, and money before it is spent."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from autosd.domain.changes import Word
from autosd.domain.decisions import Facts, Objection
from autosd.domain.errors import AutosdError
from autosd.domain.quotas import Account, Breach, Budget, QuotaState, Unit, Window, epoch_ms, quota_key
from autosd.ports import Quotas
from autosd.settings import Settings, table
from autosd.settings.budgets import SCALES

logger = logging.getLogger(__name__)

#: What a change ends with that these stopped, by the objection's rule.
WORDS: Mapping[str, Word] = {
    "quota": Word.QUOTA_EXCEEDED,
    "quota_cooldown": Word.QUOTA_EXCEEDED,
    "quota_unavailable": Word.REFUSED,
    "budget": Word.QUOTA_EXCEEDED,
}

#: Before a quota key: the short window in which a second use has to wait.
COOLDOWN = "cooldown:"


def key_of(facts: Facts) -> str:
    """Who is charged: the principal, else the tenant, else ``anonymous`` (S0)."""
    return quota_key(facts.principal.name or facts.tenant, facts.scope, facts.purpose)


def charger(settings: Settings, quotas: Quotas) -> Callable[[Facts], Objection | None]:
    """``charge_for`` as the settings want it: what the guard calls once for each permit."""
    limit, fail_open = settings[table.QUOTA_PER_HOUR], settings[table.QUOTA_FAIL_OPEN]
    cooldown_ms = round(settings[table.QUOTA_COOLDOWN] * 1000)
    return lambda facts: charge_for(facts, quotas, limit, cooldown_ms=cooldown_ms, fail_open=fail_open)


def charge_for(facts: Facts, quotas: Quotas, limit: int, *, cooldown_ms: int = 0, fail_open: bool = False) -> Objection | None:
    """Count one use of ``facts``' key: call it once, and only when nothing else objects, so that a refusal costs nobody a use.

    What cannot be counted is refused, unless ``fail_open``.
    """
    key = key_of(facts)
    try:
        if cooldown_ms:
            pause = quotas.charge(COOLDOWN + key, 1, facts.now, window_ms=cooldown_ms)
            if not pause.allowed:
                return _cooling(key, pause, facts.now)
        state = quotas.charge(key, limit, facts.now)
    except AutosdError as error:
        if not fail_open:
            return Objection(error.code, error.message, error.remedy, "quota_unavailable")
        logger.warning("quota.fail_open: work goes on without a count: %s", error.message)
        return None
    return None if state.allowed else _exceeded(state, facts.now)


def _exceeded(state: QuotaState, now: datetime) -> Objection:
    used = f"{min(state.used, state.limit)} of {state.limit} uses are gone"
    message = f"The quota of {state.id} is used up: {used} until {moment(state.reset_ts)} ({state.used - state.limit} refused)."
    remedy = f"Wait {_seconds_left(state, now)} seconds, run `autosd quota reset {state.id}`, or raise SELFCODING_QUOTA_PER_HOUR."
    return Objection("AUTOSD-QUOTA-EXCEEDED", message, remedy, "quota")


def _cooling(key: str, pause: QuotaState, now: datetime) -> Objection:
    seconds = _seconds_left(pause, now)
    message = f"Rate limit exceeded: {key} was used a moment ago, and waits {seconds} more seconds."
    remedy = f"Wait {seconds} seconds, or lower AUTOSD_QUOTA_COOLDOWN_SECONDS."
    return Objection("AUTOSD-QUOTA-COOLDOWN", message, remedy, "quota_cooldown")


def moment(epoch_ms: int) -> str:
    """A time for people; a number that is none (somebody's own UPDATE) as it is."""
    try:
        return (datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=epoch_ms)).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, ValueError):
        return f"{epoch_ms} ms"


def _seconds_left(state: QuotaState, now: datetime) -> int:
    return max(0, -((epoch_ms(now) - state.reset_ts) // 1000))


def budgets_of(settings: Settings, account: Account) -> tuple[Budget, ...]:
    """Every budget that ``account`` has to keep, as the settings say."""
    simple = (
        (table.BUDGET_USD_RUN.name, settings[table.BUDGET_USD_RUN], Unit.MICRO_USD, Window.RUN, 1_000_000),
        (table.BUDGET_USD_DAY.name, settings[table.BUDGET_USD_DAY], Unit.MICRO_USD, Window.DAY, 1_000_000),
        (table.BUDGET_TOKENS_DAY.name, settings[table.BUDGET_TOKENS_DAY], Unit.TOKENS, Window.DAY, 1),
        (table.BUDGET_SECONDS_DAY.name, settings[table.BUDGET_SECONDS_DAY], Unit.MILLISECONDS, Window.DAY, 1000),
    )
    own = (Budget(name, Account(), unit, window, round(limit * scale)) for name, limit, unit, window, scale in simple if limit is not None)
    return (*own, *(budget for line in settings[table.BUDGET_LIMITS] if (budget := line.budget_for(account))))


def budget_objection(breach: Breach, now: datetime) -> Objection:
    """Stop here and ask: nothing is lost, the work goes on when somebody gave more or the window is over."""
    budget = breach.budget
    used, asked, limit = (amount_text(budget.unit, amount) for amount in (breach.used, breach.asked, budget.limit))
    message = f"The budget {budget.name!r} does not allow {asked}: {used} of {limit} is spent or spoken for. Nothing was lost."
    when = {Window.RUN: "", Window.HOUR: "Wait for the next hour, or ", Window.DAY: "Wait for tomorrow (UTC), or "}[budget.window]
    remedy = f"{when}look at `autosd quota show --open`, then raise the budget and run again."
    return Objection("AUTOSD-BUDGET-EXCEEDED", message, remedy[0].upper() + remedy[1:], "budget")


def amount_text(unit: Unit, amount: int) -> str:
    """``0.25 usd``, ``1200 tokens``, ``3.5 seconds``."""
    word, scale = next((word, scale) for word, (each, scale) in SCALES.items() if each is unit)
    exact = f"{amount / scale:.6f}".rstrip("0").rstrip(".") if scale > 1 else str(amount)
    return f"{exact} {word}"
