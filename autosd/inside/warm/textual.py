"""The quick way to build small candidates: ticks are written into the text, and the text is compiled once."""

import ast
import re

from .ticks import insertions

#: What a new text must not hold for its ticks and its place in the statement to be certain.
UNCERTAIN = re.compile(r"""[\r;#\\]|\"\"\"|'''|\b(for|while|def|class|lambda|yield|try|with)\b""")


class Ticked:
    """An outermost function's text with its ticks, ready to take edits."""

    def __init__(self, unit):
        self._text = unit.file.text[unit.start : unit.stop]
        self._unit = unit
        self._header = len(unit.header)
        tree = ast.parse(unit.header + self._text)
        found = insertions(tree, self._offset)
        # at one place what closes stands before what opens; of two that open the outer one first
        self._insertions = sorted(found, key=lambda item: (item[0], item[1]))

    def _offset(self, line, column):
        """In the function's text; the parser counts bytes, and lines of the header too."""
        lines = self._unit.header.count("\n")
        start = self._unit.file.starts[self._unit.line - 1 + line - 1 - lines]
        whole = self._unit.file.text[start : start + column]
        if not whole.isascii():
            whole = self._unit.file.text[start : start + column].encode("utf-8")[:column].decode("utf-8", "ignore")
        return start + len(whole) - self._unit.start

    def apply(self, edits):
        """The ticked text after ``edits`` (offsets into the function); None when it takes the syntax tree to be sure."""
        parts, at, pending = [], 0, list(self._insertions)
        text, position = self._text, 0
        for start, end, new in sorted(edits):
            if start < at or not _certain(new, self._unit.indent):
                return None
            while position < len(pending) and (pending[position][0] < start or (pending[position][0] == start and pending[position][1])):
                offset, _, tick = pending[position]
                if offset < at:
                    return None
                parts += (text[at:offset], tick)
                at, position = offset, position + 1
            if position < len(pending) and pending[position][0] < end and not (start == end == pending[position][0]):
                return None  # the edit goes over a tick
            parts += (text[at:start], new)
            at = end
        for offset, _, tick in pending[position:]:
            parts += (text[at:offset], tick)
            at = offset
        parts.append(text[at:])
        return "".join(parts)


def _certain(new, indent):
    if UNCERTAIN.search(new):
        return False
    if "\n" in new and any(
        line.strip() and not (line.startswith(indent) and line[len(indent) :][:1] in " \t") for line in new.split("\n")[1:]
    ):
        return False  # it might end the function
    depth = 0
    for letter in new:
        if letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth -= 1
            if depth < 0:
                return False
    return depth == 0
