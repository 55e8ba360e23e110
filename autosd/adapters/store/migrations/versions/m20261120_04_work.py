"""Proposals, the queue, runs, evidence (append-only) and what was learnt; the counters that triggers keep."""

import sqlalchemy as sa
from alembic import op

from autosd.adapters.store.tables import Json, Text
from autosd.adapters.store.work_types import GuideTime, LenientJson

revision = "20261120_04"
down_revision = "20261120_03"

_SEQ = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_OPEN_WORDS = (
    "'pending_approval', 'proposed', 'approved', 'queued_for_self_build', 'implementing', "
    "'self_build_completed', 'completed', 'pr_opened', 'executed', 'failed'"
)


def upgrade() -> None:
    postgres = op.get_bind().dialect.name == "postgresql"
    _proposals(postgres)
    _complete_proposals(postgres)
    _queue(postgres)
    _outcomes()
    _learnt()
    _append_only("outcome_evidence", postgres)
    for table, word, stream in (
        ("ai_improvement_proposals", "{row}.status", "{row}.stream"),
        ("experiment_runs", _RUN_WORD, "CASE WHEN {row}.synthetic THEN 'synthetic' ELSE 'production' END"),
        ("outcome_evidence", "{row}.verdict", "''"),
    ):
        (_count_postgres if postgres else _count_sqlite)(table, word, stream)


#: A run stands for one word: its verdict; or that it waits for another look, or has none yet.
_RUN_WORD = "CASE WHEN {row}.pending_recheck THEN 'pending_recheck' ELSE coalesce({row}.verdict, 'unverified') END"


def _new_id(postgres: bool) -> sa.TextClause:
    return sa.text("(gen_random_uuid()::text)" if postgres else "(lower(hex(randomblob(16))))")


def _now(postgres: bool) -> sa.TextClause:
    return sa.text("now()" if postgres else "(strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now'))")


def _proposals(postgres: bool) -> None:
    is_open = sa.text(f"fingerprint <> '' AND status IN ({_OPEN_WORDS})")
    op.create_table(
        "ai_improvement_proposals",
        sa.Column("id", Text, primary_key=True, server_default=_new_id(postgres)),
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
        sa.Column("created_at", GuideTime, server_default=_now(postgres)),
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
        sa.Column("score", sa.Float),
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
        sa.Index("uq_proposals_open", "fingerprint", unique=True, sqlite_where=is_open, postgresql_where=is_open),
        sa.Index("ix_proposals_fingerprint", "fingerprint"),
        sa.Index("ix_proposals_score", "score", "created_at"),
        sa.Index("ix_proposals_status", "status", "score"),
        sa.Index("ix_proposals_project", "project", "status"),
        sa.Index("ix_proposals_created", "created_at", "stream", "status"),
    )


def _complete_proposals(postgres: bool) -> None:
    """A row that was put in from outside, as S1 writes it, gets the score that its priority from 1 to 4 stands for."""
    given = "1.125 - 0.25 * {least}(4, {most}(1, coalesce(NEW.priority, 3)))"
    if postgres:
        op.execute(
            "CREATE FUNCTION proposals_completed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"NEW.score := coalesce(NEW.score, {given.format(least='least', most='greatest')}); "
            "NEW.created_at := coalesce(NEW.created_at, now()); RETURN NEW; END $$"
        )
        op.execute(
            "CREATE TRIGGER proposals_completed BEFORE INSERT ON ai_improvement_proposals "
            "FOR EACH ROW WHEN (NEW.score IS NULL OR NEW.created_at IS NULL) EXECUTE FUNCTION proposals_completed()"
        )
        return
    score = f"coalesce(score, {given.format(least='min', most='max')})"
    created = f"coalesce(created_at, {_now(False).text})"
    complete = f"UPDATE ai_improvement_proposals SET score = {score}, created_at = {created} WHERE rowid = NEW.rowid"  # noqa: S608 - ours
    op.execute(
        "CREATE TRIGGER proposals_completed AFTER INSERT ON ai_improvement_proposals "
        f"WHEN NEW.score IS NULL OR NEW.created_at IS NULL BEGIN {complete}; END"
    )


def _queue(postgres: bool) -> None:
    running = sa.text("status = 'processing' AND lock_name <> ''")
    leased = sa.text("status = 'processing'")
    waiting = sa.text("status = 'pending'")
    foreign = sa.text("status = 'pending' AND lock_name IS NULL")
    op.create_table(
        "ai_task_queue",
        sa.Column("id", Text, primary_key=True, server_default=_new_id(postgres)),
        sa.Column("tenant_id", Text),
        sa.Column("task_type", Text, nullable=False),
        sa.Column("payload", LenientJson),
        sa.Column("input_data", LenientJson),
        sa.Column("priority", sa.Integer, nullable=False, server_default="50"),
        sa.Column("status", Text, nullable=False, server_default="pending"),
        sa.Column("created_at", GuideTime, nullable=False, server_default=_now(postgres)),
        sa.Column("updated_at", GuideTime),
        sa.Column("started_at", GuideTime),
        sa.Column("completed_at", GuideTime),
        sa.Column("result", LenientJson),
        sa.Column("error_message", Text),
        sa.Column("processing_time_ms", sa.BigInteger),
        sa.Column("lock_name", Text),
        sa.Column("run_at", GuideTime),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        sa.Column("max_tries", sa.Integer, nullable=False, server_default="3"),
        sa.Column("token", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("worker", Text, nullable=False, server_default=""),
        sa.Column("leased_until", GuideTime),
        sa.Index("uq_queue_lock", "lock_name", unique=True, sqlite_where=running, postgresql_where=running),
        sa.Index("ix_queue_leased", "leased_until", sqlite_where=leased, postgresql_where=leased),
        sa.Index("ix_queue_foreign", "created_at", sqlite_where=foreign, postgresql_where=foreign),
        sa.Index("ix_queue_status", "status", "created_at"),
    )
    order: list[str | sa.TextClause] = [sa.text("priority DESC"), "created_at", "id"]
    op.create_index("ix_queue_waiting", "ai_task_queue", order, sqlite_where=waiting, postgresql_where=waiting)
    if postgres:  # wakes the workers that wait, whoever put the row in
        op.execute(
            "CREATE FUNCTION queue_told() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN PERFORM pg_notify('autosd_queue', ''); RETURN NULL; END $$"
        )
        op.execute("CREATE TRIGGER queue_told AFTER INSERT ON ai_task_queue FOR EACH STATEMENT EXECUTE FUNCTION queue_told()")


def _outcomes() -> None:
    pending = sa.text("pending_recheck")
    op.create_table(
        "experiment_runs",
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
        sa.Index("ix_runs_pending", "verified_at", sqlite_where=pending, postgresql_where=pending),
        sa.Index("ix_runs_verified", "verified_at", "verdict", "synthetic"),
    )
    op.create_table(
        "outcome_evidence",
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


def _learnt() -> None:
    op.create_table(
        "strategy_tallies",
        sa.Column("family", Text, primary_key=True),
        sa.Column("problem", Text, primary_key=True),
        sa.Column("arm", Text, primary_key=True),
        sa.Column("wins", sa.Float, nullable=False),
        sa.Column("losses", sa.Float, nullable=False),
        sa.Column("updated_at", GuideTime, nullable=False),
    )
    op.create_table(
        "strategy_counted",
        sa.Column("family", Text, primary_key=True),
        sa.Column("id", Text, primary_key=True),
        sa.Column("at", GuideTime, nullable=False),
    )
    op.create_table(
        "work_totals",
        sa.Column("of", Text, primary_key=True),
        sa.Column("word", Text, primary_key=True),
        sa.Column("stream", Text, primary_key=True),
        sa.Column("n", sa.BigInteger, nullable=False),
    )


def _append_only(table: str, postgres: bool) -> None:
    if postgres:
        op.execute(
            f"CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def _count_sqlite(table: str, word: str, stream: str) -> None:
    def add(row: str, by: str) -> str:
        key = f"'{table}', {word.format(row=row)}, {stream.format(row=row)}, {by}"
        return f"INSERT INTO work_totals VALUES ({key}) ON CONFLICT (of, word, stream) DO UPDATE SET n = n + excluded.n"  # noqa: S608 - names of ours

    begin = f"CREATE TRIGGER {table}_counted"
    op.execute(f"{begin}_insert AFTER INSERT ON {table} BEGIN {add('NEW', '1')}; END")
    op.execute(f"{begin}_delete AFTER DELETE ON {table} BEGIN {add('OLD', '-1')}; END")
    same = " AND ".join(f"{each.format(row='OLD')} IS {each.format(row='NEW')}" for each in (word, stream))
    op.execute(f"{begin}_update AFTER UPDATE ON {table} WHEN NOT ({same}) BEGIN {add('OLD', '-1')}; {add('NEW', '1')}; END")


def _count_postgres(table: str, word: str, stream: str) -> None:
    """Once a statement and in one order, so that two writers never wait for each other in a circle."""

    def part(rows: str, by: str) -> str:
        return f"SELECT {word.format(row=rows)} AS word, {stream.format(row=rows)} AS stream, {by} AS n FROM {rows}"  # noqa: S608 - names of ours

    def add(rows: str) -> str:
        return (
            f"INSERT INTO work_totals AS t SELECT '{table}', c.word, c.stream, sum(c.n) FROM ({rows}) AS c "  # noqa: S608 - names of ours
            "GROUP BY c.word, c.stream HAVING sum(c.n) <> 0 ORDER BY c.word, c.stream "
            "ON CONFLICT (of, word, stream) DO UPDATE SET n = t.n + excluded.n"
        )

    gone, come = part("gone", "-1"), part("come", "1")
    for verb, rows, seen in (
        ("insert", come, "NEW TABLE AS come"),
        ("delete", gone, "OLD TABLE AS gone"),
        ("update", f"{gone} UNION ALL {come}", "OLD TABLE AS gone NEW TABLE AS come"),
    ):
        name = f"{table}_counted_{verb}"
        op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {add(rows)}; RETURN NULL; END $$")
        op.execute(f"CREATE TRIGGER {name} AFTER {verb.upper()} ON {table} REFERENCING {seen} FOR EACH STATEMENT EXECUTE FUNCTION {name}()")
