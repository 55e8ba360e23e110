"""Models as people look at them and try them: what is there, and one real round trip, permitted, paid for and recorded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autosd.acts.allowing.questions import Asker, question
from autosd.acts.desk import Desk, opened_desk
from autosd.adapters.clock import SystemClock, new_id
from autosd.adapters.models import open_model
from autosd.adapters.models.naming import PROVIDERS, Provider, chosen, full_name, installed, others, required
from autosd.adapters.models.prices import Price, Prices, load_prices
from autosd.app import open_grants, rules_of
from autosd.domain.actions import Action, Principal
from autosd.domain.decisions import Permit
from autosd.domain.errors import AutosdError
from autosd.domain.models import Ask, Message, Reply, Role
from autosd.domain.quotas import Account, Reservation, Unit
from autosd.governance.guard import Guard
from autosd.governance.quotas import budget_objection, budgets_of
from autosd.ports import AuditLog, Clock, Grants, Ledger, Projects, Store
from autosd.settings import Settings, table

if TYPE_CHECKING:
    from autosd.adapters.store.sql import SqlStore

#: What a try asks for: enough for a model that thinks before it says one word.
_WORDS = "Answer with the single word: ready"
_MOST_TOKENS = 1000


@dataclass(frozen=True)
class Found:
    """A provider: whether its SDK is here, whether there is a key, and whether one is needed."""

    name: str
    url: str
    sdk: bool
    key: bool
    needs_key: bool
    own: bool = True  # one of the house's, not one that others registered


@dataclass(frozen=True)
class Models:
    """``chosen`` is the model that work would use: none is the default, and keeps the air gap."""

    providers: tuple[Found, ...]
    chosen: str | None
    price: Price | None
    prices: Prices


@dataclass(frozen=True)
class Trial:
    reply: Reply
    price: Price | None


def models(settings: Settings) -> Models:
    """What there is; nothing is sent anywhere."""
    name, prices = chosen(settings), load_prices(settings[table.MODEL_PRICES])
    own = (_found(provider, settings) for provider in PROVIDERS.values())
    foreign = (Found(point.name, point.value, sdk=True, key=False, needs_key=False, own=False) for point in others().values())
    return Models((*own, *foreign), name, prices.of(name) if name else None, prices)


def _found(provider: Provider, settings: Settings) -> Found:
    key, needs = bool(settings[provider.key]), provider.needs_key(settings)
    return Found(provider.name, settings[provider.url], installed(provider), key, needs)


# ---- trying one -----------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bench:
    """The desk with a guard: enough of a house to ask for leave to spend."""

    desk: Desk
    guard: Guard
    clock: Clock
    grants: Grants
    ledger: Ledger

    @property
    def settings(self) -> Settings:
        return self.desk.settings

    @property
    def store(self) -> Store:
        return self.desk.store

    @property
    def projects(self) -> Projects:
        return self.desk.projects

    @property
    def audit(self) -> AuditLog:
        return self.desk.audit


@contextmanager
def opened_bench(settings: Settings, by: Principal) -> Iterator[Bench]:
    from autosd.adapters.store.ledger import SqlLedger

    with opened_desk(settings, by) as desk:
        store: SqlStore | Any = desk.store
        clock = SystemClock()
        guard = Guard(desk.audit, clock, new_id, partial(rules_of, settings))
        yield Bench(desk, guard, clock, open_grants(settings), SqlLedger(store.engine))


def trial(bench: Bench, place: Path, name: str = "") -> Trial:
    """One real round trip with the model called ``name``, or the chosen one. Raises ``Refused``, ``ModelError``, what opening raises."""
    settings = bench.settings
    name = full_name(name) if name else required(settings)
    model, price = open_model(settings, name), load_prices(settings[table.MODEL_PRICES]).of(name)
    most = min(_MOST_TOKENS, settings[table.MAX_TOKENS])
    ask = Ask(
        (Message(Role.USER, _WORDS),),
        max_tokens=most,
        temperature=settings[table.TEMPERATURE],
        seconds=settings[table.MODEL_SECONDS],
        purpose="models test",
    )
    asker = Asker(bench.desk.by, place, purpose="models_test")
    with bench.guard.permit(question(bench, asker, Action.SPEND)) as permit, _paid(bench, permit, ask, price) as bill:
        reply = model.complete(permit, ask)
        bill.append(reply)
        usage = reply.usage
        bench.guard.note(permit, model=name, input_tokens=usage.input_tokens, output_tokens=usage.output_tokens, usd=reply.usd)
    return Trial(reply, price)


@contextmanager
def _paid(bench: Bench, permit: Permit, ask: Ask, price: Price | None) -> Iterator[list[Reply]]:
    """Put aside what it may cost at most, and settle what it did cost: nothing, when there was no reply."""
    tokens = ask.max_tokens + len(_WORDS)
    usd = ask.max_tokens * price.output + len(_WORDS) * price.input if price else 0.0  # millionths: a million tokens, a dollar each
    amounts = {Unit.MICRO_USD: round(usd), Unit.TOKENS: tokens, Unit.MILLISECONDS: round(ask.seconds * 1000)}
    reservation = Reservation(permit.id, Account(project=permit.project, run=permit.id), amounts, bench.clock.now())
    breach = bench.ledger.reserve(reservation, budgets_of(bench.settings, reservation.account))
    if breach:
        no = budget_objection(breach, bench.clock.now())
        raise AutosdError(no.code, no.message, no.remedy)
    bill: list[Reply] = []
    try:
        yield bill
    finally:
        if bill:
            spent = {
                Unit.MICRO_USD: round(bill[0].usd * 1_000_000),
                Unit.TOKENS: bill[0].usage.input_tokens + bill[0].usage.output_tokens,
                Unit.MILLISECONDS: round(bill[0].seconds * 1000),
            }
            bench.ledger.settle(permit.id, spent, bench.clock.now())
        else:
            bench.ledger.release(permit.id, bench.clock.now())
