"""Tier 2: conditions: what a test may be made of, gain, or become."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from autosd.coding.repair.ingredients import BUILTINS, Ingredient
from autosd.coding.repair.source import words
from autosd.coding.repair.templates.applying import applications, tables
from autosd.coding.repair.templates.base import Choice, Point, template
from autosd.coding.repair.templates.operators import is_condition
from autosd.coding.repair.types import NUMBERS, SIZED, compatible


class Condition(NamedTuple):
    """A condition that can be asked at a point. ``guards``: it protects what follows it from raising."""

    text: str
    weight: float
    guards: bool
    simple: bool  # needs no brackets beside ``and`` and ``or``


def usable(at: Point, names: frozenset[str]) -> bool:
    """Whether every name is visible at the point."""
    known = at.cache.get("known")
    if known is None:
        known = at.cache["known"] = frozenset(at.names) | at.module.names | BUILTINS | _comprehended(at)
    return names <= known


def _comprehended(at: Point) -> set[str]:
    return {node.id for node in at.statement.own if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def conditions(at: Point) -> list[Condition]:
    """Existing conditions nearby, then ones made of the visible names by type; likeliest first."""
    cached = at.cache.get("conditions")
    if cached is None:
        found: dict[str, Condition] = {}
        for each in (*_existing(at), *_made(at)):
            if each.text not in found or found[each.text].weight < each.weight:
                found[each.text] = each
        cached = at.cache["conditions"] = sorted(found.values(), key=lambda c: -c.weight)[:240]
    return list(cached)


def _existing(at: Point) -> Iterator[Condition]:
    for each in at.pool.conditions(at.unit):
        if usable(at, each.names):
            simple = not isinstance(each.node, (ast.BoolOp, ast.IfExp, ast.Lambda))
            yield Condition(each.text, 2.0 * each.nearness, False, simple)
            if isinstance(each.node, ast.Compare) and each.nearness == 1.0:
                yield from _varied(each.node)
                yield from _renamed(at, each)
            opposite = _opposite(at, each.node, each.text)
            if opposite and each.nearness == 1.0:
                yield Condition(opposite, 0.8, False, True)


def _renamed(at: Point, each: Ingredient) -> Iterator[Condition]:
    """The same question of another variable."""
    for old in sorted(each.names & frozenset(at.unit.bindings)):
        kind = at.types.name(old, at.line)
        for rank, new in enumerate(name for name in at.names[:8] if name not in each.names):
            theirs = at.types.name(new, at.line)
            if compatible(kind, theirs) and new != at.unit.self_name:
                text = re.sub(rf"\b(?<!\.){re.escape(old)}\b", new, each.text)
                yield Condition(text, (0.9 if kind and kind == theirs else 0.4) / (1 + 0.15 * rank), True, True)


def _varied(node: ast.Compare) -> Iterator[Condition]:
    """The same question with another bound: constants beside those of the original."""
    constants = [each for each in ast.walk(node) if isinstance(each, ast.Constant) and type(each.value) is int]
    text = ast.unparse(node)
    for each in constants[:2]:
        value = each.value
        if not isinstance(value, int):
            continue
        for new in dict.fromkeys((value + 1, value - 1, value * 2, value * 4, value * 10, value * 100, 0, 1)):
            if new != value:
                changed = re.sub(rf"\b{value}\b", str(new), text, count=1)
                yield Condition(changed, 0.25, False, True)
                for one, other in (("==", "!="), ("!=", "==")):
                    if f" {one} " in changed:
                        yield Condition(changed.replace(f" {one} ", f" {other} "), 0.2, False, True)


_OPPOSITES = {ast.Lt: ">=", ast.GtE: "<", ast.Gt: "<=", ast.LtE: ">", ast.Eq: "!=", ast.NotEq: "==", ast.In: "not in", ast.NotIn: "in"}
_OPPOSITES |= {ast.Is: "is not", ast.IsNot: "is"}


def _opposite(at: Point, node: ast.AST, text: str) -> str | None:
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return f"{ast.unparse(node.left)} {_OPPOSITES[type(node.ops[0])]} {ast.unparse(node.comparators[0])}"
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return ast.unparse(node.operand)
    if isinstance(node, (ast.Name, ast.Call, ast.Attribute, ast.Subscript)):
        return f"not {text}"
    return None


def _made(at: Point) -> Iterator[Condition]:
    subjects = _subjects(at)
    for text, kind, weight in subjects:
        yield from _alone(text, kind, weight, at.types.may_be_none(text))
    numbers = [(text, weight) for text, kind, weight in subjects if kind in NUMBERS and kind != "bool"][:8]
    unknown = [(text, weight) for text, kind, weight in subjects if kind is None][:5]
    scalars = numbers if len(numbers) > 1 else numbers + unknown
    for index, (one, weight) in enumerate(scalars):
        for other, theirs in scalars[index + 1 :]:
            for symbol, likely in (("<", 1.0), (">", 1.0), ("==", 1.0), ("<=", 0.8), (">=", 0.8), ("!=", 0.6)):
                yield Condition(f"{one} {symbol} {other}", 0.3 * likely * weight * theirs, False, True)
    yield from _inside(subjects)
    yield from _held(at)
    yield from _keyed(at, subjects)
    sized = [text for text, kind, _ in subjects if kind in SIZED and kind != "str"][:4]
    for index, one in enumerate(sized):
        for other in sized[index + 1 :]:
            for symbol, likely in (("!=", 0.4), ("==", 0.3), ("<", 0.2), (">", 0.2)):
                yield Condition(f"len({one}) {symbol} len({other})", likely, True, True)
    for table in tables(at):
        for text, kind, weight in subjects[:6]:
            for form in ("{}", "{}.lower()") if kind == "str" else ("{}",):
                if kind not in ("list", "dict", "set"):
                    yield Condition(f"{form.format(text)} in {table}", 0.3 * weight, False, True)
                    yield Condition(f"{form.format(text)} not in {table}", 0.2 * weight, False, True)
    for text, weight in applications(at)[:30]:
        yield Condition(text, 0.8 * weight, False, True)
        yield Condition(f"not {text}", 0.5 * weight, False, True)


_KEEPS = frozenset({"add", "append", "appendleft", "remove", "discard", "insert", "setdefault"})


def _held(at: Point) -> Iterator[Condition]:
    """Whether a collection already has what the function puts into it, or takes out of it."""
    whole = at.module.code(at.unit.node) if at.unit.is_function else ""
    for node in ast.walk(at.unit.node):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _KEEPS and len(node.args) == 1:
            holder, item = node.func.value, node.args[0]
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store) and not isinstance(node.slice, ast.Slice):
            holder, item = node.value, node.slice
        else:
            continue
        names = frozenset(each.id for each in (*ast.walk(holder), *ast.walk(item)) if isinstance(each, ast.Name))
        if names and usable(at, names) and isinstance(holder, (ast.Name, ast.Attribute)):
            text = f"{ast.unparse(item)} in {ast.unparse(holder)}"
            if "\n" not in text and len(text) <= MOST_HELD:
                asked = f" in {ast.unparse(holder)}" in whole
                weight = 1.0 if asked else 4.0  # what is kept and never asked for was meant to be
                yield Condition(text, weight, False, True)
                yield Condition(text.replace(" in ", " not in ", 1), 0.8 * weight, False, True)


def _keyed(at: Point, subjects: list[tuple[str, str | None, float]]) -> Iterator[Condition]:
    """Whether a table has one of the fixed keys under which the module stores things."""
    nodes = ast.walk(at.module.tree) if at.module.tree else iter(())
    stores = (node for node in nodes if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store))
    keys = [node.slice.value for node in stores if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str)]
    holders = [(text, weight) for text, kind, weight in subjects if kind in ("dict", "OrderedDict", "defaultdict", None)][:4]
    for key in list(dict.fromkeys(keys))[:6]:
        for holder, weight in holders:
            yield Condition(f"{key!r} in {holder}", 0.5 * weight, True, True)
            yield Condition(f"{key!r} not in {holder}", 0.4 * weight, True, True)


MOST_HELD = 60


def _subjects(at: Point) -> list[tuple[str, str | None, float]]:
    """What a condition can speak of: (text, type, weight)."""
    header = set(words(" ".join(at.code(node) for node in at.statement.own if isinstance(node, ast.expr))[:600]))
    found: list[tuple[str, str | None, float]] = []
    for rank, name in enumerate(at.names[:14]):
        if name != at.unit.self_name:
            found.append((name, at.types.name(name, at.line), (1.6 if name in header else 1.0) / (1 + 0.05 * rank)))
    for each in at.pool.expressions(at.unit):
        if (
            isinstance(each.node, (ast.Attribute, ast.Subscript))
            and each.nearness >= 0.4
            and usable(at, each.names)
            and len(each.text) <= 30
        ):
            parent = at.module.parents.get(each.node) if each.nearness == 1.0 else None
            if not (isinstance(parent, ast.Call) and parent.func is each.node) and not is_module(at, each.node):
                found.append((each.text, at.type(each.node) if each.nearness == 1.0 else None, 0.7 * each.nearness))
        if len(found) >= 24:
            break
    return found


def is_module(at: Point, node: ast.AST) -> bool:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return isinstance(node, ast.Name) and node.id in at.module.names and node.id not in at.names


def _alone(text: str, kind: str | None, weight: float, nullable: bool) -> Iterator[Condition]:
    if kind is None or nullable:
        yield Condition(f"{text} is None", (1.0 if nullable else 0.5) * weight, True, True)
        yield Condition(f"{text} is not None", (0.8 if nullable else 0.4) * weight, True, True)
    if kind is None or kind in SIZED or kind == "bool" or nullable:
        yield Condition(f"not {text}", 0.9 * weight, True, True)
        yield Condition(text, 0.7 * weight, True, True)
    if kind is None or (kind in NUMBERS and kind != "bool"):
        known = 1.0 if kind else 0.35
        for test, likely in (
            ("== 0", 1.0),
            ("< 0", 0.7),
            ("<= 0", 0.6),
            ("> 0", 0.6),
            ("== 1", 0.6),
            ("<= 1", 0.6),
            ("< 2", 0.4),
            (">= 0", 0.3),
            ("> 1", 0.4),
        ):
            yield Condition(f"{text} {test}", 0.6 * known * likely * weight, True, True)
        yield Condition(f"{text} % 2 == 0", 0.1 * known * weight, False, True)
        if kind:
            yield Condition(text, 0.3 * weight, True, True)
    if kind in SIZED:
        for test, likely in (("== 1", 0.5), ("< 2", 0.5), ("> 1", 0.3), ("<= 1", 0.5), ("> 0", 0.1)):
            yield Condition(f"len({text}) {test}", 0.5 * likely * weight, True, True)
    if kind == "str":
        for test in ("isdigit()", "isalpha()", "isspace()", "isalnum()", "strip()", "isupper()"):
            yield Condition(f"{text}.{test}", 0.08 * weight, False, True)
        yield Condition(f"{text} == ''", 0.1 * weight, True, True)
    if kind is None:
        for name, likely in (("str", 0.2), ("list", 0.2), ("int", 0.15), ("dict", 0.15), ("tuple", 0.1), ("bool", 0.08), ("float", 0.08)):
            yield Condition(f"isinstance({text}, {name})", likely * weight, True, True)
            yield Condition(f"not isinstance({text}, {name})", 0.5 * likely * weight, True, True)


def _inside(subjects: list[tuple[str, str | None, float]]) -> Iterator[Condition]:
    """Membership and index bounds."""
    holders = [(text, kind, weight) for text, kind, weight in subjects if kind in SIZED or kind is None][:8]
    items = [(text, kind, weight) for text, kind, weight in subjects if kind not in ("list", "dict", "set", "deque", "bool")][:8]
    for holder, kind, weight in holders:
        for item, theirs, likely in items:
            if item == holder or (kind == "str" and theirs not in ("str", None)):
                continue
            sure = 0.5 if kind in ("set", "dict", "list") else 0.25 if kind in SIZED else 0.12
            yield Condition(f"{item} in {holder}", sure * weight * likely, True, True)
            yield Condition(f"{item} not in {holder}", sure * weight * likely, True, True)
            if theirs == "int" and kind in ("list", "str", "tuple", None):
                near = 0.4 if kind else 0.1
                for test, common in (("<", 1.0), (">=", 1.0), ("==", 0.5), (">", 0.3)):
                    yield Condition(f"{item} {test} len({holder})", near * common * weight * likely, True, True)
                yield Condition(f"{item} + 1 < len({holder})", 0.4 * near * weight * likely, True, True)


_TESTS = (ast.Compare, ast.BoolOp, ast.Name, ast.Call, ast.UnaryOp, ast.Attribute, ast.Subscript, ast.Constant)


def _whole(at: Point, node: ast.AST) -> bool:
    """A complete test: of if/while/ternary/comprehension, or a returned or assigned comparison."""
    parent, name = at.field_of(node)
    return name in ("test", "ifs") or (
        isinstance(node, (ast.Compare, ast.BoolOp)) and isinstance(parent, (ast.Return, ast.Assign, ast.Lambda))
    )


@template("condition.gain", 2, *_TESTS)
def gain(at: Point, node: ast.expr) -> Iterator[Choice]:
    """The test gains an ``and`` or ``or`` part."""
    inner = isinstance(at.field_of(node)[0], ast.BoolOp) and not isinstance(node, ast.BoolOp)
    if not (inner or _whole(at, node)) or isinstance(node, ast.Constant):
        return
    text = at.code(node)
    has = set(words(text))
    bare = f"({text})" if isinstance(node, (ast.IfExp, ast.Lambda)) else text
    kind = node.op if isinstance(node, ast.BoolOp) else None
    for part in conditions(at)[: 60 if inner else 150]:
        if part.text == text or (isinstance(node, ast.BoolOp) and any(part.text == at.code(value) for value in node.values)):
            continue
        shared = 1.0 + 0.8 * len(has & set(words(part.text))) / (1 + len(words(part.text)))
        for word, likely in (("and", 1.0), ("or", 1.0)):
            if inner and isinstance(at.field_of(node)[0].op, ast.And) == (word == "and"):  # type: ignore[union-attr]
                continue  # the same as one more part of the whole
            mixed = kind is not None and isinstance(kind, ast.Or) == (word == "and")
            mine = f"({bare})" if mixed and word == "and" else bare
            theirs = part.text if part.simple else f"({part.text})"
            weight = part.weight * shared * likely
            say = f"also ask `{part.text[:48]}`"
            yield Choice((at.put(node, f"{mine} {word} {theirs}", atom=False),), weight, say)
            yield Choice((at.put(node, f"{theirs} {word} {mine}", atom=False),), weight * (0.6 if part.guards else 0.2), say)


@template("condition.replace", 2, *_TESTS)
def replace(at: Point, node: ast.expr) -> Iterator[Choice]:
    """Another test instead of this one; a constant truth value becomes a test."""
    parent, _ = at.field_of(node)
    if isinstance(node, ast.Constant):
        if not isinstance(node.value, bool) or not (is_condition(at, node) or isinstance(parent, (ast.Return, ast.Assign, ast.keyword))):
            return
    elif not is_condition(at, node):
        return
    has = set(words(at.code(node)))
    for part in conditions(at)[:200]:
        theirs = set(words(part.text))
        like = len(has & theirs) / (len(has | theirs) or 1)
        yield Choice((at.put(node, part.text, atom=part.simple),), part.weight * (0.3 + like), at.say_put(node, part.text))


@template("compare.bound", 2, ast.Compare)
def operator_and_constant(at: Point, node: ast.Compare) -> Iterator[Choice]:
    """Operator and constant at once: ``== 0`` for ``<= 1``."""
    right = node.comparators[0]
    if (
        len(node.ops) != 1
        or not isinstance(right, ast.Constant)
        or type(right.value) is not int
        or not isinstance(node.ops[0], (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE))
    ):
        return
    left = at.operand(node.left)
    for symbol in ("<", "<=", ">", ">=", "==", "!="):
        for value in sorted({right.value - 1, right.value + 1, 0, 1, 2}):
            if value != right.value:
                text = f"{left} {symbol} {value}"
                yield Choice((at.put(node, text, atom=isinstance(at.field_of(node)[0], ast.BoolOp)),), 1.0, at.say_put(node, text))
