"""A source text with its tree, and small answers about places in it that all rules ask."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from autosd.coding.repair.source import Source

Function = ast.FunctionDef | ast.AsyncFunctionDef
_WORD = re.compile(r"[^\W\d]\w*")
_NOQA = re.compile(r"#\s*noqa(?P<codes>:\s*[A-Z0-9, ]+)?", re.IGNORECASE)


@dataclass(frozen=True)
class Edit:
    """Characters ``start``..``end`` become ``text``."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Finding:
    """One defect: the line it is told at, and what removes it."""

    line: int
    edits: tuple[Edit, ...]


class Module:
    """Raises ``SyntaxError`` and its like for what cannot be parsed."""

    def __init__(self, text: str, path: str = "") -> None:
        self.text, self.path = text, path
        self.source = Source(text)
        self.tree = ast.parse(text.removeprefix("\ufeff"))

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        return {child: node for node in self.nodes for child in ast.iter_child_nodes(node)}

    @cached_property
    def names(self) -> frozenset[str]:
        """Every word of the text that could be a name, those of strings and remarks too."""
        return frozenset(_WORD.findall(self.text))

    def of(self, node: ast.AST) -> str:
        start, end = self.source.span(node)
        return self.text[start:end]

    def replace(self, node: ast.AST, text: str) -> Edit:
        return Edit(*self.source.span(node), text)

    def insert(self, place: int, text: str) -> Edit:
        return Edit(place, place, text)

    def lines(self, first: int, last: int) -> tuple[int, int]:
        """The span of whole lines, with the line break of the last one."""
        return self.source.starts[first - 1], self.source.starts[last] if last < len(self.source.starts) else len(self.text)

    def indent(self, node: ast.AST) -> str | None:
        """What stands before a statement on its line; None when that is not only space."""
        start = self.source.span(node)[0]
        before = self.text[self.source.starts[node.lineno - 1] : start]  # type: ignore[attr-defined]
        return before if not before.strip() else None

    def fresh(self, *names: str) -> str:
        """The first of ``names`` that stands nowhere in the text."""
        return next((name for name in names if name not in self.names), f"{names[0]}_")

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        while node in self.parents:
            node = self.parents[node]
            yield node

    def function_of(self, node: ast.AST) -> Function | ast.Lambda | None:
        found = (each for each in self.ancestors(node) if isinstance(each, Function | ast.Lambda))
        return next(found, None)

    def allows(self, finding: Finding, codes: Iterable[str]) -> bool:
        """Whether nobody wrote ``noqa`` on the line."""
        match = _NOQA.search(self.source.line(finding.line))
        return match is None or (match["codes"] is not None and not any(code in match["codes"].upper() for code in codes))


def functions(module: Module) -> Iterator[Function]:
    return (node for node in module.nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def within(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """``nodes`` and all below them, but not what is in a function or class of its own."""
    for node in nodes:
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield from within(ast.iter_child_nodes(node))


def pure(node: ast.AST) -> bool:
    """Whether evaluating it does nothing and always gives the same: constants, names, displays of them."""
    allowed = ast.Constant | ast.Name | ast.Tuple | ast.List | ast.Set | ast.Dict | ast.expr_context | ast.UnaryOp | ast.USub
    return all(isinstance(each, allowed) for each in ast.walk(node))


def changed(text: str, edits: Iterable[Edit]) -> str:
    for edit in sorted(edits, key=lambda each: (each.start, each.end), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text
