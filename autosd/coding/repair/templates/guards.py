"""Tier 3: a guard is missing: return, continue, break or raise on a condition; a condition around a statement."""

from __future__ import annotations

import ast
import heapq
import re
from collections.abc import Iterator

from autosd.coding.repair.ingredients import free_names
from autosd.coding.repair.observations import literal
from autosd.coding.repair.templates.base import STATEMENTS, Choice, Point, template
from autosd.coding.repair.templates.conditions import Condition, conditions, usable
from autosd.coding.repair.templates.insertions import assignments, calls, copies
from autosd.coding.repair.templates.layout import ENDS, after, before, block_of, extent, is_elif, own_lines, reindented
from autosd.coding.repair.templates.names import own_exceptions
from autosd.coding.repair.types import NUMBERS

_MOST = 700


def return_values(at: Point) -> list[tuple[str, float]]:
    """What the function may return early: what it returns elsewhere, neutral values of that type, parameters, expectations."""
    cached = at.cache.get("return_values")
    if cached is not None:
        return list(cached)
    found: dict[str, float] = {}
    kinds: set[str | None] = set()
    generator = False
    for statement in at.unit.statements:
        node = statement.node
        generator = generator or any(isinstance(each, (ast.Yield, ast.YieldFrom)) for each in statement.own)
        if isinstance(node, ast.Return) and node.value is not None:
            kinds.add(at.type(node.value))
            text = at.code(node.value)
            if "\n" not in text and len(text) <= 60 and usable(at, free_names(node.value)):
                found[text] = 1.5
    if generator or (not found and not kinds):
        result = [("", 1.0)] if generator else [("", 1.0), ("None", 0.3), ("True", 0.3), ("False", 0.3)]
        at.cache["return_values"] = result
        return list(result)
    neutral = {
        "int": "0 1 -1",
        "float": "0 0.0",
        "str": "''",
        "list": "[] [[]]",
        "bool": "True False",
        "dict": "{}",
        "tuple": "()",
        "set": "set()",
    }
    for kind in kinds:
        for text in neutral.get(kind or "", "None False True 0 [] '' -1 1").split():
            found.setdefault(text, 1.0 if kind else 0.4)
    found.setdefault("None", 0.7)
    found.setdefault("False", 0.3)
    for rank, name in enumerate(at.names[:8]):
        theirs = at.types.name(name, at.line)
        if name != at.unit.self_name:
            found.setdefault(name, (0.8 if theirs in kinds else 0.25) / (1 + 0.1 * rank))
            if theirs not in (*NUMBERS, "bool", None) or "list" in kinds:
                found.setdefault(f"[{name}]", 0.3 if "list" in kinds else 0.05)
    for failure in at.observations.failures:
        for side in (failure.right, failure.left):
            if side and len(side) <= 30 and (literal(side) is not None or side == "None"):
                found[side] = found.get(side, 0.0) + 0.3
    cached = at.cache["return_values"] = sorted(found.items(), key=lambda item: -item[1])[:16]
    return list(cached)


def actions(at: Point) -> list[tuple[str, float]]:
    """Statements that leave: with the likelihood of each here."""
    found: list[tuple[str, float]] = []
    if at.statement.loops:
        found += [("continue", 1.2), ("break", 1.0)]
    if at.unit.is_function:
        found += [(f"return {value}".rstrip(), 1.2 * weight) for value, weight in return_values(at)]
        found += _raises(at)
    return found


def _raises(at: Point) -> Iterator[tuple[str, float]]:
    said = " ".join(f"{failure.kind} {failure.message}" for failure in at.observations.failures)
    missing = "DID NOT RAISE" in said or "not raised" in said
    for each in at.pool.statements(at.unit):
        if isinstance(each.node, ast.Raise) and usable(at, each.names):
            yield each.text, (3.0 if missing else 0.2) * each.nearness
    told = [text for text in at.pool.told() if text[0] in "'\"" and len(text) > 3][:4]
    builtin = ["ValueError", "TypeError", "KeyError", "IndexError", "ZeroDivisionError", "RuntimeError"]
    for name in dict.fromkeys([*own_exceptions(at), *builtin]):
        asked = (missing and name in said) or name.rpartition(".")[2] in at.pool.mentioned()
        sure = 3.0 if asked else 0.5 if missing else 0.12
        yield f"raise {name}", sure
        own = name not in builtin
        for argument in [*at.names[:3], *told] if own or sure > 0.12 else told:
            if argument != at.unit.self_name:
                yield f"raise {name}({argument})", 0.5 * sure


def combined(parts: list[Condition], todo: list[tuple[str, float]]) -> list[tuple[float, Condition, str]]:
    """The likeliest pairs of condition and action."""
    return heapq.nlargest(
        _MOST, ((part.weight * likely, part, action) for part in parts[:120] for action, likely in todo), key=lambda each: each[0]
    )


@template("guard.insert", 3, *STATEMENTS)
def guard(at: Point, node: ast.stmt) -> Iterator[Choice]:
    """``if condition: leave`` before the statement; likelier where a block begins."""
    first = at.statement.index == 0 or (at.statement.index == 1 and isinstance(at.statement.block[0], ast.Expr))
    for weight, part, action in combined(conditions(at), actions(at)):
        change = before(at, f"if {part.text}:", f"{at.module.step}{action}")
        if change is not None:
            yield Choice((change,), weight * (1.5 if first else 1.0), f"`{action}` if `{part.text[:48]}`")
    if at.statement.block[-1] is node and not isinstance(node, ENDS) and at.statement.loops:
        for weight, part, action in combined(conditions(at)[:60], actions(at))[:250]:
            change = after(at, f"if {part.text}:", f"{at.module.step}{action}")
            if change is not None:
                yield Choice((change,), 0.5 * weight, f"`{action}` if `{part.text[:48]}`")


@template("guard.around", 3, *STATEMENTS)
def around(at: Point, node: ast.stmt) -> Iterator[Choice]:
    """The statement happens only on a condition."""
    module, indent = at.module, at.module.indent(node)
    whole, lines = own_lines(module, node), reindented(module, node, indent + module.step)
    if whole is None or lines is None or is_elif(module, node) or (isinstance(node, ast.If) and not node.orelse):
        return
    for part in conditions(at)[:150]:
        text = block_of(at, [f"{indent}if {part.text}:", *lines])
        yield Choice(((*whole, text),), part.weight, f"only if `{part.text[:48]}`")


@template("guard.otherwise", 3, ast.If)
def otherwise(at: Point, node: ast.If) -> Iterator[Choice]:
    """A missing ``else`` (or ``elif``) with a statement that the neighbourhood has."""
    module, indent = at.module, at.module.indent(node)
    if node.orelse or (own_lines(module, node) is None and not is_elif(module, node)):
        return
    stop = module.line_end(module.line_of(extent(module, node)[1] - 1))
    todo = [(each.text, each.nearness) for each in at.pool.statements(at.unit)[:40] if usable(at, each.names)] + actions(at)[:14]
    todo += [
        (text, 0.5 * weight) for text, weight in heapq.nlargest(60, (*copies(at), *assignments(at), *calls(at)), key=lambda each: each[1])
    ]
    for action, weight in todo:
        lines = [f"{indent}else:", f"{indent}{module.step}{action}"]
        text = "".join(f"{module.newline}{line}" for line in lines)
        yield Choice(((stop, stop, text),), weight, f"otherwise `{action[:48]}`")
    for weight, part, action in combined(conditions(at)[:40], todo[:16])[:200]:
        text = "".join(f"{module.newline}{line}" for line in (f"{indent}elif {part.text}:", f"{indent}{module.step}{action}"))
        yield Choice(((stop, stop, text),), 0.3 * weight, f"`{action[:32]}` if `{part.text[:32]}`")


@template("insert.guarded", 3, *STATEMENTS)
def guarded(at: Point, node: ast.stmt) -> Iterator[Choice]:
    """A statement that is missing together with its condition: ``if condition: statement``."""
    todo = heapq.nlargest(40, (*copies(at), *assignments(at), *calls(at)), key=lambda each: each[1])
    for weight, part, line in combined(conditions(at)[:40], todo)[:500]:
        lines = (f"if {part.text}:", f"{at.module.step}{line}")
        last = at.statement.block[-1] is node and not isinstance(node, ENDS)
        for change in (before(at, *lines), after(at, *lines) if last else None):
            if change is not None:
                yield Choice((change,), weight, f"`{line[:40]}` if `{part.text[:40]}`")


@template("insert.ensure", 3, ast.Assign, ast.AugAssign, ast.Expr, ast.Return)
def ensured(at: Point, node: ast.stmt) -> Iterator[Choice]:
    """A key is made before it is used."""
    done = set()
    for each in at.statement.own:
        if (
            not isinstance(each, ast.Subscript)
            or isinstance(each.slice, (ast.Slice, ast.Constant))
            or at.type(each.value) in ("list", "str", "tuple")
        ):
            continue
        base, key = at.code(each.value), at.code(each.slice)
        if (base, key) in done:
            continue
        done.add((base, key))
        for value, weight in (("[]", 1.0), ("0", 1.0), ("{}", 0.5), ("set()", 0.7), ("None", 0.2), ("''", 0.2)):
            change = before(at, f"if {key} not in {base}:", f"{at.module.step}{base}[{key}] = {value}")
            if change is not None:
                yield Choice((change,), weight, f"start `{base}[{key}]` with `{value}`")


@template("insert.default", 3, ast.stmt)
def defaulted(at: Point, node: ast.stmt) -> Iterator[Choice]:
    """A parameter that may be None gets a value of its own at the start."""
    function = at.unit.node
    if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) or at.statement.parent is not None:
        return
    if at.statement.index > 1 and not isinstance(node, ast.Pass):
        return
    given = function.args
    positional = [*given.posonlyargs, *given.args]
    pairs = list(zip(positional[len(positional) - len(given.defaults) :], given.defaults, strict=False))
    pairs += [(argument, value) for argument, value in zip(given.kwonlyargs, given.kw_defaults, strict=False) if value is not None]
    for argument, value in pairs:
        if not isinstance(value, ast.Constant) or value.value is not None:
            continue
        if re.search(rf"\b{argument.arg} is None", at.code(function)):
            continue
        for text, weight in (("{}", 1.0), ("[]", 1.0), ("set()", 0.7), ("0", 0.4), ("''", 0.3), ("1", 0.2)):
            change = before(at, f"if {argument.arg} is None:", f"{at.module.step}{argument.arg} = {text}")
            if change is not None:
                yield Choice((change,), weight, f"start `{argument.arg}` with `{text}` where it is None")
