"""Tier 2: an expression is replaced by, wrapped in, freed from, or extended with what the code base offers."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from autosd.coding.repair.source import words
from autosd.coding.repair.templates.base import ATOMS, Choice, Point, template
from autosd.coding.repair.templates.conditions import usable
from autosd.coding.repair.templates.names import ranked_names
from autosd.coding.repair.types import NUMBERS, SEQUENCES, SIZED, compatible

_ANY = (
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
_ANY += (ast.Dict, ast.ListComp, ast.IfExp)


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


@template("reuse", 2, *_ANY)
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


_WRAPPERS: dict[str | None, list[tuple[str, float]]] = {
    "int": [
        ("str({})", 2),
        ("abs({})", 2),
        ("max({}, 0)", 1),
        ("float({})", 0.5),
        ("max({}, 1)", 0.5),
        ("range({})", 0.7),
        ("bool({})", 0.2),
        ("chr({})", 0.2),
    ],
    "float": [
        ("int({})", 2),
        ("round({})", 2),
        ("abs({})", 2),
        ("round({}, 2)", 2),
        ("str({})", 1),
        ("max({}, 0)", 1),
        ("math.floor({})", 0.3),
        ("math.ceil({})", 0.3),
    ],
    "str": [
        ("int({})", 2),
        ("{}.strip()", 2),
        ("{}.lower()", 2),
        ("list({})", 1),
        ("{}.split()", 1),
        ("float({})", 1),
        ("len({})", 1),
        ("{}.upper()", 0.7),
        ("{}[::-1]", 0.7),
        ("{}.title()", 0.2),
        ("{}.capitalize()", 0.3),
        ("repr({})", 0.3),
        ("{}.rstrip()", 0.5),
        ("{}.encode()", 0.3),
        ("set({})", 0.3),
        ("sorted({})", 0.3),
    ],
    "list": [
        ("len({})", 2),
        ("list({})", 1.5),
        ("sorted({})", 2),
        ("tuple({})", 1),
        ("set({})", 1),
        ("sum({})", 0.7),
        ("max({})", 0.5),
        ("min({})", 0.5),
        ("{}[:]", 1.5),
        ("{}.copy()", 0.5),
        ("list(reversed({}))", 0.5),
        ("''.join({})", 0.7),
        ("enumerate({})", 0.7),
        ("list(set({}))", 0.3),
        ("sorted(set({}))", 0.4),
        ("reversed({})", 0.5),
        ("str({})", 0.2),
        ("any({})", 0.1),
        ("all({})", 0.1),
        ("range(len({}))", 0.7),
    ],
    "dict": [
        ("{}.items()", 2),
        ("{}.values()", 2),
        ("{}.keys()", 0.5),
        ("dict({})", 1.5),
        ("list({})", 1),
        ("{}.copy()", 0.5),
        ("len({})", 0.7),
        ("sorted({})", 1),
        ("sorted({}.items())", 0.5),
        ("copy.deepcopy({})", 0.3),
    ],
    "set": [("sorted({})", 2), ("list({})", 2), ("len({})", 1), ("set({})", 1), ("frozenset({})", 0.3)],
    "tuple": [("list({})", 2), ("len({})", 0.7), ("sorted({})", 1), ("sum({})", 0.3)],
    "range": [("list({})", 2), ("reversed({})", 1)],
    "generator": [("list({})", 2), ("sorted({})", 1), ("tuple({})", 1), ("set({})", 0.5), ("sum({})", 0.3), ("dict({})", 0.2)],
    "bool": [("int({})", 1), ("not {}", 1)],
    None: [
        ("str({})", 1),
        ("list({})", 1),
        ("len({})", 1),
        ("int({})", 1),
        ("sorted({})", 0.8),
        ("abs({})", 0.7),
        ("tuple({})", 0.4),
        ("set({})", 0.4),
        ("float({})", 0.4),
        ("{}.strip()", 0.4),
        ("{}.lower()", 0.4),
        ("{}.copy()", 0.5),
        ("{}()", 0.3),
        ("dict({})", 0.3),
        ("{}.items()", 0.3),
        ("enumerate({})", 0.3),
        ("reversed({})", 0.2),
        ("iter({})", 0.1),
        ("bool({})", 0.2),
        ("{}.values()", 0.1),
        ("sum({})", 0.2),
        ("max({})", 0.15),
        ("min({})", 0.15),
    ],
}


@template("wrap", 2, *_ANY)
def wrap(at: Point, node: ast.expr) -> Iterator[Choice]:
    """A call around the expression: conversions, copies, what is usual for the type, one-argument functions of the module."""
    if (
        not readable(at, node)
        or (isinstance(node, ast.Constant) and not isinstance(node.value, str))
        or isinstance(node, (ast.Compare, ast.BoolOp, ast.IfExp))
    ):
        return
    text, parent = at.operand(node), at.field_of(node)[0]
    outer = at.code(parent.func) if isinstance(parent, ast.Call) else ""
    for form, weight in _WRAPPERS.get(at.type(node), _WRAPPERS[None]):
        name = form.partition("(")[0]
        if name == outer or ("." in name and name.partition(".")[0] in ("math", "copy") and name.partition(".")[0] not in at.module.names):
            continue
        new = form.format(text if form.startswith("{}") else at.code(node))
        yield Choice((at.put(node, new),), weight, f"wrap: `{new[:48]}`")
    for name, weight in _unary(at):
        if name != outer:
            yield Choice((at.put(node, f"{name}({at.code(node)})"),), weight, f"call `{name}` on `{at.code(node)[:40]}`")


def _unary(at: Point) -> list[tuple[str, float]]:
    """Functions that the unit's neighbourhood calls with one argument, and the module's own that take one."""
    cached = at.cache.get("unary")
    if cached is None:
        found: dict[str, float] = {}
        for each in at.pool.expressions(at.unit):
            if (
                isinstance(each.node, ast.Call)
                and len(each.node.args) == 1
                and not each.node.keywords
                and isinstance(each.node.func, (ast.Name, ast.Attribute))
            ):
                name = ast.unparse(each.node.func)
                if len(name) <= 30 and usable(at, frozenset({name.partition(".")[0]})):
                    found[name] = max(found.get(name, 0.0), each.nearness)
        for unit in at.module.units:
            if unit.is_function and unit.parent is at.module.units[0] and len(unit.parameters) == 1:
                found.setdefault(unit.name, 0.6)
        cached = at.cache["unary"] = list(found.items())[:16]
    return list(cached)


@template("unwrap", 2, ast.Call, ast.Attribute, ast.Subscript)
def unwrap(at: Point, node: ast.expr) -> Iterator[Choice]:
    """The argument for the call, the object for its method or attribute, the whole for its item."""
    if isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del)) or at.field_of(node)[1] == "func":
        return
    parts: list[tuple[ast.expr, float]] = []
    if isinstance(node, ast.Call):
        parts = [(argument, 1.0) for argument in node.args if not isinstance(argument, ast.Starred)]
        if isinstance(node.func, ast.Attribute):
            parts.append((node.func.value, 1.0))
            parts.append((node.func, 0.5))
        elif not node.args:
            parts.append((node.func, 0.7))
    elif isinstance(node, (ast.Attribute, ast.Subscript)):
        parts = [(node.value, 1.0 if not isinstance(node, ast.Subscript) or isinstance(node.slice, ast.Slice) else 0.5)]
    for part, weight in parts:
        if isinstance(part, ast.GeneratorExp):
            continue
        yield Choice((at.put(node, at.code(part), atom=isinstance(part, ATOMS)),), weight, f"use `{at.code(part)[:40]}` itself")


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
    for term, weight in terms:
        if term == text:
            continue
        right = term if " " not in term else f"({term})"
        for symbol, likely in (("+", 1.0), ("-", 1.0), ("*", 0.6), ("//", 0.2), ("%", 0.3), ("/", 0.2)):
            new = f"{text if symbol in '+-' else left} {symbol} {right}"
            yield Choice(
                (at.put(node, new, atom=False),),
                weight * likely * sure * (0.4 if kind is None or at.types.name(term, at.line) is None and term in at.names else 1.0),
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
    if kind in ("list", "str") and isinstance(
        at.field_of(node)[0], (ast.Return, ast.Assign, ast.AugAssign, ast.Call, ast.BinOp, ast.ListComp, ast.IfExp, ast.List)
    ):
        text = at.code(node)
        for piece, weight in _pieces(at, kind):
            if piece != text:
                for new, likely in ((f"{text} + {piece}", 1.0), (f"{piece} + {text}", 0.7)):
                    yield Choice((at.put(node, new, atom=False),), weight * likely, at.say_put(node, new))
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
    if len(texts) > (1 if isinstance(node, ast.List) else 2):
        for index in range(len(texts)):
            new = ", ".join(texts[:index] + texts[index + 1 :])
            yield Choice(((start, end, form.format(new)),), 0.4, f"drop `{texts[index][:40]}`")


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


@template("default", 2, ast.Subscript, ast.Call, ast.Name, ast.Attribute)
def default(at: Point, node: ast.expr) -> Iterator[Choice]:
    """A default where there may be nothing: ``.get``, ``or``."""
    if not readable(at, node):
        return
    values = ("0", "None", "[]", "''", "{}", "1", "False", "set()")
    if (
        isinstance(node, ast.Subscript)
        and not isinstance(node.slice, (ast.Slice, ast.UnaryOp))
        and at.type(node.value) in (None, "dict", "defaultdict", "Counter")
    ):
        sure = 2.0 if at.type(node.value) == "dict" else 0.6
        base, key = at.code(node.value), at.code(node.slice)
        for value in ("", *values[:5]):
            new = f"{base}.get({key}, {value})" if value else f"{base}.get({key})"
            yield Choice((at.put(node, new),), sure, at.say_put(node, new))
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("get", "pop", "setdefault", "getattr"):
        if len(node.args) == 1:
            for value in (*values, *at.names[:6]):
                new = f"{at.code(node.func)}({at.code(node.args[0])}, {value})"
                yield Choice((at.put(node, new),), 1.0, at.say_put(node, new))
    if at.type(node) not in ("bool", *NUMBERS) and not (
        isinstance(at.field_of(node)[0], (ast.BoolOp, ast.Compare, ast.If, ast.While, ast.BinOp))
    ):
        for value in ("[]", "''", "{}", "0", *at.names[:5]):
            yield Choice(
                (at.put(node, f"{at.operand(node)} or {value}", atom=False),), 0.2, f"use `{value}` where `{at.code(node)[:32]}` is empty"
            )


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


@template("associate", 2, ast.BinOp)
def associate(at: Point, node: ast.BinOp) -> Iterator[Choice]:
    """Brackets elsewhere: ``a + b / c`` for ``(a + b) / c`` and back."""
    from autosd.coding.repair.templates.operators import SYMBOL

    left, right, symbol = node.left, node.right, SYMBOL[type(node.op)]
    if at.type(node) == "str":
        return
    if isinstance(right, ast.BinOp):
        inner = SYMBOL[type(right.op)]
        new = f"({at.operand(left)} {symbol} {at.operand(right.left)}) {inner} {at.operand(right.right)}"
        yield Choice((at.put(node, new, atom=False),), 1.0, at.say_put(node, new))
    if isinstance(left, ast.BinOp):
        inner = SYMBOL[type(left.op)]
        new = f"{at.operand(left.left)} {inner} ({at.operand(left.right)} {symbol} {at.operand(right)})"
        yield Choice((at.put(node, new, atom=False),), 1.0, at.say_put(node, new))


@template("keyword.argument", 2, ast.Call)
def keyword_argument(at: Point, node: ast.Call) -> Iterator[Choice]:
    """An option gained, dropped, or given under another name."""
    _, end = at.module.span(node)
    name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr if isinstance(node.func, ast.Attribute) else ""
    given = {each.arg for each in node.keywords}
    lead = ", " if node.args or node.keywords else ""
    trailing = at.module.text[: end - 1].rstrip().endswith(",")
    if not any(isinstance(argument, ast.GeneratorExp) for argument in node.args):
        for text, weight in _options(at, name):
            word = text.partition("=")[0] if "=" in text.partition("(")[0] else None
            if word is None and (given or len(node.args) != 1) or word in given:
                continue
            yield Choice(((end - 1, end - 1, f"{'' if trailing else lead}{text}"),), weight, f"pass `{text}` to `{name}`")
    for each in node.keywords:
        if each.arg is None:
            continue
        others = [*node.args, *[other.value for other in node.keywords if other is not each]]
        kept = [at.code(argument) for argument in node.args] + [
            f"{other.arg}={at.code(other.value)}" if other.arg else f"**{at.code(other.value)}"
            for other in node.keywords
            if other is not each
        ]
        yield Choice(((*at.module.span(node), f"{at.code(node.func)}({', '.join(kept)})"),), 0.7 if others else 0.3, f"drop `{each.arg}=`")


_OPTIONS: dict[str, list[tuple[str, float]]] = {
    **{
        name: [
            ("reverse=True", 2.0),
            ("key=len", 0.6),
            ("key=str.lower", 0.5),
            ("key=str", 0.3),
            ("key=lambda x: x[1]", 0.6),
            ("key=lambda x: -x", 0.2),
            ("key=lambda x: x[0]", 0.4),
            ("key=abs", 0.2),
        ]
        for name in ("sorted", "sort")
    },
    **{
        name: [
            ("key=len", 1.0),
            ("default=0", 1.0),
            ("default=None", 1.0),
            ("key=abs", 0.4),
            ("key=lambda x: x[1]", 0.6),
            ("key=lambda x: x[0]", 0.3),
        ]
        for name in ("min", "max")
    },
    "enumerate": [("1", 2.0), ("start=1", 1.0)],
    "round": [("2", 2.0), ("1", 0.5), ("3", 0.3)],
    "print": [("end=''", 1.0), ("sep=''", 0.5)],
    "int": [("2", 1.0), ("16", 0.7), ("base=2", 0.1)],
    "split": [("','", 1.0), ("' '", 1.0), ("None, 1", 0.5), ("maxsplit=1", 0.4), ("1", 0.2)],
    "replace": [("1", 1.0)],
    "rsplit": [("maxsplit=1", 1.0), ("1", 0.5)],
    "zip": [("strict=True", 0.3)],
    "sum": [("0", 0.3), ("[]", 0.5)],
    "get": [("0", 1.0), ("None", 0.5), ("[]", 0.7), ("''", 0.5)],
    "pop": [("0", 2.0), ("None", 1.0), ("-1", 0.3)],
    "open": [("encoding='utf-8'", 1.0), ("newline=''", 0.3), ("'w'", 0.5), ("'rb'", 0.5)],
    "dumps": [("sort_keys=True", 1.0), ("indent=2", 0.7), ("ensure_ascii=False", 0.7), ("default=str", 0.5)],
    "next": [("None", 1.0)],
    "getattr": [("None", 1.0)],
    "strip": [("'.'", 0.3), ("','", 0.3), ("'\\n'", 0.3)],
    "join": [],
    "compile": [("re.IGNORECASE", 1.0)],
    "most_common": [("1", 1.0)],
    "field": [("default_factory=list", 1.0)],
    "dataclass": [("frozen=True", 1.0), ("order=True", 0.7), ("eq=True", 0.3)],
    "makedirs": [("exist_ok=True", 2.0)],
    "mkdir": [("parents=True", 1.0), ("exist_ok=True", 1.0)],
}


def _options(at: Point, name: str) -> Iterator[tuple[str, float]]:
    yield from _OPTIONS.get(name, ())
    for unit in at.module.units:  # parameters of the module's own function that this call leaves out
        if unit.is_function and unit.name.rpartition(".")[2] == name or isinstance(unit.node, ast.ClassDef) and unit.name == name:
            source = unit if unit.is_function else next((other for other in at.module.units if other.name == f"{name}.__init__"), unit)
            for parameter in source.parameters:
                if parameter in at.names:
                    yield f"{parameter}={parameter}", 1.0
                elif at.unit.self_name:
                    yield f"{parameter}={at.unit.self_name}.{parameter}", 0.3
    for each in at.pool.expressions(at.unit):  # options that other calls of the same name pass
        if isinstance(each.node, ast.Call) and each.node.keywords and ast.unparse(each.node.func).rpartition(".")[2] == name:
            for keyword in each.node.keywords:
                if keyword.arg is not None:
                    yield f"{keyword.arg}={ast.unparse(keyword.value)}", 1.0
    for each in at.pool.constants(at.module)[:0]:
        yield each, 0.1


@template("ternary", 2, ast.Name, ast.Call, ast.BinOp, ast.Subscript, ast.Attribute)
def ternary(at: Point, node: ast.expr) -> Iterator[Choice]:
    """A value for the special case: ``x if condition else 0``."""
    from autosd.coding.repair.templates.conditions import conditions

    parent, field = at.field_of(node)
    if not readable(at, node) or not isinstance(parent, (ast.Return, ast.Assign, ast.keyword)) and field != "elt":
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
