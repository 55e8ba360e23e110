"""Tier 2: arithmetic: a term more, a bound, brackets elsewhere, a value for the special case."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from autosd.coding.repair.templates.applying import tables
from autosd.coding.repair.templates.base import Choice, Point, template
from autosd.coding.repair.templates.conditions import conditions, usable
from autosd.coding.repair.templates.names import attributes_of, members
from autosd.coding.repair.templates.operators import SYMBOL
from autosd.coding.repair.templates.reuse import readable
from autosd.coding.repair.types import NUMBERS, SEQUENCES, SIZED


@template("extend.arithmetic", 2, ast.Name, ast.Call, ast.Attribute, ast.Subscript, ast.BinOp, ast.Constant)
def extend_arithmetic(at: Point, node: ast.expr) -> Iterator[Choice]:
    """One more term or factor, from the visible numbers."""
    kind = at.type(node)
    if not readable(at, node) or (kind is not None and kind not in NUMBERS) or kind == "bool":
        return
    parent, field = at.field_of(node)
    if field == "value" and isinstance(parent, (ast.Attribute, ast.Subscript)):
        return
    text, left = at.code(node), at.operand(node)
    sure = 1.0 if kind else 0.3
    yield from _two_terms(at, node, text, sure)
    for term, weight in _terms(at, node):
        if term == text:
            continue
        right = term if " " not in term else f"({term})"
        for symbol, likely in (("+", 1.0), ("-", 1.0), ("*", 0.6), ("//", 0.2), ("%", 0.3), ("/", 0.2)):
            new = f"{text if symbol in '+-' else left} {symbol} {right}"
            yield Choice(
                (at.put(node, new, atom=False),),
                weight * likely * sure * (0.4 if kind is None or (at.types.name(term, at.line) is None and term in at.names) else 1.0),
                at.say_put(node, new),
            )
    for form, likely in (
        ("{} ** 2", 0.8),
        ("{} * 2", 0.8),
        ("{} // 2", 0.8),
        ("{} / 2", 0.4),
        ("{} % 2", 0.3),
        ("{} % 10", 0.3),
        ("{} * 10", 0.2),
        ("{} / 100", 0.2),
        ("{} // 10", 0.3),
        ("{} * 100", 0.2),
    ):
        yield Choice((at.put(node, form.format(left), atom=False),), likely * sure, at.say_put(node, form.format(left)))


def _terms(at: Point, node: ast.expr) -> list[tuple[str, float]]:
    """What may be added or multiplied: variables, expressions, constants, fields of the same object, table entries, lengths."""
    terms = [
        (name, 1.0 / (1 + 0.1 * rank))
        for rank, name in enumerate(at.names[:12])
        if name != at.unit.self_name and at.types.name(name, at.line) in (*NUMBERS, None)
    ]
    terms += [
        (each.text, 0.5)
        for each in at.pool.expressions(at.unit)[:60]
        if each.nearness == 1.0
        and isinstance(each.node, (ast.Subscript, ast.Call, ast.Attribute, ast.BinOp))
        and (each.atom or isinstance(each.node, ast.BinOp))
        and at.type(each.node) in NUMBERS
        and usable(at, each.names)
    ][:12]
    terms += [(constant, 0.25) for constant in at.pool.constants(at.module)[:12] if constant[0].isdigit() and constant not in ("0", "1")]
    if isinstance(node, ast.Attribute):
        base = at.code(node.value)
        others = [*attributes_of(at).get(base, {}), *members(at, at.type(node.value))]
        terms += [(f"{base}.{name}", 0.6) for name in dict.fromkeys(others) if name != node.attr][:10]
    terms += [
        (f"{table}[{name}]", 0.5 / (1 + 0.1 * rank))
        for table in tables(at)
        for rank, name in enumerate(at.names[:6])
        if name != at.unit.self_name and at.types.name(name, at.line) not in ("list", "dict", "set")
    ][:24]
    terms += [(f"len({name})", 0.3) for name in at.names[:10] if at.types.name(name, at.line) in SIZED][:4]
    return terms


def _two_terms(at: Point, node: ast.expr, text: str, sure: float) -> Iterator[Choice]:
    """``x - base + shift``: two variables at once."""
    names = [name for name in at.names[:12] if at.types.name(name, at.line) in NUMBERS and name != text][:4]
    for one in names:
        for other in names:
            if one != other:
                for form in ("{} - {} + {}", "{} + {} - {}", "{} + {} + {}" if one < other else "", "{} - {} - {}" if one < other else ""):
                    if form:
                        new = form.format(text, one, other)
                        yield Choice((at.put(node, new, atom=False),), 0.02 * sure, at.say_put(node, new))


@template("clamp", 2, ast.Name, ast.Call, ast.BinOp, ast.Attribute, ast.Subscript)
def clamp(at: Point, node: ast.expr) -> Iterator[Choice]:
    """The best so far, or a bound: ``max(best, x)``, ``max(0, x)``, ``min(x, limit)``."""
    kind = at.type(node)
    if not readable(at, node) or (kind is not None and kind not in NUMBERS) or kind == "bool":
        return
    parent, _ = at.field_of(node)
    if not isinstance(parent, (ast.Assign, ast.AugAssign, ast.Return, ast.Call, ast.Slice, ast.keyword)):
        return
    text = at.code(node)
    bounds: list[tuple[str, float]] = [("0", 1.0), ("1", 0.4)]
    if isinstance(parent, ast.Assign) and isinstance(parent.targets[0], (ast.Name, ast.Attribute, ast.Subscript)):
        bounds.append((at.code(parent.targets[0]), 3.0))
    bounds += [
        (name, 0.7 / (1 + 0.1 * rank))
        for rank, name in enumerate(at.names[:10])
        if at.types.name(name, at.line) in (*NUMBERS, None) and name != at.unit.self_name
    ]
    bounds += [(f"len({name})", 0.3) for name in at.names[:8] if at.types.name(name, at.line) in SEQUENCES]
    for bound, weight in bounds:
        if bound != text:
            for function in ("max", "min"):
                likely = 0.5 if function == "min" and bound in ("0", "1") else 1.0
                yield Choice((at.put(node, f"{function}({bound}, {text})"),), weight * likely, f"use `{function}({bound}, {text[:32]})`")


@template("associate", 2, ast.BinOp)
def associate(at: Point, node: ast.BinOp) -> Iterator[Choice]:
    """Brackets elsewhere in a chain of operators, or two of its operands exchanged."""
    if isinstance(at.field_of(node)[0], ast.BinOp) or at.type(node) == "str":
        return
    operands, symbols = _chain(at, node)
    if len(operands) == 2:
        return
    count = min(len(operands), 6)
    for first in range(count - 1):
        for last in range(first + 1, count):
            if last - first + 1 == len(operands):
                continue
            parts = [operands[0] if first else f"({operands[0]}"]
            for index in range(1, len(operands)):
                text = f"({operands[index]}" if index == first else f"{operands[index]})" if index == last else operands[index]
                parts.append(f"{symbols[index - 1]} {text}")
            new = " ".join(parts)
            yield Choice((at.put(node, new, atom=False),), 1.0, at.say_put(node, new))
    flat = " ".join(part for pair in zip(operands, [*symbols, ""], strict=False) for part in pair if part)
    yield Choice((at.put(node, flat, atom=False),), 1.0, at.say_put(node, flat))
    for one in range(count):
        for other in range(one + 1, count):
            moved = list(operands)
            moved[one], moved[other] = moved[other], moved[one]
            new = " ".join(part for pair in zip(moved, [*symbols, ""], strict=False) for part in pair if part)
            yield Choice((at.put(node, new, atom=False),), 0.4, at.say_put(node, new))


def _chain(at: Point, node: ast.expr) -> tuple[list[str], list[str]]:
    """Operands and operators of nested operations in order of the text, brackets dropped."""
    if not isinstance(node, ast.BinOp):
        return [at.operand(node)], []
    left, left_symbols = _chain(at, node.left)
    right, right_symbols = _chain(at, node.right)
    return left + right, [*left_symbols, SYMBOL[type(node.op)], *right_symbols]


@template("ternary", 2, ast.Name, ast.Call, ast.BinOp, ast.Subscript, ast.Attribute)
def ternary(at: Point, node: ast.expr) -> Iterator[Choice]:
    """A value for the special case: ``x if condition else 0``."""
    parent, field = at.field_of(node)
    if not readable(at, node) or (not isinstance(parent, (ast.Return, ast.Assign, ast.keyword)) and field != "elt"):
        return
    text, kind = at.code(node), at.type(node)
    values = {"int": ("0", "1"), "float": ("0", "0.0"), "str": ("''",), "list": ("[]",), "dict": ("{}",)}.get(
        kind or "", ("0", "None", "[]", "''")
    )
    for part in conditions(at)[:60]:
        for value in values:
            yield Choice(
                (at.put(node, f"{text} if {part.text} else {value}", atom=False),), part.weight, f"use `{value}` unless `{part.text[:40]}`"
            )


@template("rounding", 2, ast.BinOp)
def rounding(at: Point, node: ast.BinOp) -> Iterator[Choice]:
    """A whole division that should round up, or to the nearest."""
    if not isinstance(node.op, (ast.FloorDiv, ast.Div)):
        return
    left, right = at.operand(node.left), at.operand(node.right)
    whole = isinstance(node.op, ast.FloorDiv)
    for new, likely in (
        (f"-(-{left} // {right})", 1.0 if whole else 0.5),
        (f"({left} + {right} - 1) // {right}", 0.8 if whole else 0.3),
        (f"({left} + {right} // 2) // {right}", 0.4),
        (f"{left} // {right} + 1", 0.4 if whole else 0.2),
    ):
        yield Choice((at.put(node, new, atom=False),), likely, at.say_put(node, new))
