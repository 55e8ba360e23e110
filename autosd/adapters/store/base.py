"""What every group of tables needs: one transaction a call, with failures that name their cause."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from autosd.adapters.store.failures import clear_failures


class Tables:
    """Reads and writes on one engine."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._reading = engine.execution_options(reads=True)

    def _insert(self, table: sa.Table) -> Any:
        if self._engine.dialect.name == "postgresql":
            from sqlalchemy.dialects import postgresql  # takes as long to load as a command has to answer

            return postgresql.insert(table)
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(table)

    def _rows(self, query: sa.Select[Any]) -> list[dict[str, Any]]:
        with clear_failures(self._engine.url), self._reading.begin() as connection:
            return [dict(row._mapping) for row in connection.execute(query)]

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        with clear_failures(self._engine.url), self._engine.begin() as connection:
            yield connection
