"""The registry of projects, and requests for approval."""

import sqlalchemy as sa
from alembic import op

from autosd.adapters.store.tables import Json, Text, Time

revision = "20261120_03"
down_revision = "20261120_02"


def upgrade() -> None:
    op.create_table(
        "project_registry",
        sa.Column("id", Text, primary_key=True),
        sa.Column("path", Text, nullable=False, unique=True),
        sa.Column("test_command", Text, nullable=False),
        sa.Column("tenant", Text, nullable=False),
        sa.Column("added_at", Time, nullable=False),
    )
    op.create_table(
        "approval_requests",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), sa.Identity(), primary_key=True),
        sa.Column("id", Text, nullable=False, unique=True),
        sa.Column("proposal", Text, nullable=False, index=True),
        sa.Column("project", Text, nullable=False, index=True),
        sa.Column("kind", Text, nullable=False),
        sa.Column("title", Text, nullable=False),
        sa.Column("asked_by", Text, nullable=False),
        sa.Column("needed", sa.Integer, nullable=False),
        sa.Column("status", Text, nullable=False, index=True),
        sa.Column("seal", Json),
        sa.Column("diff", Text, nullable=False),
        sa.Column("files", Json, nullable=False),
        sa.Column("votes", Json, nullable=False),
        sa.Column("reason", Text, nullable=False),
        sa.Column("created_at", Time, nullable=False),
        sa.Column("expires_at", Time, nullable=False),
    )
