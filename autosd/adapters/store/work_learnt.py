"""The Learnt port on SQL: what was counted once is not counted again, whoever counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from autosd.adapters.store.base import Tables
from autosd.adapters.store.work_tables import counted
from autosd.adapters.store.work_tables import tallies as table
from autosd.domain.outcomes import Tally


class SqlLearnt(Tables):
    """Satisfies ``Learnt``."""

    def tallies(self, family: str | None = None) -> Sequence[Tally]:
        """By family, problem and arm."""
        query = sa.select(table).order_by(table.c.family, table.c.problem, table.c.arm)
        if family is not None:
            query = query.where(table.c.family == family)
        return [Tally(**row) for row in self._rows(query)]

    def count(self, family: str, problem: str, arm: str, *, win: float = 0.0, loss: float = 0.0, at: datetime, once: str) -> bool:
        """See ``Learnt``; ``once`` counts once in each family."""
        with self._writing() as connection:
            first = self._insert(counted).values(family=family, id=once, at=at).on_conflict_do_nothing()
            if connection.execute(first.returning(counted.c.id)).first() is None:
                return False
            insert = self._insert(table).values(family=family, problem=problem, arm=arm, wins=win, losses=loss, updated_at=at)
            more = {"wins": table.c.wins + win, "losses": table.c.losses + loss, "updated_at": at}
            connection.execute(insert.on_conflict_do_update(index_elements=["family", "problem", "arm"], set_=more))
        return True
