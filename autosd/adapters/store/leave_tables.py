"""The tables of leave: projects that autosd was told about, and what waits for a person's yes."""

from __future__ import annotations

import sqlalchemy as sa

from autosd.adapters.store.tables import Json, Text, Time, metadata

#: What autosd was told about; a project that was removed may be added again.
project_registry = sa.Table(
    "project_registry",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("path", Text, nullable=False, unique=True),
    sa.Column("test_command", Text, nullable=False),
    sa.Column("tenant", Text, nullable=False),
    sa.Column("added_at", Time, nullable=False),
)

#: One row a request; its status and votes are all that ever changes.
approval_requests = sa.Table(
    "approval_requests",
    metadata,
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
