"""S0's quota windows, and the ledger."""

import sqlalchemy as sa
from alembic import op

from autosd.adapters.store.tables import Json, Text, Time

revision = "20261120_02"
down_revision = "20261120_01"


def upgrade() -> None:
    op.create_table(
        "selfcoding_quota",
        sa.Column("id", Text, primary_key=True),
        sa.Column("used", sa.Integer, nullable=False, server_default="0"),
        sa.Column("reset_ts", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "ledger",
        sa.Column("id", Text, primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("tenant", Text, nullable=False),
        sa.Column("project", Text, nullable=False),
        sa.Column("strategy", Text, nullable=False),
        sa.Column("run", Text, nullable=False, index=True),
        sa.Column("state", Text, nullable=False),
        sa.Column("micro_usd", sa.BigInteger, nullable=False),
        sa.Column("tokens", sa.BigInteger, nullable=False),
        sa.Column("milliseconds", sa.BigInteger, nullable=False),
        sa.Column("reserved", Json, nullable=False),
        sa.Column("reserved_at", Time, nullable=False),
        sa.Column("closed_at", Time),
        sa.Index("ix_ledger_state", "state", "closed_at"),
    )
