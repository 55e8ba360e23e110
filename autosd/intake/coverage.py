"""How much of the code that was there before a suite runs: code that is new is told of, not charged."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from autosd.intake.sources.code import functions, parsed


def covered(texts: Mapping[str, str], reached: Mapping[str, frozenset[int]], known: Mapping[str, str]) -> float | None:
    """The share of statements inside functions that the suite ran; only functions that ``known`` (texts of the base) has too.

    None where there is no such statement.
    """
    run = all_of_them = 0
    for path, text in texts.items():
        names = {name for name, _ in _functions(known.get(path, ""))}
        lines = reached.get(path, frozenset())
        for name, statements in _functions(text):
            if name in names:
                run += sum(line in lines for line in statements)
                all_of_them += len(statements)
    return run / all_of_them if all_of_them else None


def untested(before: Mapping[str, str], after: Mapping[str, str], reached: Mapping[str, frozenset[int]]) -> tuple[str, ...]:
    """``path:name`` of new functions that no test runs a line of."""
    found = []
    for path, text in after.items():
        old = {name for name, _ in _functions(before.get(path, ""))}
        lines = reached.get(path, frozenset())
        found += [f"{path}:{name}" for name, own in _functions(text) if name not in old and own and not own & lines]
    return tuple(found)


def _functions(text: str) -> Iterator[tuple[str, frozenset[int]]]:
    """Each function with the first lines of its statements."""
    tree = parsed(text)
    for name, node in functions(tree) if tree else ():
        inside = (each for each in ast.walk(node) if isinstance(each, ast.stmt) and each is not node)
        yield name, frozenset(each.lineno for each in inside if not _silent(each))


def _silent(node: ast.stmt) -> bool:
    """What the interpreter never stops at."""
    return (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) or isinstance(node, ast.Global | ast.Nonlocal)
