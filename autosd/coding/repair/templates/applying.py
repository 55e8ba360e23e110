"""Expressions that are not there yet, made of what is in scope: calls of callables, look-ups in tables, slices."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from autosd.coding.repair.ingredients import BUILTINS, free_names
from autosd.coding.repair.model import Unit
from autosd.coding.repair.smells import Smells
from autosd.coding.repair.templates.base import Point
from autosd.coding.repair.types import SEQUENCES

_CALLABLE = frozenset({"function", "method", "builtin_function_or_method", "method_descriptor", "type", "partial", "ABCMeta", "EnumType"})
_MOST = 60


def tables(at: Point) -> list[str]:
    """Names of the module that are bound to a dict or a list as written."""
    cached = at.pool.__dict__.setdefault("_tables", {})
    if at.module.path not in cached:
        found = []
        for statement in at.module.units[0].statements:
            node = statement.node
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and _container(node.value):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                found += [target.id for target in targets if isinstance(target, ast.Name) and not target.id.startswith("__")]
        cached[at.module.path] = found[:12]
    result: list[str] = cached[at.module.path]
    return result


def _container(value: ast.expr | None) -> bool:
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        return value.func.id in ("dict", "list", "set", "frozenset", "tuple")
    return isinstance(value, (ast.Dict, ast.List, ast.DictComp, ast.Tuple, ast.Set, ast.SetComp))


def applications(at: Point) -> list[tuple[str, float]]:
    """Calls of local callables and of the module's one-argument functions on the visible variables, likeliest first."""
    cached = at.cache.get("applications")
    if cached is None:
        found: dict[str, float] = {}
        boost = Smells(at.unit).boost
        for text, weight in (*_local(at), *_predicates(at)):
            found[text] = max(weight * (3.0 if boost(text) > 1 else 1.0), found.get(text, 0.0))
        cached = at.cache["applications"] = sorted(found.items(), key=lambda item: -item[1])[:_MOST]
    return list(cached)


def callables(at: Point) -> Iterator[tuple[str, float]]:
    """Local names that may be called; one that nothing uses is likeliest."""
    unused, called = Smells(at.unit).unused, _called(at)
    for name in at.names[:24]:
        kind = at.types.name(name, at.line)
        if kind in _CALLABLE or name in called or (name in unused and kind is None):
            yield name, 2.0 if name in unused else 1.0


def _local(at: Point) -> Iterator[tuple[str, float]]:
    for name, sure in callables(at):
        for arguments in _arguments_of_calls(at):
            yield f"{name}({arguments})", 0.8 * sure
        for rank, argument in enumerate(other for other in at.names[:12] if other not in (name, at.unit.self_name)):
            near = sure / (1 + 0.1 * rank)
            yield f"{name}({argument})", near
            if at.types.name(argument, at.line) in ("tuple", "list", None):
                yield f"{name}(*{argument})", 0.5 * near


def _called(at: Point) -> set[str]:
    """Local names that the function calls somewhere."""
    calls = [node.func for statement in at.unit.statements for node in statement.own if isinstance(node, ast.Call)]
    return {function.id for function in calls if isinstance(function, ast.Name) and function.id in at.names}


def _arguments_of_calls(at: Point) -> list[str]:
    """What other calls of the function pass: a sister is often called with the same."""
    cached = at.cache.get("arguments")
    if cached is None:
        found: dict[str, None] = {}
        known = {*at.names, *at.module.names, *BUILTINS}
        for statement in at.unit.statements:
            for node in statement.own:
                if isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute)):
                    for count in range(len(node.args), 1, -1):
                        given = node.args[:count]
                        text = ", ".join(at.code(argument) for argument in given)
                        plain = len(text) < 60 and not any(mark in text for mark in "'\"\n")
                        if plain and all(free_names(argument) <= known for argument in given):
                            found[text] = None
        cached = at.cache["arguments"] = list(found)[:12]
    return list(cached)


def _predicates(at: Point) -> Iterator[tuple[str, float]]:
    """Functions of the module with one parameter (of the class too), those that the module uses in conditions first."""
    unused = sorted(Smells(at.unit).unused)
    for unit in at.module.units:
        if not unit.is_function or unit is at.unit:
            continue
        short = unit.name.rpartition(".")[2]
        asks = short.lstrip("_").startswith(("is_", "has_", "can_", "should_", "is", "has"))
        if unit.parent is at.module.units[0] and len(unit.parameters) == 1:
            base = short
        elif unit.owner is not None and unit.owner is at.unit.owner and at.unit.self_name and len(unit.parameters) == 2:
            base = f"{at.unit.self_name}.{short}"
        else:
            yield from _with_switches(at, unit, short, unused)
            continue
        for rank, name in enumerate(name for name in at.names[:6] if name != at.unit.self_name):
            yield f"{base}({name})", (0.6 if asks else 0.15) / (1 + 0.2 * rank)


def _with_switches(at: Point, unit: Unit, short: str, unused: list[str]) -> Iterator[tuple[str, float]]:
    """A method or function whose further parameters have defaults, called on an unused name, also with one switch turned."""
    if not at.unit.is_function:
        return
    node, own = (
        unit.node,
        unit.owner is not None and (unit.owner is at.unit.owner or f"{at.unit.self_name}.{short}(" in at.code(at.unit.node)),
    )
    own = own and at.unit.self_name is not None
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or not (own or unit.parent is at.module.units[0]):
        return
    given = node.args
    free = len(given.posonlyargs) + len(given.args) - own - len(given.defaults)
    if free > 1 or len(unit.parameters) < 2 or short.startswith("__"):
        return
    base = f"{at.unit.self_name}.{short}" if own else short
    switches = [
        f"{argument.arg}={not value.value}"
        for argument, value in zip(given.args[len(given.args) - len(given.defaults) :], given.defaults, strict=False)
        if isinstance(value, ast.Constant) and isinstance(value.value, bool)
    ]
    for name in unused[:3]:
        yield f"{base}({name})", 0.5
        yield from ((f"{base}({name}, {switch})", 0.4) for switch in switches)


def slices(at: Point) -> Iterator[tuple[str, float]]:
    """``text[start:end]`` and its neighbours, of visible sequences and whole numbers."""
    holders = [name for name in at.names[:10] if at.types.name(name, at.line) in SEQUENCES][:4]
    numbers = [name for name in at.names[:10] if at.types.name(name, at.line) == "int"][:4]
    for holder in holders:
        for one in numbers:
            yield f"{holder}[{one}:]", 0.3
            yield f"{holder}[:{one}]", 0.3
            for other in numbers:
                if other != one:
                    yield f"{holder}[{one}:{other}]", 0.4
                    yield f"{holder}[{one} + 1:{other}]", 0.3
                    yield f"{holder}[{one}:{other} + 1]", 0.15


def unbound_reads(at: Point) -> list[str]:
    """Names that the function reads and nothing binds."""
    cached = at.pool.__dict__.setdefault("_unbound", {})
    if at.unit not in cached:
        known = set(at.module.names) | BUILTINS | {"__class__", "__file__", "__name__"}
        unit = at.unit
        while unit is not None and unit.parent is not None:
            known |= set(unit.bindings)
            unit = unit.parent
        read, bound = [], set(known)
        for node in ast.walk(at.unit.node) if at.unit.is_function else ():
            if isinstance(node, ast.Name):
                if isinstance(node.ctx, ast.Load):
                    read.append(node.id)
                else:
                    bound.add(node.id)
            elif isinstance(node, ast.arg):
                bound.add(node.arg)
            elif isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)):
                bound.add(node.name)
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                bound |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ExceptHandler) and node.name:
                bound.add(node.name)
        cached[at.unit] = [name for name in dict.fromkeys(read) if name not in bound]
    result: list[str] = cached[at.unit]
    return result
