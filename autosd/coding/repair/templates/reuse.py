"""Tier 2: an expression that the code base has instead of this one; an item, a slice or a look-up of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from autosd.coding.repair.source import words
from autosd.coding.repair.templates.base import Choice, Point, template
from autosd.coding.repair.templates.conditions import usable
from autosd.coding.repair.templates.names import ranked_names
from autosd.coding.repair.types import SEQUENCES, SIZED, compatible

ANY = (
    ast.Name,
    ast.Attribute,
    ast.Call,
    ast.Subscript,
    ast.BinOp,
    ast.Constant,
    ast.Compare,
    ast.BoolOp,
    ast.UnaryOp,
    ast.List,
    ast.Tuple,
)
ANY += (ast.Dict, ast.ListComp, ast.IfExp)


def readable(at: Point, node: ast.AST) -> bool:
    """Whether ``node`` is an expression that is read, and not a callee or a keyword of the syntax."""
    if isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del)):
        return False
    parent, name = at.field_of(node)
    return not (
        name == "func"
        or name == "annotation"
        or name == "returns"
        or isinstance(parent, (ast.JoinedStr, ast.Expr))
        or (isinstance(node, ast.Tuple) and name == "slice")
    )


@template("reuse", 2, *ANY)
def reuse(at: Point, node: ast.expr) -> Iterator[Choice]:
    """An expression that the code base already has, the more alike and the nearer the likelier."""
    if not readable(at, node):
        return
    text, kind = at.code(node), at.type(node)
    has = frozenset(words(text))
    for each in at.pool.expressions(at.unit):
        if each.text == text or not usable(at, each.names) or not compatible(kind, at.type(each.node) if each.nearness == 1.0 else None):
            continue
        like = len(has & each.words) / len(has | each.words)
        yield Choice((at.put(node, each.text, atom=each.atom),), each.nearness * (0.08 + like * like), at.say_put(node, each.text))
    if not isinstance(node, (ast.Name, ast.Constant)):
        for name, weight in ranked_names(at, text, kind):
            yield Choice((at.put(node, name),), weight * (0.6 if name in has else 0.25), at.say_put(node, name))


@template("assign.target", 2, ast.Assign, ast.AugAssign)
def target(at: Point, node: ast.Assign | ast.AugAssign) -> Iterator[Choice]:
    """Another place to store to: subscripts and attributes used nearby."""
    old = node.targets[0] if isinstance(node, ast.Assign) else node.target
    if isinstance(old, (ast.Tuple, ast.List)):
        return
    has = frozenset(words(at.code(old)))
    for each in at.pool.expressions(at.unit):
        if isinstance(each.node, (ast.Subscript, ast.Attribute)) and each.text != at.code(old) and usable(at, each.names):
            like = len(has & each.words) / len(has | each.words)
            yield Choice((at.put(old, each.text),), each.nearness * (0.1 + like), f"assign to `{each.text}`")


@template("index_of", 2, ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.ListComp)
def index_of(at: Point, node: ast.expr) -> Iterator[Choice]:
    """An item or a slice of the sequence instead of the whole."""
    kind = at.type(node)
    parent, field = at.field_of(node)
    if not readable(at, node) or (kind is not None and kind not in SIZED) or (field == "value" and isinstance(parent, ast.Attribute)):
        return
    sure = 1.0 if kind in SEQUENCES else 0.3
    text = at.operand(node)
    forms = [("[0]", 1.0), ("[-1]", 1.0), ("[1:]", 1.0), ("[:-1]", 1.0), ("[::-1]", 0.7), ("[1]", 0.5), ("[:]", 0.5)]
    for rank, name in enumerate(at.names[:10]):
        if at.types.name(name, at.line) in ("int", None) and name != text:
            near = (1.0 if at.types.name(name, at.line) else 0.3) / (1 + 0.1 * rank)
            forms += [
                (f"[{name}]", near),
                (f"[{name}:]", 0.8 * near),
                (f"[:{name}]", 0.8 * near),
                (f"[{name} + 1:]", 0.4 * near),
                (f"[:{name} + 1]", 0.4 * near),
                (f"[{name} - 1]", 0.3 * near),
            ]
        elif kind == "dict":
            forms.append((f"[{name}]", 0.6))
    for form, weight in forms:
        yield Choice((at.put(node, text + form),), weight * sure, f"use `{text[:32]}{form}`")
