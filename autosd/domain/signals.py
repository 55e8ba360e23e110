"""What was seen: one observed fact of a project, and how facts become a reason to propose something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class SignalKind(StrEnum):
    """Every kind has one source that finds it and says how bad it is."""

    FAILING_TEST = "failing_test"
    FLAKY_TEST = "flaky_test"
    LINT_DEFECT = "lint_defect"  # what ruff or mypy proves
    CRASH = "crash"  # a traceback in a log, or pasted
    REGRESSION = "regression"  # the commit that turned a test red is known
    COMPLEXITY = "complexity"
    DUPLICATION = "duplication"
    SLOW_TEST = "slow_test"
    REQUEST = "request"  # in a person's words
    AGENT_FAILURE_RATE = "agent_failure_rate"  # the four patterns of S1
    PERFORMANCE_DEGRADATION = "performance_degradation"
    UNAPPLIED_INSIGHTS = "unapplied_insights"
    LOW_CONFIDENCE_CYCLES = "low_confidence_cycles"
    EXPLORATION = "exploration"  # synthetic: made because nothing was seen


class Stream(StrEnum):
    """Rates of production leave the other two out (S4)."""

    PRODUCTION = "production"
    NON_PRODUCTION = "non_production"
    SYNTHETIC = "synthetic"


@dataclass(frozen=True)
class Signal:
    """``subject`` is what it is about, in words that stay the same while it lasts (a test id, ``path::function``, a rule's code)."""

    kind: SignalKind
    project: str
    subject: str
    summary: str
    at: datetime
    severity: float = 0.5  # 0 to 1
    confidence: float = 1.0  # 0 to 1
    paths: tuple[str, ...] = ()
    evidence: Mapping[str, object] = field(default_factory=dict)
    stream: Stream = Stream.PRODUCTION
    source: str = ""


@dataclass(frozen=True)
class Execution:
    """A row of S1's ``ai_agent_executions``."""

    agent: str
    status: str
    at: datetime
    milliseconds: float | None = None
    error: str = ""


@dataclass(frozen=True)
class Insight:
    """A row of S1's ``ai_learning_insights``."""

    type: str
    category: str
    at: datetime
    confidence: float = 0.0
    impact: float = 0.0
    applied: bool = False
    agent_type: str = ""
