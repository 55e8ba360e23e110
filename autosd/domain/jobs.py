"""Work that waits for a worker. A lease with a fencing token says whose it is; whoever lost it cannot finish it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class JobStatus(StrEnum):
    """S1's words of ``ai_task_queue``; ``dead`` is a job whose tries are used up, for a person to see and retry."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    SKIPPED = "skipped"
    FAILED = "failed"
    DEAD = "dead"


SELF_BUILD = "self_build"
#: S1's priorities by risk; higher first.
PRIORITIES = {"critical": 95, "high": 85, "medium": 70, "low": 50}


@dataclass(frozen=True)
class Job:
    """``lock`` names what no two running jobs may share (a repository); empty: nothing."""

    id: str  # a UUID
    type: str
    payload: Mapping[str, object]
    created_at: datetime
    tenant: str = "public"
    priority: int = 50
    lock: str = ""
    status: JobStatus = JobStatus.PENDING
    run_at: datetime | None = None  # not before
    tries: int = 0
    max_tries: int = 3
    started_at: datetime | None = None
    completed_at: datetime | None = None
    error: str = ""
    result: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Lease:
    """``token`` grows with every claim of the job: a worker that woke up late holds an old one."""

    job: Job
    worker: str
    token: int
    until: datetime


def backoff(tries: int) -> timedelta:
    """How long the next try waits: 10 s, 40 s, 160 s ... at most an hour."""
    return timedelta(seconds=min(3600, 10 * 4 ** max(0, tries - 1)))
