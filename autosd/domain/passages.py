"""Pieces of code that a search found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Passage:
    """Lines ``start``..``end`` (from 1, both included) of ``path`` (POSIX, relative to the project's root); ``symbol`` is the
    dotted name of what is defined there, empty for text. ``score`` orders passages of one search, higher first."""

    path: str
    start: int
    end: int
    text: str
    symbol: str = ""
    score: float = 0.0
    why: str = ""  # which of the searches found it
