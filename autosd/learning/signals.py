"""What changed between two measurements, in the words, sizes and directions of S4's runbook."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import fmean

from autosd.domain.outcomes import Measures
from autosd.learning.intervals import ALPHA, Interval, median_interval, ratios

#: Repeats of the suite on each side below which no count of tests is believed: a test that fails one time in ten fails three times
#: running once in a thousand.
FEWEST_RUNS = 3
#: Each timed measure has its own share of the error.
SHARE = ALPHA / 2


@dataclass(frozen=True)
class Watched:
    """What was seen of the change where it landed; each of these is a critical loss by itself."""

    execution_failed: bool = False
    reverted: bool = False  # somebody took it back
    returned: bool = False  # the same fingerprint was seen again
    base_red: bool = False  # tests that it touches fail on the branch it landed on

    @property
    def reasons(self) -> tuple[str, ...]:
        named = {
            "execution_failed": self.execution_failed,
            "change_reverted": self.reverted,
            "problem_returned": self.returned,
            "base_branch_red": self.base_red,
        }
        return tuple(reason for reason, seen in named.items() if seen)


@dataclass(frozen=True)
class Delta:
    """After minus before, under S4's names; what came with this project is below them."""

    health_score: float
    open_issues: int
    total_errors: int
    avg_duration_ms: float
    success_rate: float
    memory_mb: float = 0.0
    complexity: float = 0.0
    coverage: float = 0.0
    duration: Interval = field(default_factory=lambda: median_interval(()))
    memory: Interval = field(default_factory=lambda: median_interval(()))


def health(measures: Measures) -> float:
    """S4's score, 0 to 100: a failing test counts as a critical issue, what a linter proves as a medium one."""
    return min(100.0, max(0.0, 100.0 - 20 * measures.failing_tests - 5 * measures.lint_errors))


def success_rate(measures: Measures) -> float:
    total = measures.tests_passed + measures.failing_tests
    return measures.tests_passed / total if total else 1.0


def runs_of(before: Measures, after: Measures) -> int:
    """How many pairs of runs there are."""
    return min(len(before.run_seconds), len(after.run_seconds))


def delta_of(before: Measures, after: Measures) -> Delta:
    pairs = runs_of(before, after)
    early, late = before.run_seconds[:pairs], after.run_seconds[:pairs]
    held = min(len(before.memory_mb), len(after.memory_mb))
    known = before.coverage is not None and after.coverage is not None
    return Delta(
        health_score=health(after) - health(before),
        open_issues=after.failing_tests + after.lint_errors - before.failing_tests - before.lint_errors,
        total_errors=after.failing_tests - before.failing_tests,
        avg_duration_ms=1000 * (fmean(late) - fmean(early)) if pairs else 0.0,
        success_rate=success_rate(after) - success_rate(before),
        memory_mb=fmean(after.memory_mb[:held]) - fmean(before.memory_mb[:held]) if held else 0.0,
        complexity=after.complexity - before.complexity,
        coverage=(after.coverage or 0.0) - (before.coverage or 0.0) if known else 0.0,
        duration=median_interval(ratios(early, late), SHARE),
        memory=median_interval(ratios(before.memory_mb, after.memory_mb), SHARE),
    )


def positives(delta: Delta) -> tuple[str, ...]:
    """What became better, by so much that S4 counts it; times also beyond doubt."""
    named = {
        "health_score_improved": delta.health_score >= 1,
        "open_issues_reduced": delta.open_issues <= -1,
        "errors_reduced": delta.total_errors <= -1,
        "latency_improved": delta.avg_duration_ms <= -100 and delta.duration.below_zero,
        "success_rate_improved": delta.success_rate >= 0.02,
        "memory_reduced": delta.memory_mb <= -5 and delta.memory.below_zero,
        "complexity_reduced": delta.complexity <= -1,
        "coverage_improved": delta.coverage >= 0.01,
    }
    return tuple(reason for reason, seen in named.items() if seen)


def negatives(delta: Delta) -> tuple[str, ...]:
    """What became worse. A fix may cost a little: complexity and coverage have more room downwards than up, as S4's times do."""
    named = {
        "health_score_declined": delta.health_score <= -1,
        "open_issues_increased": delta.open_issues >= 1,
        "errors_increased": delta.total_errors >= 1,
        "latency_regressed": delta.avg_duration_ms >= 200 and delta.duration.above_zero,
        "success_rate_regressed": delta.success_rate <= -0.02,
        "memory_increased": delta.memory_mb >= 10 and delta.memory.above_zero,
        "complexity_increased": delta.complexity >= 5,
        "coverage_reduced": delta.coverage <= -0.02,
    }
    return tuple(reason for reason, seen in named.items() if seen)


def critical(delta: Delta, watched: Watched) -> bool:
    """S4's critical losses, and what was seen where the change landed."""
    return bool(watched.reasons) or delta.health_score <= -2 or delta.open_issues >= 1 or delta.total_errors >= 2


def weak(delta: Delta) -> bool:
    """Nothing moved that another look could not move."""
    slow = abs(delta.avg_duration_ms) >= 50 and (delta.duration.above_zero or delta.duration.below_zero)
    return (
        abs(delta.health_score) < 0.5 and delta.open_issues == 0 and delta.total_errors == 0 and not slow and abs(delta.success_rate) < 0.01
    )
