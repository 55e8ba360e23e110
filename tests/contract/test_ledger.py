"""The ledger on each database: nothing is spent twice, nothing is lost, and no sum is ever other than what was spent."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from autosd.adapters.store import open_store
from autosd.adapters.store.ledger import MOST, SqlLedger
from autosd.adapters.store.sql import SqlStore
from autosd.domain.errors import AutosdError
from autosd.domain.quotas import Account, Breach, Budget, Reservation, Unit, Window

from .redis_kit import fork_all

NOON = datetime(2026, 3, 4, 12, 30, tzinfo=UTC)
SHOP = Account("t", "shop", "agent", "r1")
USD, TOKENS, MS = Unit.MICRO_USD, Unit.TOKENS, Unit.MILLISECONDS
HOURLY = Budget("hourly", Account(), USD, Window.HOUR, 100)
DAILY = Budget("daily", Account(), USD, Window.DAY, 1000)


def wish(id: str, amount: int = 60, at: datetime = NOON, account: Account = SHOP, unit: Unit = USD) -> Reservation:
    return Reservation(id, account, {unit: amount}, at)


@pytest.fixture
def ledger(store: SqlStore) -> SqlLedger:
    return SqlLedger(store.engine)


def test_what_was_reserved_and_settled_is_what_was_spent(ledger: SqlLedger) -> None:
    assert ledger.reserve(Reservation("a", SHOP, {USD: 50, TOKENS: 900}, NOON), [HOURLY]) is None
    assert ledger.open_reservations() == [Reservation("a", SHOP, {USD: 50, TOKENS: 900}, NOON)]
    assert ledger.spent(Account(), USD, NOON) == 0

    ledger.settle("a", {USD: 42, MS: 7}, NOON + timedelta(minutes=1))

    assert ledger.open_reservations() == []
    assert [ledger.spent(Account(), unit, NOON) for unit in (USD, TOKENS, MS)] == [42, 0, 7]


def test_a_reservation_past_a_budget_is_not_made_and_the_first_breach_is_told(ledger: SqlLedger) -> None:
    tight = replace(DAILY, name="tight", limit=70)
    assert ledger.reserve(wish("a"), [DAILY, tight]) is None
    assert ledger.reserve(wish("b"), [DAILY, tight, HOURLY]) == Breach(tight, used=60, asked=60)
    assert [each.id for each in ledger.open_reservations()] == ["a"]
    assert ledger.reserve(wish("b", 10), [DAILY, tight]) is None, "what fits exactly is within the budget"


def test_the_same_reservation_again_is_no_second_one(ledger: SqlLedger) -> None:
    for minutes in (0, 5):
        assert ledger.reserve(wish("a", at=NOON + timedelta(minutes=minutes)), [HOURLY]) is None
    assert ledger.open_reservations() == [wish("a")]
    ledger.settle("a", {USD: 60}, NOON)
    assert ledger.reserve(wish("a"), [HOURLY]) is None and ledger.open_reservations() == []
    assert ledger.spent(Account(), USD, NOON) == 60


@pytest.mark.parametrize("other", [wish("a", 61), wish("a", account=replace(SHOP, run="r2")), wish("a", unit=TOKENS)])
def test_another_content_under_a_known_id_is_a_conflict(ledger: SqlLedger, other: Reservation) -> None:
    ledger.reserve(wish("a"), [])
    with pytest.raises(AutosdError) as refused:
        ledger.reserve(other, [])
    assert refused.value.code == "AUTOSD-STORE-CONFLICT"
    assert ledger.open_reservations() == [wish("a")]


def test_what_was_released_counts_nothing_and_may_be_asked_for_again(ledger: SqlLedger) -> None:
    ledger.reserve(wish("a"), [HOURLY])
    ledger.release("a", NOON)
    ledger.release("a", NOON)
    assert ledger.open_reservations() == [] and ledger.spent(Account(), USD, NOON) == 0
    assert ledger.reserve(wish("b"), [HOURLY]) is None
    assert ledger.reserve(wish("a"), [HOURLY]) == Breach(HOURLY, 60, 60), "asked anew, since others may have come in between"
    ledger.release("b", NOON)
    assert ledger.reserve(wish("a"), [HOURLY]) is None and ledger.open_reservations() == [wish("a")]


def test_settling_twice_is_once_and_other_figures_are_a_conflict(ledger: SqlLedger) -> None:
    ledger.reserve(wish("a"), [])
    for _ in range(2):
        ledger.settle("a", {USD: 61}, NOON)
    for other in ({USD: 60}, {USD: 61, TOKENS: 1}):
        with pytest.raises(AutosdError, match="other figures"):
            ledger.settle("a", other, NOON)
    with pytest.raises(AutosdError, match="stays counted"):
        ledger.release("a", NOON)
    assert ledger.spent(Account(), USD, NOON) == 61


def test_a_job_that_was_given_up_and_spent_all_the_same_is_counted(ledger: SqlLedger) -> None:
    ledger.reserve(wish("a"), [])
    ledger.release("a", NOON)
    ledger.settle("a", {USD: 30}, NOON)
    assert ledger.spent(Account(), USD, NOON) == 30


def test_what_is_open_counts_in_every_window_and_what_is_settled_in_its_own(ledger: SqlLedger) -> None:
    next_hour, tomorrow = NOON + timedelta(hours=1), NOON + timedelta(days=1)
    ledger.reserve(wish("open", 30), [])
    ledger.reserve(wish("done", 50), [])
    ledger.settle("done", {USD: 50}, NOON)

    assert ledger.reserve(wish("x", 21), [HOURLY]) == Breach(HOURLY, 80, 21)
    assert ledger.reserve(wish("x", 71, next_hour), [HOURLY]) == Breach(HOURLY, 30, 71)
    assert ledger.reserve(wish("x", 71, tomorrow), [HOURLY]) == Breach(HOURLY, 30, 71)
    assert ledger.reserve(wish("x", 921, next_hour), [DAILY]) == Breach(DAILY, 80, 921)
    assert ledger.reserve(wish("x", 70, next_hour), [HOURLY, DAILY]) is None


def test_windows_are_clock_hours_and_days_of_utc(ledger: SqlLedger) -> None:
    late = datetime(2026, 3, 4, 23, 59, 59, 999_999, UTC)
    ledger.reserve(wish("a", 100, late), [])
    ledger.settle("a", {USD: 100}, late)
    assert ledger.reserve(wish("b", 1, late), [HOURLY]) == Breach(HOURLY, 100, 1)
    midnight_there = datetime.fromisoformat("2026-03-05T05:30:00+05:30")
    assert ledger.reserve(wish("b", 100, midnight_there), [HOURLY, replace(DAILY, limit=100)]) is None


def test_a_budget_looks_only_at_whom_it_names(ledger: SqlLedger) -> None:
    of_shop = replace(HOURLY, account=Account(project="shop"))
    of_agent = replace(HOURLY, account=Account(tenant="t", strategy="agent"))
    ledger.reserve(wish("a", 90), [])
    others = (Account("t", "blog", "repair", "r2"), Account("u", "blog", "agent", "r3"), Account())
    assert ledger.reserve(wish("b", 11), [of_shop]) == Breach(of_shop, 90, 11)
    assert ledger.reserve(wish("b", 11), [of_agent]) == Breach(of_agent, 90, 11)
    for number, account in enumerate(others):
        assert ledger.reserve(wish(f"o{number}", 99, account=account), [of_shop, of_agent]) is None
    assert ledger.reserve(wish("b", 10), [of_shop, of_agent]) is None


def test_a_budget_of_a_run_looks_at_that_run_alone_however_long_it_takes(ledger: SqlLedger) -> None:
    per_run = Budget("run", Account(), USD, Window.RUN, 100)
    ledger.reserve(wish("a", 70), [per_run])
    ledger.settle("a", {USD: 70}, NOON)
    assert ledger.reserve(wish("b", 31, NOON + timedelta(days=3)), [per_run]) == Breach(per_run, 70, 31)
    assert ledger.reserve(wish("b", 100, account=replace(SHOP, run="r2")), [per_run]) is None
    nameless = replace(SHOP, run="")
    assert ledger.reserve(wish("c", 60, account=nameless), [per_run]) is None
    assert ledger.reserve(wish("d", 60, account=nameless), [per_run]) == Breach(per_run, 60, 60), "work without a run shares one"


def test_settling_may_pass_the_reservation_and_then_nothing_more_is_given(ledger: SqlLedger) -> None:
    ledger.reserve(wish("a"), [HOURLY])
    ledger.settle("a", {USD: 500}, NOON)
    assert ledger.spent(Account(), USD, NOON) == 500
    assert ledger.reserve(wish("b", 1), [HOURLY]) == Breach(HOURLY, 500, 1)
    assert ledger.reserve(wish("c", 0), [HOURLY]) is None


def test_old_reservations_are_found_by_their_age_and_purses_by_their_use(ledger: SqlLedger) -> None:
    ledger.reserve(wish("new"), [])
    ledger.reserve(wish("old", at=NOON - timedelta(days=2), account=Account(project="blog")), [])
    ledger.reserve(wish("done", account=Account(project="gone")), [])
    ledger.settle("done", {}, NOON - timedelta(days=1))
    assert [each.id for each in ledger.open_reservations()] == ["old", "new"]
    assert [each.id for each in ledger.open_reservations(older_than=NOON)] == ["old"]
    assert ledger.accounts(NOON) == [Account(project="blog"), SHOP]
    assert ledger.accounts(NOON - timedelta(days=1)) == [Account(project="blog"), Account(project="gone"), SHOP]


@pytest.mark.parametrize("amount", [-1, MOST + 1])
def test_amounts_that_no_ledger_holds_are_refused(ledger: SqlLedger, amount: int) -> None:
    ledger.reserve(wish("a"), [])
    for act in (lambda: ledger.reserve(wish("b", amount), []), lambda: ledger.settle("a", {USD: amount}, NOON)):
        with pytest.raises(AutosdError) as refused:
            act()
        assert refused.value.code == "AUTOSD-AMOUNT-INVALID"
    assert ledger.open_reservations() == [wish("a")]


@pytest.mark.parametrize("act", [lambda ledger: ledger.settle("no", {}, NOON), lambda ledger: ledger.release("no", NOON)])
def test_a_reservation_that_nobody_made_is_told_as_such(ledger: SqlLedger, act: Callable[[SqlLedger], None]) -> None:
    with pytest.raises(AutosdError) as refused:
        act(ledger)
    assert (refused.value.code, refused.value.exit_code) == ("AUTOSD-RESERVATION-UNKNOWN", 1)


# ---- many at once, and killed ones -------------------------------------------------------------------------------------------


def reserve_often(url: str, each: int, budget: Budget) -> int:
    with closing(open_store(url)) as store:
        ledger = SqlLedger(store.engine)
        wishes = [wish(f"{os.getpid()}-{number}", 10, NOON) for number in range(each)]
        got = [one.id for one in wishes if ledger.reserve(one, [budget]) is None]
        for number, id in enumerate(got):
            if number % 2:
                ledger.settle(id, {USD: 10}, NOON)
        return len(got)


def test_any_number_of_processes_reserve_exactly_the_budget(store: SqlStore, store_url: str) -> None:
    budget = replace(HOURLY, limit=10 * 40 + 9)
    store.close()  # SQLite's locks do not survive a fork
    assert sum(fork_all(reserve_often, 12, store_url, 5, budget)) == 40
    ledger = SqlLedger(store.engine)
    pending = ledger.open_reservations()
    assert ledger.spent(Account(), USD, NOON) + sum(each.amounts[USD] for each in pending) == 400


@pytest.mark.soak
def test_sixty_four_processes_reserve_exactly_the_budget(store: SqlStore, store_url: str) -> None:
    each = int(os.environ.get("SOAK_RESERVATIONS", "40"))
    budget = replace(HOURLY, limit=10 * 32 * each)
    store.close()
    assert sum(fork_all(reserve_often, 64, store_url, each, budget)) == 32 * each


DIES = """
import os, signal, sys
from datetime import UTC, datetime
from autosd.adapters.store import open_store
from autosd.adapters.store.ledger import SqlLedger
from autosd.domain.quotas import *
ledger = SqlLedger(open_store(sys.argv[1]).engine)
account = Account("t", "shop", "agent", "r1")
for number in range(10**6):
    id = f"k{number}"
    assert ledger.reserve(Reservation(id, account, {Unit.MICRO_USD: 60}, datetime(2026, 3, 4, 12, 30, tzinfo=UTC)), []) is None
    print("reserved", number, flush=True)
    if number == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    ledger.settle(id, {Unit.MICRO_USD: 55}, datetime(2026, 3, 4, 12, 31, tzinfo=UTC))
    print("settled", number, flush=True)
"""


def test_a_process_killed_between_reserving_and_settling_loses_nothing(store: SqlStore, store_url: str) -> None:
    done = subprocess.run([sys.executable, "-c", DIES, store_url, "3"], capture_output=True, text=True, timeout=60)
    assert done.returncode == -signal.SIGKILL and done.stdout.splitlines()[-1] == "reserved 3"

    ledger = SqlLedger(store.engine)
    assert ledger.spent(Account(), USD, NOON) == 3 * 55
    assert [each.id for each in ledger.open_reservations()] == ["k3"]
    full = replace(HOURLY, limit=3 * 55 + 60)
    assert ledger.reserve(wish("next", 1), [full]) == Breach(full, used=3 * 55 + 60, asked=1), "the dead one's money is still spoken for"

    assert ledger.reserve(wish("k3"), [full]) is None, "its job runs again and finds its own reservation"
    ledger.settle("k3", {USD: 40}, NOON)
    assert ledger.spent(Account(), USD, NOON) == 3 * 55 + 40 and ledger.open_reservations() == []


def test_a_process_killed_at_any_moment_leaves_what_it_confirmed(store: SqlStore, store_url: str) -> None:
    ledger = SqlLedger(store.engine)
    writer = subprocess.Popen([sys.executable, "-c", DIES, store_url, "-1"], stdout=subprocess.PIPE, text=True)
    assert writer.stdout
    said = [writer.stdout.readline().split() for _ in range(31)]
    writer.kill()
    said += [line.split() for line in writer.communicate()[0].splitlines() if line.count(" ") == 1 and line[-1:].isdigit()]
    settled = sum(word == "settled" for word, _ in said)
    spent, pending = ledger.spent(Account(), USD, NOON), ledger.open_reservations()
    assert spent in {55 * settled, 55 * (settled + 1)} and spent % 55 == 0
    assert len(pending) <= 1 and all(each.amounts == {USD: 60} for each in pending)


# ---- against an oracle -------------------------------------------------------------------------------------------------------


@dataclass
class Oracle:
    """The ledger in plain Python: a list that is added up anew each time."""

    entries: dict[str, tuple[str, Reservation, dict[Unit, int], datetime]] = field(default_factory=dict)

    def total(self, purse: Account, unit: Unit, since: datetime, pending: bool) -> int:
        sums = 0
        for state, asked, spent, at in self.entries.values():
            if any(value and value != getattr(asked.account, part) for part, value in asdict(purse).items()):
                continue
            if state == "open" and pending:
                sums += asked.amounts.get(unit, 0)
            elif state == "settled" and at >= since:
                sums += spent.get(unit, 0)
        return sums

    def reserve(self, asked: Reservation, budgets: list[Budget]) -> Breach | None:
        for budget in budgets:
            since = {
                Window.RUN: datetime(1, 1, 1, tzinfo=UTC),
                Window.HOUR: asked.at.replace(minute=0),
                Window.DAY: asked.at.replace(hour=0, minute=0),
            }
            purse = replace(budget.account, run=asked.account.run) if budget.window is Window.RUN else budget.account
            used = self.total(purse, budget.unit, since[budget.window], pending=True)
            wanted = asked.amounts.get(budget.unit, 0)
            if budget.account.covers(asked.account) and wanted and used + wanted > budget.limit:
                return Breach(budget, used, wanted)
        self.entries[asked.id] = ("open", asked, {}, asked.at)
        return None


def accounts(dice: random.Random) -> Account:
    return Account(dice.choice("tu"), dice.choice("pq"), dice.choice("as"), dice.choice(["r1", "r2", "r3"]))


def budgets(dice: random.Random) -> list[Budget]:
    def some() -> Account:
        whole = asdict(accounts(dice))
        return Account(**{part: value if part != "run" and dice.random() < 0.4 else "" for part, value in whole.items()})

    return [
        Budget(f"b{n}", some(), dice.choice(list(Unit)), dice.choice(list(Window)), dice.randrange(3000)) for n in range(dice.randrange(4))
    ]


def compare(ledger: SqlLedger, seed: int, steps: int) -> None:
    dice, oracle, at = random.Random(seed), Oracle(), NOON
    for step in range(steps):
        at += timedelta(minutes=dice.choice([0, 1, 7, 50, -3]))
        pending = [id for id, entry in oracle.entries.items() if entry[0] == "open"]
        act = dice.choice(["reserve", "reserve", "reserve", "settle", "settle", "release"])
        if act == "reserve" or not pending:
            amounts = {unit: dice.randrange(400) for unit in Unit if dice.random() < 0.7}
            asked = Reservation(f"s{seed}-{step}", accounts(dice), {unit: n for unit, n in amounts.items() if n}, at)
            limits = budgets(dice)
            assert ledger.reserve(asked, limits) == oracle.reserve(asked, limits), f"seed {seed}, step {step}"
        else:
            id = dice.choice(pending)
            asked = oracle.entries[id][1]
            if act == "settle":
                spent = {unit: dice.randrange(500) for unit in Unit if dice.random() < 0.8}
                ledger.settle(id, spent, at)
                oracle.entries[id] = ("settled", asked, spent, at)
            else:
                ledger.release(id, at)
                oracle.entries[id] = ("released", asked, {}, at)
    for _ in range(30):
        purse, unit, since = accounts(dice), dice.choice(list(Unit)), NOON + timedelta(minutes=dice.randrange(-60, 6000))
        purse = Account(**{part: value if dice.random() < 0.5 else "" for part, value in asdict(purse).items()})
        assert ledger.spent(purse, unit, since) == oracle.total(purse, unit, since, pending=False)
    open_now = {id: entry[1] for id, entry in oracle.entries.items() if entry[0] == "open"}
    assert {each.id: each for each in ledger.open_reservations()} == open_now


@pytest.fixture
def emptied(ledger: SqlLedger) -> Iterator[Callable[[], SqlLedger]]:
    from autosd.adapters.store.quota_tables import ledger as table

    def empty() -> SqlLedger:
        with ledger._engine.begin() as connection:
            connection.execute(table.delete())
        return ledger

    yield empty


@pytest.mark.parametrize("seed", [1, 2])
def test_random_sequences_agree_with_an_oracle_in_plain_python(ledger: SqlLedger, seed: int) -> None:
    compare(ledger, seed, steps=200)


@pytest.mark.soak
def test_long_random_sequences_agree_with_an_oracle_in_plain_python(emptied: Callable[[], SqlLedger]) -> None:
    for seed in range(int(os.environ.get("SOAK_LEDGERS", "40"))):
        compare(emptied(), 1000 + seed, steps=600)
