"""What a worker does between jobs: note what landed, judge what is due, scan each project, and explore when nothing was seen for long.

What runs tests is an errand: a command of autosd's own in a process of its own, so that one that hangs can be ended.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random, SystemRandom
from threading import Event
from typing import Any

from autosd.acts.changing import OF_TESTS
from autosd.acts.talks import prompts
from autosd.acts.work import checking, outcomes, watching
from autosd.acts.work.building import only_here
from autosd.acts.work.sightings import scan_due
from autosd.app import App
from autosd.domain.actions import Action, Principal
from autosd.domain.errors import AutosdError
from autosd.domain.projects import Project
from autosd.domain.proposals import Proposal, ProposalStatus
from autosd.learning.windows import Cycle, Windows
from autosd.settings import table

logger = logging.getLogger(__name__)

#: Runs one command line of autosd with ``--json`` and gives its object; empty when it broke off. Ends early when the event is set.
Errand = Callable[[Sequence[str], Event], Mapping[str, Any]]


@dataclass
class Rounds:
    """Of one worker. ``go`` is done by one worker of a machine at a time; the others skip it."""

    app: App
    principal: Principal
    errand: Errand
    grant: str = ""
    rng: Random = field(default_factory=SystemRandom)
    _watched: float = field(default=float("-inf"))

    def go(self, stop: Event) -> Windows | None:
        """None when another worker is at it."""
        with only_here(self.app, "rounds") as free:
            return self._round(stop) if free else None

    def _round(self, stop: Event) -> Windows:
        outcomes.chosen(self.app, self.rng)
        landed = watching.note_landings(self.app)
        self._asked_again()
        checked = self._checked(stop)
        scanned = [self._scanned(project, stop) for project in self.app.projects.all_projects() if self._due(project)]
        open_now = self.app.proposals.find(status=[ProposalStatus.APPROVED, ProposalStatus.QUEUED], limit=1)
        counts = checked.get("verdicts", {})
        cycle = Cycle(
            scanned=bool(scanned),
            kept=sum(len(each.get("proposals", ())) for each in scanned),
            reviewed=int(checked.get("looks", 0)),
            proposals_seen=len(open_now),
            created=sum(len(each.get("proposals", ())) for each in scanned),
            applied=landed.merged,
            verified=sum(counts.values()),
            wins=int(counts.get("win", 0)),
            losses=int(counts.get("loss", 0)),
        )
        windows = outcomes.passed(self.app, cycle)
        if windows.synthetic_window_open and not stop.is_set():
            self._explore(stop)
        return windows

    def _asked_again(self) -> None:
        """Questions that wait for a model; what goes wrong with them stops nothing else."""
        try:
            prompts.replay(self.app, self.principal, grant=self.grant)
        except AutosdError as error:
            logger.warning("questions that wait for a model could not be asked again: %s", error.message)

    def _checked(self, stop: Event) -> Mapping[str, Any]:
        now = time.monotonic()
        late = now - self._watched >= self.app.settings[table.RECHECK_SECONDS]
        if stop.is_set() or not (late or checking.due(self.app)):
            return {}
        self._watched = now
        return self.errand(["outcomes", "check", *self._words()], stop)

    def _due(self, project: Project) -> bool:
        return project.path.is_dir() and scan_due(self.app, project.id, self.app.settings[table.SCAN_SECONDS]) and self._may(project)

    def _may(self, project: Project) -> bool:
        """Asked before a process is started for it: a halted project is not looked at."""
        from autosd.acts.allowing.questions import Asker, question

        return self.app.guard.decide(question(self.app, Asker(self.principal, project.path, self.grant, "scan"), Action.BUILD)).permitted

    def _scanned(self, project: Project, stop: Event) -> Mapping[str, Any]:
        if stop.is_set():
            return {}
        found = self.errand(["scan", str(project.path), *self._words()], stop)
        if str(found.get("result", "")).startswith("AUTOSD-"):
            logger.warning("%s could not be scanned: %s", project.id, found.get("result"))
        return found

    def _explore(self, stop: Event) -> None:
        """One project each time, another one the next."""
        may_propose: bool = self.app.settings[table.PROPOSALS]
        projects = [each for each in self.app.projects.all_projects() if each.path.is_dir() and self._may(each)]
        if projects and may_propose:
            self.errand(["scan", str(self.rng.choice(projects).path), "--explore", *self._words()], stop)

    def _words(self) -> list[str]:
        return ["--unattended", *(["--preauth-grant", self.grant] if self.grant else [])]


def in_focus(app: App, proposals: Sequence[Proposal]) -> Sequence[Proposal]:
    """In the order that the chosen focus wants (S4's third family); the most urgent first within it."""
    focus = outcomes.selected(app).get("focus_policy", "")
    if focus == "reliability_first":
        return sorted(proposals, key=lambda each: each.kind not in OF_TESTS)
    if focus == "learning_first":
        known: dict[str, float] = {}
        for tally in app.learnt.tallies("strategy"):
            known[tally.problem] = known.get(tally.problem, 0.0) + tally.wins + tally.losses
        return sorted(proposals, key=lambda each: known.get(each.kind, 0.0))
    return proposals  # execution_first: just by urgency
