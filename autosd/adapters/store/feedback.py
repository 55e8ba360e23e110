"""S1's rows of what agents did and learnt: other programs write them, so every value is read leniently, and no table is no rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from autosd.adapters.store.base import Tables
from autosd.adapters.store.work_types import GuideTime, mapping
from autosd.domain.signals import Execution, Insight

EXECUTIONS, INSIGHTS = "ai_agent_executions", "ai_learning_insights"
MOST_ROWS = 200_000


class SqlFeedback(Tables):
    """Satisfies ``Feedback``."""

    def executions(self, since: datetime) -> Sequence[Execution]:
        names = ("agent_name", "status", "execution_time_ms", "error_message", "created_at")
        return [_execution(row, at) for row, at in self._since(EXECUTIONS, names, since)]

    def insights(self, since: datetime) -> Sequence[Insight]:
        names = ("insight_type", "category", "confidence", "impact_score", "applied", "metadata", "created_at")
        return [_insight(row, at) for row, at in self._since(INSIGHTS, names, since)]

    def _since(self, name: str, names: Sequence[str], since: datetime) -> list[tuple[Mapping[str, Any], datetime]]:
        """The newest rows; a column that the table lacks is empty. Texts of times are compared once they are times."""
        inspector = sa.inspect(self._engine)
        if not inspector.has_table(name):
            return []
        there = {column["name"] for column in inspector.get_columns(name)}
        if "created_at" not in there:
            return []
        table = sa.table(name, *(sa.column(each, GuideTime if each == "created_at" else None) for each in names if each in there))
        query = sa.select(table).order_by(table.c.created_at.desc()).limit(MOST_ROWS)
        rows = [(row, row["created_at"]) for row in self._rows(query)]
        return [(row, at) for row, at in rows if isinstance(at, datetime) and at >= since]


def _execution(row: Mapping[str, Any], at: datetime) -> Execution:
    took = row.get("execution_time_ms")
    return Execution(
        agent=str(row.get("agent_name") or ""),
        status=str(row.get("status") or "").lower(),
        at=at.astimezone(UTC),
        milliseconds=None if took is None else _number(took),
        error=str(row.get("error_message") or "")[:300],
    )


def _insight(row: Mapping[str, Any], at: datetime) -> Insight:
    return Insight(
        type=str(row.get("insight_type") or ""),
        category=str(row.get("category") or ""),
        at=at.astimezone(UTC),
        confidence=_number(row.get("confidence")),
        impact=_number(row.get("impact_score")),
        applied=str(row.get("applied")).lower() in ("1", "true", "t"),
        agent_type=str(mapping(row.get("metadata")).get("agent_type") or ""),
    )


def _number(value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        return 0.0
