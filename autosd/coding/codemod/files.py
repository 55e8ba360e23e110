"""A file that is opened and never closed, where it is plain that nobody else has it: it gets its ``with``."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from autosd.coding.codemod.module import Edit, Finding, Module, pure

_READERS = frozenset({"read", "readline", "readlines", "write", "writelines"})
#: Functions that are done with the file when they return.
_LOADERS = frozenset({"load", "safe_load", "dump", "safe_dump", "list", "set", "tuple", "sorted", "sum", "max", "min", "len"})


def left_open(module: Module) -> Iterator[Finding]:
    if _hidden(module):
        return
    for node in module.nodes:
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open"):
            continue
        statement = next((each for each in module.ancestors(node) if isinstance(each, ast.stmt)), None)
        if statement is None or not all(pure(each) for each in (*node.args, *(word.value for word in node.keywords))):
            continue
        indent = module.indent(statement)
        if indent is None or _has_texts_over_lines(module, statement):
            continue
        if _used_up(module, node, statement) or (isinstance(statement, ast.For) and statement.iter is node and not statement.orelse):
            yield _with(module, node, statement, indent)


def _used_up(module: Module, call: ast.Call, statement: ast.stmt) -> bool:
    """The file is read, written or loaded from in the very expression that opens it, before anything else can happen."""
    if not isinstance(statement, ast.Assign | ast.AnnAssign | ast.Return | ast.Expr | ast.AugAssign):
        return False
    parent, below = module.parents[call], call
    if isinstance(parent, ast.Attribute) and parent.attr in _READERS:
        method = module.parents[parent]
        if not isinstance(method, ast.Call) or method.func is not parent:
            return False
        below = method
    elif isinstance(parent, ast.Call) and parent.func is not call:
        name = getattr(parent.func, "attr", None) or getattr(parent.func, "id", "")
        if name not in _LOADERS:
            return False
        below = parent
    else:
        return False
    while (above := module.parents[below]) is not statement:  # only what is done with the result
        if not isinstance(above, ast.Attribute | ast.Subscript) and not (isinstance(above, ast.Call) and _pure_besides(above, below)):
            return False
        below = above  # type: ignore[assignment]
    return True


def _pure_besides(call: ast.Call, besides: ast.AST) -> bool:
    others = [*call.args, *(word.value for word in call.keywords)]
    return all(each is besides or pure(each) for each in others)


def _with(module: Module, call: ast.Call, statement: ast.stmt, indent: str) -> Finding:
    name = module.fresh("file", "stream", "opened")
    step, newline = ("\t" if indent.startswith("\t") else "    "), module.source.newline
    start = module.source.starts[statement.lineno - 1]
    edits = [module.insert(start, f"{indent}with {module.of(call)} as {name}:{newline}"), module.replace(call, name)]
    for line in range(statement.lineno, (statement.end_lineno or statement.lineno) + 1):
        if module.source.line(line).strip():
            place = module.source.starts[line - 1]
            edits.append(Edit(place, place, step))
    return Finding(statement.lineno, _joined(edits))


def _joined(edits: list[Edit]) -> tuple[Edit, ...]:
    """Insertions at one place become one, in their order."""
    found: dict[tuple[int, int], str] = {}
    for edit in edits:
        found[edit.start, edit.end] = found.get((edit.start, edit.end), "") + edit.text
    return tuple(Edit(*place, text) for place, text in found.items())


def _has_texts_over_lines(module: Module, statement: ast.stmt) -> bool:
    """Its lines cannot be moved without changing the text."""
    texts = (node for node in ast.walk(statement) if isinstance(node, ast.Constant | ast.JoinedStr))
    return any(node.lineno != node.end_lineno for node in texts)


def _hidden(module: Module) -> bool:
    """Whether ``open`` is another function here."""
    for node in module.nodes:
        if isinstance(node, ast.alias) and (node.asname or node.name) in ("open", "*"):
            return True
        if isinstance(node, ast.Name) and node.id == "open" and isinstance(node.ctx, ast.Store):
            return True
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == "open" and node in module.tree.body:
            return True
        if isinstance(node, ast.arg) and node.arg == "open":
            return True
    return False
