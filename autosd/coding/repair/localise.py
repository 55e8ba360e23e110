"""Where the fault may be: statements ranked by the spectra of the tests, the failures' frames and the kind of statement."""

from __future__ import annotations

import ast
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from autosd.coding.repair.model import Module, Project, Statement, bound_names
from autosd.coding.repair.observations import Observations, ObservedFailure, ObservedTest
from autosd.coding.repair.smells import factors
from autosd.coding.repair.source import parse_error
from autosd.domain.suites import Outcome

#: How often a statement of this kind is the faulty one, against an assignment.
KIND_WEIGHT: dict[type[ast.AST], float] = {
    ast.Return: 1.2,
    ast.If: 1.3,
    ast.While: 1.4,
    ast.AugAssign: 1.2,
    ast.Expr: 0.9,
    ast.FunctionDef: 0.6,
    ast.AsyncFunctionDef: 0.6,
    ast.ClassDef: 0.4,
    ast.Import: 0.2,
    ast.ImportFrom: 0.2,
    ast.Pass: 0.5,
    ast.Raise: 0.5,
    ast.Try: 0.4,
    ast.Global: 0.1,
    ast.Nonlocal: 0.1,
}

#: Against others of its kind: a statement that does nothing in a place where something was to be done, or cuts off what follows it.
SMELLS = 2.5

_IMPORT_ERRORS = ("ImportError", "ModuleNotFoundError", "NameError", "AttributeError")


@dataclass(frozen=True, slots=True)
class Suspect:
    """A statement and how likely it is the faulty one (1 is the most likely of all, never 0)."""

    statement: Statement
    weight: float

    @property
    def module(self) -> Module:
        return self.statement.unit.module


@dataclass(frozen=True)
class Suspects:
    """Suspects from the most to the least likely; ``broken`` are modules that do not parse."""

    ranked: tuple[Suspect, ...]
    broken: tuple[Module, ...] = ()

    def __iter__(self) -> Iterator[Suspect]:
        return iter(self.ranked)

    def __len__(self) -> int:
        return len(self.ranked)


def rank_suspects(project: Project, observations: Observations) -> Suspects:
    """Rank the statements that failing tests reach; statements that none reaches cost nothing."""
    weights: dict[Statement, float] = {}
    for path, lines in _line_weights(project, observations).items():
        for line, weight in lines.items():
            statement = project[path].by_line.get(line)
            if statement is not None:
                weights[statement] = max(weights.get(statement, 0.0), weight)
    _weigh_frames(project, observations.failures, weights)
    _weigh_endless(observations, weights)
    if not weights:
        weights = dict.fromkeys(_everything(project, observations), 0.5)
    _spread_to_definitions(weights)
    final = {
        s: w * KIND_WEIGHT.get(type(s.node), 1.0) * (SMELLS if factors(s) else 1.0) for s, w in weights.items() if not _is_docstring(s)
    }
    top = max(final.values(), default=1.0)
    order = sorted(final, key=lambda s: (-final[s], s.unit.module.path, s.line, s.node.col_offset))
    return Suspects(tuple(Suspect(s, final[s] / top) for s in order), tuple(_broken(project, observations)))


def _line_weights(project: Project, observations: Observations) -> dict[str, dict[int, float]]:
    """Ochiai of each line, taken for every group of failing tests alone: several bugs do not blur each other."""
    passed: dict[str, Counter[int]] = defaultdict(Counter)
    reached: dict[str, set[int]] = defaultdict(set)
    for test in observations.failing:
        for path, lines in test.lines.items():
            if project.editable(path):
                reached[path] |= lines
    for test in observations.passing:
        for path, lines in test.lines.items():
            if path in reached:
                passed[path].update(reached[path] & lines)
    result: dict[str, dict[int, float]] = defaultdict(dict)
    for group in _groups(observations):
        for path, counts in _counts(group, reached).items():
            for line, failed in counts.items():
                score = failed / math.sqrt(len(group) * (failed + passed[path][line]))
                result[path][line] = max(result[path].get(line, 0.0), 0.02 + score**1.5)
    return result


def _counts(group: Iterable[ObservedTest], reached: dict[str, set[int]]) -> dict[str, Counter[int]]:
    counts: dict[str, Counter[int]] = defaultdict(Counter)
    for test in group:
        for path, lines in test.lines.items():
            if path in reached:
                counts[path].update(lines)
    return counts


def _groups(observations: Observations) -> list[list[ObservedTest]]:
    """The given groups, else failing tests by the exception and the function it came from; and all as one."""
    by_id = {test.id: test for test in observations.failing}
    named = [[by_id[name] for name in group if name in by_id] for group in observations.groups]
    if not named:
        by_cause: dict[tuple[str, str], list[ObservedTest]] = defaultdict(list)
        for test in observations.failing:
            frame = test.failure.frames[-1] if test.failure and test.failure.frames else None
            by_cause[test.failure.kind if test.failure else "", frame.function if frame else ""].append(test)
        named = list(by_cause.values())
    if len(named) > 1:
        named.append(list(observations.failing))
    return [group for group in named if group]


def _weigh_frames(project: Project, failures: Sequence[ObservedFailure], weights: dict[Statement, float]) -> None:
    """What stands in the traceback of an unexpected exception is nearer to its cause, the innermost most of all."""
    boost: dict[Statement, float] = {}
    functions: set[str] = set()
    for failure in failures:
        inside = [frame for frame in failure.frames if project.editable(frame.file)]
        for depth, frame in enumerate(reversed(inside[-12:])):
            statement = project[frame.file].by_line.get(frame.line)
            if statement is not None:
                boost[statement] = max(boost.get(statement, 1.0), (3.0 if depth == 0 else 2.0 if depth == 1 else 1.4))
                functions.add(f"{frame.file}:{statement.unit.name}")
                weights.setdefault(statement, 0.3)
        if inside and failure.kind in _IMPORT_ERRORS:
            for statement in project[inside[-1].file].statements:
                if isinstance(statement.node, (ast.Import, ast.ImportFrom)):
                    weights.setdefault(statement, 0.3)
    for statement in weights:
        near = 1.3 if f"{statement.unit.module.path}:{statement.unit.name}" in functions else 1.0
        weights[statement] *= boost.get(statement, 1.0) * near


def _weigh_endless(observations: Observations, weights: dict[Statement, float]) -> None:
    """A test that never ends points at loops."""
    if not any(test.outcome is Outcome.TIMEOUT for test in observations.failing):
        return
    for statement in weights:
        if isinstance(statement.node, ast.While):
            weights[statement] *= 2.5
        elif statement.loops:
            weights[statement] *= 1.6


def _spread_to_definitions(weights: dict[Statement, float]) -> None:
    """Code that ran at import and is used by suspicious code: signatures, class bodies, constants of the module."""
    used: dict[tuple[Module, str], float] = {}
    spread: dict[Statement, float] = {}
    for statement, weight in weights.items():
        module, unit = statement.unit.module, statement.unit
        while unit.parent is not None:
            header = module.by_node.get(unit.node)
            if header is not None:
                spread[header] = max(spread.get(header, 0.0), 0.3 * weight)
            unit = unit.parent
        for node in statement.own:
            name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else None
            if name is not None:
                used[module, name] = max(used.get((module, name), 0.0), weight)
    for module in {module for module, _ in used}:
        for unit in module.units:
            if unit.is_function:
                continue
            for statement in unit.statements:
                names = [name for name in _definitions(statement) if (module, name) in used]
                if names and not isinstance(statement.node, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)):
                    spread[statement] = max(0.25 * used[module, name] for name in names)
    for statement, weight in spread.items():
        weights[statement] = max(weights.get(statement, 0.0), weight)


def _definitions(statement: Statement) -> Iterator[str]:
    yield from bound_names(statement.node)
    if isinstance(statement.node, ast.Expr) and isinstance(statement.node.value, ast.Call):
        for node in statement.own:
            if isinstance(node, ast.Name):
                yield node.id


def _everything(project: Project, observations: Observations) -> Iterator[Statement]:
    """No lines are known: all editable code, or the files that the failures name."""
    named = {frame.file for failure in observations.failures for frame in failure.frames if project.editable(frame.file)}
    for path in sorted(named or {path for path in project if project.editable(path)}):
        yield from project[path].statements


def _broken(project: Project, observations: Observations) -> Iterator[Module]:
    """Modules that do not parse: only looked for where a failure speaks of it, or where nothing could be collected."""
    said = " ".join(f"{failure.kind} {failure.message}" for failure in observations.failures)
    speaks = any(word in said for word in ("SyntaxError", "IndentationError", "TabError", "ImportError"))
    if not speaks and observations.tests:
        return
    for path in sorted(project):
        if project.editable(path) and parse_error(project.raw(path)) is not None:
            yield project[path]


def _is_docstring(statement: Statement) -> bool:
    node = statement.node
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, (str, type(...)))
