"""Tier 3: what is missing as a whole: the binding of a name, the way out of a branch, an element of what is returned."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from autosd.coding.repair.observations import literal
from autosd.coding.repair.templates.applying import applications, slices, tables, unbound_reads
from autosd.coding.repair.templates.base import Choice, Point, short, template
from autosd.coding.repair.templates.conditions import usable
from autosd.coding.repair.templates.failures import undefined
from autosd.coding.repair.templates.guards import actions
from autosd.coding.repair.templates.layout import ENDS, after, before
from autosd.coding.repair.templates.names import alike
from autosd.coding.repair.templates.reuse import readable
from autosd.coding.repair.types import compatible


@template(
    "insert.bind",
    3,
    ast.Pass,
    ast.Assign,
    ast.AugAssign,
    ast.AnnAssign,
    ast.Expr,
    ast.Return,
    ast.If,
    ast.For,
    ast.While,
    ast.Try,
    ast.Raise,
)
def bind(at: Point, node: ast.stmt) -> Iterator[Choice]:
    """A name that is read and never bound gets a value before it is read: of a call, an expression, a slice, a variable."""
    missing = list(dict.fromkeys([*unbound_reads(at), *(name for name in undefined(at) if name in at.unit.bindings)]))
    for name in missing[:3]:
        inside = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
        if not isinstance(node, ast.Pass) and name not in inside:
            continue
        for text, weight in _values(at, name):
            change = before(at, f"{name} = {text}")
            if change is not None and text != name:
                yield Choice((change,), weight, f"start `{name}` with `{short(text)}`")


def _values(at: Point, name: str) -> Iterator[tuple[str, float]]:
    for each in at.pool.statements(at.unit):  # how sisters bind it
        if isinstance(each.node, ast.Assign) and each.text.startswith(f"{name} = ") and usable(at, each.names):
            yield each.text.partition(" = ")[2], 4.0
    yield from applications(at)
    yield from slices(at)
    for each in at.pool.expressions(at.unit)[:60]:
        if usable(at, each.names) and name not in each.names:
            yield each.text, 0.6 * each.nearness
    for rank, other in enumerate(at.names[:10]):
        if other != name:
            near = (0.3 + 0.7 * alike(name, other)) / (1 + 0.1 * rank)
            yield other, near
            for form in (
                "len({})",
                "list({})",
                "{}.copy()",
                "iter({})",
                "{}[0]",
                "{}.strip()",
                "int({})",
                "str({})",
                "sorted({})",
                "set({})",
            ):
                yield form.format(other), 0.3 * near
            yield from ((f"{table}[{other}]", 0.4 * near) for table in tables(at))


@template("insert.leave", 3, ast.Pass, ast.Assign, ast.AugAssign, ast.Expr)
def leave(at: Point, node: ast.stmt) -> Iterator[Choice]:
    """A branch that does not leave: return, raise, continue or break at its end."""
    if at.statement.parent is None or at.statement.block[-1] is not node or isinstance(node, ENDS):
        return
    handler = isinstance(at.statement.parent.node, ast.ExceptHandler)
    for action, weight in (*actions(at), *((("raise", 1.0),) if handler else ())):
        change = before(at, action) if isinstance(node, ast.Pass) else after(at, action)
        if change is not None:
            yield Choice((change,), weight, f"then `{short(action)}`")


@template("return.element", 3, ast.Name, ast.Call, ast.Attribute, ast.Subscript, ast.BinOp, ast.Constant, ast.Tuple, ast.Compare)
def element(at: Point, node: ast.expr) -> Iterator[Choice]:
    """One more element of a tuple that is returned or yielded, like those that are there."""
    parent, _ = at.field_of(node)
    if not isinstance(parent, (ast.Return, ast.Yield)) or not readable(at, node) or "\n" in at.code(node):
        return
    parts = [at.code(each) for each in node.elts] if isinstance(node, ast.Tuple) else [at.code(node)]
    sure = 1.0 if isinstance(node, ast.Tuple) or _tuple_wanted(at) else 0.05
    start, end = at.module.span(node)
    bracketed = isinstance(node, ast.Tuple) and at.module.text[start] == "("
    for text, weight in _elements(at, parts):
        for whole, likely in ((", ".join([*parts, text]), 1.0), (", ".join([text, *parts]), 0.6)):
            new = f"({whole})" if bracketed or isinstance(parent, ast.Yield) else whole
            yield Choice(((start, end, new),), weight * likely * sure, f"give back `{short(whole)}`")


def _tuple_wanted(at: Point) -> bool:
    """Whether the failures speak of a tuple where there is none, or of too few values."""
    for failure in at.observations.failures[:20]:
        if "unpack" in failure.message or "subscriptable" in failure.message:
            return True
        sides = [literal(failure.left), literal(failure.right)]
        if any(isinstance(side, tuple) for side in sides) and not all(isinstance(side, tuple) for side in sides):
            return True
    return False


def _elements(at: Point, parts: list[str]) -> Iterator[tuple[str, float]]:
    names = [name for name in at.names[:10] if name != at.unit.self_name]
    for rank, name in enumerate(names):
        if name not in parts:
            yield name, 1.0 / (1 + 0.1 * rank)
    for part in parts:
        for old in dict.fromkeys(re.findall(r"(?<![\w.])[A-Za-z_]\w*", part)):
            for rank, new in enumerate(name for name in names[:6] if name != old and old in names):
                changed = re.sub(rf"(?<![\w.]){re.escape(old)}\b", new, part)
                alike_types = compatible(at.types.name(old, at.line), at.types.name(new, at.line))
                if alike_types and changed not in (*parts, new):
                    yield changed, 0.8 / (1 + 0.2 * rank)
    for value in ("None", "True", "False", "0", "''", "[]"):
        yield value, 0.3
    for each in at.pool.expressions(at.unit)[:30]:
        if each.text not in parts and usable(at, each.names) and not isinstance(each.node, ast.Tuple):
            yield each.text, 0.5 * each.nearness
