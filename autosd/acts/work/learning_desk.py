"""The desk with what was proposed, what came of it and what was learnt: for looking, without the rest of the house."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from autosd.acts.desk import Desk, opened_desk
from autosd.adapters.clock import SystemClock
from autosd.domain.actions import Principal
from autosd.ports import Clock, Learnt, Outcomes, Proposals
from autosd.settings import Settings

if TYPE_CHECKING:
    from autosd.adapters.store.sql import SqlStore


@dataclass(frozen=True)
class LearningDesk:
    """Enough of a house for ``autosd.acts.work.outcomes``."""

    desk: Desk
    clock: Clock
    proposals: Proposals
    outcomes: Outcomes
    learnt: Learnt

    @property
    def settings(self) -> Settings:
        return self.desk.settings

    @property
    def now(self) -> datetime:
        return self.desk.now


@contextmanager
def opened_learning(settings: Settings, by: Principal) -> Iterator[LearningDesk]:
    from autosd.adapters.store.work_learnt import SqlLearnt
    from autosd.adapters.store.work_outcomes import SqlOutcomes
    from autosd.adapters.store.work_proposals import SqlProposals

    with opened_desk(settings, by) as desk:
        store: SqlStore | Any = desk.store
        engine = store.engine
        yield LearningDesk(desk, SystemClock(), SqlProposals(engine), SqlOutcomes(engine), SqlLearnt(engine))
