"""Injected faults: the operators and omissions of mutation tools, each as one edit of the source text.

``faults_of`` is a list in source order, the same for the same text; who uses it draws from it with a seed.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

COMPARE = {
    ast.Lt: ("<=", ">"),
    ast.LtE: ("<", ">="),
    ast.Gt: (">=", "<"),
    ast.GtE: (">", "<="),
    ast.Eq: ("!=",),
    ast.NotEq: ("==",),
    ast.In: ("not in",),
    ast.NotIn: ("in",),
    ast.Is: ("is not",),
    ast.IsNot: ("is",),
}
ARITHMETIC = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "+"),
    ast.Div: ("/", "//"),
    ast.FloorDiv: ("//", "/"),
    ast.Mod: ("%", "//"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
    ast.BitXor: ("^", "|"),
    ast.LShift: ("<<", ">>"),
    ast.RShift: (">>", "<<"),
}
SISTERS = [
    ("min", "max"),
    ("any", "all"),
    ("append", "extend"),
    ("lower", "upper"),
    ("startswith", "endswith"),
    ("strip", "rstrip"),
    ("keys", "values"),
    ("find", "rfind"),
    ("split", "rsplit"),
    ("floor", "ceil"),
    ("partition", "rpartition"),
    ("sorted", "list"),
    ("isinstance", "issubclass"),
    ("add", "discard"),
    ("islower", "isupper"),
    ("index", "rindex"),
    ("lstrip", "rstrip"),
]
OTHER_ERROR = {
    "KeyError": "IndexError",
    "IndexError": "KeyError",
    "ValueError": "TypeError",
    "TypeError": "ValueError",
    "AttributeError": "KeyError",
}


@dataclass(frozen=True)
class Fault:
    """Characters ``start``..``end`` become ``text``."""

    kind: str
    start: int
    end: int
    text: str
    line: int
    said: str

    def applied(self, source: str) -> str:
        return source[: self.start] + self.text + source[self.end :]


class Text:
    """Turns the AST's lines and UTF-8 columns into offsets of characters."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.lines = source.splitlines(keepends=True)
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line))

    def offset(self, line: int, column: int) -> int:
        return self.starts[line - 1] + len(self.lines[line - 1].encode()[:column].decode())

    def span(self, node: ast.expr | ast.stmt | ast.keyword) -> tuple[int, int]:
        assert node.end_lineno is not None and node.end_col_offset is not None
        return self.offset(node.lineno, node.col_offset), self.offset(node.end_lineno, node.end_col_offset)

    def of(self, node: ast.expr | ast.stmt | ast.keyword) -> str:
        start, end = self.span(node)
        return self.source[start:end]


Found = Iterator[tuple[str, ast.expr | ast.stmt | ast.keyword | tuple[int, int], str]]


def faults_of(source: str, lines: Collection[int] | None = None) -> list[Fault]:
    """Every fault that can be put into the functions of ``source`` (on ``lines`` only, when given); each still compiles."""
    text, tree = Text(source), ast.parse(source)
    faults: dict[tuple[int, int, str], Fault] = {}
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in body_nodes(function):
                for kind, place, new in operators(node, function, text):
                    start, end = place if isinstance(place, tuple) else text.span(place)
                    line = source.count("\n", 0, start) + 1
                    if lines is None or line in lines:
                        said = f"{shown(source[start:end])} -> {shown(new)}"
                        faults.setdefault((start, end, new), Fault(kind, start, end, new, line, said))
    changed = (fault for fault in faults.values() if source[fault.start : fault.end] != fault.text)
    return sorted((fault for fault in changed if compiles(fault.applied(source))), key=lambda f: (f.start, f.end, f.text))


def body_nodes(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.AST]:
    """All below the body of ``function`` but its docstring, annotations and nested definitions' own bodies."""
    waiting: list[ast.AST] = [node for node in function.body if not is_docstring(node)]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.JoinedStr):
            continue
        waiting.extend(child for child in ast.iter_child_nodes(node) if getattr(node, "annotation", None) is not child)


def is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def operators(node: ast.AST, function: ast.FunctionDef | ast.AsyncFunctionDef, text: Text) -> Found:
    for operator in OPERATORS:
        yield from operator(node, function, text)


def comparisons(node: ast.AST, _: ast.AST, text: Text) -> Found:
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        left, right = text.of(node.left), text.of(node.comparators[0])
        for new in COMPARE[type(node.ops[0])]:
            yield "comparison", node, f"{left} {new} {right}"


def arithmetic(node: ast.AST, _: ast.AST, text: Text) -> Found:
    if isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC and not is_text(node.left):
        old, new = ARITHMETIC[type(node.op)]
        between = text.span(node.left)[1], text.span(node.right)[0]
        gap = text.source[slice(*between)]
        if gap.count(old) == 1:
            yield "operator", between, gap.replace(old, new)
        yield "missing term", node, text.of(node.left)
        yield "missing term", node, text.of(node.right)
    if isinstance(node, ast.AugAssign) and type(node.op) in ARITHMETIC:
        old, new = ARITHMETIC[type(node.op)]
        yield "operator", node, f"{text.of(node.target)} {new}= {text.of(node.value)}"
        yield "update lost", node, f"{text.of(node.target)} = {text.of(node.value)}"


def is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def constants(node: ast.AST, _: ast.AST, text: Text) -> Found:
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield "constant", node, str(not node.value)
        elif isinstance(node.value, int):
            yield "constant", node, str(node.value + 1)
            yield "constant", node, str(node.value - 1) if node.value else "-1"
        elif isinstance(node.value, str) and node.value and text.of(node)[0] in "'\"" and "\n" not in node.value:
            yield "string", node, repr(node.value[:-1])


def booleans(node: ast.AST, _: ast.AST, text: Text) -> Found:
    if isinstance(node, ast.BoolOp) and len(node.values) == 2:
        left, right = map(text.of, node.values)
        yield "and/or", node, f"{left} {'or' if isinstance(node.op, ast.And) else 'and'} {right}"
        yield "missing condition", node, left
        yield "missing condition", node, right
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "negation", node, text.of(node.operand)
    if isinstance(node, ast.If | ast.While | ast.IfExp) and not isinstance(node.test, ast.Compare | ast.Constant):
        yield "negation", node.test, f"not ({text.of(node.test)})"


def statements(node: ast.AST, _: ast.AST, text: Text) -> Found:
    """A statement that was forgotten: a call, an update, a return, a guard."""
    kinds = {
        ast.Assign: "missing assignment",
        ast.AugAssign: "missing update",
        ast.Expr: "missing call",
        ast.Return: "missing return",
        ast.Raise: "missing raise",
        ast.Continue: "missing continue",
        ast.Break: "missing break",
        ast.If: "missing branch",
    }
    if not isinstance(node, ast.stmt) or type(node) not in kinds or is_docstring(node):
        return
    if isinstance(node, ast.If) and (node.orelse or text.source[text.span(node)[0] :].startswith("elif")):
        yield "swapped branches", node.test, f"not ({text.of(node.test)})"
        return
    yield kinds[type(node)], node, "pass"
    if isinstance(node, ast.If) and len(node.body) == 1 and text.of(node.body[0]).count("\n") == 0:
        yield "missing guard", node, text.of(node.body[0])


def calls(node: ast.AST, _: ast.AST, text: Text) -> Found:
    if not isinstance(node, ast.Call):
        return
    for first, second in zip(node.args, node.args[1:], strict=False):
        if not isinstance(first, ast.Starred) and not isinstance(second, ast.Starred) and text.of(first) != text.of(second):
            between = text.source[text.span(first)[1] : text.span(second)[0]]
            yield "argument order", (text.span(first)[0], text.span(second)[1]), text.of(second) + between + text.of(first)
    if len(node.args) == 1 and not node.keywords and not isinstance(node.args[0], ast.Starred | ast.GeneratorExp):
        yield "missing call", node, text.of(node.args[0])
    if isinstance(node.func, ast.Attribute) and not node.args and not node.keywords:
        yield "missing call", node, text.of(node.func.value)
    for keyword in node.keywords:
        if keyword.arg and (len(node.args) + len(node.keywords)) > 1 and node.args:
            start, end = text.span(keyword)
            start = text.source.rindex(",", 0, start)
            yield "missing keyword", (start, end), ""


def names(node: ast.AST, function: ast.AST, text: Text) -> Found:
    """Another name of the same function, or a call's sister."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        local = local_names(function)
        if node.id in local:
            for other in sorted(local - {node.id, "self", "cls"})[:4]:
                yield "wrong variable", node, other
    for name, place in called_names(node, text):
        for pair in SISTERS:
            if name in pair:
                yield "wrong function", place, pair[1 - pair.index(name)]


def called_names(node: ast.AST, text: Text) -> Iterator[tuple[str, tuple[int, int]]]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        yield node.func.id, text.span(node.func)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        end = text.span(node.func)[1]
        yield node.func.attr, (end - len(node.func.attr), end)


def local_names(function: ast.AST) -> set[str]:
    """Names that ``function`` binds: parameters and what is stored in it."""
    stored = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return stored | {n.arg for n in ast.walk(function) if isinstance(n, ast.arg)}


def slices_and_errors(node: ast.AST, _: ast.AST, text: Text) -> Found:
    if isinstance(node, ast.Slice):
        for bound in (node.lower, node.upper):
            if bound is not None and node.step is None:
                yield "slice bound", bound, ""
    if isinstance(node, ast.ExceptHandler) and isinstance(node.type, ast.Name) and node.type.id in OTHER_ERROR:
        yield "wrong exception", node.type, OTHER_ERROR[node.type.id]
    raised = node.exc.func if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) else None
    if isinstance(raised, ast.Name) and raised.id in OTHER_ERROR:
        yield "wrong exception", raised, OTHER_ERROR[raised.id]
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice) and node.slice.lower is node.slice.upper is None:
        yield "missing copy", node, text.of(node.value)


OPERATORS: tuple[Callable[[ast.AST, ast.FunctionDef | ast.AsyncFunctionDef, Text], Found], ...] = (
    comparisons,
    arithmetic,
    constants,
    booleans,
    statements,
    calls,
    names,
    slices_and_errors,
)


def compiles(source: str) -> bool:
    try:
        compile(source, "fault", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


def shown(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 60 else flat[:57] + "..."
