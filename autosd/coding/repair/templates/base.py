"""How a template is written: a function over one node (or statement) that yields the ways to change it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from autosd.coding.repair.ingredients import ATOMS, Pool
from autosd.coding.repair.model import Function, Module, Project, Statement, Unit
from autosd.coding.repair.observations import Observations
from autosd.coding.repair.types import Types


class Choice(NamedTuple):
    """One way to change a place: (start, end, text) replacements, its weight among its siblings, words for people."""

    changes: tuple[tuple[int, int, str], ...]
    weight: float
    say: str


@dataclass(frozen=True)
class Template:
    """A family of edits. ``on`` are the node types of a statement's header it looks at; statement types see the whole."""

    name: str
    tier: int
    on: tuple[type[ast.AST], ...]
    make: Callable[[Point, Any], Iterable[Choice]]


REGISTRY: list[Template] = []


def template(
    name: str, tier: int, *on: type[ast.AST]
) -> Callable[[Callable[[Point, Any], Iterable[Choice]]], Callable[[Point, Any], Iterable[Choice]]]:
    """Register a family under ``name``; its prior stands in ``priors.py``."""

    def register(make: Callable[[Point, Any], Iterable[Choice]]) -> Callable[[Point, Any], Iterable[Choice]]:
        REGISTRY.append(Template(name, tier, on, make))
        return make

    return register


#: Statements beside or around which another may stand.
STATEMENTS: tuple[type[ast.AST], ...] = (
    ast.Assign,
    ast.AugAssign,
    ast.AnnAssign,
    ast.Expr,
    ast.Return,
    ast.If,
    ast.For,
    ast.While,
    ast.With,
    ast.Try,
    ast.Raise,
    ast.Delete,
)


_LOOSE: dict[type[ast.AST], tuple[str, ...]] = {
    ast.Call: ("args",),
    ast.keyword: ("value",),
    ast.Assign: ("value",),
    ast.AugAssign: ("value",),
    ast.AnnAssign: ("value",),
    ast.Return: ("value",),
    ast.Expr: ("value",),
    ast.If: ("test",),
    ast.While: ("test",),
    ast.Assert: ("test",),
    ast.For: ("iter",),
    ast.Subscript: ("slice",),
    ast.List: ("elts",),
    ast.Tuple: ("elts",),
    ast.Set: ("elts",),
    ast.Dict: ("values", "keys"),
    ast.Slice: ("lower", "upper", "step"),
    ast.Raise: ("exc",),
    ast.ListComp: ("elt",),
    ast.GeneratorExp: ("elt",),
    ast.Yield: ("value",),
    ast.arguments: ("defaults", "kw_defaults"),
    ast.Lambda: ("body",),
    ast.FormattedValue: ("value",),
}


@dataclass
class Point:
    """A statement under suspicion, with all that templates may ask about it."""

    statement: Statement
    project: Project
    observations: Observations
    types: Types
    pool: Pool
    cache: dict[str, Any] = field(default_factory=dict)

    @property
    def node(self) -> ast.stmt | ast.ExceptHandler:
        return self.statement.node

    @property
    def unit(self) -> Unit:
        return self.statement.unit

    @property
    def module(self) -> Module:
        return self.statement.unit.module

    @property
    def line(self) -> int:
        return self.statement.line

    def code(self, node: ast.AST) -> str:
        return self.module.code(node)

    def type(self, node: ast.AST) -> str | None:
        return self.types.of(node, self.line)

    def field_of(self, node: ast.AST) -> tuple[ast.AST | None, str]:
        """The parent and the name of the field that ``node`` fills."""
        parent = self.module.parents.get(node)
        for name, value in ast.iter_fields(parent) if parent is not None else ():
            if value is node or (isinstance(value, list) and any(each is node for each in value)):
                return parent, name
        return parent, ""

    def loose(self, node: ast.AST) -> bool:
        """Whether any expression may stand at ``node`` without brackets."""
        parent, name = self.field_of(node)
        if parent is not None and name in _LOOSE.get(type(parent), ()):
            return True
        start, end = self.module.span(node)
        text = self.module.text
        return text[:start].rstrip()[-1:] == "(" and text[end:].lstrip()[:1] == ")" and not isinstance(parent, ast.Call)

    def put(self, node: ast.AST, text: str, *, atom: bool = True) -> tuple[int, int, str]:
        """Replace ``node`` by ``text``, in brackets where its place needs them."""
        start, end = self.module.span(node)
        return start, end, text if atom or self.loose(node) else f"({text})"

    def operand(self, node: ast.AST) -> str:
        """The node's text, fit to stand beside an operator."""
        text = self.code(node)
        return text if isinstance(node, ATOMS) else f"({text})"

    @cached_property
    def names(self) -> list[str]:
        """Variables that may be read here: bound earlier (or around the loop), nearest first."""
        inner = [node.id for node in self.statement.own if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
        comprehended = inner if any(isinstance(node, ast.comprehension) for node in self.statement.own) else []
        comprehended += (
            [node.arg for node in self.statement.own if isinstance(node, ast.arg)] if not isinstance(self.node, Function) else []
        )
        return list(dict.fromkeys([*comprehended, *visible(self.statement, self.types)]))

    def say_put(self, node: ast.AST, new: str) -> str:
        return f"use `{short(new)}` instead of `{short(self.code(node))}`"


def short(text: str, limit: int = 48) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def visible(statement: Statement, types: Types) -> list[str]:
    """Local names with a value at ``statement``, those bound last first; then the names of enclosing functions."""
    unit = statement.unit
    loop_end = max((loop.node.end_lineno or 0 for loop in statement.loops), default=0)
    seen = types.observed(statement.line)
    local = [
        name for name, line in unit.bindings.items() if line < statement.line or line <= loop_end or name in seen or name in unit.parameters
    ]
    local.sort(key=lambda name: (-unit.bindings[name], name))
    outer: list[str] = []
    at = unit.parent
    while at is not None and at.parent is not None:
        if at.is_function:
            outer.extend(name for name in at.bindings if name not in local)
        at = at.parent
    return local + outer


def expressions(point: Point, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
    """The header's nodes of ``kinds`` that are read, not assigned to."""
    for node in point.statement.own:
        if isinstance(node, kinds) and not isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del)):
            yield node
