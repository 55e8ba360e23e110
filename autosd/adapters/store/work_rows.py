"""Rows of the queue from jobs, jobs from rows, and what another program's row is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from autosd.adapters.store.leave_tables import project_registry
from autosd.adapters.store.work_claims import ADOPTABLE
from autosd.adapters.store.work_tables import proposals
from autosd.adapters.store.work_tables import queue as table
from autosd.adapters.store.work_types import mapping
from autosd.domain.jobs import Job, JobStatus


def row_of(job: Job) -> dict[str, Any]:
    same = ("id", "priority", "created_at", "run_at", "tries", "max_tries", "started_at", "completed_at")
    return {
        **{name: getattr(job, name) for name in same},
        "task_type": job.type,
        "tenant_id": job.tenant,
        "payload": dict(job.payload),
        "lock_name": job.lock,
        "status": str(job.status),
        "error_message": job.error,
        "result": dict(job.result),
        "updated_at": job.created_at,
    }


def job_of(row: Any) -> Job:
    """S1: ``payload`` lies over ``input_data``, and what is no JSON object is an empty one."""
    same = ("id", "priority", "created_at", "run_at", "tries", "max_tries", "started_at", "completed_at")
    return Job(
        **{name: row[name] for name in same},
        type=row["task_type"],
        tenant=row["tenant_id"] or "public",
        payload=_payload(row),
        lock=row["lock_name"] or "",
        status=JobStatus(row["status"]),
        error=row["error_message"] or "",
        result=mapping(row["result"]),
    )


def adopt(connection: sa.Connection) -> None:
    """Give rows of other programs the lock of the project that they are about."""
    for row in connection.execute(ADOPTABLE).mappings().all():
        lock = _project(connection, _payload(row))
        connection.execute(sa.update(table).where(table.c.id == row["id"]).values(lock_name=lock))


def _payload(row: Any) -> dict[str, Any]:
    return {**mapping(row["input_data"]), **mapping(row["payload"])}


def _project(connection: sa.Connection, payload: Mapping[str, Any]) -> str:
    proposal, path = str(payload.get("proposal_id") or ""), str(payload.get("repo_path") or "")
    if proposal and (project := connection.execute(sa.select(proposals.c.project).where(proposals.c.id == proposal)).scalar()):
        return str(project)
    if not path:
        return ""
    known = connection.execute(sa.select(project_registry.c.id).where(project_registry.c.path == path)).scalar()
    return str(known or path)
