"""Where a new statement goes, and how one is taken away: indentation, line ends and statements that share a line."""

from __future__ import annotations

import ast

from autosd.coding.repair.model import Module
from autosd.coding.repair.templates.base import Point

Change = tuple[int, int, str]
ENDS = (ast.Return, ast.Raise, ast.Continue, ast.Break)


def extent(module: Module, node: ast.AST) -> tuple[int, int]:
    """The node's span with its decorators."""
    start, end = module.span(node)
    decorators = getattr(node, "decorator_list", None)
    if decorators:
        first = module.span(decorators[0])[0]
        start = module.text.rindex("@", 0, first + 1)
    return start, end


def own_lines(module: Module, node: ast.AST) -> tuple[int, int] | None:
    """The whole lines (with the last line break) that the statement has for itself, else None."""
    start, end = extent(module, node)
    first, last = module.line_of(start), module.line_of(max(start, end - 1))
    head = module.text[module.starts[first - 1] : start]
    tail = module.text[end : module.line_end(last)].strip()
    if head.strip() or (tail and not tail.startswith("#")):
        return None
    return module.starts[first - 1], module.starts[last] if last < len(module.starts) else len(module.text)


def is_elif(module: Module, node: ast.AST) -> bool:
    start = module.span(node)[0]
    return isinstance(node, ast.If) and module.text.startswith("elif", start)


def before(at: Point, *lines: str) -> Change | None:
    """Insert ``lines`` (relative indentation kept) before the statement, None where nothing can stand."""
    module, node = at.module, at.node
    if isinstance(node, ast.ExceptHandler) or is_elif(module, node):
        return None
    start, _ = extent(module, node)
    begin = module.starts[module.line_of(start) - 1]
    indent = module.text[begin:start]
    if indent.strip():
        return (start, start, f"{lines[0]}; ") if len(lines) == 1 else None
    return begin, begin, "".join(f"{indent}{line}{module.newline}" for line in lines)


def after(at: Point, *lines: str) -> Change | None:
    """Insert ``lines`` after the statement, at its indentation."""
    module, node = at.module, at.node
    if isinstance(node, ast.ExceptHandler):
        return None
    start, end = extent(module, node)
    begin = module.starts[module.line_of(start) - 1]
    indent = module.text[begin:start]
    if indent.strip() or is_elif(module, node):
        return None
    stop = module.line_end(module.line_of(max(start, end - 1)))
    tail = module.text[end:stop].strip()
    if tail and not tail.startswith("#"):
        return None
    return stop, stop, "".join(f"{module.newline}{indent}{line}" for line in lines)


def removal(at: Point, node: ast.AST | None = None) -> Change:
    """Take the statement away; ``pass`` stays where a block would be empty."""
    module, target = at.module, node or at.node
    whole = own_lines(module, target)
    if whole is None or (node is None and len(at.statement.block) == 1):
        return (*extent(module, target), "pass")
    return (*whole, "")


def reindented(module: Module, node: ast.AST, indent: str) -> list[str] | None:
    """The statement's lines at another indentation, without the last line break; None where a string spans lines."""
    whole = own_lines(module, node)
    if whole is None:
        return None
    for child in ast.walk(node):
        if isinstance(child, (ast.Constant, ast.JoinedStr)) and child.lineno != child.end_lineno:
            return None
    old = module.indent(node)
    lines = module.text[whole[0] : whole[1]].splitlines()
    if any(line.strip() and not line.startswith(old) for line in lines):
        return None
    return [indent + line[len(old) :] if line.strip() else line for line in lines]


def block_of(at: Point, lines: list[str]) -> str:
    return "".join(f"{line}{at.module.newline}" for line in lines)
