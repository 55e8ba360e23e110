"""One patch in the history: what it did to a file, what was measured before and after, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class PatchOutcome(StrEnum):
    SUCCESS = "SUCCESS"
    FAIL = "FAIL"


@dataclass(frozen=True)
class PatchRecord:
    """Figures are None where nobody measured them. The names are the guides'; ``filename`` is the file that it changes most.

    ``change_id``, ``project``, ``strategy``, ``base``, ``commit_sha``, ``model`` and ``usd`` tie it to the change of the road.
    """

    filename: str
    description: str = ""
    roi_before: float = 0.0
    roi_after: float = 0.0
    roi_delta: float | None = None  # None: what lies between before and after
    errors_before: int = 0
    errors_after: int = 0
    tests_failed_before: int | None = None
    tests_failed_after: int | None = None
    complexity_before: float | None = None
    complexity_after: float | None = None
    complexity_delta: float | None = None
    predicted_roi: float | None = None
    predicted_errors: float | None = None
    reverted: bool = False
    ts: datetime | None = None  # None: when it is added
    source_bot: str = ""
    version: str = ""
    code_id: int | None = None
    code_hash: str = ""
    parent_patch_id: int | None = None
    reason: str = ""
    trigger: str = ""
    diff: str = ""
    summary: str = ""
    outcome: PatchOutcome | None = None
    lines_changed: int | None = None
    tests_passed: bool | None = None
    context_tokens: int | None = None
    start_time: datetime | None = None
    time_to_completion: float | None = None
    error_trace_count: int | None = None
    enhancement_name: str = ""
    prompt_headers: str = ""
    prompt_order: str = ""
    change_id: str | None = None
    project: str = ""
    strategy: str = ""
    base: str = ""
    commit_sha: str = ""
    model: str = ""
    usd: float = 0.0
    id: int = 0


@dataclass(frozen=True)
class Source:
    """Something that a patch was made from: a code record, a memory entry, a passage."""

    origin: str
    name: str
    influence: float = 1.0
    license: str = ""


@dataclass(frozen=True)
class Contributor:
    """Who had a part in a patch: a person, a strategy, a model."""

    name: str
    role: str
    share: float = 1.0
