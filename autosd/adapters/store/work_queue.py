"""The Queue port on SQL, in S1's ``ai_task_queue``: one statement claims, and only the newest claim can end what it began.

Waiting, running and ended jobs are rows of one table, so what another program puts in with plain SQL is claimed like our own. Losing
the last claims or ends in a power cut does no harm (a lease runs out, the job runs again, as after a kill), so on SQLite these do not
wait for the disk; what is put in does.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

from autosd.adapters.store import work_claims as sql
from autosd.adapters.store.base import Tables
from autosd.adapters.store.failures import clear_failures
from autosd.adapters.store.records import cleaned
from autosd.adapters.store.work_rows import adopt, job_of, row_of
from autosd.adapters.store.work_tables import queue as table
from autosd.adapters.store.work_waiting import waiting
from autosd.domain.jobs import Job, JobStatus, Lease, backoff
from autosd.governance.redaction import Redactor

_LOST = "the worker vanished: its lease ran out"
#: How often two claims may take the same lock at the same moment before one gives way.
_ATTEMPTS = 20


class SqlQueue(Tables):
    """Satisfies ``Queue``."""

    def __init__(self, engine: sa.Engine) -> None:
        super().__init__(engine)
        self._redactor = Redactor()
        self._postgres = engine.dialect.name == "postgresql"

    def put(self, job: Job) -> bool:
        """See ``Queue``."""
        with self._writing() as connection:
            insert = self._insert(table).values(**row_of(job)).on_conflict_do_nothing(index_elements=["id"])
            return connection.execute(insert.returning(table.c.id)).first() is not None

    def claim(self, worker: str, *, now: datetime, lease: timedelta, types: Iterable[str] | None = None) -> Lease | None:
        """See ``Queue``."""
        wanted = None if types is None else sorted(types)
        for _ in range(_ATTEMPTS):
            try:
                with self._quickly() as connection:
                    return self._claim(connection, worker, now, lease, wanted)
            except exc.IntegrityError:  # another one took the same lock meanwhile; its job is seen as running now
                time.sleep(random.uniform(0, 0.005))  # noqa: S311 - no secret
        return None

    def _claim(self, connection: sa.Connection, worker: str, now: datetime, lease: timedelta, types: list[str] | None) -> Lease | None:
        if connection.execute(sql.CHORES, {"now": now}).scalar():
            connection.execute(sql.EXPIRE, {"now": now, "lost": _LOST})
            adopt(connection)
        values = {"worker": worker, "now": now, "until": now + lease, **({"types": types} if types is not None else {})}
        row = connection.execute(sql.TAKE if types is None else sql.TAKE_TYPES, values).one_or_none()
        return None if row is None else Lease(job_of(row._mapping), worker, row._mapping["token"], now + lease)

    def beat(self, lease: Lease, *, now: datetime, lease_for: timedelta) -> bool:
        """See ``Queue``."""
        with self._quickly() as connection:
            return bool(connection.execute(sql.BEAT, {**_of(lease), "at": now, "until": now + lease_for}).rowcount == 1)

    def finish(self, lease: Lease, status: JobStatus, *, now: datetime, result: Mapping[str, object], error: str = "") -> bool:
        """See ``Queue``. PENDING gives the job back as if it had not been claimed: a worker that stops does this."""
        if status is JobStatus.PROCESSING:
            raise ValueError("a job that goes on is not finished; beat keeps it")
        again = status is JobStatus.PENDING or (status is JobStatus.FAILED and lease.job.tries < lease.job.max_tries)
        word = status if again or status is not JobStatus.FAILED else JobStatus.DEAD
        started = lease.job.started_at or now
        values = {
            **_of(lease),
            "at": now,
            "status": str(JobStatus.PENDING if again else word),
            "run_at": now + backoff(lease.job.tries) if again and status is JobStatus.FAILED else None,
            "tried": lease.job.tries - (status is JobStatus.PENDING),
            "ended": None if again else now,
            "took": max(0, int((now - started) / timedelta(milliseconds=1))),
            "result": cleaned(dict(result), self._redactor),
            "error": self._redactor.whole_text(error),
        }
        with self._quickly() as connection:
            done = bool(connection.execute(sql.FINISH, values).rowcount == 1)
            if done and lease.job.lock and self._postgres:
                connection.execute(sa.text("SELECT pg_notify('autosd_queue', '')"))
        return done

    def get(self, id: str) -> Job | None:
        rows = self._rows(sa.select(table).where(table.c.id == id, table.c.status.in_(list(JobStatus))))
        return job_of(rows[0]) if rows else None

    def jobs(self, *, status: Iterable[JobStatus] | None = None, limit: int = 50) -> Sequence[Job]:
        """The newest first."""
        words = [str(each) for each in (JobStatus if status is None else status)]
        query = sa.select(table).where(table.c.status.in_(words)).order_by(table.c.created_at.desc(), table.c.id.desc()).limit(limit)
        return [job_of(row) for row in self._rows(query)]

    def retry(self, id: str, *, now: datetime) -> bool:
        """See ``Queue``; a job that another program marked failed may be retried too."""
        ended = [str(JobStatus.DEAD), str(JobStatus.FAILED)]
        values = {"status": str(JobStatus.PENDING), "tries": 0, "run_at": None, "completed_at": None, "updated_at": now}
        with self._writing() as connection:
            done = connection.execute(sa.update(table).where(table.c.id == id, table.c.status.in_(ended)).values(**values))
            if self._postgres:
                connection.execute(sa.text("SELECT pg_notify('autosd_queue', '')"))
        return bool(done.rowcount == 1)

    def wait(self, seconds: float) -> bool:
        """Until a job may run, at most so long; whether one may."""
        return waiting(self._engine, lambda: self._ready(datetime.now(UTC)), seconds)

    def _ready(self, now: datetime) -> bool:
        with self._reading.begin() as connection:
            return bool(connection.execute(sql.READY, {"now": now}).scalar())

    @contextmanager
    def _quickly(self) -> Iterator[sa.Connection]:
        """A transaction that a power cut may undo; see the head of this file. A taken lock is the caller's to see."""
        if self._postgres:
            with _seen(self._engine), self._engine.begin() as connection:
                yield connection
            return
        with _seen(self._engine), self._engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            before = driver.execute("PRAGMA synchronous").fetchone()[0]
            driver.execute("PRAGMA synchronous = NORMAL")
            try:
                with connection.begin():
                    yield connection
            finally:
                driver.execute(f"PRAGMA synchronous = {before}")


def _of(lease: Lease) -> dict[str, Any]:
    return {"of_id": lease.job.id, "of_token": lease.token, "of_worker": lease.worker}


@contextmanager
def _seen(engine: sa.Engine) -> Iterator[None]:
    """Driver errors as one clear line, but for the one that tells who was first."""
    taken = None
    with clear_failures(engine.url):
        try:
            yield
        except exc.IntegrityError as error:
            taken = error
    if taken is not None:
        raise taken
