"""Code to build fixes from: expressions, conditions and statements of the same function, its sisters, its module, the project."""

from __future__ import annotations

import ast
import builtins
import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from autosd.coding.repair.model import Module, Project, Statement, Unit
from autosd.coding.repair.observations import Observations, literal
from autosd.coding.repair.source import words

BUILTINS = frozenset(dir(builtins))
_SIMPLE = (ast.Assign, ast.AugAssign, ast.Expr, ast.Return, ast.Raise, ast.AnnAssign, ast.Delete, ast.Continue, ast.Break)
_EXPRESSIONS = (
    ast.Attribute,
    ast.Call,
    ast.Subscript,
    ast.BinOp,
    ast.Compare,
    ast.BoolOp,
    ast.UnaryOp,
    ast.List,
    ast.Tuple,
    ast.Dict,
    ast.IfExp,
    ast.ListComp,
)
#: Expressions that need no brackets wherever they stand.
ATOMS = (
    ast.Name,
    ast.Attribute,
    ast.Call,
    ast.Subscript,
    ast.Constant,
    ast.List,
    ast.Dict,
    ast.Set,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.JoinedStr,
)


@dataclass(frozen=True, eq=False)
class Ingredient:
    """A piece of existing code, how near it stands, and what it needs to be visible."""

    text: str
    node: ast.AST
    names: frozenset[str]  # names it reads
    words: frozenset[str]
    nearness: float
    line: int

    @property
    def atom(self) -> bool:
        return isinstance(self.node, ATOMS)


def free_names(node: ast.AST) -> frozenset[str]:
    """The names that ``node`` reads and does not bind itself (comprehension variables)."""
    read: set[str] = set()
    bound: set[str] = set()
    for child in ast.walk(node):
        if isinstance(child, ast.Name):
            (read if isinstance(child.ctx, ast.Load) else bound).add(child.id)
        elif isinstance(child, ast.arg):
            bound.add(child.arg)
    inner = any(isinstance(child, (ast.comprehension, ast.Lambda)) for child in ast.walk(node))
    return frozenset(read - bound if inner else read)


class Pool:
    """Ingredients by unit, made when first asked for."""

    def __init__(self, project: Project, observations: Observations) -> None:
        self.project = project
        self.observations = observations
        self._expressions: dict[Unit, list[Ingredient]] = {}
        self._conditions: dict[Unit, list[Ingredient]] = {}
        self._statements: dict[Unit, list[Ingredient]] = {}
        self._sisters: dict[Unit, list[tuple[Unit, float]]] = {}
        self._own: dict[tuple[str, Unit], list[Ingredient]] = {}
        self._constants: dict[str, list[str]] = {}
        self._told: list[str] | None = None
        self._mentioned: frozenset[str] | None = None

    def expressions(self, unit: Unit) -> list[Ingredient]:
        """Composite expressions, nearest first, one of each text."""
        if unit not in self._expressions:
            self._expressions[unit] = self._gather(unit, "expressions", _unit_expressions, 160)
        return self._expressions[unit]

    def conditions(self, unit: Unit) -> list[Ingredient]:
        """What decides branches: tests and the parts of ``and``/``or``."""
        if unit not in self._conditions:
            self._conditions[unit] = self._gather(unit, "conditions", _unit_conditions, 60)
        return self._conditions[unit]

    def statements(self, unit: Unit) -> list[Ingredient]:
        """Simple statements of one line."""
        if unit not in self._statements:
            self._statements[unit] = self._gather(unit, "statements", _unit_statements, 80)
        return self._statements[unit]

    def _gather(self, unit: Unit, kind: str, find: Any, limit: int) -> list[Ingredient]:
        found: dict[str, Ingredient] = {}
        for other, nearness in [(unit, 1.0), *self.sisters(unit)]:
            if (kind, other) not in self._own:
                self._own[kind, other] = list(_ingredients(other, find(other)))
            for each in self._own[kind, other]:
                if each.text not in found:
                    found[each.text] = Ingredient(each.text, each.node, each.names, each.words, nearness, each.line)
            if len(found) > limit:
                break
        return list(found.values())[:limit]

    def sisters(self, unit: Unit) -> list[tuple[Unit, float]]:
        """Other units by likeness: nested with it, overriding or overridden, alike in name, of the class, of the module."""
        if unit not in self._sisters:
            ranked = [(other, _likeness(unit, other)) for other in unit.module.units if other is not unit and other.is_function]
            if unit.is_function and unit.owner is not None:
                ranked.extend(self._namesakes(unit))
            ranked.sort(key=lambda pair: -pair[1])
            self._sisters[unit] = ranked[:24]
        return self._sisters[unit]

    def _namesakes(self, unit: Unit) -> Iterator[tuple[Unit, float]]:
        """Methods of the same name in other files (overrides and siblings); files are screened as text first."""
        name = getattr(unit.node, "name", "")
        if name.startswith("__init__") or not name:
            return
        needle, count = f"def {name}(", 0
        for path in self.project:
            if path == unit.module.path or not self.project.editable(path) or needle not in self.project.raw(path):
                continue
            for other in self.project[path].units:
                if other.is_function and other.node.name == name:  # type: ignore[union-attr]
                    yield other, 0.45
            count += 1
            if count >= 5:
                return

    def constants(self, module: Module) -> list[str]:
        """Numbers and short strings that the module uses, as written."""
        if module.path not in self._constants:
            found: dict[str, int] = {}
            for node in ast.walk(module.tree) if module.tree else ():
                if isinstance(node, ast.Constant) and isinstance(node.value, (int, float, str)) and not isinstance(node.value, bool):
                    text = repr(node.value)
                    if len(text) <= 40:
                        found[text] = found.get(text, 0) + 1
            self._constants[module.path] = sorted(found, key=lambda text: (-found[text], text))[:60]
        return self._constants[module.path]

    def expected(self) -> list[Any]:
        """What failing assertions wanted to see: the sides that are literals (both, since either may be the expectation)."""
        found: dict[str, Any] = {}
        for failure in self.observations.failures:
            for side in (failure.right, failure.left):
                if side is not None and side not in found and (literal(side) is not None or side == "None"):
                    found[side] = literal(side)
        return list(found.values())

    def told(self) -> list[str]:
        """Constants (as written) in the text of the failing tests, the rarest use last."""
        if self._told is None:
            found: dict[str, None] = {}
            for unit in self._failing_tests():
                found.update((text, None) for text in _constants(unit.node))
            self._told = list(found)[:60]
        return self._told

    def mentioned(self) -> frozenset[str]:
        """Names that the text of the failing tests speaks of: the exceptions they expect, above all."""
        if self._mentioned is None:
            nodes = [node for unit in self._failing_tests() for node in ast.walk(unit.node)]
            names = {node.id for node in nodes if isinstance(node, ast.Name)}
            self._mentioned = frozenset(names | {node.attr for node in nodes if isinstance(node, ast.Attribute)})
        return self._mentioned

    def _failing_tests(self) -> Iterator[Unit]:
        for test in self.observations.failing[:40]:
            path, _, rest = test.id.partition("::")
            name = rest.rpartition("::")[2].partition("[")[0]
            for unit in self.project[path].units if path in self.project else ():
                if unit.is_function and getattr(unit.node, "name", "") == name:
                    yield unit

    def sides(self) -> list[tuple[Any, Any]]:
        """Both sides of each failing comparison where both are literals."""
        found = []
        for failure in self.observations.failures:
            left, right = literal(failure.left), literal(failure.right)
            if (left is not None or failure.left == "None") and (right is not None or failure.right == "None"):
                found.append((left, right))
        return found


def _constants(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float, str)) and not isinstance(node.value, bool):
            text = repr(node.value)
            if len(text) <= 30:
                yield text


def _likeness(unit: Unit, other: Unit) -> float:
    if other.parent is unit or unit.parent is other:
        return 0.9
    name, theirs = getattr(unit.node, "name", ""), getattr(other.node, "name", "")
    same_class = unit.owner is not None and unit.owner is other.owner
    base = 0.4 if same_class else 0.25
    if name == theirs:
        return 0.6
    ratio: float = difflib.SequenceMatcher(None, name, theirs).ratio() if name and theirs else 0.0
    distance = abs(getattr(unit.node, "lineno", 0) - getattr(other.node, "lineno", 0))
    return float(base + 0.25 * ratio * ratio + 0.1 / (1 + distance / 20))


def _ingredients(unit: Unit, nodes: Iterable[ast.AST]) -> Iterator[Ingredient]:
    seen = set()
    for node in nodes:
        text = unit.module.code(node)
        if isinstance(node, ast.Tuple) and not text.startswith("("):
            text = f"({text})"
        if not text or "\n" in text or len(text) > 90 or text in seen or node in unit.module.untrusted:
            continue
        seen.add(text)
        yield Ingredient(text, node, free_names(node), frozenset(words(text)), 1.0, getattr(node, "lineno", 0))


def _unit_expressions(unit: Unit) -> Iterator[ast.AST]:
    for statement in unit.statements:
        for node in statement.own:
            if isinstance(node, ast.Attribute) and _is_callee(unit.module, node):
                continue  # a method that is called is no value of its own
            if (isinstance(node, _EXPRESSIONS) and not isinstance(node, ast.Tuple | ast.List)) or (
                isinstance(node, (ast.Tuple, ast.List)) and node.elts
            ):
                yield node


def _is_callee(module: Module, node: ast.AST) -> bool:
    parent = module.parents.get(node)
    return isinstance(parent, ast.Call) and parent.func is node


def _unit_conditions(unit: Unit) -> Iterator[ast.AST]:
    for statement in unit.statements:
        for node in statement.own:
            tests = list(getattr(node, "ifs", ())) + ([node.test] if isinstance(node, ast.IfExp) else [])
            if isinstance(node, (ast.Compare, ast.BoolOp)):
                tests.append(node)
            yield from tests
            if isinstance(node, ast.BoolOp):
                yield from node.values
        if isinstance(statement.node, (ast.If, ast.While, ast.Assert)):
            yield statement.node.test


def _unit_statements(unit: Unit) -> Iterator[ast.AST]:
    for statement in unit.statements:
        if isinstance(statement.node, _SIMPLE) and not _docstring(statement):
            yield statement.node


def _docstring(statement: Statement) -> bool:
    return isinstance(statement.node, ast.Expr) and isinstance(statement.node.value, ast.Constant)
