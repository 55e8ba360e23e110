"""What the code itself says of something that was left out: names nobody uses, starts nobody builds on, code nobody reaches."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from functools import cached_property

from autosd.coding.repair.model import Statement, Unit

_ENDS = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_MUTATES = r"(?:append|add|extend|update|insert|appendleft|setdefault|push|write|put|discard|remove|pop)"

#: A ``pass`` beside other statements, or as all that a branch does: something may be missing in its place.
IDLE_PASS: Mapping[str, float] = {
    "insert.copy": 8.0, "insert.assign": 8.0, "insert.call": 8.0, "insert.return": 6.0, "insert.guarded": 4.0, "jump.kind": 8.0,
    "insert.bind": 8.0, "parallel.statement": 8.0, "insert.leave": 8.0,
    "insert.default": 8.0,
}  # fmt: skip
#: What follows a statement that always leaves is never done: it was meant to leave on a condition only.
DEAD_AFTER: Mapping[str, float] = {"guard.around": 15.0, "delete": 2.0, "swap.statements": 1.5, "move": 2.0, "statement.kind": 2.0}

#: How much likelier an edit is that uses what is unused, or builds on what was only started.
USES_UNUSED = 25.0


def factors(statement: Statement) -> Mapping[str, float]:
    """How much likelier templates are here, by name; most statements smell of nothing."""
    node = statement.node
    if isinstance(node, ast.Pass):
        return IDLE_PASS if idle(statement) else {}
    if isinstance(node, _ENDS) and (statement.block[-1] is not node or _ends_loop(statement)):
        return DEAD_AFTER
    return {}


def _ends_loop(statement: Statement) -> bool:
    """Whether the loop around never turns: its body always leaves at its end."""
    parent = statement.parent
    if parent is None or not isinstance(parent.node, (ast.For, ast.While)) or statement.block is not parent.node.body:
        return False
    return not isinstance(statement.node, ast.Continue) and not any(isinstance(each, ast.Continue) for each in ast.walk(parent.node))


def idle(statement: Statement) -> bool:
    """Whether a ``pass`` is more than the body that the syntax asks for."""
    if len([each for each in statement.block if not _is_text(each)]) > 1:
        return True
    parent = statement.parent
    return parent is not None and isinstance(parent.node, (ast.If, ast.For, ast.While, ast.With))


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


class Smells:
    """The idle names of one function."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    @cached_property
    def _read(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for node in ast.walk(self._unit.node):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                found[node.id] = found.get(node.id, 0) + 1
        return found

    @cached_property
    def unused(self) -> frozenset[str]:
        """Names that the function binds and never reads."""
        if not self._unit.is_function:
            return frozenset()
        idle_names = {name for name in self._unit.bindings if name not in self._read and not name.startswith("_")}
        return frozenset(idle_names - {self._unit.self_name, "self", "cls", "args", "kwargs"})

    @cached_property
    def started(self) -> frozenset[str]:
        """Names that get one empty or constant value, are read later, and are never changed in between."""
        if not self._unit.is_function:
            return frozenset()
        values: dict[str, list[ast.expr | None]] = {}
        for statement in self._unit.statements:
            node = statement.node
            targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
            for target in targets:
                if isinstance(target, ast.Name):
                    values.setdefault(target.id, []).append(node.value)  # type: ignore[union-attr]
        text = self._unit.module.code(self._unit.node)
        return frozenset(
            name
            for name, given in values.items()
            if len(given) == 1
            and name not in self._unit.parameters
            and name in self._read
            and _empty(given[0])
            and not _changed(name, text)
        )

    def boost(self, text: str) -> float:
        """How much likelier an edit is that brings ``text`` in."""
        if not self.unused and not self.started:
            return 1.0
        target = re.match(r"\s*(\w+) [-+*|/]{0,2}= ", text)
        if self.unused:
            read = text[target.end() :] if target else text
            if any(word in self.unused for word in re.findall(r"(?<![\w.])[A-Za-z_]\w*", read)):
                return USES_UNUSED
        if self.started:
            found = target or re.match(rf"\s*(\w+)(?:\.{_MUTATES}\(|\[[^\]]*\] [-+*|/]?= )", text)
            if found and found[1] in self.started:
                return 0.6 * USES_UNUSED
        return 1.0


def _empty(value: ast.expr | None) -> bool:
    """A value to begin with: a constant, an empty display, a bare ``list()``."""
    if isinstance(value, (ast.List, ast.Tuple, ast.Set)):
        return not value.elts
    if isinstance(value, ast.Dict):
        return not value.keys
    if isinstance(value, ast.Call):
        return isinstance(value.func, ast.Name) and value.func.id in (
            "list",
            "dict",
            "set",
            "deque",
            "Counter",
            "defaultdict",
            "OrderedDict",
        )
    return isinstance(value, ast.Constant) and (value.value is None or isinstance(value.value, (bool, int, float)) or value.value == "")


def _changed(name: str, text: str) -> bool:
    """Whether anything in the function's text may change the name's value: updates, stores, methods, being passed on by itself."""
    word = rf"(?<![\w.]){re.escape(name)}"
    return (
        re.search(rf"{word}(?:\s*[-+*/|&^%]{{1,2}}=|\.{_MUTATES}\(|\[[^\]\n]*\]\s*[-+*/|&]?=(?!=))|\bnonlocal .*{word}", text) is not None
    )
