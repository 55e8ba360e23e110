"""A proposal as machines see it: one object whose keys never differ."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from autosd.domain.jobs import Job
from autosd.domain.outcomes import Evidence, Run
from autosd.domain.proposals import Proposal


def proposal_object(proposal: Proposal) -> dict[str, Any]:
    return plain(asdict(proposal))  # type: ignore[no-any-return]


def run_object(run: Run) -> dict[str, Any]:
    return plain(asdict(run))  # type: ignore[no-any-return]


def evidence_object(evidence: Evidence) -> dict[str, Any]:
    return plain(asdict(evidence))  # type: ignore[no-any-return]


def job_object(job: Job) -> dict[str, Any]:
    return plain(asdict(job))  # type: ignore[no-any-return]


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, bool | int | float) or value is None else str(value)
