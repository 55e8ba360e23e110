"""Symbols of a Python file, by its syntax tree; of one that does not parse, by the shape of its lines. Nothing of it is run."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Sequence

from autosd.adapters.codeindex.parsed import Parsed, Symbol
from autosd.adapters.codeindex.shapes import shaped
from autosd.adapters.codeindex.words import told, words_of

_CALL = re.compile(r"(?<!def )(?<!class )\b([^\W\d]\w*)\s*\(")
_WORDS = "if elif while for in and or not return yield await lambda assert del print raise except with is else super"
_KEYWORDS = frozenset(_WORDS.split())
_IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+([.\w]+)[ \t]+import\b|import[ \t]+([\w., \t]+))", re.M)
_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def parse_python(text: str) -> Parsed:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return shaped(text, ".py")
    lines = text.splitlines()
    covered: list[tuple[int, int]] = []
    symbols = [symbol for node, name in _defined(tree.body, "") for symbol in _symbols(node, name, lines, covered)]
    rest = _rest(tree, lines, covered)
    return Parsed(len(lines), imports_of(text), (*rest, *symbols))


def imports_of(text: str) -> str:
    found = (m[1] or m[2] for m in _IMPORT.finditer(text))
    return " ".join(dict.fromkeys(name.split(" as ")[0].strip() for group in found for name in group.split(",") if name.strip()))


def calls_of(text: str) -> str:
    return " ".join(name for name in dict.fromkeys(_CALL.findall(text)) if name not in _KEYWORDS)


def _defined(body: Sequence[ast.stmt], prefix: str) -> Iterator[tuple[_Definition, str]]:
    """Functions and classes of a module or class, also those under ``if`` and ``try``. What a function defines is part of it."""
    pending = list(reversed(body))
    while pending:
        node = pending.pop()
        if isinstance(node, _DEFINITIONS):
            name = f"{prefix}{node.name}"
            yield node, name
            if isinstance(node, ast.ClassDef) and name.count(".") < 5:
                yield from _defined(node.body, f"{name}.")
        elif isinstance(node, ast.If | ast.Try | ast.With):
            inner = [*node.body, *getattr(node, "orelse", ()), *getattr(node, "finalbody", ())]
            inner += [statement for handler in getattr(node, "handlers", ()) for statement in handler.body]
            pending += reversed(inner)


def _symbols(node: _Definition, name: str, lines: list[str], covered: list[tuple[int, int]]) -> Iterator[Symbol]:
    start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    end = node.end_lineno or node.lineno
    covered.append((start, end))
    if isinstance(node, ast.ClassDef):
        # What stands before the first method is the class's own; methods are found by themselves.
        first = next((n for n in node.body if isinstance(n, _DEFINITIONS)), None)
        if first is not None:
            end = max(node.lineno, min([first.lineno, *(d.lineno for d in first.decorator_list)]) - 1)
    opening = node.body[0].lineno if node.body else node.lineno + 1
    signature = " ".join(line.strip() for line in lines[node.lineno - 1 : max(node.lineno, opening - 1)])[:400]
    text = "\n".join(lines[start - 1 : end])
    doc = _doc(node)
    kind = "class" if isinstance(node, ast.ClassDef) else "function"
    yield Symbol(kind, name, start, end, told(words_of(signature)), told(words_of(doc)), calls_of(text), told(words_of(text)))


def _doc(node: _Definition | ast.Module) -> str:
    first = node.body[0] if node.body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return first.value.value[:4000]
    return ""


def _rest(tree: ast.Module, lines: list[str], covered: list[tuple[int, int]]) -> Iterator[Symbol]:
    """Code of module level, as far as it stands together."""
    at = 1
    for start, end in [*covered, (len(lines) + 1, len(lines) + 1)]:
        if start > at:
            yield from _piece(tree if at == 1 else None, lines, at, start - 1)
        at = max(at, end + 1)


def _piece(tree: ast.Module | None, lines: list[str], start: int, end: int) -> Iterator[Symbol]:
    while start <= end and not lines[start - 1].strip():
        start += 1
    while end >= start and not lines[end - 1].strip():
        end -= 1
    doc = told(words_of(_doc(tree))) if tree else ""
    for low in range(start, end + 1, 120):
        high = min(end, low + 119)
        text = "\n".join(lines[low - 1 : high])
        yield Symbol("module", "", low, high, "", doc if low == start else "", calls_of(text), told(words_of(text)))
