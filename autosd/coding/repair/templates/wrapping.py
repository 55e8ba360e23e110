"""Tier 2: a call around an expression, or the expression freed from one; a default where there may be nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from autosd.coding.repair.ingredients import ATOMS
from autosd.coding.repair.model import Unit
from autosd.coding.repair.templates.applying import callables
from autosd.coding.repair.templates.base import Choice, Point, template
from autosd.coding.repair.templates.conditions import usable
from autosd.coding.repair.templates.reuse import ANY, readable
from autosd.coding.repair.types import NUMBERS

_WRAPPERS: dict[str | None, list[tuple[str, float]]] = {
    "int": [
        ("str({})", 2),
        ("abs({})", 2),
        ("max({}, 0)", 1),
        ("float({})", 0.5),
        ("max({}, 1)", 0.5),
        ("range({})", 0.7),
        ("bool({})", 0.2),
        ("chr({})", 0.2),
    ],
    "float": [
        ("int({})", 2),
        ("round({})", 2),
        ("abs({})", 2),
        ("round({}, 2)", 2),
        ("str({})", 1),
        ("max({}, 0)", 1),
        ("math.floor({})", 0.3),
        ("math.ceil({})", 0.3),
    ],
    "str": [
        ("int({})", 2),
        ("{}.strip()", 2),
        ("{}.lower()", 2),
        ("list({})", 1),
        ("{}.split()", 1),
        ("float({})", 1),
        ("len({})", 1),
        ("{}.upper()", 0.7),
        ("{}[::-1]", 0.7),
        ("{}.title()", 0.2),
        ("{}.capitalize()", 0.3),
        ("repr({})", 0.3),
        ("{}.rstrip()", 0.5),
        ("{}.encode()", 0.3),
        ("set({})", 0.3),
        ("sorted({})", 0.3),
    ],
    "list": [
        ("len({})", 2),
        ("list({})", 1.5),
        ("sorted({})", 2),
        ("tuple({})", 1),
        ("set({})", 1),
        ("sum({})", 0.7),
        ("max({})", 0.5),
        ("min({})", 0.5),
        ("{}[:]", 1.5),
        ("{}.copy()", 0.5),
        ("list(reversed({}))", 0.5),
        ("''.join({})", 0.7),
        ("enumerate({})", 0.7),
        ("list(set({}))", 0.3),
        ("sorted(set({}))", 0.4),
        ("reversed({})", 0.5),
        ("str({})", 0.2),
        ("any({})", 0.1),
        ("all({})", 0.1),
        ("range(len({}))", 0.7),
        ("not {}", 0.3),
        ("bool({})", 0.2),
    ],
    "dict": [
        ("{}.items()", 2),
        ("{}.values()", 2),
        ("{}.keys()", 0.5),
        ("dict({})", 1.5),
        ("list({})", 1),
        ("{}.copy()", 0.5),
        ("len({})", 0.7),
        ("sorted({})", 1),
        ("sorted({}.items())", 0.5),
        ("copy.deepcopy({})", 0.3),
    ],
    "set": [("sorted({})", 2), ("list({})", 2), ("len({})", 1), ("set({})", 1), ("frozenset({})", 0.3)],
    "tuple": [("list({})", 2), ("len({})", 0.7), ("sorted({})", 1), ("sum({})", 0.3)],
    "range": [("list({})", 2), ("reversed({})", 1)],
    "generator": [("list({})", 2), ("sorted({})", 1), ("tuple({})", 1), ("set({})", 0.5), ("sum({})", 0.3), ("dict({})", 0.2)],
    "bool": [("int({})", 1), ("not {}", 1)],
    None: [
        ("str({})", 1),
        ("list({})", 1),
        ("len({})", 1),
        ("int({})", 1),
        ("sorted({})", 0.8),
        ("abs({})", 0.7),
        ("tuple({})", 0.4),
        ("set({})", 0.4),
        ("float({})", 0.4),
        ("{}.strip()", 0.4),
        ("{}.lower()", 0.4),
        ("{}.copy()", 0.5),
        ("{}()", 0.3),
        ("dict({})", 0.3),
        ("{}.items()", 0.3),
        ("enumerate({})", 0.3),
        ("reversed({})", 0.2),
        ("iter({})", 0.1),
        ("bool({})", 0.2),
        ("{}.values()", 0.1),
        ("not {}", 0.2),
        ("sum({})", 0.2),
        ("max({})", 0.15),
        ("min({})", 0.15),
    ],
}


@template("wrap", 2, *ANY)
def wrap(at: Point, node: ast.expr) -> Iterator[Choice]:
    """A call around the expression: conversions, copies, what is usual for the type, one-argument functions of the module."""
    if (
        not readable(at, node)
        or (isinstance(node, ast.Constant) and not isinstance(node.value, str))
        or isinstance(node, (ast.Compare, ast.BoolOp, ast.IfExp))
    ):
        return
    text, parent = at.operand(node), at.field_of(node)[0]
    outer = at.code(parent.func) if isinstance(parent, ast.Call) else ""
    for form, weight in _WRAPPERS.get(at.type(node), _WRAPPERS[None]):
        name = form.partition("(")[0]
        if name == outer or ("." in name and name.partition(".")[0] in ("math", "copy") and name.partition(".")[0] not in at.module.names):
            continue
        new = form.format(text if form.startswith("{}") else at.code(node))
        yield Choice((at.put(node, new, atom=not form.startswith("not")),), weight, f"wrap: `{new[:48]}`")
    for name, weight in _unary(at):
        if name != outer:
            yield Choice((at.put(node, f"{name}({at.code(node)})"),), weight, f"call `{name}` on `{at.code(node)[:40]}`")


def _unary(at: Point) -> list[tuple[str, float]]:
    """Functions that the unit's neighbourhood calls with one argument, and the module's own that take one."""
    cached = at.cache.get("unary")
    if cached is None:
        found: dict[str, float] = {}
        for each in at.pool.expressions(at.unit):
            if (
                isinstance(each.node, ast.Call)
                and len(each.node.args) == 1
                and not each.node.keywords
                and isinstance(each.node.func, (ast.Name, ast.Attribute))
            ):
                name = ast.unparse(each.node.func)
                if len(name) <= 30 and usable(at, frozenset({name.partition(".")[0]})):
                    found[name] = max(found.get(name, 0.0), each.nearness)
        for unit in at.module.units:
            if unit.is_function and unit.parent is at.module.units[0] and len(unit.parameters) == 1:
                found.setdefault(unit.name, 0.6)
            elif unit.is_function and unit.owner is not None and unit.owner is at.unit.owner and at.unit.self_name and _one_free(unit):
                found.setdefault(f"{at.unit.self_name}.{unit.name.rpartition('.')[2]}", 0.4)
            elif unit.is_function and unit.name.endswith(".__init__") and len(unit.parameters) == 2:
                found.setdefault(unit.name.removesuffix(".__init__"), 0.8 if unit.owner is at.unit.owner else 0.3)
        found = dict(callables(at)) | found
        cached = at.cache["unary"] = list(found.items())[:24]
    return list(cached)


def _one_free(unit: Unit) -> bool:
    """Whether a method takes one argument, or one and defaults."""
    given = unit.node.args if isinstance(unit.node, (ast.FunctionDef, ast.AsyncFunctionDef)) else None
    free = len(given.posonlyargs) + len(given.args) - len(given.defaults) if given else 0
    return free == 2 and not unit.name.rpartition(".")[2].startswith("__")


@template("unwrap", 2, ast.Call, ast.Attribute, ast.Subscript)
def unwrap(at: Point, node: ast.expr) -> Iterator[Choice]:
    """The argument for the call, the object for its method or attribute, the whole for its item."""
    if isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del)) or at.field_of(node)[1] == "func":
        return
    parts: list[tuple[ast.expr, float]] = []
    if isinstance(node, ast.Call):
        parts = [(argument, 1.0) for argument in node.args if not isinstance(argument, ast.Starred)]
        if isinstance(node.func, ast.Attribute):
            parts.append((node.func.value, 1.0))
            parts.append((node.func, 0.5))
        elif not node.args:
            parts.append((node.func, 0.7))
    elif isinstance(node, (ast.Attribute, ast.Subscript)):
        parts = [(node.value, 1.0 if not isinstance(node, ast.Subscript) or isinstance(node.slice, ast.Slice) else 0.5)]
    for part, weight in parts:
        if isinstance(part, ast.GeneratorExp):
            continue
        yield Choice((at.put(node, at.code(part), atom=isinstance(part, ATOMS)),), weight, f"use `{at.code(part)[:40]}` itself")


@template("default", 2, ast.Subscript, ast.Call, ast.Name, ast.Attribute)
def default(at: Point, node: ast.expr) -> Iterator[Choice]:
    """A default where there may be nothing: ``.get``, ``or``."""
    if not readable(at, node):
        return
    values = ("0", "None", "[]", "''", "()", "{}", "1", "False", "set()")
    if (
        isinstance(node, ast.Subscript)
        and not isinstance(node.slice, (ast.Slice, ast.UnaryOp))
        and at.type(node.value) in (None, "dict", "defaultdict", "Counter")
    ):
        sure = 2.0 if at.type(node.value) == "dict" else 0.6
        base, key = at.code(node.value), at.code(node.slice)
        for value in ("", *values[:6]):
            new = f"{base}.get({key}, {value})" if value else f"{base}.get({key})"
            yield Choice((at.put(node, new),), sure, at.say_put(node, new))
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("get", "pop", "setdefault"):
        for value in (*values, *at.names[:6]) if len(node.args) == 1 else ():
            new = f"{at.code(node.func)}({at.code(node.args[0])}, {value})"
            yield Choice((at.put(node, new),), 1.0, at.say_put(node, new))
    if at.type(node) not in ("bool", *NUMBERS) and not (
        isinstance(at.field_of(node)[0], (ast.BoolOp, ast.Compare, ast.If, ast.While, ast.BinOp))
    ):
        for value in ("[]", "''", "{}", "0", *at.names[:5]):
            yield Choice(
                (at.put(node, f"{at.operand(node)} or {value}", atom=False),), 0.2, f"use `{value}` where `{at.code(node)[:32]}` is empty"
            )


@template("counter", 2, ast.Assign, ast.AugAssign, ast.Expr)
def counter(at: Point, node: ast.Assign | ast.AugAssign | ast.Expr) -> Iterator[Choice]:
    """Counting and grouping in a dict whose key may be new, or already there."""
    start, end = at.module.span(node)
    if isinstance(node, ast.Expr):
        call = node.value
        held = call.func.value if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) else None
        if isinstance(held, ast.Subscript) and isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            base, key = at.code(held.value), at.code(held.slice)
            empty = "set()" if call.func.attr in ("add", "update") else "[]"
            change = at.put(held, f"{base}.setdefault({key}, {empty})")
            yield Choice((change,), 1.0, f"start `{base}[{key}]` where it is new")
        return
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    if not isinstance(target, ast.Subscript) or isinstance(target.slice, ast.Slice):
        return
    base, key, value = at.code(target.value), at.code(target.slice), at.code(node.value)
    forms = [(f"{base}[{key}] = {base}.get({key}, 0) + {value}", 1.0), (f"{base}[{key}] = {base}[{key}] + {value}", 0.5)]
    forms += [
        (f"{base}.setdefault({key}, []).append({value})", 0.7),
        (f"{base}[{key}].append({value})", 0.4),
        (f"{base}.setdefault({key}, {value})", 0.5),
    ]
    if value.startswith("[") and value.endswith("]"):
        forms.append((f"{base}.setdefault({key}, []).append({value[1:-1]})", 1.0))
        forms.append((f"{base}[{key}].append({value[1:-1]})", 0.6))
    for new, weight in forms:
        yield Choice(((start, end, new),), weight, f"`{new[:56]}`")


@template("index.pop", 2, ast.Subscript, ast.Call)
def index_or_pop(at: Point, node: ast.Subscript | ast.Call) -> Iterator[Choice]:
    """Taking an item instead of looking at it, and back."""
    if isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del)):
        return
    if isinstance(node, ast.Subscript):
        where = {"-1": "", "0": "0"}.get(at.code(node.slice))
        if where is not None:
            yield Choice((at.put(node, f"{at.code(node.value)}.pop({where})"),), 1.0, f"take `{at.code(node)[:40]}` away")
            if where:
                yield Choice((at.put(node, f"{at.code(node.value)}.popleft()"),), 0.5, f"take `{at.code(node)[:40]}` away")
    elif isinstance(node.func, ast.Attribute) and node.func.attr in ("pop", "popleft"):
        where = at.code(node.args[0]) if node.args else "-1" if node.func.attr == "pop" else "0"
        yield Choice((at.put(node, f"{at.code(node.func.value)}[{where}]"),), 1.0, f"leave the item in `{at.code(node.func.value)[:40]}`")
