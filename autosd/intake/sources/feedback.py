"""S1's four patterns over what agents did and learnt: its thresholds and its confidences, to the letter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import fmean
from typing import Any

from autosd.domain.signals import Execution, Insight, Signal, SignalKind
from autosd.ports import Feedback

WINDOW, BASELINE = timedelta(hours=24), timedelta(days=7)
_FAILED, _COMPLETED = frozenset({"failed", "failure", "error", "timeout"}), frozenset({"completed", "success", "succeeded"})


@dataclass(frozen=True)
class FeedbackPatterns:
    rows: Feedback
    name = "feedback-loop"

    def signals(self, project: str, root: Path, now: datetime) -> Iterator[Signal]:
        executions = self.rows.executions(now - BASELINE)
        insights = self.rows.insights(now - WINDOW)
        for agent, rows in _by(executions, lambda row: row.agent):
            recent = [row for row in rows if row.at >= now - WINDOW]
            yield from _failure_rate(project, agent, recent, now)
            yield from _slower(project, agent, recent, rows, now)
        for (kind, category), found in _by(insights, lambda row: (row.type, row.category)):
            yield from _unapplied(project, kind, category, found, now)
        cycles = [row for row in insights if row.type == "execution_cycle"]
        for agent, found in _by(cycles, lambda row: row.agent_type):
            yield from _low_confidence(project, agent, found, now)


def _by(rows: Iterable[Any], key: Any) -> list[tuple[Any, list[Any]]]:
    groups: dict[Any, list[Any]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return sorted(groups.items())


def _failure_rate(project: str, agent: str, rows: Sequence[Execution], now: datetime) -> Iterator[Signal]:
    failed = [row for row in rows if row.status in _FAILED]
    if len(rows) < 5 or len(failed) < 3 or len(failed) / len(rows) < 0.10:
        return
    rate = len(failed) / len(rows)
    said = f"{agent} failed in {len(failed)} of {len(rows)} executions ({rate:.0%}; 5% is expected)"
    errors = list(dict.fromkeys(row.error for row in failed if row.error))[:5]
    confidence = min(0.95, 0.5 + len(failed) / 100)
    evidence = _evidence("failure_rate", agent, rate, 0.05, len(failed), errors=errors)
    yield _signal(SignalKind.AGENT_FAILURE_RATE, project, agent, said, (min(1.0, 0.4 + rate), confidence), evidence, now)


def _slower(project: str, agent: str, recent: Sequence[Execution], rows: Sequence[Execution], now: datetime) -> Iterator[Signal]:
    def times(found: Sequence[Execution]) -> list[float]:
        return [row.milliseconds for row in found if row.status in _COMPLETED and row.milliseconds is not None]

    current, baseline = times(recent), times(rows)
    if len(current) < 5 or len(baseline) < 10 or fmean(baseline) <= 0 or fmean(current) < 1.5 * fmean(baseline):
        return
    mean, usual = fmean(current), fmean(baseline)
    said = f"{agent} takes {mean:.0f} ms on average; over seven days it was {usual:.0f} ms"
    confidence = min(0.9, 0.6 + len(current) / 50)
    severity = min(1.0, 0.3 + 0.2 * (mean / usual - 0.5))
    evidence = _evidence("mean_execution_ms", agent, mean, usual, len(current))
    yield _signal(SignalKind.PERFORMANCE_DEGRADATION, project, agent, said, (severity, confidence), evidence, now)


def _unapplied(project: str, kind: str, category: str, rows: Sequence[Insight], now: datetime) -> Iterator[Signal]:
    waiting = [row for row in rows if not row.applied]
    if len(rows) < 3 or len(waiting) < 5 or fmean(row.impact for row in rows) < 0.5:
        return
    subject = f"{kind}/{category}"
    impact = fmean(row.impact for row in rows)
    said = f"{len(waiting)} of {len(rows)} insights of {subject} were never applied (mean impact {impact:.2f})"
    evidence = _evidence("unapplied_insights", subject, len(waiting), 0, len(waiting), impact=round(impact, 4))
    yield _signal(SignalKind.UNAPPLIED_INSIGHTS, project, subject, said, (min(1.0, impact), 0.85), evidence, now)


def _low_confidence(project: str, agent: str, rows: Sequence[Insight], now: datetime) -> Iterator[Signal]:
    low = [row for row in rows if row.confidence < 0.8]
    if len(rows) < 10 or len(low) / len(rows) < 0.20:
        return
    rate, subject = len(low) / len(rows), agent or "all agents"
    said = f"{len(low)} of {len(rows)} execution cycles of {subject} had a confidence below 0.8 ({rate:.0%}; 10% is expected)"
    evidence = _evidence("low_confidence_rate", subject, rate, 0.10, len(low))
    yield _signal(SignalKind.LOW_CONFIDENCE_CYCLES, project, subject, said, (min(1.0, 0.3 + rate), 0.75), evidence, now)


def _evidence(metric: str, agent: str, current: float, expected: float, count: int, **more: object) -> dict[str, object]:
    """S1's fields of a pattern."""
    deviation = (current - expected) / expected * 100 if expected else 100.0
    return {
        "metric": metric,
        "agent_name": agent,
        "current_value": round(current, 6),
        "expected_value": round(expected, 6),
        "deviation_percent": round(deviation, 2),
        "occurrence_count": count,
        "time_window": "24h",
        **more,
    }


def _signal(
    kind: SignalKind, project: str, subject: str, said: str, how: tuple[float, float], evidence: dict[str, object], now: datetime
) -> Signal:
    severity, confidence = how
    return Signal(kind, project, subject, said, now, round(severity, 4), round(confidence, 4), (), evidence, source="feedback-loop")
