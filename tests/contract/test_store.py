"""What every store keeps, on each database: written once, read back as it was, never changed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from autosd.adapters.store import open_store
from autosd.adapters.store.sql import SqlStore
from autosd.domain.changes import Change, ChangeResult, Cost, GateReport, Overfit, RunSummary, TestEvidence, Word
from autosd.domain.decisions import Objection
from autosd.domain.errors import AutosdError

NOON = datetime(2026, 3, 4, 12, 0, 0, 123456, UTC)
FULL = Change(
    id="c1",
    project="/p/a",
    base="f" * 40,
    result=ChangeResult(Word.PATH_BLOCKED, "x/y.py"),
    strategy="repair",
    diff="--- a/x\n+++ b/x\n-\udce9 latin\n+\x00 nul \ufdd0 odd ✓ \ud83d\n",
    branch="autosd/c1",
    commit="a" * 40,
    artifacts="/p/a/artifacts",
    reports=(GateReport("boundary", False, ChangeResult(Word.PATH_BLOCKED, "x/y.py"), "because\x00", 0.25), GateReport("static", True)),
    evidence=TestEvidence(("t::a[\x00]", "t::b"), (), ("t::c",), (), 12),
    overfit=Overfit(True, True, "memorises"),
    cost=Cost(1200, 3.5, 0.0),
    objections=(Objection("AUTOSD-X", "no", "do y", "rule"),),
    created_at=NOON,
    extra={"sandbox": "bubblewrap", "\x00": "\udcff"},
)
EMPTY = Change("c2", "p", None, ChangeResult(Word.NO_TESTS))
SUMMARY = RunSummary("r1", "p", "ann", "fix", {"static": "passed"}, "/a", {"change": "c1", "rollback": "x"}, {"suite": 0.5}, NOON)


@pytest.mark.parametrize("change", [FULL, EMPTY], ids=["full", "empty"])
def test_a_change_is_read_back_as_it_was_written(opened: Callable[[], SqlStore], change: Change) -> None:
    opened().add_change(change)
    again = opened()
    assert again.change(change.id) == change
    assert again.changes() == [change]


def test_the_same_change_again_is_no_error_and_no_second_row(store: SqlStore) -> None:
    store.add_change(FULL)
    store.add_change(replace(FULL, created_at=NOON + timedelta(hours=1)))
    assert store.changes() == [FULL]


def test_another_content_under_a_known_id_is_a_conflict(store: SqlStore) -> None:
    store.add_change(FULL)
    with pytest.raises(AutosdError) as refused:
        store.add_change(replace(FULL, diff="another"))
    assert refused.value.code == "AUTOSD-STORE-CONFLICT"
    assert store.changes() == [FULL]


def test_changes_come_newest_first_by_project_and_up_to_a_limit(store: SqlStore) -> None:
    for number in range(6):
        store.add_change(replace(EMPTY, id=f"n{number}", project="odd" if number % 2 else "even"))
    assert [change.id for change in store.changes("even", limit=2)] == ["n4", "n2"]
    assert [change.id for change in store.changes(limit=3)] == ["n5", "n4", "n3"]
    assert store.change("unknown") is None and store.changes("unknown") == []


@pytest.mark.parametrize("statement", ["UPDATE {} SET project = 'x'", "DELETE FROM {}"])
@pytest.mark.parametrize("table", ["changes", "run_summaries"])
def test_the_database_itself_refuses_to_change_what_was_recorded(store: SqlStore, store_url: str, table: str, statement: str) -> None:
    store.add_change(FULL)
    store.add_summary(SUMMARY)
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), store._engine.begin() as connection:
        connection.execute(sa.text(statement.format(table)))
    assert store.change(FULL.id) == FULL and store.summary("r1") == SUMMARY


def test_a_project_runs_until_it_is_halted_and_again_when_the_halt_is_lifted(opened: Callable[[], SqlStore]) -> None:
    store = opened()
    assert not store.halted("p")
    store.set_halted("p", True, reason="an incident", at=NOON)
    assert opened().halted("p") and not store.halted("q")
    store.set_halted("p", False, reason="over", at=NOON)
    assert not opened().halted("p")


def test_summaries_are_listed_newest_first_by_project_and_by_change(store: SqlStore) -> None:
    later = replace(SUMMARY, id="r2", created_at=NOON + timedelta(hours=1))
    elsewhere = replace(SUMMARY, id="r3", project="q", references={"change": "c9"}, created_at=NOON + timedelta(hours=2))
    for each in (SUMMARY, later, elsewhere):
        store.add_summary(each)
    assert store.summaries() == [elsewhere, later, SUMMARY]
    assert store.summaries("p", limit=1) == [later]
    assert store.summaries(change="c1") == [later, SUMMARY]
    assert store.summaries(change="c'\" OR 1=1") == []


def test_a_summary_is_found_by_its_request(opened: Callable[[], SqlStore]) -> None:
    store = opened()
    store.add_summary(SUMMARY)
    store.add_summary(SUMMARY)
    assert opened().summary("r1") == SUMMARY and store.summary("r2") is None
    with pytest.raises(AutosdError, match="another content"):
        store.add_summary(replace(SUMMARY, purpose="other"))


def test_times_keep_their_instant_whatever_zone_they_came_in(store: SqlStore) -> None:
    here = datetime(2026, 7, 1, 1, 30, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    store.add_change(replace(EMPTY, created_at=here))
    kept = store.change(EMPTY.id)
    assert kept and kept.created_at == here and kept.created_at.utcoffset() == timedelta(0)


def _add_many(url: str, start: int) -> None:
    store = open_store(url)
    for number in range(start, start + 20):
        store.add_change(replace(EMPTY, id=f"m{number}"))
    store.close()


def test_processes_that_open_and_write_at_once_make_one_schema_and_lose_nothing(store_url: str) -> None:
    """Opening migrates an empty database: two at once is the first thing two runs at once do."""
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_add_many, args=(store_url, 100 * index)) for index in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    store = open_store(store_url)
    assert len(store.changes(limit=500)) == 60
    store.close()


WRITER = """
import sys
from dataclasses import replace
from autosd.adapters.store import open_store
from autosd.domain.changes import *
store = open_store(sys.argv[1])
change = Change("k", "p", None, ChangeResult(Word.NO_TESTS), diff="x" * 20000, evidence=TestEvidence(total=7))
for number in range(10**6):
    store.add_change(replace(change, id=f"k{number}"))
    print(number, flush=True)
"""


def test_what_was_confirmed_before_a_kill_is_there_and_whole(store_url: str) -> None:
    for _ in range(2):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, store_url], stdout=subprocess.PIPE, text=True)
        assert writer.stdout
        confirmed = [int(writer.stdout.readline()) for _ in range(15)][-1]
        os.kill(writer.pid, signal.SIGKILL)
        confirmed = max([confirmed, *(int(line) for line in writer.stdout.read().splitlines(keepends=True) if line.endswith("\n"))])
        writer.wait()
        writer.stdout.close()
        store = open_store(store_url)
        kept = [change for change in store.changes(limit=10**6) if change.id.startswith("k")]
        assert len(kept) >= confirmed + 1
        assert all(len(change.diff) == 20000 and change.evidence.total == 7 for change in kept)
        store.add_change(replace(EMPTY, id=f"after-{time.time_ns()}"))  # no lock was left behind
        store.close()


def test_a_schema_from_a_newer_program_is_refused(store: SqlStore, store_url: str) -> None:
    with store._engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '20991231_01'"))
    with pytest.raises(AutosdError) as refused:
        open_store(store_url)
    assert refused.value.code == "AUTOSD-STORE-NEWER"


def test_the_migrations_make_exactly_the_tables_that_the_program_uses(store: SqlStore) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    from autosd.adapters.store.all_tables import metadata
    from autosd.adapters.store.migrating import REVISIONS

    with store._engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "autosd.adapters.store:migrations")
    known = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    assert tuple(reversed(known)) == REVISIONS
