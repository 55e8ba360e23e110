"""A request's question to the guard, with everything that is known of it now: its project, halts, the grant that was shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from autosd.domain.actions import Action, Principal
from autosd.domain.decisions import Facts
from autosd.domain.grants import GrantUse, Presented
from autosd.domain.projects import Project
from autosd.governance.facts import build_facts, place_in
from autosd.ports import AuditLog, Clock, Grants, Projects, Store
from autosd.settings import Settings, table


class House(Protocol):
    """The part of the house that a question is made from."""

    @property
    def settings(self) -> Settings: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def store(self) -> Store: ...
    @property
    def projects(self) -> Projects: ...
    @property
    def grants(self) -> Grants: ...
    @property
    def audit(self) -> AuditLog: ...


@dataclass(frozen=True)
class Asker:
    """Who asks, for which folder, by which grant (its id or its token; empty: none)."""

    principal: Principal
    path: Path
    grant: str = ""
    purpose: str = ""
    scope: str = ""


def project_key(app: House, path: Path) -> str:
    """The project's id, also for a folder of it; the folder when autosd was told of none."""
    project, _ = app.projects.standing(path)
    return project.id if project else str(path)


def within_project(app: House, path: Path) -> str:
    """Where ``path`` lies in its project, as ``Facts.within`` says it."""
    project, _ = app.projects.standing(path)
    return place_in(project.path if project else None, path)[0]


def question(app: House, asker: Asker, action: Action, **known: Any) -> Facts:
    """Asked anew for every permit: a halt, a revocation or a tightened policy holds at once, also for work that is running.

    Work on a folder of a project is work on that project: its halts, policies and paths hold.
    """
    now = app.clock.now()
    project, stopped = app.projects.standing(asker.path)
    paths = known.get("paths", ())
    facts = build_facts(
        app.settings,
        action,
        asker.principal,
        project.id if project else str(asker.path),
        asker.path,
        now,
        project_root=project.path if project else None,
        halted=stopped or _reaches_halted(app, asker.path, paths),
        presented=presented(app, asker.grant, now) if asker.grant else None,
        purpose=asker.purpose,
        scope=asker.scope,
        tenant=project.tenant if project else "",
        **known,
    )
    return _with_registered(app, facts, project)


def _reaches_halted(app: House, path: Path, touched: Iterable[str]) -> bool:
    """Whether one of the ``touched`` paths lies in a halted project further down."""
    below = app.projects.halted_below(path) if touched else ()
    return any((path / each).is_relative_to(folder) for folder in below for each in touched)


def _with_registered(app: House, facts: Facts, project: Project | None) -> Facts:
    """Where no list of repositories was set, a project that a person registered may be worked on, also unattended."""
    if project is None or app.settings[table.ALLOWED_REPOS]:
        return facts
    return replace(facts, allowed_repos=(*facts.allowed_repos, project.path.resolve()))


def presented(app: House, word: str, now: datetime) -> Presented:
    """The grant with its use, and that of each grant it comes from, as the record counts them."""
    shown = app.grants.present(word, now)
    if shown.grant is None:
        return shown
    uses = tuple(app.audit.use_of(id, now) for id in shown.grant.ids)
    return replace(shown, use=uses[0] if uses else GrantUse(), uses=uses)
