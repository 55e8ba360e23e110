"""Put a tick at the entry of every function and at the head of every loop of a syntax tree."""

import ast
import importlib.machinery
import os

from .limits import TICK

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
LOOPS = (ast.For, ast.While, ast.AsyncFor)
BLOCKS = ("body", "orelse", "finalbody")


def add_ticks(tree, comprehensions=True):
    """Change ``tree`` in place; lines stay what they were."""
    _walk(tree.body)
    if comprehensions:
        for node in ast.walk(tree):
            if isinstance(node, ast.comprehension):
                node.ifs.insert(0, _condition(node.iter))
    return tree


def _walk(body):
    for node in list(body):
        if isinstance(node, FUNCTIONS):
            _walk(node.body)
            after = 1 if len(node.body) > 1 and _is_docstring(node.body[0]) else 0
            node.body.insert(after, _statement(node.body[after]))
            continue
        for block in BLOCKS:
            inner = getattr(node, block, None)
            if inner and isinstance(inner, list):
                _walk(inner)
        for part in getattr(node, "handlers", None) or getattr(node, "cases", None) or ():
            _walk(part.body)
        if isinstance(node, LOOPS):
            node.body.insert(0, _statement(node.body[0]))


def _is_docstring(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _place(at):
    line = at.decorator_list[0].lineno if getattr(at, "decorator_list", None) else at.lineno
    return {"lineno": line, "col_offset": at.col_offset, "end_lineno": line, "end_col_offset": at.col_offset + 1}


def _call(place):
    return ast.Call(ast.Name(TICK, ast.Load(), **place), [], [], **place)


def _statement(at):
    place = _place(at)
    return ast.Expr(_call(place), **place)


def _condition(at):
    place = _place(at)
    return ast.Compare(_call(place), [ast.Is()], [ast.Constant(None, **place)], **place)


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
