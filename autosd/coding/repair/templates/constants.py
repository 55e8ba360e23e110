"""Tier 1: a wrong constant: numbers, truth values, None, strings; and off by one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

from autosd.coding.repair.observations import literal
from autosd.coding.repair.templates.base import Choice, Point, template
from autosd.coding.repair.templates.operators import is_condition
from autosd.coding.repair.types import NUMBERS


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


@template("constant.number", 1, ast.Constant)
def number(at: Point, node: ast.Constant) -> Iterator[Choice]:
    value = node.value
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return
    weights = _numbers(value)
    parent, field = at.field_of(node)
    if isinstance(value, int) and field == "right" and isinstance(parent, ast.BinOp) and isinstance(parent.op, (ast.Mod, ast.FloorDiv)):
        weights |= {base: max(weights.get(base, 0.0), 2.0) for base in (10, 100, 1000)}  # digits are counted in tens
    for text in at.pool.constants(at.module):
        other = literal(text)
        if _number(other) and type(other) is type(value):
            weights.setdefault(other, 0.6)
    for text in at.pool.told():
        told = literal(text)
        if _number(told) and type(told) is type(value):
            weights[told] = weights.get(told, 0.0) + 0.4
    for wanted in at.pool.expected():
        if _number(wanted) and type(wanted) is type(value):
            weights[wanted] = weights.get(wanted, 0.0) + 0.6
    for left, right in at.pool.sides():
        if _number(left) and _number(right):
            for moved in (value + right - left, value + left - right):
                if abs(moved) < 10**9:
                    weights[moved] = weights.get(moved, 0.0) + 0.5
    weights.pop(value, None)
    for new, weight in weights.items():
        if new != new:
            continue
        yield Choice((at.put(node, repr(new), atom=new >= 0),), weight, f"use `{new!r}` instead of `{value!r}`")


def _numbers(value: float) -> dict[float, float]:
    near: list[tuple[float, float]] = [(value + 1, 6), (value - 1, 6), (0, 3), (1, 3), (-value, 1.5), (-1, 1.2), (2, 1.2), (value + 2, 0.8)]
    near += [(value - 2, 0.8), (value * 2, 0.8), (value * 10, 0.8), (10, 0.3), (3, 0.2)]
    near += [(value + step, 0.3) for step in (-10, -5, 5, 10, 3, -3)]
    if isinstance(value, int):
        near += [(value // 2, 0.6), (value // 10, 0.6), (value * 100, 0.2), (value * 1000, 0.2)]
        near += [(60, 0.1), (24, 0.1), (7, 0.1), (12, 0.1), (100, 0.2)] if value > 2 else []
    else:
        near += [(value / 2, 0.8), (value / 10, 0.8), (0.5, 0.3), (1 - value, 0.8), (value / 100, 0.3), (value * 100, 0.3)]
    weights: dict[float, float] = {}
    for new, weight in near:
        new = type(value)(new)
        weights[new] = max(weights.get(new, 0.0), weight)
    return weights


@template("constant.keyword", 1, ast.Constant)
def keyword(at: Point, node: ast.Constant) -> Iterator[Choice]:
    if node.value is None:
        options = {"0": 1.0, "[]": 1.0, "''": 0.7, "False": 1.2, "True": 1.0, "{}": 0.7, "-1": 0.5, "()": 0.2, "1": 0.2}
    elif isinstance(node.value, bool):
        options = {str(not node.value): 8.0, "None": 0.7, "0": 0.1, "1": 0.1}
    elif node.value == 0 and _number(node.value):
        options = {"None": 1.0, "float('inf')": 0.5, "-float('inf')": 0.6, "[]": 0.3, "False": 0.2, "''": 0.2}
    elif node.value == "":
        options = {"None": 1.0, "[]": 0.6, "0": 0.4}
    else:
        return
    for new, weight in options.items():
        yield Choice((at.put(node, new),), weight, f"use `{new}` instead of `{node.value!r}`")


@template("constant.name", 1, ast.Constant)
def constant_to_name(at: Point, node: ast.Constant) -> Iterator[Choice]:
    if isinstance(node.value, str) and len(node.value) > 12:
        return
    kind, condition = type(node.value).__name__, is_condition(at, node)
    for rank, name in enumerate(at.names[:24]):
        theirs = at.types.name(name, at.line)
        if name == at.unit.self_name:
            continue
        fits = 0.3 if theirs is None else 1.0 if theirs == kind or (theirs in NUMBERS and kind in NUMBERS and kind != "bool") else 0.0
        if condition:
            fits = max(fits, 0.6)
        if fits:
            yield Choice((at.put(node, name),), fits / (1 + 0.1 * rank), f"use `{name}` instead of `{node.value!r}`")


@template("name.constant", 1, ast.Name)
def name_to_constant(at: Point, node: ast.Name) -> Iterator[Choice]:
    """A number where a variable was written."""
    if not isinstance(node.ctx, ast.Load) or at.type(node) not in (*NUMBERS, None) or at.field_of(node)[1] in ("func", "value"):
        return
    near = {"1": 2.0, "0": 2.0, "-1": 0.5, "2": 0.7}
    for text in at.pool.constants(at.module)[:12]:
        if text[0].isdigit():
            near.setdefault(text, 0.3)
    for new, weight in near.items():
        yield Choice((at.put(node, new, atom=new != "-1"),), weight, f"use `{new}` instead of `{node.id}`")


@template("constant.negative", 1, ast.UnaryOp)
def negative(at: Point, node: ast.UnaryOp) -> Iterator[Choice]:
    """A negative number as a whole."""
    operand = node.operand
    if not isinstance(node.op, ast.USub) or not isinstance(operand, ast.Constant) or not isinstance(operand.value, (int, float)):
        return
    value = -operand.value
    options = {value + 1: 2.0, value - 1: 2.0, 0: 2.0, 1: 0.7}
    options.pop(value, None)
    for number, weight in options.items():
        yield Choice((at.put(node, repr(number), atom=number >= 0),), weight, f"use `{number}` instead of `{value}`")
    for text in ("None", "False", "[]", "''", "float('-inf')"):
        yield Choice((at.put(node, text),), 0.7, f"use `{text}` instead of `{value}`")


@template("off_by_one", 1, ast.Name, ast.Call, ast.Attribute, ast.Subscript, ast.BinOp)
def off_by_one(at: Point, node: ast.expr) -> Iterator[Choice]:
    if isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del)) or (
        isinstance(node, ast.BinOp) and not isinstance(node.op, (ast.FloorDiv, ast.Mult, ast.Add, ast.Sub))
    ):
        return
    parent, name = at.field_of(node)
    if (isinstance(parent, ast.BinOp) and isinstance(parent.op, (ast.Add, ast.Sub))) or (
        name in ("func", "value") and isinstance(parent, (ast.Call, ast.Attribute, ast.Subscript))
    ):
        return
    kind = at.type(node)
    if (kind is not None and kind not in ("int", "float")) or (is_condition(at, node) and kind is None):
        return
    known = 1.0 if kind == "int" else 0.3
    place = 2.0 if _is_bound(parent, name) else 1.0
    text = at.code(node)
    for change, weight in (("+ 1", 3.0), ("- 1", 3.0), ("+ 2", 0.3), ("- 2", 0.3)):
        yield Choice((at.put(node, f"{text} {change}", atom=False),), weight * known * place, f"use `{text[:40]} {change}`")


def _is_bound(parent: ast.AST | None, field: str) -> bool:
    """Places where one more or less is a usual mistake: ranges, indices, slices, comparisons, results."""
    if isinstance(parent, ast.Call):
        return isinstance(parent.func, ast.Name) and parent.func.id == "range"
    return isinstance(parent, (ast.Slice, ast.Compare, ast.Return)) or (isinstance(parent, ast.Subscript) and field == "slice")


@template("constant.string", 1, ast.Constant)
def string(at: Point, node: ast.Constant) -> Iterator[Choice]:
    if not isinstance(node.value, str) or node in at.module.untrusted:
        return
    parent, _ = at.field_of(node)
    if isinstance(parent, (ast.Expr, ast.JoinedStr)):
        return
    weights = dict(_strings(node.value))
    for text in at.pool.constants(at.module):
        other = literal(text)
        if isinstance(other, str):
            near = 1.0 if abs(len(other) - len(node.value)) <= 1 and len(other) <= 3 else 0.4
            weights.setdefault(other, near)
    for text in at.pool.told():
        told = literal(text)
        if isinstance(told, str) and len(told) <= 20:
            weights.setdefault(told, 0.25)
    if node.value and not any(char.isalnum() for char in node.value):
        for new in _more_marks(at, node.value):
            weights.setdefault(new, 0.8)
    for left, right in at.pool.sides():
        if isinstance(left, str) and isinstance(right, str):
            for new in _patched(node.value, left, right):
                weights[new] = weights.get(new, 0.0) + 4.0
    for value in at.pool.expected():
        if isinstance(value, str) and len(value) <= 60:
            weights[value] = weights.get(value, 0.0) + 0.5
    for new in weights:
        if len(node.value) > 1 and abs(len(new) - len(node.value)) == 1 and (new.startswith(node.value) or node.value.startswith(new)):
            weights[new] *= 3.0  # a letter lost or gained at the end
    weights.pop(node.value, None)
    quote = at.code(node)
    for new, weight in weights.items():
        yield Choice((at.put(node, _quoted(new, quote)),), weight, f"use {_quoted(new, quote)[:48]} instead of {quote[:48]}")


def _more_marks(at: Point, value: str) -> Iterator[str]:
    """A set of punctuation with one mark more: marks of the module and those that failing results should not hold."""
    marks: dict[str, None] = {}
    for text in at.pool.constants(at.module):
        other = literal(text)
        if isinstance(other, str) and len(other) <= 8 and not any(char.isalnum() for char in other):
            marks.update(dict.fromkeys([*([other] if len(other) <= 2 else []), *other]))
    for left, right in at.pool.sides():
        for mark in dict.fromkeys(repr(left) + repr(right)):
            if not mark.isalnum():
                marks[mark] = None
    for mark in marks:
        if mark and mark not in value:
            yield value + mark
            if len(value) == len(mark) == 1:
                yield mark
    for index in range(len(value) if 1 < len(value) <= 8 else 0):
        yield value[:index] + value[index + 1 :]


@template("constant.format", 1, ast.JoinedStr)
def format_string(at: Point, node: ast.JoinedStr) -> Iterator[Choice]:
    """The literal pieces, names and format codes of an f-string, changed as text."""
    text = at.code(node)
    if "\n" in text:
        return
    found: dict[str, float] = {}
    for digits in range(7):
        found.setdefault(re.sub(r":(\D?)\.\d+f", rf":\1.{digits}f", text), 0.7)
    names = sorted({each.id for each in ast.walk(node) if isinstance(each, ast.Name)})
    for old in names:
        for rank, new in enumerate(at.names[:8]):
            found.setdefault(re.sub(rf"\b(?<!\.){old}\b", new, text), 0.5 / (1 + 0.1 * rank))
    for attribute in sorted({each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}):
        for other in sorted(
            {each.attr for unit in at.module.units[:40] for st in unit.statements for each in st.own if isinstance(each, ast.Attribute)}
        )[:24]:
            found.setdefault(re.sub(rf"\.{attribute}\b", f".{other}", text), 0.3)
    for left, right in at.pool.sides():
        if isinstance(left, str) and isinstance(right, str):
            for new in _patched(text[2:-1], left, right):
                found.setdefault(text[:2] + new + text[-1], 2.0)
    found.pop(text, None)
    for new, weight in found.items():
        yield Choice((at.put(node, new),), weight, f"use {new[:48]}")


def _quoted(value: str, like: str) -> str:
    """The literal with the quotes and prefix of the one it replaces, where it can have them."""
    text = repr(value)
    if '"' in like[:3] and '"' not in value and text.startswith("'"):
        text = '"' + text[1:-1].replace("\\'", "'") + '"'
    prefix = like[: len(like) - len(like.lstrip("rRbBuU"))]
    if prefix.lower() == "r" and "\n" not in value and not value.endswith("\\") and text[0] not in value:
        return f"{prefix}{text[0]}{value}{text[0]}"
    return text


_DATE_CODES = {"%d": "%m", "%m": "%d", "%Y": "%y", "%y": "%Y", "%H": "%I", "%I": "%H", "%M": "%m", "%S": "%M", "%B": "%b", "%A": "%a"}
_REGEX_SWAPS = {"+": "*", "*": "+", r"\d": r"\w", r"\w": r"\d", r"\s": r"\S", "^": "", "$": "", "?": "", "*?": "*", ".": r"\."}


def _strings(value: str) -> Iterator[tuple[str, float]]:
    if len(value) <= 40:
        for new, weight in (
            (value.lower(), 1.0),
            (value.upper(), 1.0),
            (value.strip(), 1.0),
            (value.capitalize(), 0.5),
            (value + " ", 0.8),
            (" " + value, 0.5),
            (value + "s", 0.3),
            (value[:-1], 0.6),
            (value[1:], 0.6),
            (value + "\n", 0.6),
        ):
            yield new, weight
    if value in ("", " ", ",", ";", "-", "_", "\n", ".", ":", "/", "|", "\t", ", "):
        for other in ("", " ", ",", "-", "_", "\n", ".", ", ", ":", "/"):
            yield other, 1.0
    for old, new in (*_DATE_CODES.items(), *_REGEX_SWAPS.items()):
        start = value.find(old)
        while start >= 0 and len(value) < 80:
            yield value[:start] + new + value[start + len(old) :], 0.7
            start = value.find(old, start + 1)
    if "\\" in value or "[" in value or "(" in value:
        yield value + "$", 0.6
        yield "^" + value, 0.6
        yield value + "+", 0.6
    for mode in ("r", "w", "a", "rb", "wb"):
        if value in ("r", "w", "a", "rb", "wb"):
            yield mode, 1.0
    for digit in range(10):
        if value.endswith(("f", "%", "}", "d")) and f".{digit}f" in value:
            for places in range(7):
                yield value.replace(f".{digit}f", f".{places}f"), 0.7


def _patched(value: str, left: str, right: str) -> Iterator[str]:
    """What the constant would be if the difference of the two sides lay in it."""
    for actual, wanted in ((left, right), (right, left)):
        head = 0
        while head < min(len(actual), len(wanted)) and actual[head] == wanted[head]:
            head += 1
        tail = 0
        while tail < min(len(actual), len(wanted)) - head and actual[-1 - tail] == wanted[-1 - tail]:
            tail += 1
        gone, come = actual[head : len(actual) - tail], wanted[head : len(wanted) - tail]
        if len(come) > 30:
            continue
        if gone and gone in value:
            yield value.replace(gone, come, 1)
            yield value.replace(gone, come)
        for size in (1, 2, 3):  # the differing part with what stands around it in the constant
            around = actual[max(0, head - size) : len(actual) - tail + size]
            if around and around in value:
                yield value.replace(around, wanted[max(0, head - size) : len(wanted) - tail + size], 1)
        if not gone and come:
            yield value + come
            yield come + value
