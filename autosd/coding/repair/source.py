"""Where things stand in a text: offsets of lines, of syntax nodes and of the operators between them."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from bisect import bisect_left
from functools import cached_property

_NEWLINE = re.compile(r"\r\n|\r|\n")
_WORD = re.compile(r"\w+|[^\w\s]+")


def parse_error(text: str) -> SyntaxError | None:
    """Why ``text`` does not compile (a module may parse and still have ``return`` outside a function), else None."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(ast.parse(text.removeprefix("\ufeff")), "<candidate>", "exec", dont_inherit=True)
    except SyntaxError as error:
        return error
    except (ValueError, RecursionError, MemoryError) as error:
        return SyntaxError(str(error))
    return None


class Source:
    """A text with the geometry that ``ast`` leaves out. Offsets count characters of the decoded file."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.bom = 1 if text.startswith("\ufeff") else 0
        self.starts = [self.bom, *(match.end() for match in _NEWLINE.finditer(text))]
        first = _NEWLINE.search(text)
        self.newline = first.group() if first else "\n"
        self._ascii = text.isascii()

    def offset(self, line: int, column: int) -> int:
        """The offset of ``column`` (in UTF-8 bytes, as ``ast`` counts) of ``line`` (from 1)."""
        start = self.starts[line - 1]
        if self._ascii:
            return start + column
        rest = self.text[start : self.line_end(line)]
        return start + (column if rest.isascii() else len(rest.encode()[:column].decode(errors="ignore")))

    def line_end(self, line: int) -> int:
        """The offset just before the line break of ``line``."""
        if line >= len(self.starts):
            return len(self.text)
        end = self.starts[line]
        return end - 2 if self.text[end - 2 : end] == "\r\n" else end - 1

    def line(self, number: int) -> str:
        return self.text[self.starts[number - 1] : self.line_end(number)]

    def line_of(self, offset: int) -> int:
        return max(1, bisect_left(self.starts, offset + 1))

    @cached_property
    def tokens(self) -> list[tuple[int, int, str]]:
        """Start, end and text of every token that is not layout or comment, in order."""
        found: list[tuple[int, int, str]] = []
        layout = {tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT, tokenize.ENDMARKER}
        try:
            for token in tokenize.generate_tokens(io.StringIO(self.text[self.bom :]).readline):
                if token.type not in layout:
                    start = self.starts[token.start[0] - 1] + token.start[1]
                    found.append((start, self.starts[token.end[0] - 1] + token.end[1], token.string))
        except (tokenize.TokenError, SyntaxError, IndexError):
            pass  # what was read so far still serves
        return found

    @cached_property
    def _token_starts(self) -> list[int]:
        return [token[0] for token in self.tokens]

    def between(self, start: int, end: int) -> list[tuple[int, int, str]]:
        """The tokens that lie wholly in ``start``..``end``."""
        low = bisect_left(self._token_starts, start)
        high = bisect_left(self._token_starts, end)
        return [token for token in self.tokens[low:high] if token[1] <= end]

    def operator(self, start: int, end: int) -> tuple[int, int]:
        """The span of the operator words between two operands, without the brackets around them."""
        words = [token for token in self.between(start, end) if token[2] not in "()"]
        return (words[0][0], words[-1][1]) if words else (start, start)

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Start and end offset of a node that has a place in the text."""
        start = self.offset(node.lineno, node.col_offset)  # type: ignore[attr-defined]
        return start, self.offset(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]


def words(text: str) -> list[str]:
    """The rough tokens of a piece of code: for distances and likeness, not for parsing."""
    return _WORD.findall(text)
