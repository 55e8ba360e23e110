"""The queue's statements, built once. Statuses are written out in them: only so do the partial indexes serve."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from autosd.adapters.store.tables import Text
from autosd.adapters.store.work_tables import queue as table
from autosd.adapters.store.work_types import GuideTime, LenientJson

_NOW = sa.bindparam("now", type_=GuideTime)


def _is(columns: Any, word: str) -> sa.ColumnElement[bool]:
    same: sa.ColumnElement[bool] = columns.status == sa.literal_column(f"'{word}'")
    return same


def _may_run(types: bool) -> sa.Select[Any]:
    """Ids of what may run now, the most urgent first: due, and its lock free."""
    q, other = table.alias("q"), table.alias("other")
    holds = sa.exists().where(other.c.lock_name == q.c.lock_name, _is(other.c, "processing"), other.c.lock_name != sa.literal_column("''"))
    free = sa.or_(q.c.lock_name == sa.literal_column("''"), ~holds)
    due = sa.or_(q.c.run_at.is_(None), q.c.run_at <= _NOW)
    query = sa.select(q.c.id).where(_is(q.c, "pending"), due, q.c.lock_name.is_not(None), free)
    if types:
        query = query.where(q.c.task_type.in_(sa.bindparam("types", expanding=True)))
    return query.order_by(q.c.priority.desc(), q.c.created_at, q.c.id).limit(1)


def _take(types: bool) -> Any:
    picked = _may_run(types).with_for_update(skip_locked=True).cte("picked")
    until = sa.bindparam("until", type_=GuideTime)
    values = {
        "status": sa.literal_column("'processing'"),
        "worker": sa.bindparam("worker", type_=Text),
        "token": table.c.token + 1,
        "tries": table.c.tries + 1,
        "started_at": _NOW,
        "updated_at": _NOW,
        "leased_until": until,
    }
    return sa.update(table).where(table.c.id.in_(sa.select(picked.c.id))).values(values).returning(table)


def _expire() -> sa.Update:
    """What nobody holds any more waits again, or is dead when that was its last try."""
    last = table.c.tries >= table.c.max_tries
    values = {
        "status": sa.case((last, sa.literal_column("'dead'")), else_=sa.literal_column("'pending'")),
        "completed_at": sa.case((last, _NOW), else_=sa.null()),
        "error_message": sa.bindparam("lost", type_=Text),
        "run_at": sa.null(),
        "leased_until": sa.null(),
        "updated_at": _NOW,
    }
    return sa.update(table).where(_EXPIRED).values(values)


def _held() -> list[sa.ColumnElement[bool]]:
    """The job as its lease knows it; not so any more once another claim, or nobody, has it."""
    mine = {"id": Text, "worker": Text, "token": sa.BigInteger}
    return [_is(table.c, "processing"), *(table.c[name] == sa.bindparam(f"of_{name}", type_=kind) for name, kind in mine.items())]


def _finish() -> sa.Update:
    at = sa.bindparam("at", type_=GuideTime)
    values = {
        "status": sa.bindparam("status", type_=Text),
        "run_at": sa.bindparam("run_at", type_=GuideTime),
        "tries": sa.bindparam("tried", type_=sa.Integer),
        "completed_at": sa.bindparam("ended", type_=GuideTime),
        "processing_time_ms": sa.bindparam("took", type_=sa.BigInteger),
        "result": sa.bindparam("result", type_=LenientJson),
        "error_message": sa.bindparam("error", type_=Text),
        "leased_until": sa.null(),
        "updated_at": at,
    }
    return sa.update(table).where(*_held()).values(values)


_EXPIRED = sa.and_(_is(table.c, "processing"), table.c.leased_until <= _NOW)
_FOREIGN = sa.and_(_is(table.c, "pending"), table.c.lock_name.is_(None))

#: Whether there is something to do before claiming: leases that ran out, rows of other programs.
CHORES = sa.select(sa.or_(sa.exists().where(_EXPIRED), sa.exists().where(_FOREIGN)))
EXPIRE = _expire()
TAKE, TAKE_TYPES = _take(False), _take(True)
READY = sa.select(sa.or_(sa.exists().where(_EXPIRED), sa.exists().where(_FOREIGN), _may_run(False).scalar_subquery().is_not(None)))
BEAT = (
    sa.update(table)
    .where(*_held())
    .values({"leased_until": sa.bindparam("until", type_=GuideTime), "updated_at": sa.bindparam("at", type_=GuideTime)})
)
FINISH = _finish()

#: The most urgent rows of other programs; the rest have their turn at the next claim.
ADOPTABLE = (
    sa.select(table.c.id, table.c.payload, table.c.input_data)
    .where(_FOREIGN)
    .order_by(table.c.priority.desc(), table.c.created_at, table.c.id)
    .limit(100)
    .with_for_update(skip_locked=True)
)
