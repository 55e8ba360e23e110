"""The tables of work: S1's and S4's, under their names. What the guides do not have comes after, with defaults.

Other programs write two of them with plain SQL, so every column that they may leave out has a default, or may be empty.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from autosd.adapters.store.tables import Json, Text, metadata
from autosd.adapters.store.work_types import GuideTime, LenientJson

_SEQ = sa.BigInteger().with_variant(sa.Integer, "sqlite")

#: Statuses of an open proposal, S1's words included: one fingerprint stands in one of these once.
OPEN_WORDS = (
    "pending_approval",
    "proposed",
    "approved",
    "queued_for_self_build",
    "implementing",
    "self_build_completed",
    "completed",
    "pr_opened",
    "executed",
    "failed",
)


def _where(condition: sa.TextClause) -> dict[str, Any]:
    """Of an index over a part of the rows. What PostgreSQL is to be told is noted, and said by ``all_tables``: a dialect that is named is
    loaded, which takes every command some 30 ms."""
    return {"sqlite_where": condition, "info": {"postgresql_where": condition}}


_OPEN = sa.text(f"fingerprint <> '' AND status IN ({', '.join(map(repr, OPEN_WORDS))})")

proposals = sa.Table(
    "ai_improvement_proposals",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("inefficiency_id", Text),
    sa.Column("title", Text, nullable=False),
    sa.Column("description", Text),
    sa.Column("improvement_type", Text),
    sa.Column("priority", sa.Integer),
    sa.Column("estimated_effort_hours", sa.Float),
    sa.Column("estimated_impact", Text),
    sa.Column("benefits", LenientJson),
    sa.Column("risks", LenientJson),
    sa.Column("implementation_steps", LenientJson),
    sa.Column("success_criteria", LenientJson),
    sa.Column("created_at", GuideTime),
    sa.Column("approved_at", GuideTime),
    sa.Column("completed_at", GuideTime),
    sa.Column("status", Text, nullable=False, server_default="proposed"),
    sa.Column("approver", Text),
    sa.Column("implementation_notes", Text),
    sa.Column("actual_effort_hours", sa.Float),
    sa.Column("actual_impact", Text),
    sa.Column("tenant_id", Text),
    sa.Column("risk_level", Text),
    sa.Column("auto_approved", sa.Boolean),
    sa.Column("project", Text, nullable=False, server_default=""),
    sa.Column("fingerprint", Text, nullable=False, server_default=""),
    sa.Column("score", sa.Float),  # 0 to 1; a row that came without one gets its own by ``priority``
    sa.Column("confidence", sa.Float, nullable=False, server_default="0.7"),
    sa.Column("severity", sa.Float, nullable=False, server_default="0.5"),
    sa.Column("strategy", Text, nullable=False, server_default=""),
    sa.Column("paths", LenientJson),
    sa.Column("evidence", LenientJson),
    sa.Column("stream", Text, nullable=False, server_default="production"),
    sa.Column("expires_at", GuideTime),
    sa.Column("executed_at", GuideTime),
    sa.Column("change_id", Text, nullable=False, server_default=""),
    sa.Column("branch", Text, nullable=False, server_default=""),
    sa.Column("commit_sha", Text, nullable=False, server_default=""),
    sa.Column("pull_request", Text, nullable=False, server_default=""),
    sa.Index("uq_proposals_open", "fingerprint", unique=True, **_where(_OPEN)),
    sa.Index("ix_proposals_fingerprint", "fingerprint"),
    sa.Index("ix_proposals_score", "score", "created_at"),
    sa.Index("ix_proposals_status", "status", "score"),
    sa.Index("ix_proposals_project", "project", "status"),
    sa.Index("ix_proposals_created", "created_at", "stream", "status"),
)

_RUNNING = sa.text("status = 'processing' AND lock_name <> ''")
_LEASED = sa.text("status = 'processing'")
_WAITING = sa.text("status = 'pending'")
_FOREIGN = sa.text("status = 'pending' AND lock_name IS NULL")

queue = sa.Table(
    "ai_task_queue",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("tenant_id", Text),
    sa.Column("task_type", Text, nullable=False),
    sa.Column("payload", LenientJson),
    sa.Column("input_data", LenientJson),
    sa.Column("priority", sa.Integer, nullable=False, server_default="50"),
    sa.Column("status", Text, nullable=False, server_default="pending"),
    sa.Column("created_at", GuideTime, nullable=False),  # defaults to now, in the words of each database
    sa.Column("updated_at", GuideTime),
    sa.Column("started_at", GuideTime),
    sa.Column("completed_at", GuideTime),
    sa.Column("result", LenientJson),
    sa.Column("error_message", Text),
    sa.Column("processing_time_ms", sa.BigInteger),
    sa.Column("lock_name", Text),  # empty: none; null: put in by another program, not looked at yet
    sa.Column("run_at", GuideTime),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("max_tries", sa.Integer, nullable=False, server_default="3"),
    sa.Column("token", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("worker", Text, nullable=False, server_default=""),
    sa.Column("leased_until", GuideTime),
    sa.Index("uq_queue_lock", "lock_name", unique=True, **_where(_RUNNING)),
    sa.Index("ix_queue_leased", "leased_until", **_where(_LEASED)),
    sa.Index("ix_queue_foreign", "created_at", **_where(_FOREIGN)),
    sa.Index("ix_queue_status", "status", "created_at"),
)
sa.Index(
    "ix_queue_waiting",
    queue.c.priority.desc(),
    queue.c.created_at,
    queue.c.id,
    **_where(_WAITING),
)

_PENDING = sa.text("pending_recheck")

#: S4's runs. The last columns are what its evidence came to, kept here so that nobody has to read all of it.
runs = sa.Table(
    "experiment_runs",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("proposal_id", Text, nullable=False, index=True),
    sa.Column("project", Text, nullable=False),
    sa.Column("mode", Text, nullable=False),
    sa.Column("strategy", Text, nullable=False),
    sa.Column("problem", Text, nullable=False),
    sa.Column("started_at", GuideTime, nullable=False, index=True),
    sa.Column("finished_at", GuideTime),
    sa.Column("execution_status", Text, nullable=False),
    sa.Column("result", Text, nullable=False),
    sa.Column("change_id", Text, nullable=False),
    sa.Column("cost_usd", sa.Float, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("propensity", sa.Float, nullable=False),
    sa.Column("arms", Json, nullable=False),
    sa.Column("synthetic", sa.Boolean, nullable=False),
    sa.Column("evidence_id", Text),
    sa.Column("verdict", Text),
    sa.Column("verdict_confidence", sa.Float),
    sa.Column("pending_recheck", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("verified_at", GuideTime),
    sa.Index("ix_runs_pending", "verified_at", **_where(_PENDING)),
    sa.Index("ix_runs_verified", "verified_at", "pending_recheck", "synthetic", "verdict"),
)

#: S4's evidence lines; append-only, which triggers of the database see to.
evidence = sa.Table(
    "outcome_evidence",
    metadata,
    sa.Column("seq", _SEQ, sa.Identity(), primary_key=True),
    sa.Column("id", Text, nullable=False, unique=True),
    sa.Column("experiment_id", Text, nullable=False),
    sa.Column("proposal_id", Text, nullable=False),
    sa.Column("metrics_before", Json, nullable=False),
    sa.Column("metrics_after", Json, nullable=False),
    sa.Column("verdict", Text, nullable=False),
    sa.Column("confidence", sa.Float, nullable=False),
    sa.Column("reasons", Json, nullable=False),
    sa.Column("ts", GuideTime, nullable=False, index=True),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("pending_recheck", sa.Boolean, nullable=False),
    sa.Column("notes", Text, nullable=False),
    sa.Index("ix_evidence_run", "experiment_id", "seq"),
)

tallies = sa.Table(
    "strategy_tallies",
    metadata,
    sa.Column("family", Text, primary_key=True),
    sa.Column("problem", Text, primary_key=True),
    sa.Column("arm", Text, primary_key=True),
    sa.Column("wins", sa.Float, nullable=False),
    sa.Column("losses", sa.Float, nullable=False),
    sa.Column("updated_at", GuideTime, nullable=False),
)

#: What was counted already; within a family an id counts once.
counted = sa.Table(
    "strategy_counted",
    metadata,
    sa.Column("family", Text, primary_key=True),
    sa.Column("id", Text, primary_key=True),
    sa.Column("at", GuideTime, nullable=False),
)

#: How many rows of a table stand in a word and stream; triggers keep it, whoever writes.
totals = sa.Table(
    "work_totals",
    metadata,
    sa.Column("of", Text, primary_key=True),
    sa.Column("word", Text, primary_key=True),
    sa.Column("stream", Text, primary_key=True),
    sa.Column("n", sa.BigInteger, nullable=False),
)

#: The same for each hour: of proposals by when they were made, of runs by when their verdict was found. Triggers keep it.
hours = sa.Table(
    "work_hours",
    metadata,
    sa.Column("of", Text, primary_key=True),
    sa.Column("hour", Text, primary_key=True),  # 2026-11-26T20, in UTC
    sa.Column("word", Text, primary_key=True),
    sa.Column("stream", Text, primary_key=True),
    sa.Column("n", sa.BigInteger, nullable=False),
)
