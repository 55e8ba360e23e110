"""From hits to passages: the lines as they are now, cut so that all of them together stay within a number of tokens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from autosd.adapters.codeindex.fusing import Hit
from autosd.adapters.codeindex.looking import read
from autosd.domain.passages import Passage
from autosd.domain.tokens import CountTokens

_LARGEST_SHARE = 0.5  # of the budget, for one passage
_SMALLEST = 3  # lines that still tell something


def passages_of(root: Path, hits: Iterable[Hit]) -> Iterator[Passage]:
    """Each hit with its text. A file that cannot be read any more yields nothing."""
    files: dict[str, list[str] | None] = {}
    for hit in hits:
        symbol = hit.symbol
        if symbol.path not in files:
            data = read(root, symbol.path)
            files[symbol.path] = None if data is None else data.decode("utf-8-sig", "replace").splitlines(keepends=True)
        lines = files[symbol.path]
        if lines and symbol.start <= len(lines):
            stop = min(symbol.stop, len(lines))
            yield Passage(symbol.path, symbol.start, stop, "".join(lines[symbol.start - 1 : stop]), symbol.name, hit.score, hit.why)


def within(passages: Iterable[Passage], tokens: int, count: CountTokens) -> list[Passage]:
    """As many as fit, best first. Of a long one its head, which says what it is and takes; of what is shown already, nothing."""
    left = tokens
    shown: list[Passage] = []
    for passage in passages:
        if left <= 0:
            break
        if any(passage.path == each.path and each.start <= passage.start <= passage.end <= each.end for each in shown):
            continue
        most = min(left, max(int(tokens * _LARGEST_SHARE), 1)) if shown or count(passage.text) > tokens else left
        fitting = _head(passage, most, count)
        if fitting is not None:
            shown.append(fitting)
            left -= count(fitting.text)
    return shown


def _head(passage: Passage, most: int, count: CountTokens) -> Passage | None:
    if count(passage.text) <= most:
        return passage
    lines = passage.text.splitlines(keepends=True)
    low, high = 0, len(lines)
    while low < high:  # the longest head that fits
        middle = (low + high + 1) // 2
        low, high = (middle, high) if count("".join(lines[:middle])) <= most else (low, middle - 1)
    if low < _SMALLEST:
        return None
    return Passage(passage.path, passage.start, passage.start + low - 1, "".join(lines[:low]), passage.symbol, passage.score, passage.why)
