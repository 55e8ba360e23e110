"""Changes and run summaries (append-only), projects."""

import sqlalchemy as sa
from alembic import op

from autosd.adapters.store.tables import Json, Text, Time

revision = "20261120_01"
down_revision = None

_APPEND_ONLY = ("changes", "run_summaries")


def upgrade() -> None:
    op.create_table(
        "changes",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), sa.Identity(), primary_key=True),
        sa.Column("id", Text, nullable=False, unique=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("project", Text, nullable=False, index=True),
        sa.Column("base", Text),
        sa.Column("result", Text, nullable=False),
        sa.Column("result_detail", Text, nullable=False),
        sa.Column("strategy", Text),
        sa.Column("diff", Text, nullable=False),
        sa.Column("branch", Text),
        sa.Column("commit_sha", Text),
        sa.Column("artifacts", Text),
        sa.Column("reports", Json, nullable=False),
        sa.Column("evidence", Json, nullable=False),
        sa.Column("overfit", Json, nullable=False),
        sa.Column("cost", Json, nullable=False),
        sa.Column("objections", Json, nullable=False),
        sa.Column("extra", Json, nullable=False),
        sa.Column("created_at", Time),
    )
    op.create_table(
        "projects",
        sa.Column("project", Text, primary_key=True),
        sa.Column("halted", sa.Boolean, nullable=False),
        sa.Column("reason", Text, nullable=False),
        sa.Column("changed_at", Time, nullable=False),
    )
    op.create_table(
        "run_summaries",
        sa.Column("id", Text, primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("project", Text, nullable=False, index=True),
        sa.Column("principal", Text, nullable=False),
        sa.Column("purpose", Text, nullable=False),
        sa.Column("decisions", Json, nullable=False),
        sa.Column("artifacts", Text),
        sa.Column("refs", Json, nullable=False),
        sa.Column("seconds", Json, nullable=False),
        sa.Column("created_at", Time),
    )
    for table in _APPEND_ONLY:
        _refuse_change(table)


def _refuse_change(table: str) -> None:
    """Rows of ``table`` can be added and read, by whatever program; the database itself refuses the rest."""
    if op.get_bind().dialect.name == "postgresql":
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
