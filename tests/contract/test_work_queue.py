"""The queue on each database: every job to one worker at a time, and only the newest claim can end it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from autosd.adapters.store import open_store
from autosd.adapters.store.sql import SqlStore
from autosd.adapters.store.work_proposals import SqlProposals
from autosd.adapters.store.work_queue import SqlQueue
from autosd.domain.jobs import JobStatus, Lease, backoff

from .redis_kit import fork_all
from .work_kit import MINUTE, NOON, job, proposal, quick_store

S = JobStatus


@pytest.fixture
def store(store_url: str) -> Iterator[SqlStore]:
    with quick_store(store_url) as made:
        yield made


@pytest.fixture
def queue(store: SqlStore) -> SqlQueue:
    return SqlQueue(store.engine)


def claimed(queue: SqlQueue, worker: str = "w1", now: datetime = NOON, types: list[str] | None = None) -> Lease:
    lease = queue.claim(worker, now=now, lease=MINUTE, types=types)
    assert lease is not None
    return lease


def nothing(queue: SqlQueue, now: datetime = NOON, types: list[str] | None = None) -> bool:
    return queue.claim("another", now=now, lease=MINUTE, types=types) is None


def test_a_job_is_read_back_as_it_was_put_and_only_once(queue: SqlQueue) -> None:
    first = job("j1", payload={"steps": ["a", "\x00 \udcff"], "deep": {"n": [1, None]}}, tenant="t", lock="shop", priority=85, max_tries=2)
    assert queue.put(first) and not queue.put(replace(first, priority=1))
    assert queue.get("j1") == first and queue.get("j2") is None and list(queue.jobs()) == [first]


def test_the_most_urgent_job_comes_first_and_then_the_oldest(queue: SqlQueue) -> None:
    for id, priority, minutes in (("low", 50, 0), ("late", 95, 2), ("early", 95, 1), ("middle", 70, 0)):
        queue.put(job(id, priority=priority, created_at=NOON + minutes * MINUTE))
    assert [claimed(queue).job.id for _ in range(4)] == ["early", "late", "middle", "low"]
    assert nothing(queue)


def test_a_claim_says_whose_it_is_and_until_when(queue: SqlQueue) -> None:
    queue.put(job("j1"))
    lease = claimed(queue)
    assert (lease.worker, lease.token, lease.until) == ("w1", 1, NOON + MINUTE)
    assert lease.job == replace(job("j1"), status=S.PROCESSING, tries=1, started_at=NOON) == queue.get("j1")


def test_only_jobs_of_the_asked_types_are_claimed(queue: SqlQueue) -> None:
    queue.put(job("j1", type="quality_check"))
    assert nothing(queue, types=["self_build", "scan"]) and nothing(queue, types=[])
    assert claimed(queue, types=["scan", "quality_check"]).job.id == "j1"


def test_a_job_that_is_to_run_later_waits_until_then(queue: SqlQueue) -> None:
    queue.put(job("j1", run_at=NOON + MINUTE))
    assert nothing(queue, NOON + 0.9 * MINUTE)
    assert claimed(queue, now=NOON + MINUTE).job.id == "j1"


@pytest.mark.parametrize("status", [S.COMPLETED, S.SKIPPED, S.DEAD])
def test_what_is_ended_stays_ended(queue: SqlQueue, store: SqlStore, status: JobStatus) -> None:
    queue.put(job("j1"))
    lease = claimed(queue)
    assert queue.finish(lease, status, now=NOON + timedelta(seconds=2), result={"branch": "b"}, error="why")
    ended = queue.get("j1")
    assert ended and (ended.status, ended.result, ended.error) == (status, {"branch": "b"}, "why")
    assert ended.completed_at == NOON + timedelta(seconds=2) and nothing(queue, NOON + timedelta(days=9))
    assert not queue.finish(lease, S.COMPLETED, now=NOON, result={}) and not queue.beat(lease, now=NOON, lease_for=MINUTE)
    with store.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT processing_time_ms FROM ai_task_queue")).scalar() == 2000


def test_a_failure_waits_longer_each_time_and_then_the_job_is_dead_until_a_person_retries_it(queue: SqlQueue) -> None:
    queue.put(job("j1"))
    now = NOON
    for tries in (1, 2, 3):
        lease = claimed(queue, now=now)
        assert lease.job.tries == lease.token == tries
        assert queue.finish(lease, S.FAILED, now=now, result={"error": "tests_failed"}, error="tests_failed")
        if tries < 3:
            assert nothing(queue, now + backoff(tries) - timedelta(seconds=1))
        now += backoff(tries)
    dead = queue.get("j1")
    assert dead and dead.status is S.DEAD and dead.error == "tests_failed" and list(queue.jobs(status=[S.DEAD])) == [dead]
    assert nothing(queue, now + timedelta(days=9))
    assert queue.retry("j1", now=now) and not queue.retry("j1", now=now) and not queue.retry("j2", now=now)
    again = claimed(queue, now=now)
    assert again.job.tries == 1 and again.token == 4, "tokens grow for ever: a lease of the first life is still refused"


def test_a_worker_that_stops_gives_its_job_back_untried(queue: SqlQueue) -> None:
    queue.put(job("j1", max_tries=1))
    for _ in range(3):
        assert queue.finish(claimed(queue), S.PENDING, now=NOON, result={})
    assert claimed(queue).job.tries == 1


def test_a_lease_that_ran_out_is_free_and_its_late_worker_can_do_nothing(queue: SqlQueue) -> None:
    queue.put(job("j1"))
    late = claimed(queue, "late")
    assert nothing(queue, NOON + 0.9 * MINUTE)
    newer = claimed(queue, "quick", NOON + MINUTE)
    assert newer.token == 2 and newer.job.tries == 2
    assert not queue.beat(late, now=NOON + MINUTE, lease_for=MINUTE)
    assert not queue.finish(late, S.COMPLETED, now=NOON + MINUTE, result={"from": "late"})
    assert queue.get("j1") == newer.job
    assert queue.finish(newer, S.COMPLETED, now=NOON + MINUTE, result={"from": "quick"})


def test_the_same_worker_name_does_not_help_a_late_lease(queue: SqlQueue) -> None:
    queue.put(job("j1"))
    late = claimed(queue, "w1")
    claimed(queue, "w1", NOON + MINUTE)
    assert not queue.finish(late, S.COMPLETED, now=NOON + MINUTE, result={})


def test_a_beating_worker_keeps_its_job(queue: SqlQueue) -> None:
    queue.put(job("j1"))
    lease = claimed(queue)
    for minutes in range(1, 6):
        assert queue.beat(lease, now=NOON + (minutes - 0.5) * MINUTE, lease_for=MINUTE)
        assert nothing(queue, NOON + minutes * MINUTE)
    assert not nothing(queue, NOON + 5.5 * MINUTE)


def test_a_job_whose_workers_all_vanish_is_dead_in_the_end(queue: SqlQueue) -> None:
    queue.put(job("j1", max_tries=2))
    claimed(queue)
    claimed(queue, now=NOON + MINUTE)
    assert nothing(queue, NOON + 2 * MINUTE)
    dead = queue.get("j1")
    assert dead and dead.status is S.DEAD and "vanished" in dead.error


def test_two_jobs_never_meet_in_one_repository(queue: SqlQueue) -> None:
    for id, lock, priority in (("a1", "a", 90), ("a2", "a", 80), ("b1", "b", 70), ("free1", "", 60), ("free2", "", 50)):
        queue.put(job(id, lock=lock, priority=priority))
    first = claimed(queue)
    assert [first.job.id, *(claimed(queue).job.id for _ in range(3))] == ["a1", "b1", "free1", "free2"]
    assert nothing(queue)
    queue.finish(first, S.COMPLETED, now=NOON, result={})
    assert claimed(queue).job.id == "a2"


def test_rows_that_another_program_puts_in_are_claimed_like_our_own(queue: SqlQueue, store: SqlStore) -> None:
    """S1's payload lies over its input_data; a repository of a known proposal is locked as that proposal's project."""
    SqlProposals(store.engine).add(proposal("p1"))
    put = "INSERT INTO ai_task_queue (id, task_type, payload, status{}) VALUES ('{}', 'self_build', '{}', 'pending'{})"
    rows = (
        put.format(", priority, input_data", "x1", json.dumps({"proposal_id": "p1"}), ', 85, \'{"proposal_id": "old", "base": "dev"}\''),
        put.format("", "x2", json.dumps({"proposal_id": "p1", "steps": ["a"]}), ""),
        put.format(", priority", "x3", json.dumps({"repo_path": "/srv/other"}), ", 10"),
    )
    queue.put(job("ours", lock="shop", priority=60))
    with store.engine.begin() as connection:
        for row in rows:
            connection.exec_driver_sql(row)
    lease = claimed(queue)
    assert (lease.job.id, lease.job.payload, lease.job.lock) == ("x1", {"proposal_id": "p1", "base": "dev"}, "shop")
    other = claimed(queue)
    assert (other.job.id, other.job.lock) == ("x3", "/srv/other")
    assert nothing(queue), "x2 and ours are of the project that x1 runs in"
    queue.finish(lease, S.COMPLETED, now=NOON, result={})
    assert claimed(queue).job.id == "ours"
    assert {each.id for each in queue.jobs(status=[S.PENDING])} == {"x2"}


def test_a_row_without_an_id_or_with_a_broken_payload_is_a_job_all_the_same(queue: SqlQueue, store: SqlStore, store_url: str) -> None:
    broken = "{oops" if store_url.startswith("sqlite") else "[1, 2]"  # PostgreSQL itself refuses what is no JSON
    with store.engine.begin() as connection:
        connection.exec_driver_sql(f"INSERT INTO ai_task_queue (task_type, payload) VALUES ('self_build', '{broken}')")
    lease = claimed(queue, now=datetime.now(UTC) + MINUTE)
    assert lease.job.payload == {} and lease.job.id and lease.job.tenant == "public" and lease.job.priority == 50
    assert queue.finish(lease, S.SKIPPED, now=NOON, result={"error": "missing_proposal_id"}, error="missing_proposal_id")


def test_results_and_errors_are_kept_without_secrets(queue: SqlQueue) -> None:
    queue.put(job("j1"))
    secret = "ghp_" + "a1B2" * 9
    queue.finish(claimed(queue), S.COMPLETED, now=NOON, result={"log": [f"push {secret}"]}, error=f"token {secret}")
    kept = queue.get("j1")
    assert kept and secret not in str(kept) and "push" in str(kept.result)


def _drain(url: str) -> int:
    """Claim until nothing is left; how many. Each one is marked, so that a second worker of a job would be seen."""
    done = 0
    with quick_store(url) as store:
        queue = SqlQueue(store.engine)
        while (lease := queue.claim(f"w{os.getpid()}", now=NOON, lease=MINUTE)) is not None or queue.jobs(status=[S.PENDING], limit=1):
            if lease is None:
                continue  # what waits, waits for its lock
            with store.engine.begin() as connection:
                busy = "SELECT lock_name FROM ai_task_queue WHERE status = 'processing' AND lock_name <> '' GROUP BY 1 HAVING count(*) > 1"
                assert connection.execute(sa.text(busy)).all() == []
                connection.execute(sa.text("INSERT INTO done VALUES (:id)"), {"id": lease.job.id})
            assert queue.finish(lease, S.COMPLETED, now=NOON, result={})
            done += 1
    return done


def test_eight_processes_share_the_jobs_and_each_is_done_exactly_once(store_url: str) -> None:
    jobs = int(os.environ.get("AUTOSD_SOAK_JOBS", "400"))
    with closing(open_store(store_url)) as store:
        queue = SqlQueue(store.engine)
        with store.engine.begin() as connection:
            connection.execute(sa.text("CREATE TABLE done (id TEXT PRIMARY KEY)"))
        for number in range(jobs):
            queue.put(job(f"j{number}", priority=number % 7, lock=f"repo{number % 40}" if number % 2 else ""))
    shares = fork_all(_drain, 8, store_url)
    with closing(open_store(store_url)) as store:
        assert sum(shares) == jobs
        assert len(SqlQueue(store.engine).jobs(status=[S.COMPLETED], limit=jobs + 1)) == jobs


CLAIMER = """
import sys, time
from datetime import UTC, datetime, timedelta
from autosd.adapters.store import open_store
from autosd.adapters.store.work_queue import SqlQueue
lease = SqlQueue(open_store(sys.argv[1]).engine).claim("victim", now=datetime.now(UTC), lease=timedelta(seconds=1))
print(lease.job.id, lease.token, flush=True)
time.sleep(60)
"""


def test_the_job_of_a_killed_worker_runs_again_when_its_lease_ran_out(queue: SqlQueue, store_url: str) -> None:
    queue.put(job("j1", lock="shop"))
    queue.put(job("j2", lock="shop", priority=10))
    victim = subprocess.Popen([sys.executable, "-c", CLAIMER, store_url], stdout=subprocess.PIPE, text=True)
    assert victim.stdout and victim.stdout.readline() == "j1 1\n"
    held = queue.get("j1")
    os.kill(victim.pid, signal.SIGKILL)
    victim.wait()
    victim.stdout.close()
    assert held and queue.claim("w2", now=held.started_at or NOON, lease=MINUTE) is None, "its repository is still its own"
    assert queue.wait(5)
    lease = claimed(queue, "w2", datetime.now(UTC))
    assert (lease.job.id, lease.token, lease.job.tries) == ("j1", 2, 2)
    late = Lease(held, "victim", 1, NOON)
    assert not queue.finish(late, S.COMPLETED, now=NOON, result={}) and not queue.beat(late, now=NOON, lease_for=MINUTE)
    assert queue.finish(lease, S.COMPLETED, now=NOON, result={})


def test_a_waiting_worker_is_woken_by_what_is_put_in_from_wherever(queue: SqlQueue, opened: Callable[[], SqlStore]) -> None:
    other = opened()
    put = "INSERT INTO ai_task_queue (id, task_type, payload) VALUES ('x1', 'self_build', '{}')"

    def later() -> None:
        time.sleep(0.3)
        with other.engine.begin() as connection:
            connection.exec_driver_sql(put)

    thread = threading.Thread(target=later)
    began = time.monotonic()
    thread.start()
    assert queue.wait(30)
    assert 0.25 < time.monotonic() - began < 5
    thread.join()


def test_waiting_ends_when_nothing_comes_and_begins_not_at_all_when_something_is_there(queue: SqlQueue) -> None:
    began = time.monotonic()
    queue.put(job("later", run_at=datetime.now(UTC) + timedelta(hours=1)))
    assert not queue.wait(0.2) and time.monotonic() - began < 5
    queue.put(job("a1", lock="a"))
    assert queue.wait(30)
    claimed(queue, now=datetime.now(UTC))
    queue.put(job("a2", lock="a"))
    assert not queue.wait(0.1), "its lock is taken"
