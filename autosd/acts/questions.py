"""A request's question to the guard, with everything that is known of it now: its project, halts, the grant that was shown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from autosd.acts.projects import Named
from autosd.domain.actions import Action, Principal
from autosd.domain.decisions import Facts
from autosd.domain.grants import GrantUse, Presented
from autosd.governance.facts import build_facts
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
    """The project's id, or its folder when autosd was not told of it."""
    return _named(app, path).key


def question(app: House, asker: Asker, action: Action, **known: Any) -> Facts:
    """Asked anew for every permit: a halt, a revocation or a tightened policy holds at once, also for work that is running."""
    now = app.clock.now()
    project, stopped = app.projects.standing(asker.path)
    named = Named(project.id if project else str(asker.path), asker.path, project)
    tenant = project.tenant if project else ""
    facts = build_facts(
        app.settings,
        action,
        asker.principal,
        named.key,
        asker.path,
        now,
        halted=stopped,
        presented=presented(app, asker.grant, now) if asker.grant else None,
        purpose=asker.purpose,
        scope=asker.scope,
        tenant=tenant,
        **known,
    )
    return _with_registered(app, facts, named)


def _with_registered(app: House, facts: Facts, named: Named) -> Facts:
    """Where no list of repositories was set, a project that a person registered may be worked on, also unattended."""
    if named.project is None or app.settings[table.ALLOWED_REPOS]:
        return facts
    return replace(facts, allowed_repos=(*facts.allowed_repos, named.path.resolve()))


def _named(app: House, path: Path) -> Named:
    project = app.projects.project_at(path)
    return Named(project.id if project else str(path), path, project)


def presented(app: House, word: str, now: datetime) -> Presented:
    """The grant with its use, and that of each grant it comes from, as the record counts them."""
    shown = app.grants.present(word, now)
    if shown.grant is None:
        return shown
    uses = tuple(app.audit.use_of(id, now) for id in shown.grant.ids)
    return replace(shown, use=uses[0] if uses else GrantUse(), uses=uses)
