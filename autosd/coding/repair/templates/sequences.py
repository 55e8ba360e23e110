"""Tier 2: a piece more or less of a sequence; the bounds of a slice."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from autosd.coding.repair.observations import literal
from autosd.coding.repair.templates.base import Choice, Point, template
from autosd.coding.repair.templates.conditions import usable
from autosd.coding.repair.templates.reuse import readable
from autosd.coding.repair.types import SIZED


@template(
    "extend.sequence",
    2,
    ast.Name,
    ast.Call,
    ast.Subscript,
    ast.List,
    ast.BinOp,
    ast.ListComp,
    ast.Attribute,
    ast.Constant,
    ast.JoinedStr,
    ast.Tuple,
)
def extend_sequence(at: Point, node: ast.expr) -> Iterator[Choice]:
    """One more piece before or after a list or a string; a list or tuple around an item; an item more or less in a display."""
    if not readable(at, node):
        return
    kind = at.type(node)
    parent = at.field_of(node)[0]
    if kind is None and isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Add):
        kind = at.type(parent.left) or at.type(parent.right)
    if kind in ("list", "str") and isinstance(
        at.field_of(node)[0], (ast.Return, ast.Assign, ast.AugAssign, ast.Call, ast.BinOp, ast.ListComp, ast.IfExp, ast.List)
    ):
        text = at.code(node)
        for piece, weight in _pieces(at, kind):
            if piece != text:
                for new, likely in ((f"{text} + {piece}", 1.0), (f"{piece} + {text}", 0.7)):
                    yield Choice((at.put(node, new, atom=False),), weight * likely, at.say_put(node, new))
    if kind in ("str", "list"):
        for rank, name in enumerate(at.names[:8]):
            if at.types.name(name, at.line) in ("int", None) and name != at.code(node) and name != at.unit.self_name:
                weight = (0.5 if at.types.name(name, at.line) else 0.15) / (1 + 0.1 * rank)
                yield Choice(
                    (at.put(node, f"{at.operand(node)} * {name}", atom=False),), weight, f"repeat `{at.code(node)[:32]}` `{name}` times"
                )
    if isinstance(node, ast.Call) and at.code(node) == "set()":
        for rank, name in enumerate(name for name in at.names[:10] if name != at.unit.self_name):
            yield Choice((at.put(node, f"{{{name}}}"),), 1.0 / (1 + 0.1 * rank), f"start with `{name}` in the set")
    if isinstance(node, (ast.List, ast.Tuple)):
        yield from _items(at, node)
    elif not isinstance(node, ast.BinOp):
        parent = at.field_of(node)[0]
        if isinstance(parent, (ast.Return, ast.Assign, ast.AugAssign, ast.Call, ast.BinOp, ast.List)) and kind not in ("bool", "NoneType"):
            yield Choice((at.put(node, f"[{at.code(node)}]"),), 0.5, f"use the list `[{at.code(node)[:40]}]`")
            yield Choice((at.put(node, f"({at.code(node)},)"),), 0.1, f"use the tuple `({at.code(node)[:40]},)`")


def _pieces(at: Point, kind: str) -> Iterator[tuple[str, float]]:
    for rank, name in enumerate(at.names[:12]):
        theirs = at.types.name(name, at.line)
        if theirs == kind:
            yield name, 1.0 / (1 + 0.1 * rank)
        elif kind == "list" and theirs not in SIZED and name != at.unit.self_name:
            yield f"[{name}]", 0.7 / (1 + 0.1 * rank)
        elif kind == "str" and theirs == "int":
            yield f"str({name})", 0.3
    for each in at.pool.expressions(at.unit)[:50]:
        if (
            each.nearness == 1.0
            and usable(at, each.names)
            and at.type(each.node) == kind
            and isinstance(each.node, (ast.Subscript, ast.Call, ast.List, ast.Attribute))
        ):
            yield each.text, 0.4
    if kind == "str":
        for text in ("' '", "','", "'\\n'", "'.'", "'-'", "', '"):
            yield text, 0.2


def _alike_constants(at: Point, like: ast.AST) -> list[str]:
    """Constants of the same type that the module or the failing tests use."""
    kind = type(getattr(like, "value", None))
    return [text for text in dict.fromkeys([*at.pool.constants(at.module)[:16], *at.pool.told()[:16]]) if type(literal(text)) is kind]


@template("membership", 2, ast.Compare)
def membership(at: Point, node: ast.Compare) -> Iterator[Choice]:
    """``x in ("a")`` or ``x == "a"`` where several values are meant."""
    right = node.comparators[-1]
    if len(node.ops) != 1 or not isinstance(right, ast.Constant) or isinstance(right.value, bool) or right.value is None:
        return
    left, mine = at.operand(node.left), at.code(right)
    word = {ast.In: "in", ast.NotIn: "not in", ast.Eq: "in", ast.NotEq: "not in"}.get(type(node.ops[0]))
    for rank, constant in enumerate(_alike_constants(at, right)):
        if word and literal(constant) != right.value:
            new = f"{left} {word} ({mine}, {constant})"
            yield Choice(
                (at.put(node, new, atom=isinstance(at.field_of(node)[0], ast.BoolOp)),), 1.0 / (1 + 0.1 * rank), at.say_put(node, new)
            )


def _items(at: Point, node: ast.List | ast.Tuple) -> Iterator[Choice]:
    texts = [at.code(each) for each in node.elts]
    start, end = at.module.span(node)
    bracketed = at.module.text[start : start + 1] in ("[", "(")
    form = "[{}]" if isinstance(node, ast.List) else "({})" if bracketed else "{}"
    if isinstance(node, ast.List) and len(texts) < 6:
        for name, weight in [(name, 1.0 / (1 + 0.1 * rank)) for rank, name in enumerate(at.names[:12]) if name != at.unit.self_name]:
            for new in {", ".join([*texts, name]), ", ".join([name, *texts])}:
                yield Choice(((start, end, form.format(new)),), weight, f"use `{form.format(new)[:48]}`")
        if not texts:
            for inner in ("[]", "0", "''", "1", "None"):
                yield Choice(((start, end, f"[{inner}]"),), 0.7, f"use `[{inner}]`")
        else:
            yield Choice(((start, end, f"[[{', '.join(texts)}]]"),), 0.2, "nest the list")
    if texts and all(isinstance(each, ast.Constant) for each in node.elts):
        for rank, constant in enumerate(_alike_constants(at, node.elts[0])):
            if constant not in texts:
                new = ", ".join([*texts, constant])
                yield Choice(((start, end, form.format(new)),), 0.5 / (1 + 0.1 * rank), f"add `{constant}`")
    if len(texts) > (1 if isinstance(node, ast.List) else 2):
        for index in range(len(texts)):
            new = ", ".join(texts[:index] + texts[index + 1 :])
            yield Choice(((start, end, form.format(new)),), 0.4, f"drop `{texts[index][:40]}`")


@template("list.alias", 2, ast.BinOp)
def alias(at: Point, node: ast.BinOp) -> Iterator[Choice]:
    """``[[0] * n] * m`` repeats one row: each gets its own."""
    if isinstance(node.op, ast.Mult) and isinstance(node.left, ast.List) and len(node.left.elts) == 1:
        item = node.left.elts[0]
        if not isinstance(item, ast.Constant):
            new = f"[{at.code(item)} for _ in range({at.code(node.right)})]"
            yield Choice((at.put(node, new),), 1.0, f"make each item anew: `{new[:40]}`")


@template("order.key", 2, ast.Lambda)
def order_key(at: Point, node: ast.Lambda) -> Iterator[Choice]:
    """Ties: one more part of the key, or the parts turned."""
    body = node.body
    if not node.args.args:
        return
    name, text = node.args.args[0].arg, at.code(body)
    parts = [at.code(each) for each in body.elts] if isinstance(body, ast.Tuple) else [text]
    for extra, weight in (
        (name, 1.0),
        (f"{name}[0]", 1.0),
        (f"{name}[1]", 1.0),
        (f"-{name}[1]", 0.5),
        (f"-{name}[0]", 0.5),
        (f"len({name})", 0.4),
        (f"-{name}", 0.3),
    ):
        if extra not in parts:
            yield Choice((at.put(body, f"({', '.join([*parts, extra])})"),), weight, f"order by `{extra}` next")
            yield Choice((at.put(body, f"({', '.join([extra, *parts])})"),), 0.6 * weight, f"order by `{extra}` first")
            yield Choice((at.put(body, extra),), 0.6 * weight, f"order by `{extra}`")


@template("slice.bounds", 1, ast.Subscript)
def slice_bounds(at: Point, node: ast.Subscript) -> Iterator[Choice]:
    """A bound more, less, on the other side, from the other end."""
    part = node.slice
    if not isinstance(part, ast.Slice):
        return
    base = at.code(node.value)
    lower, upper, step = (at.code(each) if each is not None else "" for each in (part.lower, part.upper, part.step))
    tail = f":{step}" if step else ""
    forms = {
        f"{upper}:{lower}{tail}": 1.0,
        f":{upper}{tail}": 1.0,
        f"{lower}:{tail}": 1.0,
        f"{lower}:{upper}": 0.7,
        f"{lower}:{upper}:-1": 0.4,
        f"{lower}:{upper}:2": 0.3,
    }
    for form, weight in (("::-1", 0.5), (":-1", 0.5), ("1:", 0.5), ("1:-1", 0.3), (":", 0.3), ("::2", 0.2)):
        forms.setdefault(form, weight)
    for value in ("1", "-1", "0", "2", "-2"):
        if not upper:
            forms[f"{lower}:{value}{tail}"] = 0.6
        if not lower:
            forms[f"{value}:{upper}{tail}"] = 0.6
    for rank, name in enumerate(at.names[:8]):
        if at.types.name(name, at.line) in ("int", None) and not upper:
            forms[f"{lower}:{name}{tail}"] = 0.6 / (1 + 0.1 * rank)
        if at.types.name(name, at.line) in ("int", None) and not lower:
            forms[f"{name}:{upper}{tail}"] = 0.6 / (1 + 0.1 * rank)
    if lower and upper:
        forms[f"{lower}:{lower} + {upper}{tail}"] = 0.5
    for form, weight in forms.items():
        yield Choice(((*at.module.span(node), f"{base}[{form}]"),), weight, f"take `[{form}]` of `{base[:32]}`")
