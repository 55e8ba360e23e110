"""Tier 2: an expression that the code base has instead of this one; an item, a slice or a look-up of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from autosd.coding.repair.source import words
from autosd.coding.repair.templates.applying import tables
from autosd.coding.repair.templates.base import Choice, Point, template
from autosd.coding.repair.templates.conditions import is_module, usable
from autosd.coding.repair.templates.names import attributes_of, members, ranked_names
from autosd.coding.repair.types import NUMBERS, SEQUENCES, SIZED, compatible

ANY: tuple[type[ast.AST], ...] = (
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
        if not isinstance(each.node, (ast.Subscript, ast.Attribute)) or is_module(at, each.node):
            continue
        if each.text != at.code(old) and usable(at, each.names):
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


@template("lookup", 2, ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.BinOp, ast.Constant)
def lookup(at: Point, node: ast.expr) -> Iterator[Choice]:
    """What the expression is an index or a key of; an attribute of it; what an own function makes of it."""
    if not readable(at, node):
        return
    text = at.code(node)
    holders = [(name, at.types.name(name, at.line)) for name in at.names[:12]]
    holders += [
        (each.text, at.type(each.node))
        for each in at.pool.expressions(at.unit)[:40]
        if isinstance(each.node, ast.Attribute) and each.nearness == 1.0 and usable(at, each.names)
    ][:6]
    holders += [(name, "dict") for name in tables(at)]
    kind = at.type(node)
    for rank, (holder, theirs) in enumerate(holders):
        if holder == text or holder == at.unit.self_name or theirs not in (*SIZED, None) or theirs == "set":
            continue
        sure = 1.0 if theirs == "dict" or (theirs in SIZED and kind == "int") else 0.15
        if theirs in ("list", "str", "tuple") and kind not in ("int", None):
            continue
        yield Choice((at.put(node, f"{holder}[{text}]"),), sure / (1 + 0.1 * rank), at.say_put(node, f"{holder}[{text}]"))
        if theirs in ("dict", None):
            yield Choice((at.put(node, f"{holder}.get({text})"),), 0.2 * sure, at.say_put(node, f"{holder}.get({text})"))
    if isinstance(node, (ast.Name, ast.Subscript, ast.Call)) and kind not in (*NUMBERS, *SIZED):
        base = dict.fromkeys([*members(at, kind), *attributes_of(at).get(text, {})], 1)
        for attribute in list(base)[:10]:
            yield Choice((at.put(node, f"{text}.{attribute}"),), 0.6, at.say_put(node, f"{text}.{attribute}"))
            yield Choice((at.put(node, f"{text}.{attribute}()"),), 0.2, at.say_put(node, f"{text}.{attribute}()"))
    elif isinstance(node, ast.Name) and not attributes_of(at).get(text):
        for attribute in list(attributes_of(at).get("", {}))[:10]:
            yield Choice((at.put(node, f"{text}.{attribute}"),), 0.05, at.say_put(node, f"{text}.{attribute}"))
