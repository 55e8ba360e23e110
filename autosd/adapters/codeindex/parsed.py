"""What one file comes to in the index: plain rows, as they travel between processes."""

from __future__ import annotations

from typing import NamedTuple


class Symbol(NamedTuple):
    """A piece of a file that a search can find: lines ``start``..``end``. Without a ``name`` it is text or code of module level.

    ``calls`` are names with blanks between them, ``body`` the words of the lines, each once.
    """

    kind: str  # function, class, module, text
    name: str
    start: int
    end: int
    signature: str
    doc: str
    calls: str
    body: str


class Parsed(NamedTuple):
    """``imports`` are dotted names with blanks between them."""

    lines: int
    imports: str
    symbols: tuple[Symbol, ...]
