"""Holding tests out: taking test functions out of test files, so that only a later judge sees them."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator


def function_of(test: str) -> str:
    """``tests/test_a.py::Class::test_b[x]`` without its parameters."""
    return test.partition("[")[0]


def names_in(source: str) -> list[str]:
    """``Class::test_b`` and ``test_c`` of a test file, in order."""
    return [name for name, _, _ in functions(ast.parse(source))]


def without(source: str, gone: Collection[str]) -> str:
    """``source`` without the test functions ``gone``; a class left empty keeps a ``pass``."""
    tree = ast.parse(source)
    lines = source.splitlines(keepends=True)
    for name, node, siblings in functions(tree):
        if name not in gone:
            continue
        first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        assert node.end_lineno is not None
        empty = all(each is node or f"{name.rpartition('::')[0]}::{getattr(each, 'name', '')}" in gone for each in siblings)
        keep = [" " * node.col_offset + "pass\n"] if empty and "::" in name and siblings[-1] is node else [""]
        lines[first - 1 : node.end_lineno] = [*keep, *[""] * (node.end_lineno - first)]
    return "".join(lines)


def functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef, list[ast.stmt]]]:
    """Name, node and siblings of each function of the module and of its classes."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node, tree.body
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield f"{node.name}::{inner.name}", inner, node.body
