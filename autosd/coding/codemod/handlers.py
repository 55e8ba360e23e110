"""Rules about exceptions: what swallows them, and what loses their cause."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from autosd.coding.codemod.module import Edit, Finding, Module, within

_ENDS = frozenset({"exit", "_exit", "quit", "abort", "exc_info", "print_exc", "format_exc"})


def swallows_interrupts(module: Module) -> Iterator[Finding]:
    for handler in _handlers(module):
        if any(isinstance(node, ast.Raise) or _called(node) in _ENDS for node in within(handler.body)):
            continue
        if handler.type is None:
            place = module.source.span(handler)[0] + len("except")
            yield Finding(handler.lineno, (module.insert(place, " Exception"),))
        elif isinstance(handler.type, ast.Name) and handler.type.id == "BaseException" and handler.name is None:
            yield Finding(handler.lineno, (module.replace(handler.type, "Exception"),))


def loses_cause(module: Module) -> Iterator[Finding]:
    for handler in _handlers(module):
        if handler.type is None:
            continue
        raises = [node for node in _own(handler.body) if isinstance(node, ast.Raise) and _is_new(node, handler)]
        if not raises:
            continue
        edits = []
        name = handler.name
        if name is None:
            name = module.fresh("error", "cause", "exc")
            colon = next(token for token in module.source.tokens if token[0] >= module.source.span(handler.type)[1] and token[2] == ":")
            edits.append(module.insert(colon[0], f" as {name}"))
        edits += [module.insert(module.source.span(node)[1], f" from {name}") for node in raises]
        yield Finding(raises[0].lineno, tuple(edits))


def returns_in_finally(module: Module) -> Iterator[Finding]:
    """The return moves behind the statement, so that what was raised inside goes on its way."""
    for node in module.nodes:
        if not isinstance(node, ast.Try) or len(node.finalbody) < 2 or not isinstance(node.finalbody[-1], ast.Return):
            continue
        leaving = ast.Return | ast.Break | ast.Continue
        inside = [*node.body, *node.orelse, *(part for handler in node.handlers for part in handler.body), *node.finalbody[:-1]]
        last = node.finalbody[-1]
        indent, own = module.indent(node), module.indent(last)
        if indent is None or own is None or any(isinstance(each, leaving) for each in within(inside)):
            continue
        start = module.source.starts[last.lineno - 1]
        yield Finding(last.lineno, (Edit(start, start + len(own), indent),))


def _handlers(module: Module) -> Iterator[ast.ExceptHandler]:
    return (node for node in module.nodes if isinstance(node, ast.ExceptHandler))


def _own(nodes: list[ast.stmt]) -> Iterator[ast.AST]:
    """Inside the handler, not inside a handler in it: that one has a cause of its own."""
    for node in within(nodes):
        yield node
        if isinstance(node, ast.Try):
            return


def _is_new(node: ast.Raise, handler: ast.ExceptHandler) -> bool:
    if node.exc is None or node.cause is not None:
        return False
    return isinstance(node.exc, ast.Call) or (isinstance(node.exc, ast.Name) and node.exc.id != handler.name)


def _called(node: ast.AST) -> str:
    return str(getattr(node.func, "attr", None) or getattr(node.func, "id", "")) if isinstance(node, ast.Call) else ""
