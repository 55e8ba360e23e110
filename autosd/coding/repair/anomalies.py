"""Oddities of a function that no author means: what an honest fix takes away and a fix that only serves a test brings in."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef

_EMPTY = {"set", "list", "dict", "defaultdict", "Counter", "deque", "OrderedDict"}
_LEAVES = (ast.Return, ast.Raise, ast.Break, ast.Continue)
_EFFECTS = (ast.Call, ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)
_SELECTS = {"min", "max"}


def anomalies(function: ast.AST) -> Counter[str]:
    """How many of each kind ``function`` has; nested functions count with it."""
    found: Counter[str] = Counter()
    found.update(_unused(function))
    found.update(_never_filled(function))
    for node in ast.walk(function):
        found.update(_in_expression(node))
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list):
                found.update(_in_block(block))
    return found


def brought(before: ast.AST, after: ast.AST) -> tuple[Counter[str], Counter[str]]:
    """Kinds of oddities that a change brings in, and those that it takes away."""
    old, new = anomalies(before), anomalies(after)
    return new - old, old - new


def _unused(function: ast.AST) -> Iterator[str]:
    """Parameters and local names that nothing reads."""
    read = {node.id for node in ast.walk(function) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store)}
    for node in ast.walk(function):
        if isinstance(node, Function | ast.Lambda):
            plain = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            for argument in plain:
                if argument.arg not in read and argument.arg not in ("self", "cls") and not argument.arg.startswith("_"):
                    yield "unused parameter"
    loose = {name for node in ast.walk(function) if isinstance(node, ast.Global | ast.Nonlocal) for name in node.names}
    stored = {node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    for name in stored - read - loose:
        if not name.startswith("_"):
            yield "unused variable"


def _never_filled(function: ast.AST) -> Iterator[str]:
    """A collection that begins empty, is asked for its items, and never gets any."""
    empty = {
        target.id
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and _is_empty(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    if not empty:
        return
    parents = {child: node for node in ast.walk(function) for child in ast.iter_child_nodes(node)}
    uses: dict[str, list[ast.AST]] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and node.id in empty:
            uses.setdefault(node.id, []).append(node)
    for places in uses.values():
        if not any(_may_fill(place, parents) for place in places):
            yield "collection never filled"


def _is_empty(node: ast.AST) -> bool:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _EMPTY:
        return not node.args or node.func.id == "defaultdict"
    return (isinstance(node, ast.List | ast.Tuple | ast.Set) and not node.elts) or (isinstance(node, ast.Dict) and not node.keys)


def _may_fill(place: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    """Whether this use may put something in: only plain questions (membership, length, iteration, reading an item) do not."""
    parent = parents.get(place)
    if isinstance(getattr(place, "ctx", None), ast.Store):
        grand = parents.get(parent) if parent is not None else None
        return not (isinstance(parent, ast.Assign) and _is_empty(parent.value)) or isinstance(grand, ast.AugAssign)
    if isinstance(parent, ast.Compare | ast.UnaryOp | ast.If | ast.While | ast.For | ast.comprehension):
        return False
    if isinstance(parent, ast.Subscript):
        return not isinstance(parent.ctx, ast.Load)
    return not (isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) and parent.func.id in ("len", "sorted", "sum"))


def _in_expression(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and _same([node.left, *node.comparators]):
        yield "the same on both sides"
    if (
        isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Sub | ast.FloorDiv | ast.Div | ast.Mod | ast.BitXor | ast.BitOr | ast.BitAnd)
        and _same([node.left, node.right])
    ):
        yield "the same on both sides"
    if isinstance(node, ast.BoolOp) and _same(node.values):
        yield "the same on both sides"
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _SELECTS and _same(node.args):
        yield "the same on both sides"
    if isinstance(node, ast.If | ast.IfExp | ast.BoolOp):
        tests = node.values if isinstance(node, ast.BoolOp) else [node.test]
        yield from ("decided beforehand" for test in tests if _decided(test))
    if isinstance(node, ast.While) and _decided(node.test) and not _leaves(node):
        yield "decided beforehand"
    if isinstance(node, ast.IfExp) and _same([node.body, node.orelse]):
        yield "the same in both branches"
    if isinstance(node, ast.If) and node.orelse and [ast.dump(part) for part in node.body] == [ast.dump(part) for part in node.orelse]:
        yield "the same in both branches"
    if isinstance(node, ast.ExceptHandler) and (
        node.type is None or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException"))
    ):
        yield "everything caught"


def _decided(test: ast.AST) -> bool:
    """A condition that reads nothing."""
    return not any(isinstance(node, ast.Name | ast.Attribute | ast.Call) for node in ast.walk(test))


def _leaves(loop: ast.While) -> bool:
    return any(isinstance(node, ast.Break | ast.Return | ast.Raise | ast.Yield | ast.YieldFrom) for node in ast.walk(loop))


def _same(nodes: Iterable[ast.AST]) -> bool:
    texts = [ast.dump(node) for node in nodes]
    return len(set(texts)) < len(texts) and not any(isinstance(part, _EFFECTS) for node in nodes for part in ast.walk(node))


def _in_block(block: list[ast.stmt]) -> Iterator[str]:
    for index, statement in enumerate(block):
        if isinstance(statement, _LEAVES) and index + 1 < len(block):
            yield "unreachable"
        if isinstance(statement, ast.Expr) and not isinstance(statement.value, (*_EFFECTS, ast.Constant)):
            yield "without effect"
