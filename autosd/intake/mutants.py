"""Small faults put into code on purpose, to see whether a suite would notice them (mutation analysis, DeMillo et al. 1978)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

_OPERATORS: dict[type[ast.AST], tuple[str, str]] = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "+"),
    ast.And: ("and", "or"),
    ast.Or: ("or", "and"),
}


@dataclass(frozen=True)
class Mutant:
    """``text`` is the whole file with one fault at ``line``."""

    line: int
    said: str
    text: str


def mutants(text: str, lines: frozenset[int]) -> Iterator[Mutant]:
    """One for each operator and small number on ``lines``, in the order of the text; nothing for what cannot be parsed."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return
    starts = _line_starts(text)
    for node in ast.walk(tree):
        for left, right, old, new in _faults(node):
            if left.end_lineno is None or left.end_lineno not in lines or right.lineno is None:
                continue
            begin = _offset(text, starts, left.end_lineno, left.end_col_offset or 0)
            end = _offset(text, starts, right.lineno, right.col_offset)
            at = text.find(old, begin, end)
            if at >= 0 and "#" not in text[begin:at]:
                yield Mutant(left.end_lineno, f"{old} for {new}", text[:at] + new + text[at + len(old) :])


def _faults(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr, str, str]]:
    """Two neighbours and the operator between them, with what stands in for it."""
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        for left, operator, right in zip(sides, node.ops, sides[1:], strict=False):
            if type(operator) in _OPERATORS:
                yield left, right, *_OPERATORS[type(operator)]
    elif isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        yield node.left, node.right, *_OPERATORS[type(node.op)]
    elif isinstance(node, ast.BoolOp):
        for left, right in zip(node.values, node.values[1:], strict=False):
            yield left, right, *_OPERATORS[type(node.op)]


def _line_starts(text: str) -> list[int]:
    starts = [0]
    for number, character in enumerate(text):
        if character == "\n":
            starts.append(number + 1)
    return starts


def _offset(text: str, starts: list[int], line: int, column: int) -> int:
    """Columns of the syntax tree count bytes of UTF-8."""
    begin = starts[line - 1]
    end = starts[line] if line < len(starts) else len(text)
    row = text[begin:end]
    return begin + len(row.encode("utf-8", "surrogatepass")[:column].decode("utf-8", "ignore"))
