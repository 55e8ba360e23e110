"""Tells a stub from code: a function whose body does nothing, where the base had one that did something or none at all."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Mapping


def stubs(before: str | None, after: str) -> tuple[str, ...]:
    """The names of the functions of Python text ``after`` that became stubs; empty for a text that does not parse."""
    was, now = _functions(before or ""), _functions(after)
    return tuple(name for name, empty in now.items() if empty and not was.get(name, False))


def _functions(text: str) -> Mapping[str, bool]:
    """Dotted name -> whether it does nothing. Abstract methods, overloads and protocols are meant to do nothing."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text.removeprefix("\ufeff"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    found: dict[str, bool] = {}
    waiting: list[tuple[ast.AST, str]] = [(tree, "")]
    while waiting:
        node, above = waiting.pop()
        for child in ast.iter_child_nodes(node):
            name = above
            if isinstance(child, ast.ClassDef) and not _declares(child):
                name = f"{above}{child.name}."
            elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                found[f"{above}{child.name}"] = not child.decorator_list and all(map(_nothing, child.body))
                name = f"{above}{child.name}."
            if not (isinstance(child, ast.ClassDef) and _declares(child)):
                waiting.append((child, name))
    return found


def _declares(node: ast.ClassDef) -> bool:
    """A class of the kind whose methods have no bodies, or an exception, whose ``__init__`` may be empty."""
    bases = {ast.unparse(base).rpartition(".")[2].partition("[")[0] for base in node.bases}
    return bool(bases & {"Protocol", "ABC", "NamedTuple", "TypedDict"})


def _nothing(node: ast.stmt) -> bool:
    if isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
        return True
    if isinstance(node, ast.Raise) and node.exc is not None:
        raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"
    return False
