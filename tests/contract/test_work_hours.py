"""The counts that triggers keep are those of a recount, whoever writes, however many at once, and also for rows from before."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from autosd.adapters.store import open_store
from autosd.adapters.store.opening import opened_engine
from autosd.adapters.store.sql import SqlStore
from autosd.adapters.store.work_outcomes import SqlOutcomes
from autosd.adapters.store.work_proposals import SqlProposals
from autosd.adapters.store.work_tables import evidence, hours, proposals, runs, totals
from autosd.domain.outcomes import Mode, Verdict
from autosd.domain.proposals import LIFE, ProposalStatus
from autosd.domain.signals import Stream

from .redis_kit import fork_all
from .work_kit import MINUTE, NOON, look, proposal, quick_store, run

HOUR = timedelta(hours=1)


@pytest.fixture
def store(store_url: str) -> Iterator[SqlStore]:
    with quick_store(store_url) as made:
        yield made


def recounted(store: SqlStore) -> dict[str, dict[tuple[str, ...], int]]:
    """Every row looked at, in Python: nothing of the triggers has a part in it."""
    found: dict[str, dict[tuple[str, ...], int]] = {"totals": {}, "hours": {}}

    def add(kind: str, *key: str) -> None:
        found[kind][key] = found[kind].get(key, 0) + 1

    with store.engine.connect() as connection:
        for row in connection.execute(sa.select(proposals.c.created_at, proposals.c.status, proposals.c.stream)):
            add("totals", proposals.name, row.status, row.stream)
            add("hours", proposals.name, f"{row.created_at:%Y-%m-%dT%H}", row.status, row.stream)
        for row in connection.execute(sa.select(runs.c.verified_at, runs.c.verdict, runs.c.pending_recheck, runs.c.synthetic)):
            stream = "synthetic" if row.synthetic else "production"
            add("totals", runs.name, "pending_recheck" if row.pending_recheck else row.verdict or "unverified", stream)
            if row.verdict and not row.pending_recheck:
                add("hours", runs.name, f"{row.verified_at:%Y-%m-%dT%H}", row.verdict, stream)
        for row in connection.execute(sa.select(evidence.c.verdict)):
            add("totals", evidence.name, row.verdict, "")
    return found


def kept(store: SqlStore) -> dict[str, dict[tuple[str, ...], int]]:
    with store.engine.connect() as connection:
        return {
            "totals": {tuple(row[:3]): row.n for row in connection.execute(sa.select(totals)) if row.n},
            "hours": {tuple(row[:4]): row.n for row in connection.execute(sa.select(hours)) if row.n},
        }


def work(store: SqlStore, seed: int, steps: int) -> int:
    """What scans, builds, looks and people do, at random times."""
    rng, made = random.Random(seed), SqlProposals(store.engine)
    outcomes = SqlOutcomes(store.engine)
    mine = []
    for number in range(steps):
        at = NOON + rng.randrange(600) * MINUTE
        stream = rng.choice(list(Stream))
        each = proposal(f"{seed}-{number}", created_at=at, stream=stream)
        made.add(each)
        mine.append(each)
        chosen = rng.randrange(len(mine))
        steps_on = sorted(LIFE[mine[chosen].status])
        if steps_on and made.replace(mine[chosen], new := replace(mine[chosen], status=rng.choice(steps_on))):
            mine[chosen] = new
        outcomes.add_run(run(f"r{seed}-{number}", started_at=at, synthetic=rng.random() < 0.2))
        for attempt in range(rng.randrange(3)):
            pending = rng.random() < 0.4
            verdict = rng.choice(list(Verdict))
            later = {"minutes": rng.randrange(600), "attempt": attempt, "pending_recheck": pending}
            outcomes.add_evidence(look(f"e{seed}-{number}-{attempt}", f"r{seed}-{number}", verdict=verdict, **later))
    return steps


def test_the_counts_are_those_of_a_recount_after_anything_that_may_happen(store: SqlStore) -> None:
    work(store, 1, 60)
    with store.engine.begin() as connection:
        for statement in (
            "INSERT INTO ai_improvement_proposals (title) VALUES ('Of another program')",
            "UPDATE ai_improvement_proposals SET status = 'rejected' WHERE id LIKE '1-1%'",
            "UPDATE experiment_runs SET pending_recheck = TRUE WHERE id LIKE 'r1-2%'",
            "UPDATE experiment_runs SET result = 'seen' WHERE id LIKE 'r1-3%'",
            "DELETE FROM ai_improvement_proposals WHERE id LIKE '1-4%'",
            "DELETE FROM experiment_runs WHERE id LIKE 'r1-5%'",
        ):
            connection.execute(sa.text(statement))
    assert kept(store) == recounted(store)


def _work(url: str) -> int:
    with quick_store(url) as store:
        return work(store, os.getpid(), 25)


def test_writers_at_once_leave_exact_counts(store_url: str) -> None:
    with closing(open_store(store_url)):
        pass  # the schema
    assert sum(fork_all(_work, 4, store_url)) == 100
    with closing(open_store(store_url)) as store:
        assert kept(store) == recounted(store) and sum(SqlProposals(store.engine).counts(production=False).values()) == 100


def test_a_transaction_that_is_taken_back_counts_nothing(store: SqlStore) -> None:
    SqlProposals(store.engine).add(proposal("p1"))
    with pytest.raises(RuntimeError), store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE ai_improvement_proposals SET status = 'rejected'")
        raise RuntimeError
    assert kept(store) == recounted(store) and SqlProposals(store.engine).counts()[ProposalStatus.PENDING] == 1


def test_counts_since_any_moment_are_exact_to_the_microsecond(store: SqlStore) -> None:
    work(store, 7, 60)
    made, outcomes = SqlProposals(store.engine), SqlOutcomes(store.engine)
    found = made.find()
    moments = [each.created_at for each in found[:20]]
    moments += [at + timedelta(microseconds=1) for at in moments] + [
        NOON.replace(minute=0, second=0, microsecond=0) + n * HOUR for n in range(12)
    ]
    with store.engine.connect() as connection:
        judged = list(connection.execute(sa.select(runs.c.verified_at, runs.c.verdict, runs.c.pending_recheck, runs.c.synthetic)))
    for since in moments:
        for production in (True, False):
            expected = sum(each.created_at >= since and (not production or each.stream is Stream.PRODUCTION) for each in found)
            assert sum(made.counts(since=since, production=production).values()) == expected
            counted = outcomes.verdicts(since=since, production=production)
            for verdict in Verdict:
                rows = [row for row in judged if row.verdict == str(verdict) and not row.pending_recheck and row.verified_at >= since]
                assert counted[verdict] == sum(not (production and row.synthetic) for row in rows)


def test_rows_from_before_the_counters_are_counted_by_the_migration(store_url: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "autosd.adapters.store:migrations")
    with closing(open_store(store_url)) as store:
        work(store, 3, 30)
        expected = kept(store)
        with store.engine.begin() as connection:  # as the schema was before
            for table in (proposals.name, runs.name):
                for verb in ("insert", "update", "delete"):
                    if connection.dialect.name == "postgresql":
                        connection.exec_driver_sql(f"DROP TRIGGER {table}_hours_{verb} ON {table}")
                        connection.exec_driver_sql(f"DROP FUNCTION {table}_hours_{verb}")
                    else:
                        connection.exec_driver_sql(f"DROP TRIGGER {table}_hours_{verb}")
            connection.exec_driver_sql("DROP TABLE work_hours")
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '20261120_04'")
    with store.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    store.engine.dispose()
    with closing(SqlStore(opened_engine(store_url))) as again:
        assert kept(again) == expected == recounted(again)
        work(again, 4, 5)
        assert kept(again) == recounted(again)


def test_the_last_loss_in_a_mode_is_found_whatever_came_after_it(store: SqlStore) -> None:
    outcomes = SqlOutcomes(store.engine)
    outcomes.add_run(run("normal"))
    outcomes.add_run(run("safe", mode=Mode.SAFE))
    for id, of, verdict, minutes, pending in (
        ("a", "normal", Verdict.LOSS, 1, False),
        ("b", "normal", Verdict.LOSS, 2, False),
        ("c", "normal", Verdict.LOSS, 3, True),
        ("d", "safe", Verdict.LOSS, 4, False),
        ("e", "normal", Verdict.WIN, 5, False),
    ):
        outcomes.add_evidence(look(id, of, verdict=verdict, minutes=minutes, pending_recheck=pending))

    def last(mode: Mode, since: datetime, limit: int = 9) -> datetime | None:
        return outcomes.last_look(Verdict.LOSS, mode, since=since, limit=limit)

    assert last(Mode.NORMAL, NOON) == NOON + 2 * MINUTE and last(Mode.SAFE, NOON) == NOON + 4 * MINUTE
    assert last(Mode.NORMAL, NOON + 3 * MINUTE) is None and last(Mode.NORMAL, NOON, limit=3) is None
