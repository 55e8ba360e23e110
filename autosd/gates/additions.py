"""What a change adds that nothing can run into yet: new functions and classes at the top of a module that no code of it names.

They cannot change what the project does, so their bodies may wait for a test. What is run when the module is imported (defaults,
annotations, the body of a class) is not a part of this, and neither are names that Python itself looks for, or that hide one of its own.
"""

from __future__ import annotations

import ast
import builtins

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def waiting_lines(base: str, new: str) -> frozenset[int]:
    """The lines of ``new`` that lie in the bodies of such functions."""
    try:
        before, after = ast.parse(base), ast.parse(new)
    except (SyntaxError, ValueError, RecursionError):
        return frozenset()
    known = _named(before) | {node.name for node in ast.walk(before) if isinstance(node, _Definition)}
    found: set[int] = set()
    for node in after.body:
        if isinstance(node, _Definition) and _is_free(node, after) and node.name not in known:
            found |= _bodies(node)
    return frozenset(found)


def _is_free(node: _Definition, module: ast.Module) -> bool:
    """A decorator, a base or a metaclass may hand on what it gets: to a table of routes, of plug-ins, of commands."""
    if node.decorator_list or (isinstance(node, ast.ClassDef) and (node.bases or node.keywords)):
        return False
    others = ast.Module([each for each in module.body if each is not node], [])
    hides = hasattr(builtins, node.name) or (node.name.startswith("__") and node.name.endswith("__"))
    twice = any(isinstance(each, _Definition) and each.name == node.name for each in others.body)
    return not (hides or twice or node.name in _named(others))


def _named(tree: ast.AST) -> set[str]:
    """Every name, attribute and text in ``tree``: a text may be a name that is looked up later."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.alias):
            found |= {node.asname or node.name, node.name}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return found


def _bodies(node: _Definition) -> set[int]:
    """Of the function itself, or of the methods of a class."""
    functions = [node] if not isinstance(node, ast.ClassDef) else [each for each in node.body if not isinstance(each, ast.ClassDef)]
    found: set[int] = set()
    for each in functions:
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
            found |= set(range(each.body[0].lineno, (each.end_lineno or each.lineno) + 1))
    return found
