"""``python -m benchmarks.queue [--jobs N] [--rows N] [--postgres URL]``: no-op jobs a second, put to start, counts of many rows.

Two workers claim and finish what is there; then one waits for each job that is put. Rows are proposals, each with a judged run and a
line of evidence, over 90 days. SQLite is measured in a temporary folder, PostgreSQL when it is named (an empty database).
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from autosd.adapters.store import open_store
from autosd.adapters.store.sql import SqlStore
from autosd.adapters.store.work_outcomes import SqlOutcomes
from autosd.adapters.store.work_proposals import SqlProposals
from autosd.adapters.store.work_queue import SqlQueue
from autosd.adapters.store.work_rows import row_of
from autosd.adapters.store.work_tables import evidence, proposals, queue, runs
from autosd.domain.jobs import Job, JobStatus
from autosd.domain.outcomes import Verdict
from autosd.domain.proposals import ProposalStatus
from benchmarks.report import percentile, table

LEASE = timedelta(minutes=5)
AT_ONCE = 5_000


def a_job() -> Job:
    return Job(str(uuid.uuid4()), "noop", {"proposal_id": "p"}, datetime.now(UTC))


def _work(url: str, ready: Any) -> None:
    with closing(open_store(url)) as store:
        mine = SqlQueue(store.engine)
        ready.wait()
        while lease := mine.claim(str(uuid.uuid4()), now=datetime.now(UTC), lease=LEASE):
            assert mine.finish(lease, JobStatus.COMPLETED, now=datetime.now(UTC), result={})


def rate(url: str, count: int, workers: int = 2) -> float:
    """Jobs a second, from the first claim to the last end."""
    with closing(open_store(url)) as store, store.engine.begin() as connection:
        connection.execute(queue.insert(), [row_of(a_job()) for _ in range(count)])
    context = multiprocessing.get_context("fork")
    ready = context.Barrier(workers + 1)
    processes = [context.Process(target=_work, args=(url, ready)) for _ in range(workers)]
    for process in processes:
        process.start()
    ready.wait()
    began = time.perf_counter()
    for process in processes:
        process.join()
    return count / (time.perf_counter() - began)


def _wait(url: str, count: int, started: Any) -> None:
    with closing(open_store(url)) as store:
        mine = SqlQueue(store.engine)
        for _ in range(count):
            while not (lease := mine.claim("w", now=datetime.now(UTC), lease=LEASE)):
                mine.wait(5)
            started.send(time.monotonic())
            mine.finish(lease, JobStatus.COMPLETED, now=datetime.now(UTC), result={})


def delays(url: str, count: int) -> list[float]:
    """Milliseconds from the moment that a job is in the queue to its start in a worker that waits."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    worker = context.Process(target=_wait, args=(url, count, sender))
    worker.start()
    found = []
    with closing(open_store(url)) as store:
        for _ in range(count):
            time.sleep(0.1)
            SqlQueue(store.engine).put(a_job())
            there = time.monotonic()
            found.append(max(0.0, 1000 * (receiver.recv() - there)))
    worker.join()
    return found


def fill(store: SqlStore, rows: int) -> None:
    now, statuses, verdicts = datetime.now(UTC), list(ProposalStatus), list(Verdict)
    for start in range(0, rows, AT_ONCE):
        made, ran, seen = [], [], []
        for number in range(start, min(rows, start + AT_ONCE)):
            at = now - timedelta(days=90) * (number / rows)
            id, verdict = f"b{number}", str(verdicts[number % 3])
            status = str(statuses[number % len(statuses)])
            made.append({"id": id, "title": "t", "created_at": at, "status": status, "score": number % 997 / 997, "fingerprint": id})
            plain = {"proposal_id": id, "project": "p", "mode": "normal", "strategy": "repair", "problem": "crash", "started_at": at}
            ended = {"execution_status": "completed", "result": "", "change_id": "", "cost_usd": 0.0, "seconds": 1.0, "propensity": 1.0}
            judged = {"arms": {}, "synthetic": False, "evidence_id": id, "verdict": verdict, "verified_at": at, "attempts": 1}
            ran.append({"id": id, **plain, **ended, **judged})
            measured = {"metrics_before": {}, "metrics_after": {}, "confidence": 0.8, "reasons": [], "attempt": 1}
            line = {"id": id, "experiment_id": id, "proposal_id": id, "verdict": verdict, "ts": at}
            seen.append({**line, **measured, "pending_recheck": False, "notes": ""})
        with store.engine.begin() as connection:
            for made_of, values in ((proposals, made), (runs, ran), (evidence, seen)):
                connection.execute(made_of.insert(), values)


def asked(store: SqlStore) -> list[tuple[str, Callable[[], object]]]:
    """What ``autosd status`` asks of the store."""
    seen, found = SqlProposals(store.engine), SqlOutcomes(store.engine)
    week = datetime.now(UTC) - timedelta(days=7)
    return [
        ("counts of proposals", seen.counts),
        ("of 7 days", lambda: seen.counts(since=week)),
        ("verdicts, pending, lines", lambda: (found.verdicts(), found.pending(), found.lines())),
        ("verdicts of 7 days", lambda: found.verdicts(since=week)),
        ("the 50 best pending proposals", lambda: seen.find(status=[ProposalStatus.PENDING], limit=50)),
        ("the 500 newest lines", lambda: found.evidence(limit=500)),
    ]


def milliseconds(call: Callable[[], object]) -> float:
    times = []
    for _ in range(5):
        began = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - began))
    return percentile(times, 0.5)


def main(words: Sequence[str] | None = None) -> int:
    made = argparse.ArgumentParser(prog="python -m benchmarks.queue", description=__doc__)
    made.add_argument("--jobs", type=int, default=2000)
    made.add_argument("--rows", type=int, default=100_000)
    made.add_argument("--postgres", metavar="URL")
    given = made.parse_args(words)
    with tempfile.TemporaryDirectory() as folder:
        urls = {"SQLite": f"sqlite:///{Path(folder) / 'autosd.db'}", **({"PostgreSQL": given.postgres} if given.postgres else {})}
        lines: list[tuple[object, ...]] = []
        for name, url in urls.items():
            speed, waited = rate(url, given.jobs), delays(url, 30)
            lines.append((name, "no-op jobs/s, 2 workers", f"{speed:,.0f}"))
            lines += [(name, f"put to start, {share:.0%}, ms", f"{percentile(waited, share):.1f}") for share in (0.5, 0.95)]
            if given.rows:
                with closing(open_store(url)) as store:
                    fill(store, given.rows)
                    if name == "PostgreSQL":
                        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                            connection.execute(sa.text("VACUUM ANALYZE"))
                    lines += [(name, f"{what}, {given.rows:,} rows, ms", f"{milliseconds(call):.2f}") for what, call in asked(store)]
    print(table(("database", "what", "measured"), lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
