"""Telling autosd of projects: a short name that people, grants and policies use for a folder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from autosd.acts.desk import Desk
from autosd.domain.errors import AutosdError
from autosd.domain.projects import Project, is_project_id
from autosd.ports import Projects


@dataclass(frozen=True)
class Named:
    """A project as it was named: registered, or only a folder."""

    key: str  # the id, or the folder
    path: Path
    project: Project | None = None


def add(desk: Desk, path: Path, id: str | None, test_command: str, tenant: str) -> Project:
    """The same words again are no error. Raises ``AUTOSD-PROJECT-ID`` and ``AUTOSD-PROJECT-EXISTS``."""
    known = desk.projects.project_at(path)
    chosen = id or (known.id if known else suggested(path))
    if not is_project_id(chosen):
        message = f"{chosen!r} is no project id."
        raise AutosdError("AUTOSD-PROJECT-ID", message, "Give --id 1 to 64 letters, digits, dots, dashes or underscores.")
    project = Project(chosen, path, desk.now, test_command, tenant)
    if known and (known.id, known.test_command, known.tenant) == (project.id, test_command, tenant):
        return known
    _require_free(desk.projects, project)
    desk.record("project_added", "project_add", chosen, path=str(path), test_command=test_command, tenant=tenant)
    desk.projects.add_project(project)
    return project


def _require_free(projects: Projects, wanted: Project) -> None:
    taken = projects.project(wanted.id) or projects.project_at(wanted.path)
    if taken:
        message = f"Project {taken.id} at {taken.path} is there already."
        remedy = f"Choose another --id, or run `autosd projects remove {taken.id}` first."
        raise AutosdError("AUTOSD-PROJECT-EXISTS", message, remedy)


def remove(desk: Desk, id: str) -> Project:
    """Forget a project; its changes, its record and its folder stay, and so does a halt: it is the folder's now."""
    project = known(desk.projects, id)
    stays = desk.store.halted(id)
    desk.record("project_removed", "project_remove", id, path=str(project.path), halted=stays)
    if stays:
        desk.store.set_halted(str(project.path), True, reason=f"{id} was halted", at=desk.now)
        desk.store.set_halted(id, False, reason="removed", at=desk.now)
    desk.projects.remove_project(id)
    return project


def known(projects: Projects, id: str) -> Project:
    """Raises ``AUTOSD-PROJECT-UNKNOWN``."""
    project = projects.project(id)
    if project is None:
        raise AutosdError("AUTOSD-PROJECT-UNKNOWN", f"There is no project {id!r}.", "Look at `autosd projects list`, or add it.")
    return project


def named(projects: Projects, word: str) -> Named:
    """By id, else by folder; a word that is both is the project of that id."""
    project = projects.project(word) if is_project_id(word) else None
    if project:
        return Named(project.id, project.path, project)
    folder = Path(word).expanduser()
    if not folder.is_dir():
        message = f"{word!r} is neither a project nor a folder."
        raise AutosdError("AUTOSD-PROJECT-UNKNOWN", message, "Look at `autosd projects list`, or name a folder.")
    path = folder.resolve()
    project = projects.project_at(path)
    return Named(project.id if project else str(path), path, project)


def suggested(path: Path) -> str:
    """An id made of the folder's name."""
    return re.sub(r"[^A-Za-z0-9._-]+|\.{2,}", "-", path.name).strip("._-")[:64].strip("._-") or "project"
