"""Tier 3: a statement is too much, in the wrong place, in the wrong block, or of the wrong kind."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from autosd.coding.repair.templates.base import Choice, Point, short, template
from autosd.coding.repair.templates.conditions import is_module, usable
from autosd.coding.repair.templates.layout import after, before, block_of, extent, is_elif, own_lines, reindented, removal
from autosd.coding.repair.types import compatible

_COMPOUND = (ast.If, ast.For, ast.While, ast.With, ast.Try)
_SIMPLE = (ast.Assign, ast.AugAssign, ast.Expr, ast.Return, ast.Raise, ast.Break, ast.Continue, ast.Delete, ast.AnnAssign)


def _say(at: Point, node: ast.AST) -> str:
    return short(at.code(node).splitlines()[0] if at.code(node) else "", 48)


@template("delete", 3, *_SIMPLE, *_COMPOUND)
def delete(at: Point, node: ast.stmt) -> Iterator[Choice]:
    if is_elif(at.module, node):
        yield from _cut_elif(at, node)
        return
    yield Choice((removal(at),), 0.5 if isinstance(node, _COMPOUND) else 1.0, f"delete `{_say(at, node)}`")


def _cut_elif(at: Point, node: ast.stmt) -> Iterator[Choice]:
    start, end = at.module.span(node)
    begin = at.module.starts[at.module.line_of(start) - 1]
    last = at.module.line_of(end - 1)
    stop = at.module.starts[last] if last < len(at.module.starts) else len(at.module.text)
    if isinstance(node, ast.If) and not node.orelse:
        yield Choice(((begin, stop, ""),), 0.5, f"delete `{_say(at, node)}`")


@template("unwrap.block", 3, ast.If, ast.For, ast.While, ast.With, ast.Try)
def unwrap_block(at: Point, node: ast.If | ast.For | ast.While | ast.With | ast.Try) -> Iterator[Choice]:
    """The body without its condition; without its else branch."""
    module = at.module
    whole, indent = own_lines(module, node), module.indent(node)
    if whole is None or is_elif(module, node):
        return
    orelse: list[ast.stmt] = getattr(node, "orelse", [])
    for block, weight in ((node.body, 1.0), (orelse, 0.5)):
        lines = _moved(at, block, indent)
        if lines:
            yield Choice(((*whole, block_of(at, lines)),), weight, f"always do what `{_say(at, node)}` guards")
    if isinstance(node, ast.If) and orelse:
        last = module.line_of(module.span(node.body[-1])[1] - 1)
        yield Choice(((module.starts[last], whole[1], ""),), 0.5, "drop the else branch")
    if orelse:  # what stood in else comes after
        last = module.line_of(module.span(node.body[-1])[1] - 1)
        lines = _moved(at, orelse, indent)
        if lines and not (isinstance(orelse[0], ast.If) and is_elif(module, orelse[0])):
            yield Choice(((module.starts[last], whole[1], block_of(at, lines)),), 0.7, "do the else branch in any case")
            if at.statement.loops and isinstance(node, ast.If):
                yield from _else_after_loop(at, node, last, whole[1])


def _else_after_loop(at: Point, node: ast.If, last: int, stop: int) -> Iterator[Choice]:
    loop = at.statement.loops[0].node
    lines = _moved(at, node.orelse, at.module.indent(loop))
    end = at.module.line_of(at.module.span(loop)[1] - 1)
    place = at.module.starts[end] if end < len(at.module.starts) else len(at.module.text)
    if lines and place >= stop:
        yield Choice(((at.module.starts[last], stop, ""), (place, place, block_of(at, lines))), 1.5, "do the else branch after the loop")


def _moved(at: Point, block: list[ast.stmt], indent: str) -> list[str] | None:
    found: list[str] = []
    for each in block:
        lines = reindented(at.module, each, indent)
        if lines is None:
            return None
        if is_elif(at.module, each):
            lines[0] = lines[0].replace("elif", "if", 1)
        found += lines
    return found


@template("swap.statements", 3, *_SIMPLE, *_COMPOUND)
def swap(at: Point, node: ast.stmt) -> Iterator[Choice]:
    """Order with the next statement, or the next but one."""
    block, index, module = at.statement.block, at.statement.index, at.module
    for step, weight in ((1, 1.0), (2, 0.4)):
        if index + step >= len(block) or is_elif(module, node):
            return
        other = block[index + step]
        one, two = own_lines(module, node), own_lines(module, other)
        if one and two and not isinstance(other, (ast.FunctionDef, ast.ClassDef)):
            first, second = module.text[slice(*extent(module, node))], module.text[slice(*extent(module, other))]
            yield Choice(
                ((*extent(module, node), second), (*extent(module, other), first)),
                weight,
                f"do `{_say(at, other)}` before `{_say(at, node)}`",
            )


@template("move", 3, *_SIMPLE)
def move(at: Point, node: ast.stmt) -> Iterator[Choice]:
    """Out of its block (before or after), into the block before or after it, to the block's start or end."""
    module, parent = at.module, at.statement.parent
    whole = own_lines(module, node)
    if whole is None:
        return
    gone = removal(at)
    up = parent
    while up is not None and up.unit is at.unit and not isinstance(up.node, ast.ExceptHandler):
        lines = reindented(module, node, module.indent(up.node))
        edges = own_lines(module, up.node)
        if lines and edges and not is_elif(module, up.node):
            for place, weight in ((edges[1], 1.0), (edges[0], 0.5)):
                yield Choice(
                    (gone, (place, place, _ensure_line(at, place) + block_of(at, lines))),
                    weight,
                    f"move `{_say(at, node)}` out of the block",
                )
        up = up.parent
    block, index = at.statement.block, at.statement.index
    if len(block) < 2:
        return
    for other, last in [(block[index - 1], True)] if index else []:
        yield from _into(at, gone, other, last)
    for other in block[index + 1 : index + 2]:
        yield from _into(at, gone, other, False)
    for edge in (own_lines(module, block[0]), own_lines(module, block[-1])):
        lines, weight = reindented(module, node, module.indent(node)), 0.3
        if edge and lines and edge != whole:
            spot = edge[0] if edge[0] < whole[0] else edge[1]
            yield Choice((gone, (spot, spot, _ensure_line(at, spot) + block_of(at, lines))), weight, f"move `{_say(at, node)}`")


def _ensure_line(at: Point, place: int) -> str:
    text = at.module.text
    return at.module.newline if place == len(text) and text and not text.endswith(("\n", "\r")) else ""


def _into(at: Point, gone: tuple[int, int, str], other: ast.stmt, last: bool) -> Iterator[Choice]:
    """Into the blocks of a neighbouring compound statement: the end of the one before, the start of the one after."""
    module = at.module
    blocks = [block for name in ("body", "orelse") if (block := getattr(other, name, None))] if isinstance(other, _COMPOUND) else []
    for block in blocks:
        inner = block[-1] if last else block[0]
        edges, lines = own_lines(module, inner), reindented(module, at.node, module.indent(inner))
        if edges and lines:
            place = edges[1] if last else edges[0]
            yield Choice((gone, (place, place, block_of(at, lines))), 0.8, f"move `{_say(at, at.node)}` into the block")
            if last and isinstance(inner, _COMPOUND):
                yield from _into(at, gone, inner, last)


@template("jump.kind", 3, ast.Break, ast.Continue, ast.Pass, ast.Return, ast.Raise)
def jump(at: Point, node: ast.stmt) -> Iterator[Choice]:
    start, end = at.module.span(node)
    old = type(node).__name__.lower()
    options = {"break": "continue pass return", "continue": "break pass return", "pass": "continue break return raise"}.get(
        old, "pass continue break"
    ).split()
    for new in options:
        loops = new in ("break", "continue")
        if (loops and not at.statement.loops) or (new == "return" and not at.unit.is_function):
            continue
        yield Choice(((start, end, new),), 2.0 if {old, new} == {"break", "continue"} else 0.6, f"`{new}` instead of `{_say(at, node)}`")
    if old in ("pass", "break", "continue"):
        for each in at.pool.statements(at.unit)[:30]:
            if usable(at, each.names) and each.text != old:
                yield Choice(((start, end, each.text),), 0.4 * each.nearness, f"`{each.text[:48]}` instead of `{old}`")


@template("block.kind", 3, ast.If, ast.While, ast.For)
def block_kind(at: Point, node: ast.stmt) -> Iterator[Choice]:
    """``if`` for ``while``, ``elif`` for ``if``, and back."""
    module = at.module
    start = module.span(node)[0]
    word = module.text[start : start + 5].split()[0].rstrip("(") if module.text[start:] else ""
    if word == "if":
        if not getattr(node, "orelse", None):
            yield Choice(((start, start + 2, "while"),), 1.0, "`while` instead of `if`")
        index = at.statement.index
        if index and isinstance(at.statement.block[index - 1], ast.If) and own_lines(module, at.statement.block[index - 1]):
            yield Choice(((start, start + 2, "elif"),), 1.5, "`elif` instead of `if`")
    elif word == "elif":
        yield Choice(((start, start + 4, "if"),), 1.5, "`if` instead of `elif`")
    elif word == "while":
        yield Choice(((start, start + 5, "if"),), 1.0, "`if` instead of `while`")


@template("statement.kind", 3, ast.Expr, ast.Assign, ast.Return, ast.AugAssign)
def kind(at: Point, node: ast.Expr | ast.Assign | ast.Return) -> Iterator[Choice]:
    """A value computed and dropped, returned instead of yielded, assigned instead of returned."""
    value = node.value
    start, end = at.module.span(node)
    if value is None or (isinstance(value, ast.Constant) and isinstance(node, ast.Expr)):
        return
    text = at.code(value)
    text = f"({text})" if isinstance(value, ast.Tuple) and not text.startswith("(") else text
    options: list[tuple[str, float]] = []
    if isinstance(node, ast.Expr):
        options += list(_kept(at, value, text))
    elif isinstance(node, ast.Return):
        options += [(f"yield {text}", 0.5), (f"yield from {text}", 0.2), (f"print({text})", 0.1), (text, 0.1)]
        options += [(f"{name} = {text}", 0.4) for name in at.names[:6]]
    elif at.unit.is_function:
        options.append((f"return {text}", 0.6))
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
            options.append((text, 1.0))
    for new, weight in options:
        yield Choice(((start, end, new),), weight, f"`{short(new)}` instead of `{_say(at, node)}`")


def _kept(at: Point, value: ast.expr, text: str) -> Iterator[tuple[str, float]]:
    if isinstance(value, (ast.Yield, ast.YieldFrom)):
        inner = at.code(value.value) if value.value else ""
        inner = f"({inner})" if isinstance(value.value, ast.Tuple) and not inner.startswith("(") else inner
        if isinstance(value, ast.Yield) and inner:
            yield f"yield from {inner}", 2.0
            yield f"return {inner}", 0.3
        elif inner:
            yield f"yield {inner}", 2.0
        return
    if isinstance(value, ast.Compare) and isinstance(value.ops[0], ast.Eq):
        yield f"{at.code(value.left)} = {at.code(value.comparators[0])}", 5.0
    if at.unit.is_function:
        yield f"return {text}", 2.0
        yield f"yield {text}", 0.1
        yield f"yield from {text}", 0.5
    if isinstance(value, ast.Call):
        if isinstance(value.func, ast.Attribute):
            base = at.code(value.func.value)
            yield f"{base} = {text}", 2.0
            if len(value.args) == 1:
                yield f"{base} = {at.code(value.args[0])}", 0.5
                yield f"{base} += {at.code(value.args[0])}", 0.3
                yield f"{base}.append({at.code(value.args[0])})", 0.2
        for argument in value.args[:2]:
            if isinstance(argument, (ast.Name, ast.Attribute, ast.Subscript)):
                yield f"{at.code(argument)} = {text}", 1.0
        if isinstance(value.func, ast.Name) and value.func.id == "print" and len(value.args) == 1:
            yield f"return {at.code(value.args[0])}", 2.0
        for name in at.names[:6]:
            yield f"{name} = {text}", 0.3
            yield f"{name} += {text}", 0.3
    for each in at.pool.expressions(at.unit)[:60]:
        if (
            isinstance(each.node, (ast.Subscript, ast.Attribute))
            and each.nearness == 1.0
            and usable(at, each.names)
            and not is_module(at, each.node)
        ):
            yield f"{each.text} = {text}", 0.4
    yield f"await {text}", 0.5 if isinstance(at.unit.node, ast.AsyncFunctionDef) else 0.0


@template("statement.replace", 3, ast.Expr, ast.Assign, ast.AugAssign, ast.Return, ast.Raise)
def replaced(at: Point, node: ast.stmt) -> Iterator[Choice]:
    """Another statement of the neighbourhood instead of this one."""
    start, end = at.module.span(node)
    text = at.code(node)
    for each in at.pool.statements(at.unit)[:60]:
        if (
            each.text != text
            and usable(at, each.names)
            and not (isinstance(each.node, (ast.Break, ast.Continue)) and not at.statement.loops)
        ):
            same = 1.0 if type(each.node) is type(node) else 0.4
            yield Choice(((start, end, each.text),), each.nearness * same, f"`{each.text[:40]}` instead of `{_say(at, node)}`")


@template("assign.value", 3, ast.AugAssign, ast.Assign)
def value(at: Point, node: ast.AugAssign | ast.Assign) -> Iterator[Choice]:
    """Another value as a whole: of a variable, or one step from it; an update instead of a new value."""
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    if isinstance(target, (ast.Tuple, ast.List)):
        return
    text, kind = at.code(target), at.type(target)
    forms = [(f"{text} += 1", 0.7), (f"{text} -= 1", 0.7)] if kind in ("int", None) else []
    for rank, name in enumerate(name for name in at.names[:10] if name not in (text, at.unit.self_name)):
        if compatible(kind, at.types.name(name, at.line)):
            forms += [(f"{text} = {name}", 1.0 / (1 + 0.1 * rank)), (f"{text} += {name}", 0.4 / (1 + 0.1 * rank))]
            if kind == "int":
                forms += [(f"{text} = {name} + 1", 0.3), (f"{text} = {name} - 1", 0.3)]
    for new, weight in forms:
        yield Choice(((*at.module.span(node), new),), weight, f"`{short(new)}` instead of `{_say(at, node)}`")


@template("duplicate.around", 3, ast.For, ast.While)
def around_loop(at: Point, node: ast.For | ast.While) -> Iterator[Choice]:
    """What the loop's body does is done once more, before or after the loop (the last chunk, the first item)."""
    for each in node.body:
        if isinstance(each, (ast.Assign, ast.AugAssign, ast.Expr)) and each.lineno == each.end_lineno:
            for change in (after(at, at.code(each)), before(at, at.code(each))):
                if change is not None:
                    yield Choice((change,), 1.0, f"`{_say(at, each)}` once more around the loop")
