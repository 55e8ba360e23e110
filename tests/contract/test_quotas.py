"""S0's hour windows on every backend: SQLite, PostgreSQL and Redis, each a real one."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from autosd.adapters.quotas import open_quotas
from autosd.adapters.quotas.on_redis import RedisQuotas
from autosd.adapters.quotas.on_store import StoreQuotas
from autosd.domain.errors import AutosdError
from autosd.domain.quotas import HOUR_MS, QuotaState, epoch_ms, quota_key
from autosd.ports import Quotas

from .redis_kit import find_program, fork_all, redis_url, say, server, temporary_folder

__all__ = ["redis_url"]

#: As guide S0 prints them, to the letter.
POSTGRES_RESET = (
    "UPDATE selfcoding_quota SET used = 0, reset_ts = EXTRACT(EPOCH FROM NOW())*1000 + 3600000 "
    "WHERE id = 'selfcoding:tenantA:global:pilot_demo';"
)
REDIS_RESET = "redis-cli DEL selfcoding_quota:selfcoding:tenantA:global:pilot_demo"
SQLITE_RESET = POSTGRES_RESET.replace("EXTRACT(EPOCH FROM NOW())", "strftime('%s', 'now')")
DEMO = "selfcoding:tenantA:global:pilot_demo"

Open = Callable[[], Quotas]


@pytest.fixture(params=["sqlite", "postgresql", "redis"])
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str, str]:
    """What to open a backend with: its name, the store's URL, the URL of Redis."""
    if request.param == "redis":
        return "redis", "", request.getfixturevalue("redis_url")
    if request.param == "postgresql":
        return "pg", request.getfixturevalue("postgres_url"), ""
    return "store", f"sqlite:///{tmp_path / 'autosd.db'}", ""


@pytest.fixture
def quotas(opener: tuple[str, str, str]) -> Iterator[StoreQuotas | RedisQuotas]:
    backend, store_url, url = opener
    with closing(open_quotas(backend, store_url=store_url, redis_url=url)) as opened:
        yield opened


@pytest.fixture
def key() -> str:
    """A key of this test's own: a Redis server that was given may hold others."""
    return quota_key(f"t{uuid.uuid4().hex}", "", "Pilot Demo")


def now() -> datetime:
    return datetime.now(UTC)


def test_the_use_that_meets_the_limit_passes_and_the_next_is_refused_and_counted(quotas: Quotas, key: str) -> None:
    began = now()
    states = [quotas.charge(key, 3, began) for _ in range(5)]

    assert [state.allowed for state in states] == [True, True, True, False, False]
    assert [state.used for state in states] == [1, 2, 3, 4, 5]
    assert all(abs(state.reset_ts - epoch_ms(began) - HOUR_MS) < 2000 for state in states)


def test_a_limit_of_nothing_lets_nothing_pass(quotas: Quotas, key: str) -> None:
    assert not quotas.charge(key, 0, now()).allowed


def test_a_window_that_ended_reads_as_unused_and_the_next_use_begins_another(quotas: Quotas, key: str) -> None:
    for _ in range(3):
        quotas.charge(key, 2, now(), window_ms=150)
    time.sleep(0.2)

    assert quotas.state(key, 2, now()) == QuotaState(key, 0, 2, 0)
    assert key not in [state.id for state in quotas.states(2, now())]
    assert not quotas.reset(key, now())
    assert quotas.charge(key, 2, now()).used == 1


def test_a_window_does_not_move_with_its_uses(quotas: Quotas, key: str) -> None:
    first = quotas.charge(key, 9, now())
    time.sleep(0.8)
    last = quotas.charge(key, 9, now())
    assert abs(last.reset_ts - first.reset_ts) < 400  # Redis tells what is left, when it gets round to it


def test_looking_is_no_use(quotas: Quotas, key: str) -> None:
    quotas.charge(key, 9, now())
    for _ in range(3):
        assert quotas.state(key, 9, now()).used == 1
    assert [state.used for state in quotas.states(9, now()) if state.id == key] == [1]


def test_a_reset_holds_for_the_very_next_use_and_says_whether_there_was_a_window(quotas: Quotas, key: str) -> None:
    for _ in range(3):
        quotas.charge(key, 2, now())
    assert quotas.reset(key, now()) and not quotas.reset(key, now())
    assert quotas.charge(key, 2, now()).used == 1


def test_keys_do_not_touch_each_other(quotas: Quotas, key: str) -> None:
    others = [key + "x", key.upper(), key.replace("pilot", "p_lot"), key + "%", key + " ✓\x00\udcff"]
    for each in others:
        quotas.charge(each, 1, now())
    assert quotas.charge(key, 1, now()).allowed
    assert {each.id for each in quotas.states(1, now())} >= {each for each in (*others, key) if each.startswith("selfcoding:")}
    for each in (key, *others):
        assert quotas.reset(each, now())


def test_a_clock_that_goes_back_gives_nothing_back(quotas: Quotas, key: str) -> None:
    quotas.charge(key, 1, now())
    earlier = quotas.charge(key, 1, now() - timedelta(hours=5))
    assert not earlier.allowed and earlier.used == 2
    assert not quotas.charge(key, 1, now()).allowed


def test_what_is_counted_is_there_for_another_process(quotas: Quotas, opener: tuple[str, str, str], key: str) -> None:
    quotas.charge(key, 5, now())
    program = (
        "import sys\nfrom datetime import UTC, datetime\nfrom autosd.adapters.quotas import open_quotas\n"
        "backend, store, redis, key = sys.argv[1:]\n"
        "print(open_quotas(backend, store_url=store, redis_url=redis).charge(key, 5, datetime.now(UTC)).used)"
    )
    done = subprocess.run([sys.executable, "-c", program, *opener, key], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "2"


def charge_often(backend: str, store_url: str, url: str, key: str, limit: int, times: int) -> int:
    with closing(open_quotas(backend, store_url=store_url, redis_url=url)) as quotas:
        return sum(quotas.charge(key, limit, now()).allowed for _ in range(times))


def test_any_number_of_processes_on_one_key_pass_exactly_the_limit(quotas: StoreQuotas, opener: tuple[str, str, str], key: str) -> None:
    quotas.state(key, 100, now())  # the schema is there: this test is about the counting
    quotas.close()  # SQLite's locks do not survive a fork
    passed = fork_all(charge_often, 16, *opener, key, 100, 8)
    assert sum(passed) == 100
    assert quotas.state(key, 100, now()).used == 128


@pytest.mark.soak
def test_sixty_four_processes_on_one_key_pass_exactly_the_limit(quotas: StoreQuotas, opener: tuple[str, str, str], key: str) -> None:
    times = int(os.environ.get("SOAK_CHARGES", "200"))
    quotas.state(key, 1, now())
    quotas.close()
    for limit in (0, 1, 63, 64 * times - 1, 64 * times):
        passed = fork_all(charge_often, 64, *opener, f"{key}_{limit}", limit, times)
        assert sum(passed) == min(limit, 64 * times)


# ---- the guide's own words ---------------------------------------------------------------------------------------------------


def used_up(quotas: Quotas) -> None:
    quotas.reset(DEMO, now())
    assert quota_key("tenantA", "", "Pilot Demo") == DEMO
    assert [quotas.charge(DEMO, 2, now()).allowed for _ in range(3)] == [True, True, False]


def test_the_guides_sql_resets_a_window_at_once(postgres_url: str) -> None:
    import psycopg

    with closing(open_quotas("pg", store_url=postgres_url, redis_url="")) as quotas:
        used_up(quotas)
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            assert connection.execute(POSTGRES_RESET).rowcount == 1
        assert quotas.state(DEMO, 2, now()).used == 0
        assert [quotas.charge(DEMO, 2, now()).allowed for _ in range(3)] == [True, True, False]


def test_the_guides_sql_resets_a_window_at_once_on_sqlite_with_its_word_for_now(tmp_path: Path) -> None:
    import sqlite3

    file = tmp_path / "autosd.db"
    with closing(open_quotas("store", store_url=f"sqlite:///{file}", redis_url="")) as quotas:
        used_up(quotas)
        with closing(sqlite3.connect(file, isolation_level=None)) as connection:
            assert connection.execute(SQLITE_RESET).rowcount == 1
        assert [quotas.charge(DEMO, 2, now()).allowed for _ in range(3)] == [True, True, False]


def test_the_guides_redis_command_resets_a_window_at_once(redis_url: str) -> None:
    with closing(open_quotas("redis", store_url="", redis_url=redis_url)) as quotas:
        used_up(quotas)
        assert say(redis_url, *REDIS_RESET.split()[1:]) == b":1\r\n"
        assert [quotas.charge(DEMO, 2, now()).allowed for _ in range(3)] == [True, True, False]
        quotas.reset(DEMO, now())


def test_the_table_is_the_guides(postgres_url: str) -> None:
    with closing(open_quotas("pg", store_url=postgres_url, redis_url="")) as quotas:
        quotas.state(DEMO, 1, now())
    engine = sa.create_engine(postgres_url.replace("postgresql:", "postgresql+psycopg:"))
    columns = {column["name"]: column for column in sa.inspect(engine).get_columns("selfcoding_quota")}
    engine.dispose()
    assert {name: str(column["type"]) for name, column in columns.items()} == {"id": "TEXT", "used": "INTEGER", "reset_ts": "BIGINT"}
    assert not any(column["nullable"] for column in columns.values()) and columns["used"]["default"] == "0"


def test_no_key_in_redis_is_without_an_end_also_one_that_was_set_by_hand(redis_url: str, key: str) -> None:
    name = f"selfcoding_quota:{key}"
    with closing(open_quotas("redis", store_url="", redis_url=redis_url)) as quotas:
        quotas.charge(key, 9, now())
        assert 3590 < int(say(redis_url, "TTL", name)[1:]) <= 3600
        say(redis_url, "PERSIST", name)
        assert quotas.state(key, 9, now()).used == 1
        assert quotas.charge(key, 9, now()).used == 2
        assert 3590 < int(say(redis_url, "TTL", name)[1:]) <= 3600
        quotas.reset(key, now())


def test_a_count_stops_at_what_the_column_holds_and_does_not_wrap(postgres_url: str, tmp_path: Path) -> None:
    for url in (postgres_url, f"sqlite:///{tmp_path / 'a.db'}"):
        with closing(open_quotas("store", store_url=url, redis_url="")) as quotas:
            quotas.charge(DEMO, 1, now())
            with quotas._engine.begin() as connection:  # type: ignore[union-attr]
                connection.execute(sa.text("UPDATE selfcoding_quota SET used = 2147483647"))
            assert quotas.charge(DEMO, 1, now()).used == 2147483647


# ---- what cannot be counted --------------------------------------------------------------------------------------------------


def refusal(quotas: Quotas, act: str = "charge") -> AutosdError:
    with pytest.raises(AutosdError) as refused:
        getattr(quotas, act)(DEMO, 1, now()) if act != "states" else quotas.states(1, now())
    assert refused.value.code == "AUTOSD-QUOTA-UNAVAILABLE" and refused.value.exit_code == 2
    assert "geheim" not in str(refused.value)
    return refused.value


@pytest.mark.parametrize("act", ["charge", "state", "states"])
def test_a_backend_that_cannot_be_reached_is_no_leave(tmp_path: Path, act: str) -> None:
    nowhere = tmp_path / "no socket"
    closed = f"postgresql://me:geheim@/x?host={tmp_path}"
    for backend, store, redis in (
        ("redis", "", f"unix://:geheim@{nowhere}"),
        ("redis", "", "redis://:geheim@127.0.0.1:1/0"),
        ("pg", closed, ""),
    ):
        with closing(open_quotas(backend, store_url=store, redis_url=redis)) as quotas:
            refusal(quotas, act)


def test_a_spoilt_count_is_no_leave(redis_url: str, key: str) -> None:
    say(redis_url, "SET", f"selfcoding_quota:{DEMO}", "many")
    with closing(open_quotas("redis", store_url="", redis_url=redis_url)) as quotas:
        for act in ("charge", "state"):
            refusal(quotas, act)
        say(redis_url, "DEL", f"selfcoding_quota:{DEMO}")
        say(redis_url, "LPUSH", f"selfcoding_quota:{DEMO}", "x")
        refusal(quotas)
        quotas.reset(DEMO, now())


def test_a_spoilt_database_is_no_leave(tmp_path: Path) -> None:
    file = tmp_path / "autosd.db"
    file.write_bytes(b"no database at all" * 100)
    with closing(open_quotas("store", store_url=f"sqlite:///{file}", redis_url="")) as quotas:
        refusal(quotas)


def test_a_redis_url_that_is_none_is_told_as_such() -> None:
    with closing(open_quotas("redis", store_url="", redis_url="redis://:geheim@host:port/0")) as quotas:
        assert "REDIS_URL" in refusal(quotas).remedy


def test_postgresql_that_was_asked_for_is_not_replaced_by_what_is_there(tmp_path: Path) -> None:
    with pytest.raises(AutosdError, match="names no PostgreSQL") as refused:
        open_quotas("pg", store_url=f"sqlite:///{tmp_path / 'a.db'}", redis_url="")
    assert refused.value.code == "AUTOSD-QUOTA-UNAVAILABLE"


def test_a_server_that_came_back_is_used_again() -> None:
    program = find_program()
    if program is None:
        pytest.skip("no Redis server on this machine")
    with temporary_folder() as folder:
        with server(program, folder) as url:
            quotas = open_quotas("redis", store_url="", redis_url=url)
            assert quotas.charge(DEMO, 1, now()).allowed
        refusal(quotas)
        with server(program, folder):
            assert quotas.charge(DEMO, 1, now()).used == 1
        quotas.close()
