"""All edits worth trying, most likely first: a lazy merge of every template over every suspect."""

from __future__ import annotations

import ast
import heapq
import random
from collections.abc import Iterator

from autosd.coding.repair.edits import Edit, distance, trimmed
from autosd.coding.repair.hints import boosts
from autosd.coding.repair.ingredients import Pool
from autosd.coding.repair.localise import Suspect, Suspects
from autosd.coding.repair.model import Project, Statement, Unit
from autosd.coding.repair.observations import Observations
from autosd.coding.repair.priors import DEFAULT, PRIOR
from autosd.coding.repair.smells import Smells, factors
from autosd.coding.repair.syntax import syntax_edits
from autosd.coding.repair.templates import REGISTRY, Choice, Point, Template
from autosd.coding.repair.types import Types
from autosd.coding.repair.undo import undo_changes
from autosd.domain.changes import TextEdit


def enumerate_edits(project: Project, suspects: Suspects, observations: Observations, *, seed: int = 0) -> Iterator[Edit]:
    """Yield each edit once, in falling order of its chance to be the fix. ``seed`` breaks ties only."""
    yield from undo_changes(project, suspects, observations.history)
    for module in suspects.broken:
        if project.editable(module.path):
            yield from syntax_edits(module)
    yield from Enumeration(project, suspects, observations, seed).run()


#: One way to change one place with its score (negative: the heaps give the smallest first) and a number that breaks ties.
Ready = tuple[float, float, Template, Point, Choice]
#: Places that smell of something missing, opened before all others.
MOST_SMELLING = 24


class Enumeration:
    """One stream a template; each walks the suspects from the most likely down and is opened only as far as needed."""

    def __init__(self, project: Project, suspects: Suspects, observations: Observations, seed: int) -> None:
        self._project = project
        self._observations = observations
        self._suspects = [suspect for suspect in suspects if project.editable(suspect.module.path)]
        self._pool = Pool(project, observations)
        self._types: dict[Unit, Types] = {}
        self._points: dict[Statement, Point] = {}
        self._boosts = boosts(observations)
        self._random = random.Random(seed)  # noqa: S311 - ties of a search, no secret
        self._share: dict[tuple[str, Unit | None], float] = {}  # the largest part of a template's prior that one choice had so far
        self._smells: dict[Unit, Smells] = {}
        self._opened: set[tuple[str, Statement]] = set()
        self.skipped: list[tuple[str, Exception]] = []
        self._seen: set[tuple[str, tuple[int, int, str]]] = set()

    def run(self) -> Iterator[Edit]:
        streams = [(-self._bound(template, 0), order, 0, template) for order, template in enumerate(REGISTRY)]
        heapq.heapify(streams)
        ready = list(self._smelling())
        heapq.heapify(ready)
        while streams or ready:
            while streams and (not ready or streams[0][0] <= ready[0][0]):
                _, order, index, template = heapq.heappop(streams)
                if index >= len(self._suspects):
                    continue
                for each in self._expand(template, self._suspects[index]):
                    heapq.heappush(ready, each)
                heapq.heappush(streams, (-self._bound(template, index + 1), order, index + 1, template))
            if ready:
                score, _, template, point, choice = heapq.heappop(ready)
                edit = self._edit(template, point, choice, -score)
                if edit is not None:
                    yield edit

    def _smelling(self) -> Iterator[Ready]:
        """Where the code itself says that something is missing, the templates for that are opened at once."""
        named = {template.name: template for template in REGISTRY}
        smelling = [(suspect, found) for suspect in self._suspects if (found := factors(suspect.statement))]
        for suspect, found in smelling[:MOST_SMELLING]:
            for name in found:
                if name in named:
                    yield from self._expand(named[name], suspect)

    def _prior(self, template: Template) -> float:
        return PRIOR.get(template.name, DEFAULT) * self._boosts.get(template.name, 1.0)

    def _bound(self, template: Template, index: int) -> float:
        """The most that an edit of this stream can score, learnt from what the template gave so far: opens no more than needed."""
        if index >= len(self._suspects):
            return 0.0
        unit = self._suspects[index].statement.unit
        return self._suspects[index].weight * self._prior(template) * self._share.get((template.name, self._key(unit)), 1.0)

    def _key(self, unit: Unit) -> Unit | None:
        """Units that smell have shares of their own: others say nothing of what their edits score."""
        smells = self._smells_of(unit)
        return unit if smells.unused or smells.started else None

    def _smells_of(self, unit: Unit) -> Smells:
        if unit not in self._smells:
            self._smells[unit] = Smells(unit)
        return self._smells[unit]

    def _point(self, statement: Statement) -> Point:
        point = self._points.get(statement)
        if point is None:
            unit = statement.unit
            if unit not in self._types:
                self._types[unit] = Types(unit, self._observations)
            point = self._points[statement] = Point(statement, self._project, self._observations, self._types[unit], self._pool)
        return point

    def _expand(self, template: Template, suspect: Suspect) -> Iterator[Ready]:
        statement = suspect.statement
        if (template.name, statement) in self._opened:
            return
        self._opened.add((template.name, statement))
        nodes = [node for node in (statement.node, *statement.own) if isinstance(node, template.on)]
        if not nodes:
            return
        point, untrusted = self._point(statement), suspect.module.untrusted
        base = suspect.weight * self._prior(template)
        factor, key = factors(statement).get(template.name, 1.0), (template.name, self._key(statement.unit))
        boost = self._smells_of(statement.unit).boost
        for node in nodes:
            if node in untrusted:
                continue
            choices = self._choices(template, point, node)
            total = sum(choice.weight for choice in choices) or 1.0
            likely = [choice.weight / total for choice in choices]
            if key[1] is not None:
                likely = [_raised(one, boost(choice.changes[-1][2])) for one, choice in zip(likely, choices, strict=True)]
            if choices:
                self._share[key] = min(1.0, max(1.2 * max(likely), 0.8 * self._share.get(key, 0.0)))
            for one, choice in zip(likely, choices, strict=True):
                yield -base * min(1.0, factor * one), self._random.random(), template, point, choice

    def _choices(self, template: Template, point: Point, node: ast.AST) -> list[Choice]:
        try:
            return list(template.make(point, node))
        except Exception as error:  # the subject's code may be odder than a template thinks: that must not end the search
            self.skipped.append((template.name, error))
            return []

    def _edit(self, template: Template, point: Point, choice: Choice, score: float) -> Edit | None:
        """The edit in full, None where it changes nothing or was there before (then with a higher score)."""
        text, path = point.module.text, point.module.path
        alone = len(choice.changes) == 1
        made = (trimmed(text, *each, alone=alone) for each in choice.changes)
        changes = tuple(sorted(change for change in made if change[0] != change[1] or change[2]))
        key = (path, changes[0] if alone and changes else _merged(text, changes))
        if not changes or not (key[1][2] or key[1][0] < key[1][1]) or key in self._seen or _torn(point, changes):
            return None
        self._seen.add(key)
        where = f" in `{point.unit.name}`" if point.unit.name else ""
        return Edit(
            file=path,
            edits=tuple(TextEdit(path, *change) for change in changes),
            template=template.name,
            tier=template.tier,
            score=score,
            distance=sum(distance(text, *each) for each in choice.changes),
            summary=f"{choice.say}{where}",
        )


def _raised(share: float, boost: float) -> float:
    """A share made larger, never beyond what one choice of few would have."""
    return max(share, min(0.5, share * boost))


def _merged(text: str, changes: tuple[tuple[int, int, str], ...]) -> tuple[int, int, str]:
    """Several changes as the one with the same effect: what makes no difference shows, and equal results meet."""
    if not changes:
        return 0, 0, ""
    start, end = changes[0][0], max(change[1] for change in changes)
    new, place = "", start
    for each_start, each_end, each_text in changes:
        new += text[place:each_start] + each_text
        place = each_end
    return trimmed(text, start, end, new + text[place:end])


def _torn(point: Point, changes: tuple[tuple[int, int, str], ...]) -> bool:
    """Whether a change brings quotes into an f-string, which only new Pythons can read."""
    for start, end in point.module.formatted:
        for each_start, each_end, new in changes:
            if start < each_start and each_end < end and any(char in new for char in "'\"\\\n{}"):
                return True
    return False
