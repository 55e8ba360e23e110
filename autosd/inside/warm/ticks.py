"""Put a tick at the entry of every function, at the head of every loop and into every comprehension.

One plan serves two ways: a syntax tree is changed, or the same ticks are written into the text, which compiles in half
the time. Both give the same bytecode, and lines stay what they were.
"""

import ast
import importlib.machinery
import os
import re
from collections import namedtuple

from .limits import TICK

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
BLOCKS = ("body", "orelse", "finalbody")
TRIES = tuple(getattr(ast, name) for name in ("Try", "TryStar") if hasattr(ast, name))
#: What is evaluated first in a compound statement: there the tick goes when such a statement heads a block.
HEADS = {ast.If: "test", ast.For: "iter", ast.AsyncFor: "iter"}
if hasattr(ast, "Match"):
    HEADS[ast.Match] = "subject"
_FOR = re.compile(r"\bfor\b")

#: BEFORE: a statement of its own before ``holder[place]``. WRAP: ``tick() or (...)``. PAIR: ``(tick(), ...)[1]``.
BEFORE, WRAP, PAIR = "before", "wrap", "pair"
Slot = namedtuple("Slot", "kind holder place")


def plan(body, text=None):
    """Where ticks go in the statements ``body``. Without a word ``for`` too many in ``text`` there is no comprehension."""
    slots, loops = [], [0]
    _plan_block(body, slots, loops)
    if text is None or len(_FOR.findall(text)) > loops[0]:
        for node in body:
            _plan_comprehensions(node, slots)
    return slots


def _plan_block(body, slots, loops):
    for node in body:
        if isinstance(node, (ast.For, ast.AsyncFor)):
            loops[0] += 1
        if isinstance(node, FUNCTIONS):
            after = 1 if len(node.body) > 1 and _is_docstring(node.body[0]) else 0
            _plan_head(node.body, after, slots)
            _plan_block(node.body, slots, loops)
            continue
        for block in BLOCKS:
            inner = getattr(node, block, None)
            if inner and isinstance(inner, list):
                _plan_block(inner, slots, loops)
        for part in getattr(node, "handlers", None) or getattr(node, "cases", None) or ():
            _plan_block(part.body, slots, loops)
            if _catches_all(part):
                _plan_head(part.body, 0, slots)  # the tick in the ``try`` may end there
        if isinstance(node, ast.While):
            slots.append(Slot(WRAP, node, "test"))
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            _plan_head(node.body, 0, slots)


def _catches_all(part):
    kind = getattr(part, "type", part)
    return kind is None or (isinstance(kind, ast.Name) and kind.id == "BaseException")


def _plan_head(body, after, slots):
    """The tick of a block: in or before its first statement that can bear one."""
    for index in range(after, len(body)):
        node = body[index]
        if isinstance(node, (*FUNCTIONS, ast.ClassDef, ast.Global, ast.Nonlocal)):
            continue
        if isinstance(node, ast.While):
            return  # ticks by itself
        if isinstance(node, TRIES):
            _plan_head(node.body, 0, slots)
        elif type(node) in HEADS:
            slots.append(Slot(WRAP, node, HEADS[type(node)]))
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            slots.append(Slot(WRAP, node.items[0], "context_expr"))
        else:
            slots.append(Slot(BEFORE, body, node))
        return


def _plan_comprehensions(node, slots):
    if isinstance(node, ast.JoinedStr):
        return  # before 3.12 nothing in there knows where it stands
    first = getattr(node, "generators", None)
    if first:
        if first[0].ifs:
            slots.append(Slot(WRAP, first[0].ifs, 0))
        else:
            slots.append(Slot(PAIR, node, "key" if isinstance(node, ast.DictComp) else "elt"))
    for child in ast.iter_child_nodes(node):
        _plan_comprehensions(child, slots)


def _is_docstring(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def add_ticks(tree, text=None):
    """Change ``tree`` in place."""
    for kind, holder, place in plan(tree.body, text):
        if kind == BEFORE:
            where = _place(place)
            holder.insert(holder.index(place), ast.Expr(_call(where), **where))
            continue
        node = holder[place] if isinstance(holder, list) else getattr(holder, place)
        where = _place(node)
        if kind == WRAP:
            new = ast.BoolOp(ast.Or(), [_call(where), node], **where)
        else:
            pair = ast.Tuple([_call(where), node], ast.Load(), **where)
            new = ast.Subscript(pair, ast.Constant(1, **where), ast.Load(), **where)
        if isinstance(holder, list):
            holder[place] = new
        else:
            setattr(holder, place, new)
    return tree


def insertions(tree, offset):
    """The same ticks as (offset, opens, text) for the text of ``tree``; ``offset(line, column)`` counts characters."""
    found = []
    for kind, holder, place in plan(tree.body):
        node = place if kind == BEFORE else holder[place] if isinstance(holder, list) else getattr(holder, place)
        start, end = offset(node.lineno, node.col_offset), offset(node.end_lineno, node.end_col_offset)
        if kind == BEFORE:
            found.append((start, True, TICK + "();"))
        elif kind == WRAP:
            found += [(start, True, TICK + "() or ("), (end, False, ")")]
        else:
            found += [(start, True, "(" + TICK + "(), "), (end, False, ")[1]")]
    return found


def _place(at):
    return {"lineno": at.lineno, "col_offset": at.col_offset, "end_lineno": at.lineno, "end_col_offset": at.col_offset + 1}


def _call(place):
    return ast.Call(ast.Name(TICK, ast.Load(), **place), [], [], **place)


def tick_imports(paths):
    """From now on the files ``paths`` are imported with ticks."""
    paths = {os.path.realpath(path) for path in paths}
    loader = importlib.machinery.SourceFileLoader
    plain = loader.source_to_code

    def source_to_code(self, data, path, **options):
        if os.path.realpath(path) in paths:
            data = add_ticks(ast.parse(data))
        return plain(self, data, path, **options)

    loader.source_to_code = source_to_code
