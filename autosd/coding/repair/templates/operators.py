"""Tier 1: a wrong operator: comparison, arithmetic, boolean, bitwise, augmented, negation."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from autosd.coding.repair.templates.base import Choice, Point, template
from autosd.coding.repair.types import NUMBERS, SEQUENCES

SYMBOL: dict[type[ast.AST], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.MatMult: "@",
    ast.And: "and",
    ast.Or: "or",
}

COMPARISONS: dict[str, dict[str, float]] = {
    "<": {"<=": 8, ">": 4, ">=": 2, "!=": 1, "==": 0.6},
    "<=": {"<": 8, ">=": 3, ">": 2, "!=": 0.6, "==": 0.8},
    ">": {">=": 8, "<": 4, "<=": 2, "!=": 1, "==": 0.6},
    ">=": {">": 8, "<=": 3, "<": 2, "!=": 0.4, "==": 0.8},
    "==": {"!=": 6, "<=": 2.5, ">=": 2.5, "<": 1.5, ">": 1.5, "in": 0.7, "is": 0.4, "not in": 0.2},
    "!=": {"==": 6, "<": 2, ">": 2, "<=": 1, ">=": 1, "not in": 0.7, "is not": 0.3, "in": 0.2},
    "is": {"is not": 6, "==": 4, "in": 0.3},
    "is not": {"is": 6, "!=": 4, "not in": 0.3},
    "in": {"not in": 6, "==": 1.5, "!=": 0.5},
    "not in": {"in": 6, "!=": 1.5, "==": 0.5},
}

ARITHMETIC: dict[str, dict[str, float]] = {
    "+": {"-": 8, "*": 4, "//": 0.7, "%": 0.7, "/": 0.7, "|": 0.5, "&": 0.2, "^": 0.3, "**": 0.3},
    "-": {"+": 8, "*": 2, "//": 1, "%": 1, "/": 1, "^": 0.2, "|": 0.2, "&": 0.3},
    "*": {"+": 5, "**": 2, "//": 2, "/": 3, "-": 2, "%": 0.7, "&": 0.3},
    "/": {"//": 8, "*": 4, "%": 2, "-": 1, "+": 0.6},
    "//": {"/": 6, "%": 5, "*": 3, ">>": 0.5, "-": 1, "+": 0.6},
    "%": {"//": 6, "/": 2, "*": 1.5, "&": 0.6, "-": 1, "+": 0.6},
    "**": {"*": 6, "+": 1, "^": 0.3, "//": 0.5},
    "&": {"|": 6, "^": 3, "-": 1, "+": 0.5, "%": 0.6, ">>": 0.4},
    "|": {"&": 6, "^": 3, "+": 1.5, "-": 1},
    "^": {"&": 5, "|": 5, "**": 3, "+": 0.4, "-": 0.4},
    "<<": {">>": 8, "*": 1, "**": 0.5},
    ">>": {"<<": 8, "//": 1, "&": 0.5},
}

AUGMENTED: dict[str, dict[str, float]] = {
    **ARITHMETIC,
    "+": {"-": 8, "": 5, "*": 3, "|": 0.4, "//": 0.4, "%": 0.2},
    "-": {"+": 8, "": 4, "//": 1, "%": 1.5, "*": 0.6, "/": 0.5},
    "*": {"+": 5, "": 2, "**": 1, "/": 3, "//": 2, "-": 0.6},
    "|": {"&": 5, "^": 3, "": 2, "-": 1, "+": 1},
    "&": {"|": 5, "^": 3, "": 2, "-": 1},
    "//": {"/": 5, "": 2, "-": 3, "%": 4, "*": 2},
    "/": {"//": 5, "": 2, "*": 4, "-": 1},
}


def _offered(symbol: str, left: str | None, right: str | None) -> bool:
    """Whether operands of these (known) types take the operator at all."""
    if left is None or right is None:
        return True
    if left in NUMBERS and right in NUMBERS:
        return symbol not in ("&", "|", "^", "<<", ">>", "@") or "float" not in (left, right)
    if left in SEQUENCES or right in SEQUENCES:
        return {"+": left == right, "*": left in NUMBERS or right in NUMBERS, "%": left in ("str", "bytes")}.get(symbol, False)
    if left in ("set", "frozenset", "dict", "Counter"):
        return symbol in ("-", "&", "|", "^") or (left == "Counter" and symbol == "+")
    return True


@template("compare.operator", 1, ast.Compare)
def comparison(at: Point, node: ast.Compare) -> Iterator[Choice]:
    operands = [node.left, *node.comparators]
    for index, op in enumerate(node.ops):
        left, right = operands[index], operands[index + 1]
        start, end = at.module.operator(at.module.span(left)[1], at.module.span(right)[0])
        old = SYMBOL[type(op)]
        for new, weight in COMPARISONS[old].items():
            if not _comparable(new, at.type(left), at.type(right), right):
                continue
            yield Choice(((start, end, new),), weight, f"compare with `{new}` instead of `{old}`")


def _comparable(symbol: str, left: str | None, right: str | None, node: ast.AST) -> bool:
    if symbol in ("is", "is not"):
        return isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, bool))
    if symbol in ("in", "not in"):
        return right not in NUMBERS and right != "NoneType"
    if symbol in ("<", "<=", ">", ">="):
        if isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, bool)):
            return False
        return not left or not right or left == right or (left in NUMBERS and right in NUMBERS)
    return True


@template("compare.swap", 1, ast.Compare)
def comparison_sides(at: Point, node: ast.Compare) -> Iterator[Choice]:
    if len(node.ops) == 1 and isinstance(node.ops[0], (ast.In, ast.NotIn)):
        left, right = node.left, node.comparators[0]
        yield Choice((at.put(left, at.code(right)), at.put(right, at.code(left))), 1.0, "swap the sides of the comparison")


@template("arithmetic.operator", 1, ast.BinOp)
def arithmetic(at: Point, node: ast.BinOp) -> Iterator[Choice]:
    start, end = at.module.operator(at.module.span(node.left)[1], at.module.span(node.right)[0])
    old = SYMBOL[type(node.op)]
    left, right = at.type(node.left), at.type(node.right)
    for new, weight in ARITHMETIC.get(old, {}).items():
        if old == "%" and left == "str":
            return
        if _offered(new, left, right):
            yield Choice(((start, end, new),), weight, f"use `{new}` instead of `{old}`")


@template("arithmetic.swap", 1, ast.BinOp)
def arithmetic_sides(at: Point, node: ast.BinOp) -> Iterator[Choice]:
    left, right = at.type(node.left), at.type(node.right)
    if isinstance(node.op, (ast.Mult, ast.BitAnd, ast.BitOr, ast.BitXor)) or (
        left in NUMBERS and right in NUMBERS and isinstance(node.op, ast.Add)
    ):
        return
    if isinstance(node.op, ast.Mod) and left == "str":
        return
    yield Choice(
        ((*at.module.span(node.left), at.operand(node.right)), (*at.module.span(node.right), at.operand(node.left))),
        1.0,
        "swap the operands",
    )


@template("arithmetic.drop", 1, ast.BinOp)
def arithmetic_part(at: Point, node: ast.BinOp) -> Iterator[Choice]:
    for part, other, weight in ((node.left, node.right, 1.0), (node.right, node.left, 0.7)):
        likely = 2.0 if isinstance(other, ast.Constant) else 1.0
        yield Choice(
            (at.put(node, at.code(part), atom=isinstance(part, ast.Name | ast.Call)),), weight * likely, f"drop `{at.code(other)[:40]}`"
        )


@template("augmented.operator", 1, ast.AugAssign)
def augmented(at: Point, node: ast.AugAssign) -> Iterator[Choice]:
    start, end = at.module.operator(at.module.span(node.target)[1], at.module.span(node.value)[0])
    old = SYMBOL[type(node.op)]
    left, right = at.type(node.target), at.type(node.value)
    for new, weight in AUGMENTED.get(old, {}).items():
        if not new or _offered(new, left, right):
            yield Choice(((start, end, f"{new}="),), weight, f"use `{new}=` instead of `{old}=`")


@template("assign.augment", 1, ast.Assign)
def augment(at: Point, node: ast.Assign) -> Iterator[Choice]:
    target = node.targets[0]
    if len(node.targets) != 1 or isinstance(target, (ast.Tuple, ast.List, ast.Starred)):
        return
    start, end = at.module.operator(at.module.span(target)[1], at.module.span(node.value)[0])
    kind = at.type(node.value)
    for new, weight in {"+": 5.0, "-": 1.5, "*": 1.5, "|": 0.5, "//": 0.4, "&": 0.3}.items():
        if _offered(new, kind, kind):
            yield Choice(((start, end, f"{new}="),), weight, f"use `{new}=` instead of `=`")


@template("boolean.operator", 1, ast.BoolOp)
def boolean(at: Point, node: ast.BoolOp) -> Iterator[Choice]:
    old = SYMBOL[type(node.op)]
    new = "or" if old == "and" else "and"
    spans = [
        at.module.operator(at.module.span(left)[1], at.module.span(right)[0])
        for left, right in zip(node.values, node.values[1:], strict=False)
    ]
    yield Choice(tuple((start, end, new) for start, end in spans), 2.0, f"use `{new}` instead of `{old}`")
    for start, end in spans if len(spans) > 1 else ():
        yield Choice(((start, end, new),), 1.0, f"use `{new}` instead of `{old}`")


@template("boolean.drop", 2, ast.BoolOp)
def boolean_part(at: Point, node: ast.BoolOp) -> Iterator[Choice]:
    old = SYMBOL[type(node.op)]
    for gone in node.values:
        kept = f" {old} ".join(
            at.code(value) if isinstance(value, (*_ATOMIC, ast.Compare)) else f"({at.code(value)})"
            for value in node.values
            if value is not gone
        )
        yield Choice((at.put(node, kept, atom=False),), 1.0, f"drop the condition `{at.code(gone)[:40]}`")


_ATOMIC = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.Constant)


def is_condition(at: Point, node: ast.AST) -> bool:
    """Whether the node's truth decides something."""
    parent, name = at.field_of(node)
    if name == "test" or name == "ifs" or isinstance(parent, ast.BoolOp):
        return True
    return isinstance(node, (ast.Compare, ast.BoolOp)) and isinstance(parent, (ast.Return, ast.Assign, ast.Lambda))


@template("negation", 1, ast.Name, ast.Call, ast.Compare, ast.BoolOp, ast.Attribute, ast.UnaryOp, ast.Subscript)
def negation(at: Point, node: ast.expr) -> Iterator[Choice]:
    if isinstance(node, ast.UnaryOp):
        if isinstance(node.op, ast.Not):
            yield Choice(
                (at.put(node, at.code(node.operand), atom=isinstance(node.operand, (*_ATOMIC, ast.Compare))),), 2.0, "drop the `not`"
            )
    elif is_condition(at, node) or at.type(node) == "bool":
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            return  # its operator has a template
        text = at.code(node)
        yield Choice(
            (
                at.put(
                    node, f"not {text}" if isinstance(node, _ATOMIC) else f"not ({text})", atom=isinstance(at.field_of(node)[0], ast.BoolOp)
                ),
            ),
            1.0,
            f"negate `{text[:40]}`",
        )


@template("sign", 1, ast.Name, ast.Call, ast.Attribute, ast.Subscript, ast.UnaryOp, ast.BinOp)
def sign(at: Point, node: ast.expr) -> Iterator[Choice]:
    if isinstance(node, ast.UnaryOp):
        if isinstance(node.op, (ast.USub, ast.Invert)):
            yield Choice((at.put(node, at.code(node.operand)),), 2.0, f"drop the `{'-' if isinstance(node.op, ast.USub) else '~'}`")
        return
    parent, name = at.field_of(node)
    ordering = isinstance(parent, (ast.Lambda, ast.Tuple)) and any(isinstance(each, ast.Lambda) for each in at.statement.own)
    kind = at.type(node)
    known = kind in NUMBERS and kind != "bool"
    if (known or ordering or (kind is None and isinstance(parent, ast.Return))) and not isinstance(getattr(node, "ctx", None), ast.Store):
        if isinstance(parent, ast.BinOp) and (isinstance(parent.op, (ast.Add, ast.Sub)) or isinstance(node, ast.BinOp)):
            return
        yield Choice((at.put(node, f"-{at.operand(node)}", atom=name != "left"),), 1.0, f"negate `{at.code(node)[:40]}`")
