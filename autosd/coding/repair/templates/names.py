"""Tier 1: a wrong name: variable, attribute, method, function, argument order, keyword, exception."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator

from autosd.coding.repair.ingredients import BUILTINS
from autosd.coding.repair.templates.base import Choice, Point, template
from autosd.coding.repair.types import NUMBERS, compatible

#: Functions and methods that are taken for one another; each word pairs with the others of its row.
ALIKE = [
    ["min", "max", "sum", "len"],
    ["any", "all"],
    ["append", "extend", "insert", "add", "appendleft", "update"],
    ["pop", "popleft", "remove", "discard"],
    ["sorted", "reversed", "list"],
    ["keys", "values", "items"],
    ["lower", "upper", "title", "capitalize", "swapcase", "casefold"],
    ["strip", "lstrip", "rstrip"],
    ["startswith", "endswith"],
    ["removeprefix", "removesuffix"],
    ["find", "rfind", "index", "rindex"],
    ["split", "rsplit", "splitlines", "partition"],
    ["partition", "rpartition"],
    ["isdigit", "isalpha", "isalnum", "isspace", "isnumeric", "isdecimal", "isidentifier"],
    ["isupper", "islower", "istitle"],
    ["ljust", "rjust", "center", "zfill"],
    ["union", "intersection", "difference", "symmetric_difference", "update", "intersection_update", "difference_update"],
    ["issubset", "issuperset", "isdisjoint"],
    ["get", "pop", "setdefault"],
    ["floor", "ceil", "round", "trunc", "int", "abs"],
    ["int", "float", "str", "bool"],
    ["list", "tuple", "set", "dict", "sorted", "frozenset"],
    ["ord", "chr"],
    ["sin", "cos", "tan"],
    ["map", "filter"],
    ["read", "readline", "readlines"],
    ["search", "match", "fullmatch", "findall", "finditer"],
    ["copy", "deepcopy"],
    ["bisect_left", "bisect_right", "bisect"],
    ["heappush", "heappop", "heapify", "heappushpop", "heapreplace"],
    ["combinations", "permutations", "product", "combinations_with_replacement"],
    ["takewhile", "dropwhile"],
    ["join", "replace"],
    ["encode", "decode"],
    ["dump", "dumps"],
    ["load", "loads"],
    ["acquire", "release"],
    ["isinstance", "issubclass"],
    ["getattr", "hasattr"],
    ["write", "writelines"],
    ["count", "index"],
    ["year", "month", "day", "hour", "minute", "second"],
    ["days", "seconds", "total_seconds", "microseconds"],
    ["width", "height"],
    ["left", "right"],
    ["start", "end", "stop"],
    ["first", "last"],
    ["head", "tail"],
    ["prev", "next", "previous"],
    ["parent", "child", "children", "parents"],
    ["key", "value"],
    ["enumerate", "range", "zip"],
    ["debug", "info", "warning", "error"],
]
PARTNERS: dict[str, dict[str, float]] = {}
for _row in ALIKE:
    for _rank, _word in enumerate(_row):
        for _other_rank, _other in enumerate(_row):
            if _other != _word:
                PARTNERS.setdefault(_word, {}).setdefault(_other, 2.0 / (1 + 0.3 * abs(_rank - _other_rank)))

EXCEPTIONS = ["ValueError", "TypeError", "KeyError", "IndexError", "AttributeError", "ZeroDivisionError", "RuntimeError", "StopIteration"]
EXCEPTIONS += ["NotImplementedError", "LookupError", "OSError", "FileNotFoundError", "ArithmeticError", "OverflowError", "Exception"]


def alike(one: str, other: str) -> float:
    """How easily one name is written for the other, 0 to 1."""
    if one.strip("0123456789_") == other.strip("0123456789_"):
        return 1.0
    short = len(one) <= 2 and len(other) <= 2
    return max(0.6 if short else 0.0, difflib.SequenceMatcher(None, one, other, autojunk=False).ratio())


def ranked_names(at: Point, old: str, kind: str | None) -> list[tuple[str, float]]:
    """Visible variables that may stand for ``old``, with weights by type, likeness and nearness."""
    cached = at.cache.get(f"names:{old}:{kind}")
    if cached is not None:
        return list(cached)
    found = []
    for rank, name in enumerate(at.names[:40]):
        if name == old:
            continue
        theirs = at.types.name(name, at.line)
        # the wrong variable may be of the wrong type: then it is the use, not its own type, that tells
        sure = 1.0 if kind and theirs and kind == theirs else 0.5 if compatible(kind, theirs) else 0.12
        receiver = 0.05 if name == at.unit.self_name else 1.0
        found.append((name, sure * receiver * (0.4 + 0.6 * alike(old, name)) / (1 + 0.04 * rank)))
    at.cache[f"names:{old}:{kind}"] = found
    return found


def wanted(at: Point, node: ast.AST) -> str | None:
    """The type that the place asks for, where an operator with a known other side tells."""
    parent, field = at.field_of(node)
    if isinstance(parent, ast.BinOp) and isinstance(parent.op, (ast.Sub, ast.Div, ast.FloorDiv, ast.Pow, ast.Add)):
        other = at.type(parent.right if field == "left" else parent.left)
        return other if other in (*NUMBERS, "str", "list") else None
    if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) and parent.func.id == "range":
        return "int"
    if isinstance(parent, ast.Compare) and isinstance(parent.ops[0], (ast.Lt, ast.LtE, ast.Gt, ast.GtE)) and len(parent.ops) == 1:
        other = at.type(parent.comparators[0] if field == "left" else parent.left)
        return other if other in NUMBERS else None
    return None


@template("name.variable", 1, ast.Name)
def variable(at: Point, node: ast.Name) -> Iterator[Choice]:
    _, field = at.field_of(node)
    if isinstance(node.ctx, ast.Del) or node.id in BUILTINS or (field == "func" and node.id not in at.unit.bindings):
        return
    known = node.id in at.unit.bindings or node.id in at.names
    if not known and node.id not in at.module.names:
        return  # an unknown name: `name.unknown` has it
    weight = 0.4 if isinstance(node.ctx, ast.Store) else 1.0
    needs = wanted(at, node)
    for name, likely in ranked_names(at, node.id, at.type(node)):
        if not compatible(needs, at.types.name(name, at.line)):
            continue
        yield Choice((at.put(node, name),), likely * weight, f"use `{name}` instead of `{node.id}`")
    if at.unit.self_name and not isinstance(node.ctx, ast.Store):
        for attribute, likely in _own_attributes(at):
            if attribute.lstrip("_") == node.id:
                yield Choice(
                    (at.put(node, f"{at.unit.self_name}.{attribute}"),),
                    1.5 * likely,
                    f"use `{at.unit.self_name}.{attribute}` instead of `{node.id}`",
                )


@template("name.module", 1, ast.Name)
def module_name(at: Point, node: ast.Name) -> Iterator[Choice]:
    """A function, class or constant of the module taken for another one."""
    if node.id not in at.module.names or not isinstance(node.ctx, ast.Load) or node.id in at.unit.bindings:
        return
    called = at.field_of(node)[1] == "func"
    kinds = {
        statement.node.name: type(statement.node)
        for statement in at.module.units[0].statements
        if isinstance(statement.node, (ast.FunctionDef, ast.ClassDef))
    }
    for name in at.module.names:
        if name != node.id and kinds.get(name) is kinds.get(node.id) and (called or name not in kinds or node.id in kinds):
            yield Choice((at.put(node, name),), 0.2 + alike(node.id, name) ** 2, f"use `{name}` instead of `{node.id}`")


def _own_attributes(at: Point) -> list[tuple[str, float]]:
    """Attributes of the receiver: assigned or read through it in the class, methods, and what the runs saw."""
    cached = at.cache.get("own_attributes")
    if cached is None:
        owner = at.unit.owner
        found: dict[str, float] = {}
        for node in ast.walk(owner.node) if owner else ():
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("self", "cls", at.unit.self_name):
                found[node.attr] = found.get(node.attr, 0.0) + 1.0
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not node.name.startswith("__"):
                found.setdefault(node.name, 0.5)
        cached = at.cache["own_attributes"] = sorted(found.items(), key=lambda item: (-item[1], item[0]))[:40]
    return list(cached)


def attributes_like(at: Point, node: ast.Attribute) -> dict[str, float]:
    """What else ``node.value`` may be asked for."""
    found: dict[str, float] = {}
    base = node.value.id if isinstance(node.value, ast.Name) else None
    if base and base == at.unit.self_name:
        found.update(dict.fromkeys((name for name, _ in _own_attributes(at)), 1.0))
    for other, count in attributes_of(at).get(at.code(node.value), {}).items():
        found[other] = found.get(other, 0.0) + 1.0 + 0.1 * count
    kind = at.type(node.value)
    for other in members(at, kind):
        found[other] = found.get(other, 0.0) + 1.0
    for other in at.observations.attributes.get(kind or "", ()):
        if not other.startswith("__"):
            found[other] = found.get(other, 0.0) + 0.6
    everywhere = attributes_of(at).get("", {})
    if len(found) < 4:
        for other in list(everywhere)[:30]:
            found.setdefault(other, 0.3)
    found.pop(node.attr, None)
    return found


def members(at: Point, kind: str | None) -> list[str]:
    """What the module's class ``kind`` defines: methods and the attributes its methods assign."""
    found: dict[str, None] = {}
    for unit in at.module.units if kind else ():
        if isinstance(unit.node, ast.ClassDef) and unit.node.name == kind:
            for node in ast.walk(unit.node):
                if isinstance(node, ast.FunctionDef) and not node.name.startswith("__"):
                    found[node.name] = None
                elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name):
                    found[node.attr] = None
    return list(found)


def attributes_of(at: Point) -> dict[str, dict[str, int]]:
    """Attributes read in the module by the text of their base; under "" all of them."""
    cached = at.pool.__dict__.setdefault("_attributes", {})
    if at.module.path not in cached:
        found: dict[str, dict[str, int]] = {"": {}}
        for node in ast.walk(at.module.tree) if at.module.tree else ():
            if isinstance(node, ast.Attribute):
                for base in ("", at.code(node.value) if isinstance(node.value, (ast.Name, ast.Attribute)) else ""):
                    names = found.setdefault(base, {})
                    names[node.attr] = names.get(node.attr, 0) + 1
        cached[at.module.path] = found
    result: dict[str, dict[str, int]] = cached[at.module.path]
    return result


@template("name.attribute", 1, ast.Attribute)
def attribute(at: Point, node: ast.Attribute) -> Iterator[Choice]:
    _, end = at.module.span(node)
    called = at.field_of(node)[1] == "func"
    for name, weight in attributes_like(at, node).items():
        if called and name in PARTNERS.get(node.attr, {}):
            continue
        yield Choice(
            ((end - len(node.attr), end, name),), weight * (0.2 + alike(node.attr, name)), f"use `.{name}` instead of `.{node.attr}`"
        )


@template("name.method", 1, ast.Attribute)
def method(at: Point, node: ast.Attribute) -> Iterator[Choice]:
    _, end = at.module.span(node)
    seen = at.observations.attributes.get(at.type(node.value) or "")
    for name, weight in PARTNERS.get(node.attr, {}).items():
        if seen and name not in seen and node.attr in seen:
            continue
        yield Choice(((end - len(node.attr), end, name),), weight, f"use `.{name}` instead of `.{node.attr}`")


@template("name.function", 1, ast.Name)
def function(at: Point, node: ast.Name) -> Iterator[Choice]:
    if at.field_of(node)[1] not in ("func", "args", "value") or not isinstance(node.ctx, ast.Load):
        return
    for name, weight in PARTNERS.get(node.id, {}).items():
        if name in BUILTINS or name in at.module.names:
            yield Choice((at.put(node, name),), weight, f"call `{name}` instead of `{node.id}`")


@template("argument.order", 1, ast.Call)
def argument_order(at: Point, node: ast.Call) -> Iterator[Choice]:
    arguments = node.args
    if any(isinstance(argument, ast.Starred) for argument in arguments):
        return
    for first in range(len(arguments)):
        for second in range(first + 1, len(arguments)):
            one, other = arguments[first], arguments[second]
            fits = 1.0 if compatible(at.type(one), at.type(other)) else 0.4
            weight = fits / (second - first)
            yield Choice(
                (at.put(one, at.code(other)), at.put(other, at.code(one))),
                weight,
                f"swap the arguments `{at.code(one)[:24]}` and `{at.code(other)[:24]}`",
            )


@template("element.order", 1, ast.Tuple, ast.List)
def element_order(at: Point, node: ast.Tuple | ast.List) -> Iterator[Choice]:
    if 2 <= len(node.elts) <= 4:
        for one, other in zip(node.elts, node.elts[1:], strict=False):
            yield Choice(
                (at.put(one, at.code(other)), at.put(other, at.code(one))), 1.0, f"swap `{at.code(one)[:24]}` and `{at.code(other)[:24]}`"
            )


@template("pair.order", 1, ast.DictComp, ast.Dict)
def pair_order(at: Point, node: ast.DictComp | ast.Dict) -> Iterator[Choice]:
    """Key for value."""
    pairs = [(node.key, node.value)] if isinstance(node, ast.DictComp) else list(zip(node.keys, node.values, strict=False))
    if pairs and all(key is not None for key, _ in pairs) and len(pairs) <= 3:
        changes = [(at.put(key, at.code(value)), at.put(value, at.code(key))) for key, value in pairs if key is not None]
        yield Choice(tuple(change for both in changes for change in both), 1.0, "swap key and value")


@template("branch.order", 1, ast.IfExp)
def branch_order(at: Point, node: ast.IfExp) -> Iterator[Choice]:
    yield Choice((at.put(node.body, at.code(node.orelse)), at.put(node.orelse, at.code(node.body))), 1.0, "swap the branches")


@template("exception.type", 1, ast.Name)
def exception_type(at: Point, node: ast.Name) -> Iterator[Choice]:
    parent, field = at.field_of(node)
    raised = isinstance(at.node, ast.Raise) and (
        parent is at.node or (field == "func" and isinstance(parent, ast.Call) and parent is at.node.exc)
    )
    if not raised and not isinstance(at.node, ast.ExceptHandler):
        return
    messages = " ".join(f"{failure.kind} {failure.message}" for failure in at.observations.failures)
    own = own_exceptions(at)
    for name in dict.fromkeys([*own, *EXCEPTIONS]):
        if name != node.id:
            yield Choice(
                (at.put(node, name),), 6.0 if name in messages else 1.0, f"{'raise' if raised else 'catch'} `{name}` instead of `{node.id}`"
            )


def own_exceptions(at: Point) -> list[str]:
    """Exceptions that the module defines, imports, or raises and catches anywhere."""
    cached = at.pool.__dict__.setdefault("_exceptions", {})
    if at.module.path not in cached:
        found: dict[str, None] = {}
        for statement in at.module.statements:
            node = statement.node
            named: list[ast.AST] = []
            if isinstance(node, ast.ClassDef) and any(ast.unparse(base).endswith(("Error", "Exception", "Warning")) for base in node.bases):
                found[node.name] = None
            elif isinstance(node, ast.Raise) and node.exc is not None:
                named = [node.exc.func if isinstance(node.exc, ast.Call) else node.exc]
            elif isinstance(node, ast.ExceptHandler) and node.type is not None:
                named = list(node.type.elts) if isinstance(node.type, ast.Tuple) else [node.type]
            found.update((ast.unparse(each), None) for each in named if isinstance(each, (ast.Name, ast.Attribute)))
        found.update((name, None) for name in sorted(at.module.names) if name.endswith(("Error", "Exception")))
        cached[at.module.path] = [name for name in found if name[:1].isupper() or "." in name]
    return list(cached[at.module.path])


@template("subscript.order", 1, ast.Subscript)
def subscript_order(at: Point, node: ast.Subscript) -> Iterator[Choice]:
    inner = node.value
    if isinstance(inner, ast.Subscript) and not isinstance(node.slice, ast.Slice):
        yield Choice((at.put(node.slice, at.code(inner.slice)), at.put(inner.slice, at.code(node.slice))), 1.0, "swap the indices")


@template("index.sign", 1, ast.Subscript)
def index_ends(at: Point, node: ast.Subscript) -> Iterator[Choice]:
    """First for last, and back."""
    value = node.slice
    if isinstance(value, ast.Slice) or at.type(node.value) in ("dict", *NUMBERS):
        return
    text = at.code(value)
    for new in ("0", "-1", "1", "-2"):
        if text != new and isinstance(value, (ast.Constant, ast.UnaryOp)):
            yield Choice((at.put(value, new),), 2.0 if new in ("0", "-1") else 0.7, f"take index `{new}` instead of `{text}`")
