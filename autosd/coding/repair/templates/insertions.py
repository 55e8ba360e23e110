"""Tier 3: a statement is missing: assignment, update, call, return; as found nearby or made of the visible names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from autosd.coding.repair.ingredients import Ingredient
from autosd.coding.repair.observations import literal
from autosd.coding.repair.templates.applying import applications
from autosd.coding.repair.templates.base import STATEMENTS, Choice, Point, template
from autosd.coding.repair.templates.conditions import usable
from autosd.coding.repair.templates.layout import ENDS, after, before
from autosd.coding.repair.templates.names import members
from autosd.coding.repair.types import NUMBERS, SIZED, compatible

_PLAIN = (*STATEMENTS, ast.Pass, ast.Break, ast.Continue)


def places(at: Point, line: str) -> Iterator[tuple[tuple[int, int, str], float]]:
    """Before the statement, and after it where it ends its block."""
    change = before(at, line)
    if change is not None:
        yield change, 1.0
    if at.statement.block[-1] is at.node and not isinstance(at.node, ENDS):
        change = after(at, line)
        if change is not None:
            yield change, 1.0


def inserted(at: Point, lines: Iterator[tuple[str, float]]) -> Iterator[Choice]:
    for line, weight in lines:
        for change, likely in places(at, line):
            yield Choice((change,), weight * likely, f"add `{line[:56]}`")


@template("insert.copy", 3, *_PLAIN)
def copied(at: Point, node: ast.stmt) -> Iterator[Choice]:
    """A simple statement that the function or a sister has, as it is or with one name replaced."""
    return inserted(at, copies(at))


def copies(at: Point) -> Iterator[tuple[str, float]]:
    """Lines that exist nearby, adapted, with weights."""
    for each in at.pool.statements(at.unit):
        if isinstance(each.node, (ast.Return, ast.Raise, ast.Break, ast.Continue)):
            continue
        if usable(at, each.names):
            yield each.text, each.nearness
            yield from _other_words(at, each)
        if each.nearness < 1.0 and len(each.names) > 4:
            continue
        for old in sorted(each.names & frozenset(at.unit.bindings) if each.nearness == 1.0 else each.names - frozenset(at.names)):
            if old == at.unit.self_name:
                continue
            for rank, new in enumerate(at.names[:6]):
                text = re.sub(rf"\b(?<!\.){re.escape(old)}\b", new, each.text)
                if (
                    new != old
                    and usable(at, (each.names - {old}) | {new})
                    and compatible(at.types.name(old, at.line), at.types.name(new, at.line))
                ):
                    yield text, 0.3 * each.nearness / (1 + 0.2 * rank)


def _second_name(at: Point, each: Ingredient, old: str, new: str, text: str) -> Iterator[tuple[str, float]]:
    """Two names replaced at once: ``out.extend(a[i:])`` for ``out.extend(b[j:])``."""
    for other in sorted(each.names & frozenset(at.unit.bindings)):
        for fresh in at.names[:6] if old < other else ():
            same = at.types.name(other, at.line) == at.types.name(fresh, at.line) and at.types.name(old, at.line) == at.types.name(
                new, at.line
            )
            if fresh not in (old, other, new) and new != other and same and usable(at, each.names | {new, fresh}):
                yield re.sub(rf"\b(?<!\.){re.escape(other)}\b", fresh, text), 0.15


def _other_words(at: Point, each: Ingredient) -> Iterator[tuple[str, float]]:
    """A string constant of the line replaced: by the function's own name, expected strings, strings of the module."""
    old = [node.value for node in ast.walk(each.node) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    if len(old) != 1 or repr(old[0]) not in each.text:
        return
    name = at.unit.name.rpartition(".")[2]
    owner = at.unit.owner
    words = [name.strip("_"), owner.node.name.lower() if owner and isinstance(owner.node, ast.ClassDef) else ""]
    words += [value for text in [*at.pool.told(), *at.pool.constants(at.module)] if isinstance(value := literal(text), str)]
    for rank, word in enumerate(dict.fromkeys(word for word in words[:14] if word and word != old[0])):
        yield each.text.replace(repr(old[0]), repr(word)), 0.4 * each.nearness / (1 + 0.1 * rank)


@template("insert.assign", 3, *_PLAIN)
def assigned(at: Point, node: ast.stmt) -> Iterator[Choice]:
    """``x = y``, ``x += 1``, ``x = expression`` of the neighbourhood, ``self.x = x``."""
    return inserted(at, assignments(at))


def assignments(at: Point) -> Iterator[tuple[str, float]]:
    """Lines that bind or update a visible name."""
    local = [name for name in at.names[:10] if name in at.unit.bindings and name != at.unit.self_name]
    for rank, name in enumerate(local):
        kind, near = at.types.name(name, at.line), 1.0 / (1 + 0.1 * rank)
        for other in at.names[:10]:
            if other != name and other != at.unit.self_name and compatible(kind, at.types.name(other, at.line)):
                yield f"{name} = {other}", (1.0 if kind and kind == at.types.name(other, at.line) else 0.5) * near
                if kind in (*NUMBERS, None, "str") and kind != "bool":
                    yield f"{name} += {other}", 0.4 * near
                    yield f"{name} -= {other}", 0.25 * near
        if kind in ("int", "float", None):
            sure = 3.0 if kind else 0.6
            yield f"{name} += 1", sure * near
            yield f"{name} -= 1", 0.8 * sure * near
        for value, likely in (*_neutral(kind), *_converted(name, kind)):
            yield f"{name} = {value}", likely * near
        for each in at.pool.expressions(at.unit)[:50]:
            if each.nearness == 1.0 and usable(at, each.names) and compatible(kind, at.type(each.node)) and f"{name} =" not in each.text:
                yield f"{name} = {each.text}", (0.6 if name in each.names else 0.3) * near
    yield from _stores(at, local)


def _neutral(kind: str | None) -> list[tuple[str, float]]:
    table = {"int": ["0", "1"], "float": ["0"], "str": ["''"], "list": ["[]"], "dict": ["{}"], "bool": ["True", "False"], "set": ["set()"]}
    return [(value, 0.5) for value in table.get(kind or "", [])] or [
        ("None", 0.1),
        ("0", 0.15),
        ("[]", 0.15),
        ("{}", 0.15),
        ("True", 0.1),
        ("False", 0.1),
    ]


def _converted(name: str, kind: str | None) -> list[tuple[str, float]]:
    """The variable made over: a copy, a conversion, a cleaned form."""
    table = {
        "list": ["list({})", "sorted({})", "{}[::-1]", "{}[:]", "{}[1:]"],
        "str": ["{}.strip()", "{}.lower()", "int({})", "{}.split()", "{}.upper()", "{}[1:]", "{}[:-1]", "list({})"],
        "dict": ["dict({})", "{}.copy()"],
        "int": ["abs({})", "str({})", "int({})", "{} // 2", "{} // 10", "{} * 2"],
        "float": ["abs({})", "round({}, 2)", "int({})"],
        "tuple": ["list({})", "sorted({})"],
        "set": ["set({})", "sorted({})"],
    }
    forms = table.get(kind or "", ["list({})", "str({})", "int({})"])
    return [(form.format(name), (0.5 if kind else 0.1) / (1 + 0.2 * rank)) for rank, form in enumerate(forms)]


def _stores(at: Point, local: list[str]) -> Iterator[tuple[str, float]]:
    """Into attributes, and into the containers that are visible (memo tables, visited maps)."""
    receiver = at.unit.self_name
    if receiver:
        known = {
            node.attr
            for unit in at.module.units
            if unit.owner is at.unit.owner
            for s in unit.statements
            for node in s.own
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == receiver
        }
        for name in at.unit.parameters[1:]:
            yield f"{receiver}.{name} = {name}", 1.2 if at.unit.name.endswith("__init__") else 0.6
            if f"_{name}" in known:
                yield f"{receiver}._{name} = {name}", 1.2
        for attribute in sorted(known)[:16]:
            for value, likely in (("None", 0.3), ("0", 0.2), ("[]", 0.25), ("{}", 0.25), ("True", 0.3), ("False", 0.3)):
                yield f"{receiver}.{attribute} = {value}", likely
            for name in local[:6]:
                yield f"{receiver}.{attribute} = {name}", 0.4
            yield f"{receiver}.{attribute} += 1", 0.4
            yield f"{receiver}.{attribute} -= 1", 0.4
            for key in local[:4]:
                for value in (*local[:4], "[]", "0"):
                    if key != value and at.types.of(ast.parse(f"{receiver}.{attribute}", mode="eval").body, at.line) in ("dict", "list"):
                        yield f"{receiver}.{attribute}[{key}] = {value}", 0.5
    for holder in at.names[:8]:
        if at.types.name(holder, at.line) in ("list", "dict"):
            yield from ((f"{holder}[{key}] = {value}", 0.25) for key in ("0", "-1", "1") for value in ("0", "1", "True", "False"))
    for holder in at.names[:10]:
        if at.types.name(holder, at.line) in ("dict", "defaultdict", "OrderedDict", "Counter", "list", None) and holder != receiver:
            sure = 0.35 if at.types.name(holder, at.line) else 0.06
            yield from ((text, sure * weight) for text, weight in _in_place(at, holder, local))
            for key in local[:6]:
                for value in (*local[:6], "True", "None"):
                    if holder not in (key, value) and key != value:
                        yield f"{holder}[{key}] = {value}", sure


def _in_place(at: Point, holder: str, local: list[str]) -> Iterator[tuple[str, float]]:
    """What a container's entries are changed by: counted up or down, a slice written over."""
    kind = at.types.name(holder, at.line)
    for key in local[:6]:
        if key != holder and at.types.name(key, at.line) not in ("list", "dict", "set"):
            yield f"{holder}[{key}] += 1", 1.0
            yield f"{holder}[{key}] -= 1", 0.8
            if kind != "list":
                yield f"{holder}[{key}] = {holder}.get({key}, 0) + 1", 0.7
    for value in local[:5] if kind == "list" else ():
        if value != holder and at.types.name(value, at.line) in ("list", "tuple", None):
            yield f"{holder}[:] = {value}", 0.7
            yield f"{holder} += {value}.pop(0)", 0.3
            numbers = [name for name in local[:6] if at.types.name(name, at.line) == "int"][:3]
            yield from ((f"{holder}[{one}:{other}] = {value}", 0.3) for one in numbers for other in numbers if one != other)


@template("insert.call", 3, *_PLAIN)
def called(at: Point, node: ast.stmt) -> Iterator[Choice]:
    """A method of a visible container or object, with visible arguments; own methods; functions of the module."""
    return inserted(at, calls(at))


def calls(at: Point) -> Iterator[tuple[str, float]]:
    """Lines that call for an effect."""
    used = {
        each.node.func.attr
        for each in at.pool.expressions(at.unit)[:80]
        if isinstance(each.node, ast.Call) and isinstance(each.node.func, ast.Attribute)
    }
    arguments = [(name, 1.0 / (1 + 0.1 * rank)) for rank, name in enumerate(name for name in at.names[:10] if name != at.unit.self_name)]
    arguments += [
        (each.text, 0.4) for each in at.pool.expressions(at.unit)[:40] if each.nearness == 1.0 and each.atom and usable(at, each.names)
    ][:14]
    holders = [(name, at.types.name(name, at.line)) for name in at.names[:10] if name != at.unit.self_name]
    holders += [
        (each.text, at.type(each.node))
        for each in at.pool.expressions(at.unit)[:60]
        if isinstance(each.node, ast.Attribute) and usable(at, each.names) and each.nearness >= 0.4
    ][:10]
    for holder, kind in holders:
        for name, likely in _METHODS.get(kind or "", _UNKNOWN if kind is None else []):
            sure = likely * (1.0 if kind else 0.3) * (1.5 if name in used else 0.5)
            for argument, near in arguments:
                if argument != holder:
                    yield f"{holder}.{name}({argument})", sure * near
        if kind in ("dict", "list", None):
            for argument, near in arguments[:8]:
                if argument != holder:
                    yield f"del {holder}[{argument}]", (0.4 if kind == "dict" else 0.08) * near
        for name in members(at, kind) if kind else ():
            for argument, near in arguments[:8]:
                if argument != holder:
                    yield f"{holder}.{name}({argument})", 0.4 * near
            yield f"{holder}.{name}()", 0.3
        for name, likely in _BARE.get(kind or "", []):
            yield f"{holder}.{name}", 0.5 * likely
    yield from _owncalls(at)


_METHODS: dict[str, list[tuple[str, float]]] = {
    "list": [("append", 1.0), ("extend", 0.5), ("remove", 0.3)],
    "set": [("add", 1.0), ("update", 0.4), ("discard", 0.3), ("remove", 0.3)],
    "deque": [("append", 1.0), ("appendleft", 0.5), ("extend", 0.4)],
    "dict": [("update", 0.5), ("pop", 0.3)],
    "Counter": [("update", 0.6)],
}
_UNKNOWN = [("append", 0.7), ("add", 0.7), ("extend", 0.2), ("update", 0.2), ("remove", 0.15)]
_BARE: dict[str, list[tuple[str, float]]] = {
    "list": [("pop()", 1.0), ("pop(0)", 0.6), ("sort()", 0.8), ("reverse()", 0.7), ("clear()", 0.4)],
    "set": [("clear()", 0.4), ("pop()", 0.3)],
    "deque": [("popleft()", 0.7), ("pop()", 0.7)],
    "dict": [("clear()", 0.4), ("popitem()", 0.2)],
}


def _owncalls(at: Point) -> Iterator[tuple[str, float]]:
    receiver, owner = at.unit.self_name, at.unit.owner
    for unit in at.module.units:
        if not unit.is_function or unit is at.unit:
            continue
        short = unit.name.rpartition(".")[2]
        if receiver and unit.owner is owner and not short.startswith("__"):
            needed = len(unit.parameters) - 1
            base = f"{receiver}.{short}"
        elif unit.parent is at.module.units[0] or unit.parent is at.unit:
            needed, base = len(unit.parameters), short
        else:
            continue
        if needed == 0:
            yield f"{base}()", 0.5
        for name in at.names[:6] if needed == 1 else ():
            yield f"{base}({name})", 0.3
        if needed == 2:
            for one in at.names[:5]:
                yield from ((f"{base}({one}, {other})", 0.1) for other in at.names[:5] if other != one)


@template("insert.return", 3, *_PLAIN)
def returned(at: Point, node: ast.stmt) -> Iterator[Choice]:
    """A return is missing: at the end of the function (or of a branch), of a variable or a nearby expression."""
    if not at.unit.is_function or at.statement.block[-1] is not node or isinstance(node, ENDS):
        return
    top = at.statement.parent is None
    returns = any(isinstance(statement.node, ast.Return) and statement.node.value is not None for statement in at.unit.statements)
    values = [
        (name, (1.0 if at.types.name(name, at.line) in SIZED or name not in at.unit.parameters else 0.5) / (1 + 0.1 * rank))
        for rank, name in enumerate(_bound(at))
    ]
    values += [(value, 0.6) for value in ("True", "False", "0", "None", "[]", "-1")]
    values += [(each.text, 0.3 * each.nearness) for each in at.pool.expressions(at.unit)[:60] if usable(at, each.names)]
    values += [(text, 0.3 * weight) for text, weight in applications(at)[:40]]
    for value, weight in values:
        change = after(at, f"return {value}")
        if change is not None:
            yield Choice((change,), weight * (1.0 if top else 0.4) * (1.0 if not returns or not top else 0.7), f"return `{value}`")


def _bound(at: Point) -> list[str]:
    """Names with a value after the statement: those before, and what it (or its body) binds."""
    inner = [name for name, line in at.unit.bindings.items() if at.line <= line <= (at.node.end_lineno or at.line)]
    return [name for name in dict.fromkeys([*inner, *at.names]) if name != at.unit.self_name][:12]
