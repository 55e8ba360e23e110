"""``autosd quota`` as people use it: what is used, giving more, and closing what a dead job left open."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from autosd.adapters.quotas import open_quotas
from autosd.adapters.store import open_store
from autosd.adapters.store.ledger import SqlLedger
from autosd.domain.quotas import Account, Reservation, Unit
from autosd.ports import Quotas

KEY = "selfcoding:tenantA:global:pilot_demo"
LIMIT = {"SELFCODING_QUOTA_PER_HOUR": "2"}


@pytest.fixture
def url(autosd_home: Path) -> str:
    return f"sqlite:///{autosd_home}/autosd.db"


@pytest.fixture
def quotas(url: str) -> Iterator[Quotas]:
    with closing(open_quotas("store", store_url=url, redis_url="")) as opened:
        yield opened


@pytest.fixture
def ledger(url: str) -> Iterator[SqlLedger]:
    with closing(open_store(url)) as store:
        yield SqlLedger(store.engine)


def now() -> datetime:
    return datetime.now(UTC)


def test_a_used_up_quota_is_shown_reset_and_used_again(cli, quotas: Quotas) -> None:  # type: ignore[no-untyped-def]
    assert "No quota is in use" in cli("quota", "show", env=LIMIT).stdout
    assert [quotas.charge(KEY, 2, now()).allowed for _ in range(3)] == [True, True, False]

    shown = cli("quota", "show", "--json", env=LIMIT).object
    [row] = shown["quotas"]
    assert shown["result"] == "ok" and shown["backend"] == "store"
    assert (row["id"], row["used"], row["limit"], row["left"], row["refused"]) == (KEY, 3, 2, 0, 1)
    assert 3500 < row["resets_in_seconds"] <= 3600
    assert KEY in cli("quota", "show", env=LIMIT).stdout

    done = cli("quota", "reset", KEY)
    assert done.code == 0 and "3 uses had been counted" in done.stdout
    assert cli("quota", "show", KEY, "--json", env=LIMIT).object["quotas"][0]["used"] == 0
    assert quotas.charge(KEY, 2, now()).allowed
    [entry] = cli("audit", "tail", "--json").object["entries"]
    assert entry["kind"] == "quota_reset" and entry["details"]["key"] == KEY and entry["details"]["used"] == 3
    assert cli("audit", "verify").code == 0


@pytest.mark.parametrize(
    "words, code, said",
    [
        (["reset", KEY], 1, "[AUTOSD-QUOTA-UNKNOWN]"),
        (["reset", "tenantA"], 2, "[AUTOSD-QUOTA-KEY-INVALID]"),
        (["show", "selfcoding:a:b"], 2, "[AUTOSD-QUOTA-KEY-INVALID]"),
        (["reset"], 2, "KEY"),
        (["show", "--json", "--prometheus"], 2, "two formats"),
        (["release", "nobody"], 1, "[AUTOSD-RESERVATION-UNKNOWN]"),
        (["settle", "nobody", "--usd", "1"], 1, "[AUTOSD-RESERVATION-UNKNOWN]"),
        (["settle", "nobody"], 2, "--usd"),
        (["settle", "nobody", "--usd", "-1"], 2, "--usd"),
        (["settle", "nobody", "--tokens", "1.5"], 2, "--tokens"),
        (["settle", "nobody", "--seconds", "nan"], 2, "--seconds"),
    ],
)
def test_what_is_not_there_or_wrong_is_one_line_and_no_entry(cli, words: list[str], code: int, said: str) -> None:  # type: ignore[no-untyped-def]
    ran = cli("quota", *words)
    assert ran.code == code and said in ran.stderr and len(ran.stderr.strip().splitlines()) == 1
    assert not (cli.cwd / "autosd-home" / "audit.log.jsonl").exists()


def test_the_metrics_are_the_guides(cli, quotas: Quotas) -> None:  # type: ignore[no-untyped-def]
    quotas.charge(KEY, 2, now())
    text = cli("quota", "show", "--prometheus", env=LIMIT).stdout
    labels = '{principal="tenantA",purpose="pilot_demo",scope="global"}'
    assert f"selfcoding_quota_used{labels} 1.0\n" in text and f"selfcoding_quota_limit{labels} 2.0\n" in text


@pytest.mark.parametrize(
    "env, said",
    [
        ({"QUOTA_BACKEND": "pg"}, "names no PostgreSQL"),
        ({"QUOTA_BACKEND": "redis", "REDIS_URL": "redis://:geheim@127.0.0.1:1/0"}, "Start Redis"),
        ({"QUOTA_BACKEND": "memcached"}, "store, pg, redis"),
        ({"SELFCODING_QUOTA_PER_HOUR": "-1"}, "quota.per_hour"),
    ],
)
def test_a_backend_that_cannot_be_used_is_refused_and_not_replaced(cli, env: dict[str, str], said: str) -> None:  # type: ignore[no-untyped-def]
    ran = cli("quota", "show", env=env)
    assert ran.code == 2 and said in ran.stderr and "geheim" not in ran.stderr


def test_budgets_and_what_is_spoken_for_are_shown_and_closed_by_hand(cli, ledger: SqlLedger) -> None:  # type: ignore[no-untyped-def]
    for id, project in (("job-1", "shop"), ("job-2", "blog"), ("job-3", "blog")):
        account = Account("acme", project, "agent", f"run of {id}")
        assert ledger.reserve(Reservation(id, account, {Unit.MICRO_USD: 750_000, Unit.TOKENS: 100}, now()), []) is None
    budgets = {"AUTOSD_BUDGET_USD_PER_DAY": "5", "AUTOSD_BUDGET_USD_PER_RUN": "1", "AUTOSD_BUDGET_LIMITS": "2 usd per day per project"}

    settled = cli("quota", "settle", "job-1", "--usd", "0.5", "--tokens", "80", "--json").object
    assert settled["result"] == "settled" and settled["spent"] == {"micro_usd": 500_000, "tokens": 80}
    assert "job-2 is released" in cli("quota", "release", "job-2").stdout

    shown = cli("quota", "show", "--json", env=budgets).object
    assert [each["id"] for each in shown["reservations"]] == ["job-3"]
    used = {(each["name"], json.dumps(each["account"])): (each["used"], each["limit"]) for each in shown["budgets"]}
    assert used == {
        ("budget.usd_per_day", "{}"): (1_250_000, 5_000_000),
        ("budget.usd_per_run", '{"run": "run of job-3"}'): (750_000, 1_000_000),
        ("2 usd per day per project", '{"project": "shop"}'): (500_000, 2_000_000),
        ("2 usd per day per project", '{"project": "blog"}'): (750_000, 2_000_000),
    }
    table = cli("quota", "show", env=budgets).stdout
    assert "1.25 usd" in table and "project=shop" in table and "Open reservations: 1" in table
    assert "job-3" in cli("quota", "show", "--open").stdout
    assert [each["kind"] for each in cli("audit", "tail", "--json").object["entries"]] == ["reservation_settled", "reservation_released"]
    assert cli("quota", "release", "job-1").code == 1, "what is settled is not open"


def test_every_help_teaches_by_example_and_fits_eighty_columns(cli) -> None:  # type: ignore[no-untyped-def]
    for command in ("show", "reset", "settle", "release"):
        ran = cli("quota", command, "--help")
        assert ran.code == 0 and f"autosd quota {command}" in ran.stdout.partition("Examples:")[2]
        assert all(len(line) <= 80 for line in ran.stdout.splitlines() if "autosd " not in line)
