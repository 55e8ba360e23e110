"""A file of the project as text and as outermost functions, each of which can be compiled by itself."""

import ast
import io
import tokenize
from bisect import bisect_right

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def read(path):
    """The decoded text, line ends and byte order mark as they are: offsets count them."""
    with open(path, "rb") as file:
        raw = file.read()
    encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
    return raw.decode("utf-8" if encoding == "utf-8-sig" else encoding)


def parsable(text):
    """``text`` for the parser, which does not expect a byte order mark in decoded text."""
    return text[1:] if text.startswith("\ufeff") else text


def apply(text, edits):
    """``text`` with ``edits`` (start, end, new) done; None when they overlap or lie outside."""
    parts, at = [], 0
    for start, end, new in sorted(edits):
        if start < at or end < start or end > len(text):
            return None
        parts += (text[at:start], new)
        at = end
    parts.append(text[at:])
    return "".join(parts)


class Unit:
    """An outermost function: no function encloses it, classes may. Offsets count characters of the file."""

    def __init__(self, node, classes, file):
        self.node = node
        self.name = node.name
        self.classes = classes
        self.file = file
        self.line = node.lineno
        self.last = node.end_lineno
        self.first = min([node.lineno] + [item.lineno for item in node.decorator_list])
        self.start = file.starts[node.lineno - 1]
        self.stop = file.starts[node.end_lineno] if node.end_lineno < len(file.starts) else len(file.text)
        self._body = None
        line = file.text[self.start : self.stop]
        self.indent = line[: len(line) - len(line.lstrip(" \t\f"))]
        self.header, self.shift = _wrapping(self.indent, classes, node.lineno)

    @property
    def body(self):
        """Where the signature ends: edits from here on leave the function's interface alone."""
        if self._body is None:
            self._body = self._after_colon()
        return self._body

    def _after_colon(self):
        depth, seen = 0, 0
        try:
            for token in tokenize.generate_tokens(io.StringIO(self.file.text[self.start : self.stop], newline="").readline):
                if token.type == tokenize.OP:
                    depth += (token.string in "([{") - (token.string in ")]}")
                    if token.string == ":" and depth == 0:
                        return self.file.starts[self.line - 1 + token.end[0] - 1] + token.end[1]
                seen += 1
        except (tokenize.TokenError, IndentationError, SyntaxError):
            pass
        return self.stop + 1  # no edit is inside


def _wrapping(indent, classes, line):
    """Lines that give the function its classes and its indentation, and by how much they shift it."""
    if len(indent) < len(classes):
        return None, 0
    if classes:
        header = "".join("{}class {}:\n".format(indent[:depth], name) for depth, name in enumerate(classes))
    else:
        header = "if 1:\n" if indent else ""
    return header, line - header.count("\n") - 1


class File:
    def __init__(self, name, path):
        self.name = name
        self.path = path
        self.text = read(path)
        self.starts = [0]
        for line in _lines(self.text):
            self.starts.append(self.starts[-1] + len(line))
        self.tree = None
        self.units = []
        try:
            self.tree = ast.parse(parsable(self.text))
        except (SyntaxError, ValueError, RecursionError):
            return
        self._find(self.tree.body, ())
        self.units.sort(key=lambda unit: unit.start)
        self._unit_starts = [unit.start for unit in self.units]

    def _find(self, body, classes):
        for node in body:
            if isinstance(node, FUNCTIONS):
                self.units.append(Unit(node, classes, self))
            elif isinstance(node, ast.ClassDef):
                self._find(node.body, (*classes, node.name))
            else:
                for part in (node, *getattr(node, "handlers", ()), *getattr(node, "cases", ())):
                    for block in ("body", "orelse", "finalbody"):
                        inner = getattr(part, block, None)
                        if isinstance(inner, list):
                            self._find(inner, classes)

    def unit_of(self, start, end):
        """The outermost function whose body holds the whole span; None when there is none."""
        if self.tree is None:
            return None
        index = bisect_right(self._unit_starts, start) - 1
        for unit in self.units[max(index - 1, 0) : index + 1][::-1]:
            if unit.body <= start and end <= unit.stop:
                return unit
        return None


def _lines(text):
    """Lines as Python's parser counts them: by \\n, \\r\\n and \\r only."""
    return io.StringIO(text, newline="").readlines()
