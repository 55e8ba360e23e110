"""What came of a landed change: measured before and after, judged once, learnt from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Verdict(StrEnum):
    WIN = "win"
    LOSS = "loss"
    INCONCLUSIVE = "inconclusive"


class Mode(StrEnum):
    """S4: safe only simulates; normal lands."""

    SAFE = "safe"
    NORMAL = "normal"


@dataclass(frozen=True)
class Measures:
    """What is compared before and after. Lower is better for all but ``tests_passed`` and ``coverage``."""

    failing_tests: int = 0
    tests_passed: int = 0
    lint_errors: int = 0
    complexity: float = 0.0
    run_seconds: tuple[float, ...] = ()  # repeated, paired by position
    memory_mb: tuple[float, ...] = ()
    coverage: float | None = None


@dataclass(frozen=True)
class Evidence:
    """One look at an outcome; append-only. A run's verdict is its newest that is not pending."""

    id: str
    run_id: str
    proposal_id: str
    before: Measures
    after: Measures
    verdict: Verdict
    confidence: float
    reasons: tuple[str, ...]
    at: datetime
    attempt: int = 1
    pending_recheck: bool = False
    notes: str = ""


@dataclass(frozen=True)
class Run:
    """One execution of a proposal (S4's experiment run)."""

    id: str
    proposal_id: str
    project: str
    mode: Mode
    strategy: str
    problem: str  # class of the problem: the proposal's kind
    started_at: datetime
    finished_at: datetime | None = None
    status: str = "running"  # completed | no_changes | failed
    result: str = ""
    change_id: str = ""
    cost_usd: float = 0.0
    seconds: float = 0.0
    propensity: float = 1.0  # with which the strategy was chosen
    arms: Mapping[str, str] = field(default_factory=dict)  # S4's three families
    synthetic: bool = False


@dataclass(frozen=True)
class Tally:
    """What is known of one strategy on one class of problem: Beta(a, b), starting at 1, 1."""

    family: str
    problem: str
    arm: str
    wins: float = 0.0
    losses: float = 0.0
    updated_at: datetime | None = None
