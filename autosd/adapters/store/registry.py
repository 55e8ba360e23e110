"""The Projects port on SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from autosd.adapters.store.base import Tables
from autosd.adapters.store.failures import clear_failures
from autosd.adapters.store.leave_tables import project_registry as table
from autosd.adapters.store.tables import Text
from autosd.adapters.store.tables import projects as halts
from autosd.domain.errors import AutosdError
from autosd.domain.projects import ALL_PROJECTS, Project

_PATH = sa.bindparam("path", type_=Text)


def _at_or_above(folder: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Whether ``folder`` is the asked path or one that it lies in."""
    return (folder == _PATH) | (sa.func.substr(_PATH, 1, sa.func.length(folder) + 1) == folder + "/")


_GOVERNING = sa.select(table).where(_at_or_above(table.c.path)).order_by(sa.func.length(table.c.path).desc()).limit(1).subquery()
_STOPPED = (halts.c.project == ALL_PROJECTS) | _at_or_above(halts.c.project)
_HALTED = sa.exists().where(halts.c.halted & (_STOPPED | halts.c.project.in_(sa.select(table.c.id).where(_at_or_above(table.c.path)))))

#: Made once: making it takes longer than asking it.
_STANDING = sa.select(*_GOVERNING.c, _HALTED.label("halted_now")).select_from(
    sa.select(sa.literal(1)).subquery().outerjoin(_GOVERNING, sa.true())
)

_FOLDER = sa.func.coalesce(table.c.path, halts.c.project)
_HALTED_BELOW = (
    sa.select(_FOLDER)
    .select_from(halts.outerjoin(table, table.c.id == halts.c.project))
    .where(halts.c.halted & (sa.func.substr(_FOLDER, 1, sa.func.length(_PATH) + 1) == _PATH + "/"))
)


class SqlProjects(Tables):
    """Satisfies ``Projects``."""

    def add_project(self, project: Project) -> None:
        """See ``Projects``; the same project again is no error."""
        row = {
            "id": project.id,
            "path": str(project.path),
            "test_command": project.test_command,
            "tenant": project.tenant,
            "added_at": project.added_at,
        }
        with self._writing() as connection:
            connection.execute(self._insert(table).values(**row).on_conflict_do_nothing())
            there = connection.execute(sa.select(table).where((table.c.id == row["id"]) | (table.c.path == row["path"]))).all()
        if [(each.id, each.path) for each in there] != [(row["id"], row["path"])]:
            taken = there[0]
            raise AutosdError(
                "AUTOSD-PROJECT-EXISTS",
                f"Project {taken.id} at {taken.path} is there already.",
                f"Choose another --id, or run `autosd projects remove {taken.id}` first.",
            )

    def project(self, id: str) -> Project | None:
        return self._one(table.c.id == id)

    def project_at(self, path: Path) -> Project | None:
        return self._one(table.c.path == str(path))

    def standing(self, path: Path) -> tuple[Project | None, bool]:
        """See ``Projects``. One question to the database: every permit asks it."""
        with clear_failures(self._engine.url), self._reading.begin() as connection:
            row = connection.execute(_STANDING, {"path": str(path)}).one()._mapping
        return _project(row) if row["id"] is not None else None, bool(row["halted_now"])

    def halted_below(self, path: Path) -> Sequence[Path]:
        with clear_failures(self._engine.url), self._reading.begin() as connection:
            return [Path(row[0]) for row in connection.execute(_HALTED_BELOW, {"path": str(path)})]

    def all_projects(self) -> Sequence[Project]:
        """By id."""
        return [_project(row) for row in self._rows(sa.select(table).order_by(table.c.id))]

    def remove_project(self, id: str) -> bool:
        with self._writing() as connection:
            return connection.execute(sa.delete(table).where(table.c.id == id)).rowcount > 0

    def _one(self, where: sa.ColumnElement[bool]) -> Project | None:
        rows = self._rows(sa.select(table).where(where))
        return _project(rows[0]) if rows else None


def _project(row: Mapping[Any, Any]) -> Project:
    return Project(row["id"], Path(row["path"]), row["added_at"], row["test_command"], row["tenant"])
