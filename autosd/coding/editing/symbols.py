"""New source for one function or class of a Python file, at its own indentation and with its own decorators."""

from __future__ import annotations

import ast
import warnings
from collections import deque
from collections.abc import Iterator, Sequence

from autosd.coding.editing.document import Document
from autosd.coding.editing.matching import common_indent, indent_of, trimmed

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_MOST_NAMES = 30


class Unfit(ValueError):
    """Why it cannot be done; ``str()`` is for the writer of the source."""


def redefine(document: Document, symbol: str, lines: Sequence[str]) -> None:
    """Put ``lines`` in place of the definition of ``symbol``. Raises ``Unfit``."""
    tree = parsed("\n".join(document.lines))
    if tree is None:
        raise Unfit("the file cannot be parsed; use SEARCH instead.")
    found = [node for name, node in definitions(tree) if name == symbol]
    if not found:
        there = ", ".join(list(dict.fromkeys(name for name, _ in definitions(tree)))[:_MOST_NAMES])
        raise Unfit(f"there is no function or class {symbol[:100]!r}; there are: {there or 'none'}.")
    if len(found) > 1:
        raise Unfit(f"{symbol!r} is defined {len(found)} times; use SEARCH with enough lines to tell which.")
    old = found[0]
    lines = trimmed(lines)
    new = _one_definition(lines, symbol.rpartition(".")[2])
    start = min([old.lineno, *(each.lineno for each in old.decorator_list)]) - 1
    if old.decorator_list and not new.decorator_list:
        start = old.lineno - 1
    indent = indent_of(document.lines[old.lineno - 1])
    document.replace(start, old.end_lineno or old.lineno, _at(lines, indent, new))


def definitions(tree: ast.AST, above: str = "") -> Iterator[tuple[str, Definition]]:
    """Every function and class by its dotted name, outer ones first; without recursion: how deep it goes is the file's choice."""
    waiting: deque[tuple[ast.AST, str]] = deque([(tree, above)])
    while waiting:
        node, name = waiting.popleft()
        for child in ast.iter_child_nodes(node):
            if isinstance(child, Definition):
                full = f"{name}.{child.name}" if name else child.name
                yield full, child
                waiting.append((child, full))
            elif isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
                waiting.append((child, name))


def parsed(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text.removeprefix("\ufeff"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _one_definition(lines: Sequence[str], name: str) -> Definition:
    margin = common_indent(lines)
    tree = parsed("\n".join(line[len(margin) :] if line.strip() else "" for line in lines))
    if tree is None:
        raise Unfit("the new source is no Python that can be parsed.")
    if len(tree.body) != 1 or not isinstance(tree.body[0], Definition):
        raise Unfit("the new source must be exactly one function or class, nothing before or after it.")
    if tree.body[0].name != name:
        raise Unfit(f"the new source defines {tree.body[0].name!r}, not {name!r}.")
    return tree.body[0]


def _at(lines: Sequence[str], indent: str, node: Definition) -> list[str]:
    """Moved to ``indent``; lines inside of a text that is no docstring stay as they are."""
    margin = common_indent(lines)
    still = set(_inside_texts(node)) if margin != indent else set()
    return [
        line if number in still or not line.strip() else indent + line[len(margin) :]
        for number, line in enumerate(lines, 1)
    ]  # fmt: skip


def _inside_texts(node: Definition) -> Iterator[int]:
    docs = {id(each.body[0].value) for each in ast.walk(node) if isinstance(each, Definition) and isinstance(each.body[0], ast.Expr)}
    for each in ast.walk(node):
        if isinstance(each, ast.Constant | ast.JoinedStr) and id(each) not in docs:
            yield from range(each.lineno + 1, (each.end_lineno or each.lineno) + 1)
