"""Whether a fix leaves a condition that decides nothing: there are many ways to break a condition and few to mend one.

A fix inside a condition is compared with that condition put to ``True`` and to ``False``; acting like one of them on all inputs
means that the fix took the condition away without saying so (an anti-pattern of search-based repair).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from autosd.coding.repair.edits import Edit
from autosd.coding.repair.model import Module
from autosd.domain.changes import TextEdit

#: Templates whose honest purpose is to take something away.
TAKING_AWAY = frozenset({"boolean.drop", "delete", "unwrap.block", "unwrap"})


def without_condition(edit: Edit, module: Module) -> tuple[TextEdit, ...]:
    """Edits that put the condition which ``edit`` changes to a constant; nothing where it changes none."""
    if edit.template in TAKING_AWAY or any(each.file != module.path for each in edit.edits) or module.tree is None:
        return ()
    low, high = min(each.start for each in edit.edits), max(each.end for each in edit.edits)
    line = module.line_of(low)
    around = [
        (start, end, lasting)
        for node, lasting in _conditions(module.tree, line)
        for start, end in [module.span(node)]
        if start <= low and high <= end and node not in module.untrusted
    ]
    if not around:
        return ()
    start, end, lasting = min(around, key=lambda each: each[1] - each[0])
    return tuple(TextEdit(module.path, start, end, text) for text in (("False",) if lasting else ("True", "False")))


def _conditions(tree: ast.AST, line: int) -> Iterator[tuple[ast.expr, bool]]:
    """Expressions on ``line`` that decide something, and whether putting them to True would never end."""
    for node in ast.walk(tree):
        for test, lasting in _deciding(node):
            if test.lineno <= line <= (test.end_lineno or test.lineno):
                yield test, lasting


def _deciding(node: ast.AST) -> Iterator[tuple[ast.expr, bool]]:
    if isinstance(node, ast.If | ast.IfExp):
        yield node.test, False
    elif isinstance(node, ast.While):
        yield node.test, True
    elif isinstance(node, ast.comprehension):
        yield from ((test, False) for test in node.ifs)
    elif isinstance(node, ast.BoolOp):
        yield from ((value, False) for value in node.values)
