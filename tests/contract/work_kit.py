"""Nouns of work for the contract tests, and stores that are quick."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from autosd.adapters.store.opening import opened_engine
from autosd.adapters.store.sql import SqlStore
from autosd.domain.actions import Risk
from autosd.domain.jobs import SELF_BUILD, Job
from autosd.domain.outcomes import Evidence, Measures, Mode, Run, Verdict
from autosd.domain.proposals import Proposal

NOON = datetime(2026, 3, 4, 12, 0, 0, 123456, UTC)
MINUTE = timedelta(minutes=1)


def proposal(id: str = "", fingerprint: str = "", **changed: Any) -> Proposal:
    values: dict[str, Any] = {
        "id": id or str(uuid.uuid4()),
        "project": "shop",
        "kind": "lint_defect",
        "title": "A mutable default",
        "description": "price.py: the list is shared",
        "fingerprint": fingerprint or uuid.uuid4().hex[:24],
        "risk": Risk.LOW,
        "priority": 0.8,
        "confidence": 0.9,
        "created_at": NOON,
    }
    return Proposal(**{**values, **changed})


def job(id: str = "", **changed: Any) -> Job:
    values: dict[str, Any] = {"id": id or str(uuid.uuid4()), "type": SELF_BUILD, "payload": {"proposal_id": "p1"}, "created_at": NOON}
    return Job(**{**values, **changed})


def run(id: str = "r1", **changed: Any) -> Run:
    values: dict[str, Any] = {
        "id": id,
        "proposal_id": "p1",
        "project": "shop",
        "mode": Mode.NORMAL,
        "strategy": "repair",
        "problem": "lint_defect",
        "started_at": NOON,
    }
    return Run(**{**values, **changed})


def look(id: str, of: str = "r1", *, verdict: Verdict = Verdict.WIN, minutes: float = 0, **changed: Any) -> Evidence:
    at = NOON + timedelta(minutes=minutes)
    values: dict[str, Any] = {
        "proposal_id": "p1",
        "before": Measures(3),
        "after": Measures(),
        "confidence": 0.8,
        "reasons": ("errors_reduced",),
    }
    return Evidence(**{"id": id, "run_id": of, "verdict": verdict, "at": at, **values, **changed})


@contextmanager
def quick_store(url: str) -> Iterator[SqlStore]:
    """A store that does not wait for the disk: what is tested is who comes first, not a power cut."""
    with closing(SqlStore(opened_engine(url, durable=False))) as store:
        yield store
