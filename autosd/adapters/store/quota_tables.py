"""The tables of how much: S0's hour windows, under S0's own names, and the ledger of money, tokens and milliseconds."""

from __future__ import annotations

import sqlalchemy as sa

from autosd.adapters.store.tables import Json, Text, Time, metadata

#: S0's table, column by column: people reset a window with an UPDATE of their own. ``reset_ts`` is epoch milliseconds.
selfcoding_quota = sa.Table(
    "selfcoding_quota",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("used", sa.Integer, nullable=False, server_default="0"),
    sa.Column("reset_ts", sa.BigInteger, nullable=False),
)

#: One row a reservation. The amounts are what counts now: what was asked while open, what was spent when settled, nothing when released.
ledger = sa.Table(
    "ledger",
    metadata,
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
