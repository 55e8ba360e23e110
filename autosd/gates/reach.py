"""Which lines of a change a suite would have to run for its passing to say anything about the change."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

#: Text that no program reads while it runs.
PROSE = (".md", ".txt", ".rst")


@dataclass(frozen=True)
class Place:
    """One changed place: ``line`` is what people are told, one of ``lines`` has to be run."""

    line: int
    lines: frozenset[int]


def unreached(base: Mapping[str, str], files: Mapping[str, str | None], reached: Mapping[str, frozenset[int]]) -> list[str]:
    """``path:line`` of every changed place that was not run; a file whose reading cannot be seen is named whole."""
    missing = []
    for path, text in files.items():
        if path.endswith(PROSE):
            continue
        if text is None or not path.endswith(".py"):
            missing.append(path)
            continue
        ran = reached.get(path, frozenset())
        missing += [f"{path}:{place.line}" for place in places(base.get(path, ""), text) if not place.lines & ran]
    return missing


def places(base: str, new: str) -> list[Place]:
    """Changed and added lines by the statement they belong to; where lines only went, what stands next to the gap."""
    before, after = _Lines(base), _Lines(new)
    found: dict[frozenset[int], int] = {}
    matcher = difflib.SequenceMatcher(None, base.split("\n"), new.split("\n"), autojunk=False)
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        if kind == "equal":
            continue
        told = [(lines, number) for number in range(j1 + 1, j2 + 1) if (lines := after.run_with(number))]
        if not told and (gone := next((number for number in range(i1 + 1, i2 + 1) if before.run_with(number)), None)):
            told = [(lines, max(1, j1)) for lines in [after.beside(j1, before.function_at(gone))] if lines]
        for lines, number in told:
            found.setdefault(lines, number)
    return [Place(number, lines) for lines, number in found.items()]


class _Lines:
    """The statements of a text by line."""

    def __init__(self, text: str) -> None:
        self._owner: dict[int, frozenset[int]] = {}
        self._function: dict[int, str] = {}
        self._texts = text.split("\n")
        for node, name in _statements(_parsed(text), ""):
            span = _head(node)
            for line in range(min(span), (getattr(node, "end_lineno", None) or max(span)) + 1):
                self._function[line] = name
                self._owner[line] = span if _runs(node) else frozenset()

    def run_with(self, number: int) -> frozenset[int]:
        """The lines of the statement that line ``number`` is part of; none for blank lines, comments and what is never run."""
        text = self._texts[number - 1].strip() if number <= len(self._texts) else ""
        return frozenset() if not text or text.startswith("#") else self._owner.get(number, frozenset())

    def function_at(self, number: int) -> str:
        return self._function.get(number, "")

    def beside(self, gap: int, function: str) -> frozenset[int]:
        """What is run just before line ``gap`` + 1, else just after it, of the same function where it has anything."""
        before, after = range(gap, 0, -1), range(gap + 1, len(self._texts) + 1)
        for inside in (True, False):
            for numbers in (before, after):
                for number in numbers:
                    if (lines := self.run_with(number)) and (not inside or self.function_at(number) == function):
                        return lines
        return frozenset()


def _parsed(text: str) -> ast.Module:
    """An empty module for what cannot be parsed: another gate says that."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return ast.Module([], [])


def _statements(tree: ast.AST, function: str) -> Iterator[tuple[ast.AST, str]]:
    """Every statement, handler and case, outer ones first, with the function it is in."""
    for child in ast.iter_child_nodes(tree):
        if not isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
            continue
        yield child, function
        inside = f"{function}.{child.name}" if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) else function
        yield from _statements(child, inside)


def _head(node: ast.AST) -> frozenset[int]:
    """The lines of a statement without those of its body."""
    if isinstance(node, ast.match_case):
        return frozenset(range(node.pattern.lineno, max(node.pattern.lineno, node.body[0].lineno - 1) + 1))
    first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])  # type: ignore[attr-defined]
    body = getattr(node, "body", None)
    if isinstance(body, list) and body:
        return frozenset(range(first, max(node.lineno, body[0].lineno - 1) + 1))  # type: ignore[attr-defined]
    return frozenset(range(first, node.end_lineno + 1))  # type: ignore[attr-defined]


def _runs(node: ast.AST) -> bool:
    """Whether the interpreter ever stops at it: not at texts that stand alone, bare annotations and scope words."""
    if isinstance(node, ast.Expr):
        return not isinstance(node.value, ast.Constant)
    return not isinstance(node, ast.Global | ast.Nonlocal) and not (isinstance(node, ast.AnnAssign) and node.value is None)
