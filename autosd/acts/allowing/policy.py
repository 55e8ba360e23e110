"""Looking at what may be done, and why: asked as the road asks, but nothing is permitted, recorded or written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from autosd.acts.allowing.questions import Asker, question
from autosd.acts.projects import Named, named
from autosd.app import open_audit, open_grants, rules_of
from autosd.domain.actions import Action, Principal
from autosd.domain.decisions import Facts
from autosd.domain.errors import AutosdError
from autosd.domain.grants import Presented, Reason
from autosd.governance.grants.verdict import refusal
from autosd.governance.leave import ENVIRONMENTS, covered_work
from autosd.governance.policy.cedar import site_rules
from autosd.governance.policy.explain import Explained, explain
from autosd.governance.policy.files import Layer
from autosd.governance.policy.layers import layers_of
from autosd.governance.policy.replay import Change, Replayed, Unreadable, decided_since, replay, unchanged, under_policy, under_settings
from autosd.governance.policy.showing import ALL_GATES, Answer, answers
from autosd.governance.record_parts import entries_back, exists
from autosd.governance.rules import Rule
from autosd.ports import AuditLog, Clock, Grants, Projects, Store
from autosd.settings import Settings, table


def all_rules(settings: Settings) -> tuple[Rule, ...]:
    """The guard's, and a site's own."""
    rules = tuple(rules_of(settings))
    names = {rule.name for rule in rules}
    return (*rules, *(rule for rule in site_rules(settings.home) if rule.name not in names))


@dataclass(frozen=True)
class Lookout:
    """What a question to the guard is made from, and no more of the house."""

    settings: Settings
    clock: Clock
    store: Store
    projects: Projects
    grants: Grants
    audit: AuditLog
    by: Principal

    @property
    def rules(self) -> tuple[Rule, ...]:
        return all_rules(self.settings)

    def named(self, word: str) -> Named:
        return named(self.projects, word)

    def ask(self, project: Named, action: Action, grant: str = "", **known: Any) -> Facts:
        """The facts as the road would ask with them."""
        purpose, scope = known.pop("purpose", ""), known.pop("scope", "")
        return question(self, Asker(self.by, project.path, grant, purpose, scope), action, **known)

    def layers(self, facts: Facts) -> tuple[Layer, ...]:
        return layers_of(self.settings.home, facts.repo, facts.project, facts.tenant, above=facts.root)

    def why(self, facts: Facts) -> tuple[Explained, ...]:
        return explain(self.rules, facts, self.layers(facts), self.settings.origins)

    def answers(self, project: Named, grant: str, environment: str, paths: tuple[str, ...] = ()) -> tuple[Answer, ...]:
        """Every action for ``project``, with the grant that was shown."""
        ask = partial(self._typical, project, grant, paths)
        return answers(self.rules, ask, self.layers(ask(Action.BUILD, "")), self.settings.origins, environment)

    def typical(self, project: Named, grant: str) -> Facts:
        """The facts of work on the project."""
        return self._typical(project, grant, (), Action.BUILD, "")

    def of_grant(self, grant: str) -> str:
        """The one project that a grant is for; empty when it is for several, for all, or cannot be read."""
        shown = self.grants.present(grant, self.clock.now()).grant if grant else None
        ids = sorted({id for terms in shown.terms for id in terms.project_ids or ()}) if shown else []
        return ids[0] if len(ids) == 1 and self.projects.project(ids[0]) else ""

    def _typical(self, project: Named, grant: str, paths: tuple[str, ...], action: Action, environment: str) -> Facts:
        """An ordinary question of each kind: gates passed, a canary stage, a target below the write root."""
        known: dict[str, Any] = {"environment": environment, "gates_passed": ALL_GATES, "canary": True}
        if action is Action.PROMOTE:
            known["from_environment"] = ENVIRONMENTS[max(0, ENVIRONMENTS.index(environment) - 1)]
        if action not in (Action.BUILD, Action.SPEND):
            known["paths"] = paths
        if action is Action.WRITE:
            root = (project.path / self.settings[table.WRITE_ROOT]).resolve()
            known["target"] = root / f"change{(*self.settings[table.ALLOWED_SUFFIXES], '.py')[0]}"
        return self.ask(project, action, grant, **known)

    def unfit(self, project: Named, grant: str, environment: str) -> tuple[Presented, Reason, str] | None:
        """Why the grant is none for this project (and environment), in S3's words; None when it is one."""
        facts = self._typical(project, grant, (), Action.DEPLOY if environment else Action.BUILD, environment)
        assert facts.presented is not None
        if environment:
            refused = refusal(facts.presented, facts)
            return (facts.presented, *refused) if refused else None
        work = self._typical(project, grant, (), Action.BUILD, "")
        refused = None if covered_work(work) else refusal(facts.presented, work)
        return (facts.presented, *refused) if refused else None

    def halted(self, project: Named) -> bool:
        return self.projects.standing(project.path)[1]


@contextmanager
def opened_lookout(settings: Settings, by: Principal) -> Iterator[Lookout]:
    """A home or a database that is not there yet is not made for it."""
    from autosd.adapters.clock import SystemClock
    from autosd.adapters.store import open_store
    from autosd.adapters.store.registry import SqlProjects

    url = settings[table.STORE_URL]
    file = Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None
    store: Any = open_store("sqlite://" if file and not file.exists() else url)
    with closing(store):
        grants, audit = open_grants(settings), open_audit(settings)
        yield Lookout(settings, SystemClock(), store, SqlProjects(store.engine), grants, audit, by)


# ---- the past ------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Past:
    """What became of a replay, oldest first. ``without_facts``: decisions of a time when facts were not kept."""

    decisions: int
    different: tuple[Replayed, ...]
    without_facts: int
    unused: tuple[str, ...]  # settings of the file that decisions do not rest on


def replayed(settings: Settings, since: datetime | None, *, policy: Path | None = None, other: Path | None = None) -> Past:
    """The record's decisions under today's rules, with another policy or other settings."""
    change: Change = unchanged
    unused: tuple[str, ...] = ()
    if policy is not None and other is not None:
        raise AutosdError("AUTOSD-USAGE", "--policy and --settings were both given.", "Replay one change at a time.")
    if policy is not None:
        change = under_policy(policy, settings.home)
    if other is not None:
        change, unused = under_settings(other)
    rules = all_rules(settings)
    log = settings[table.AUDIT_LOG]
    found, without = 0, 0
    different: list[Replayed] = []
    for each in replay(decided_since(entries_back(log), since) if exists(log) else (), rules, change):
        if isinstance(each, Unreadable):
            without += 1
            continue
        found += 1
        if each.different:
            different.append(each)
    return Past(found, tuple(reversed(different)), without, unused)
