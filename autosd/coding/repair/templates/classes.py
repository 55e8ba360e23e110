"""Tier 3: what classes forget: a parallel part (field copied, compared, listed), ``super().__init__``, a decorator."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from autosd.coding.repair.model import Unit
from autosd.coding.repair.templates.base import Choice, Point, short, template
from autosd.coding.repair.templates.insertions import places
from autosd.coding.repair.templates.layout import after, before, extent
from autosd.coding.repair.templates.names import alike


def fields(at: Point) -> list[str]:
    """The fields of the class: assigned through the receiver anywhere, class-level names, parameters of ``__init__``."""
    owner = at.unit.owner if at.unit.owner else at.unit if isinstance(at.unit.node, ast.ClassDef) else None
    found: dict[str, None] = {}
    for node in ast.walk(owner.node) if owner else ():
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("self", at.unit.self_name):
            found[node.attr] = None
    for statement in owner.statements if owner else ():
        if isinstance(statement.node, ast.AnnAssign) and isinstance(statement.node.target, ast.Name):
            found[statement.node.target.id] = None
    return list(found)[:30]


def _renamed(text: str, old: str, new: str) -> str:
    """``text`` with the word ``old`` (also in strings, keywords and underscored forms) replaced."""
    return re.sub(rf"(?<![A-Za-z0-9])(_*){re.escape(old.lstrip('_'))}(?![A-Za-z0-9_])", rf"\g<1>{new.lstrip('_')}", text)


def _marks(node: ast.AST) -> list[str]:
    """Words that tell a part from its sisters: attributes, string keys, plain names."""
    found: dict[str, None] = {}
    for each in ast.walk(node):
        if isinstance(each, ast.Attribute):
            found[each.attr] = None
        elif isinstance(each, ast.Constant) and isinstance(each.value, str) and each.value.isidentifier():
            found[each.value] = None
        elif isinstance(each, ast.Name):
            found[each.id] = None
        elif isinstance(each, ast.keyword) and each.arg:
            found[each.arg] = None
    return list(found)


def _parallels(at: Point, part: ast.AST, text: str, siblings: str) -> Iterator[tuple[str, float]]:
    """``text`` with its telling word replaced by fields and names that no sibling speaks of."""
    others = [*fields(at), *at.names[:12]]
    for old in _marks(part):
        if old in ("self", "cls", "other", at.unit.self_name):
            continue
        for rank, new in enumerate(others):
            if new != old and not re.search(rf"\b_*{re.escape(new.lstrip('_'))}\b", siblings):
                changed = _renamed(text, old, new)
                if changed != text:
                    yield changed, (0.5 + 0.5 * alike(old, new)) / (1 + 0.05 * rank)


@template("parallel.part", 3, ast.Dict, ast.Call, ast.BoolOp, ast.Tuple, ast.List, ast.Set, ast.BinOp)
def parallel_part(at: Point, node: ast.Dict | ast.Call | ast.BoolOp | ast.Tuple | ast.List | ast.Set | ast.BinOp) -> Iterator[Choice]:
    """One more part like its sisters: an entry, an argument, a comparison, an item; for a field they leave out."""
    if isinstance(getattr(node, "ctx", None), ast.Store):
        return
    parts, joint = _parts(at, node)
    if not parts:
        return
    whole = at.code(node)
    end, text = at.module.span(parts[-1][0])[1], parts[-1][1]
    found: dict[str, float] = {}
    for rank, (part, sister) in enumerate(reversed(parts[-4:])):
        for new, weight in _parallels(at, part, sister, whole):
            found.setdefault(new, weight / (1 + 0.5 * rank))
    for new, weight in found.items():
        yield Choice(((end, end, f"{joint}{new}"),), weight, f"add `{short(new)}` beside `{short(text)}`")


def _parts(at: Point, node: ast.AST) -> tuple[list[tuple[ast.AST, str]], str]:
    """The parts of a display, call or chain, each with the node it ends at and its text; and what joins them."""
    code = at.code
    if isinstance(node, ast.Dict):
        return [(value, f"{code(key)}: {code(value)}") for key, value in zip(node.keys, node.values, strict=False) if key is not None], ", "
    if isinstance(node, ast.Call):
        if any(isinstance(each, (ast.Starred, ast.GeneratorExp)) for each in node.args):
            return [], ""
        named: list[tuple[ast.AST, str]] = [(each, f"{each.arg}={code(each.value)}") for each in node.keywords if each.arg]
        return named or [(each, code(each)) for each in node.args], ", "
    if isinstance(node, ast.BoolOp):
        return [(each, code(each)) for each in node.values], " and " if isinstance(node.op, ast.And) else " or "
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        return [(each, code(each)) for each in node.elts if not isinstance(each, ast.Starred)], ", "
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [(node.right, code(node.right))], " + "
    return [], ""


@template("parallel.compare", 3, ast.Compare)
def parallel_compare(at: Point, node: ast.Compare) -> Iterator[Choice]:
    """A lone comparison of a field gains its sisters."""
    parent, _ = at.field_of(node)
    if isinstance(parent, ast.BoolOp) or not isinstance(at.node, (ast.Return, ast.If)):
        return
    text = at.code(node)
    for new, weight in dict(_parallels(at, node, text, text)).items():
        for word in ("and", "or"):
            yield Choice((at.put(node, f"{text} {word} {new}", atom=False),), weight, f"also ask `{short(new)}`")


@template("parallel.statement", 3, ast.Assign, ast.AugAssign, ast.Expr, ast.If, ast.Delete)
def parallel_statement(at: Point, node: ast.stmt) -> Iterator[Choice]:
    """One more statement like this one, for a field or name that its block leaves out."""
    text = at.code(node)
    if "\n" in text and not isinstance(node, ast.If):
        return
    block = "\n".join(at.code(each) for each in at.statement.block)
    if isinstance(node, ast.If) and (node.orelse or len(text) > 300):
        return
    indent = at.module.indent(node)
    for new, weight in dict(_parallels(at, node, text, block)).items():
        lines = [line.removeprefix(indent) for line in new.splitlines()]
        change = after(at, *lines)
        if change is not None:
            yield Choice((change,), weight, f"add `{short(new)}`")


@template("class.super", 3, ast.Assign, ast.Expr, ast.AnnAssign, ast.If, ast.Pass, ast.For, ast.AugAssign, ast.Return)
def super_call(at: Point, node: ast.stmt) -> Iterator[Choice]:
    """A method that overrides one of its base does not call it."""
    owner, function = at.unit.owner, at.unit.node
    if owner is None or not isinstance(function, ast.FunctionDef) or at.statement.parent is not None or at.unit.self_name is None:
        return
    if not isinstance(owner.node, ast.ClassDef) or not owner.node.bases or "super()" in at.code(function):
        return
    last = at.statement.block[-1] is node
    if at.statement.index > 1 and not last:
        return
    mine = at.unit.parameters[1:]
    for given in _base_parameters(at, owner, function.name):
        arguments = [f"{name}" if name in mine else None for name in given]
        texts = {", ".join(name for name in arguments if name), ", ".join(mine), ""}
        for text in sorted(texts, key=lambda each: -len(each)):
            line = f"super().{function.name}({text})"
            for change, weight in places(at, line):
                yield Choice((change,), weight, f"call `{line}`")
            if isinstance(node, ast.Return) and node.value is not None:
                yield Choice((at.put(node.value, line),), 0.5, f"return `{line}`")


def _base_parameters(at: Point, owner: Unit, name: str) -> Iterator[list[str]]:
    """The parameters of the method in each base class found in the project; the own ones where none is found."""
    bases = [ast.unparse(base).rpartition(".")[2] for base in owner.node.bases] if isinstance(owner.node, ast.ClassDef) else []
    found = False
    for path in [at.module.path, *[path for path in at.project if path != at.module.path]][:400]:
        if not any(f"class {base}" in at.project.raw(path) for base in bases):
            continue
        for unit in at.project[path].units:
            if unit.is_function and unit.owner and unit.name.rpartition(".")[2] == name and getattr(unit.owner.node, "name", "") in bases:
                found = True
                yield list(unit.parameters[1:])
    if not found:
        yield []


@template("class.field", 3, ast.Assign, ast.Expr, ast.AnnAssign, ast.Pass, ast.If, ast.For)
def field(at: Point, node: ast.stmt) -> Iterator[Choice]:
    """``__init__`` does not set a field that other methods use."""
    receiver = at.unit.self_name
    if receiver is None or not at.unit.name.endswith(("__init__", "setUp", "reset", "clear")) or at.statement.parent is not None:
        return
    if at.statement.block[-1] is not node:
        return
    text = at.code(at.unit.node)
    for name in fields(at):
        if re.search(rf"\b{receiver}\.{name} *[:=]", text) or _is_method(at, name):
            continue
        values = [parameter for parameter in at.unit.parameters[1:] if parameter.strip("_") == name.strip("_")]
        for rank, value in enumerate([*values, "None", "[]", "{}", "0", "False", "''", "set()", "True", "1", *at.unit.parameters[1:4]]):
            for change in (after(at, f"{receiver}.{name} = {value}"),):
                if change is not None:
                    yield Choice((change,), 4.0 if value in values else 1.0 / (1 + 0.2 * rank), f"set `{receiver}.{name}` to `{value}`")


def _is_method(at: Point, name: str) -> bool:
    owner = at.unit.owner
    return owner is not None and any(isinstance(s.node, ast.FunctionDef) and s.node.name == name for s in owner.statements)


@template("function.decorator", 3, ast.FunctionDef, ast.AsyncFunctionDef)
def decorator(at: Point, node: ast.FunctionDef) -> Iterator[Choice]:
    """A decorator too much, or one that is missing."""
    module = at.module
    for each in node.decorator_list:
        start = module.starts[each.lineno - 1]
        stop = module.starts[(each.end_lineno or each.lineno)]
        if not module.text[start : module.span(each)[0]].strip().strip("@"):
            yield Choice(((start, stop, ""),), 0.5, f"drop `@{short(at.code(each))}`")
    names = [] if node.decorator_list else ["@property", "@staticmethod", "@classmethod"] if isinstance(at.unit.node, ast.ClassDef) else []
    for unit in module.units[:60]:
        for used in getattr(unit.node, "decorator_list", []) if unit.is_function else []:
            names.append(f"@{at.code(used)}")
    inner = [child for child in node.body if isinstance(child, ast.FunctionDef)]
    if inner and "wraps" in module.names | {"wraps"} and not inner[0].decorator_list and node.args.args:
        yield from _wraps(at, node, inner[0])
    present = {f"@{at.code(each)}" for each in node.decorator_list}
    for name in dict.fromkeys(names):
        change = before(at, name)
        if change is not None and name not in present and "\n" not in name:
            yield Choice((change,), 1.0, f"decorate with `{name}`")


def _wraps(at: Point, node: ast.FunctionDef, inner: ast.FunctionDef) -> Iterator[Choice]:
    start = at.module.starts[inner.lineno - 1]
    indent = at.module.indent(inner)
    for prefix, known in (("functools.", "functools"), ("", "wraps")):
        if known in at.module.names:
            line = f"{indent}@{prefix}wraps({node.args.args[0].arg}){at.module.newline}"
            yield Choice(((start, start, line),), 2.0, "keep the wrapped function's name")


@template("function.default", 3, ast.FunctionDef, ast.AsyncFunctionDef)
def mutable_default(at: Point, node: ast.FunctionDef) -> Iterator[Choice]:
    """A default that is shared between calls is made anew in each."""
    given = node.args
    positional = [*given.posonlyargs, *given.args]
    pairs = list(zip(positional[len(positional) - len(given.defaults) :], given.defaults, strict=False))
    pairs += [(argument, value) for argument, value in zip(given.kwonlyargs, given.kw_defaults, strict=False) if value is not None]
    first = (
        node.body[1]
        if len(node.body) > 1 and isinstance(node.body[0], ast.Expr) and isinstance(node.body[0].value, ast.Constant)
        else node.body[0]
    )
    for argument, value in pairs:
        shared = isinstance(value, (ast.List, ast.Dict, ast.Set)) or (isinstance(value, ast.Call) and not value.args)
        if not shared or at.module.text[at.module.starts[first.lineno - 1] : extent(at.module, first)[0]].strip():
            continue
        indent, newline = at.module.indent(first), at.module.newline
        place = at.module.starts[first.lineno - 1]
        text = f"{indent}if {argument.arg} is None:{newline}{indent}{at.module.step}{argument.arg} = {at.code(value)}{newline}"
        yield Choice((at.put(value, "None"), (place, place, text)), 1.0, f"make `{argument.arg}` anew in each call")


@template("copy.field", 3, ast.Return)
def copy_field(at: Point, node: ast.Return) -> Iterator[Choice]:
    """A new object is given back without a field of the old one."""
    receiver = at.unit.self_name
    if receiver is None or not isinstance(node.value, ast.Name):
        return
    name, text = node.value.id, at.code(at.unit.node)
    for attribute in fields(at):
        if re.search(rf"\b{name}\.{attribute} *=", text) or _is_method(at, attribute):
            continue
        for value, weight in (
            (f"{receiver}.{attribute}", 1.0),
            (f"list({receiver}.{attribute})", 0.7),
            (f"{receiver}.{attribute}.copy()", 0.7),
            (f"dict({receiver}.{attribute})", 0.4),
            (f"set({receiver}.{attribute})", 0.2),
        ):
            change = before(at, f"{name}.{attribute} = {value}")
            if change is not None:
                yield Choice((change,), weight, f"copy `{attribute}` to `{name}`")
