"""Rules about single expressions: comparisons, displays, assertions."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from autosd.coding.codemod.module import Edit, Finding, Module, pure

_DISPLAYS = ast.Tuple | ast.List | ast.Dict | ast.Set
#: Calls and places where ``== None`` builds a query or a mask and must stay.
_QUERIES = frozenset({"filter", "filter_by", "where", "having", "exclude", "and_", "or_", "not_", "case", "when", "join", "outerjoin"})


def compared_to_none(module: Module) -> Iterator[Finding]:
    for left, operator, right in _comparisons(module):
        none = any(isinstance(side, ast.Constant) and side.value is None for side in (left, right))
        if none and isinstance(operator, ast.Eq | ast.NotEq) and not _in_query(module, left):
            yield _other_operator(module, left, right, "is" if isinstance(operator, ast.Eq) else "is not")


def is_with_literal(module: Module) -> Iterator[Finding]:
    for left, operator, right in _comparisons(module):
        if isinstance(operator, ast.Is | ast.IsNot) and (_literal(left) or _literal(right)):
            yield _other_operator(module, left, right, "==" if isinstance(operator, ast.Is) else "!=")


def asserted_tuple(module: Module) -> Iterator[Finding]:
    for node in module.nodes:
        if isinstance(node, ast.Assert) and node.msg is None and isinstance(node.test, ast.Tuple) and len(node.test.elts) == 2:
            test, message = node.test.elts
            texts = isinstance(message, ast.JoinedStr) or (isinstance(message, ast.Constant) and isinstance(message.value, str))
            if texts and node.lineno == node.end_lineno and module.of(node.test).startswith("("):
                yield Finding(node.lineno, (module.replace(node.test, f"{module.of(test)}, {module.of(message)}"),))


def doubled_keys(module: Module) -> Iterator[Finding]:
    """The last value wins at the place of the first key: so it moves there, and the last entry goes."""
    for node in module.nodes:
        if not isinstance(node, ast.Dict) or not all(isinstance(key, ast.expr) for key in node.keys):
            continue
        seen: dict[tuple[type, object], int] = {}
        for number, key in enumerate(node.keys):
            if not isinstance(key, ast.Constant):
                continue
            name = (type(key.value), key.value)
            first = seen.setdefault(name, number)
            values = (node.values[first], node.values[number])
            once = sum(isinstance(k, ast.Constant) and (type(k.value), k.value) == name for k in node.keys) == 2
            if first != number and once and all(pure(value) for value in values) and _settled(node):
                yield from _without(module, node.values[number - 1], node.values[number], module.replace(values[0], module.of(values[1])))


def doubled_elements(module: Module) -> Iterator[Finding]:
    for node in module.nodes:
        if not isinstance(node, ast.Set):
            continue
        seen: set[tuple[type, object]] = set()
        for number, element in enumerate(node.elts):
            if isinstance(element, ast.Constant):
                name = (type(element.value), element.value)
                if name in seen:
                    yield from _without(module, node.elts[number - 1], element)
                seen.add(name)


def _settled(node: ast.Dict) -> bool:
    """Whether equal keys are equal at sight: 1, 1.0 and True are one key of three kinds."""
    kinds = {type(key.value) for key in node.keys if isinstance(key, ast.Constant)}
    return len(kinds & {int, float, bool, complex}) <= 1


def _without(module: Module, before: ast.AST, last: ast.AST, *others: Edit) -> Iterator[Finding]:
    """From behind the entry before to the end of ``last``; not where a remark would be lost or another edit is touched."""
    start, end = module.source.span(before)[1], module.source.span(last)[1]
    before_start = module.source.span(before)[0]
    touched = any(edit.end > before_start and edit.end != start for edit in others)
    if "#" not in module.text[start:end] and not touched:
        yield Finding(last.lineno, (*others, Edit(start, end, "")))  # type: ignore[attr-defined]


def _comparisons(module: Module) -> Iterator[tuple[ast.expr, ast.cmpop, ast.expr]]:
    for node in module.nodes:
        if isinstance(node, ast.Compare):
            yield from zip([node.left, *node.comparators], node.ops, node.comparators, strict=False)


def _other_operator(module: Module, left: ast.expr, right: ast.expr, operator: str) -> Finding:
    place = module.source.operator(module.source.span(left)[1], module.source.span(right)[0])
    return Finding(left.lineno, (Edit(*place, operator),))


def _literal(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str | bytes | int | float | complex) and not isinstance(node.value, bool)
    return isinstance(node, _DISPLAYS | ast.JoinedStr)


def _in_query(module: Module, node: ast.AST) -> bool:
    for each in module.ancestors(node):
        if isinstance(each, ast.stmt):
            return False
        called = isinstance(each, ast.Call) and (getattr(each.func, "attr", None) or getattr(each.func, "id", ""))
        mask = isinstance(each, ast.Subscript) or (isinstance(each, ast.BinOp) and isinstance(each.op, ast.BitAnd | ast.BitOr))
        if mask or called in _QUERIES or (isinstance(each, ast.UnaryOp) and isinstance(each.op, ast.Invert)):
            return True
    return False
