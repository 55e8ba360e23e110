"""Delta debugging: the smallest part of a set that still does what the whole does (Zeller and Hildebrandt's ddmin)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def smallest(parts: Sequence[T], works: Callable[[Sequence[T]], bool]) -> list[T] | None:
    """No single part of the answer can be left out. Where the whole does not work, single parts are asked; None if none does."""
    if not works(parts):
        return next(([part] for part in parts if len(parts) > 1 and works([part])), None)
    left, pieces = list(parts), 2
    while len(left) >= 2:
        size = -(-len(left) // pieces)
        chunks = [left[at : at + size] for at in range(0, len(left), size)]
        if chunk := next((chunk for chunk in chunks if works(chunk)), None):
            left, pieces = list(chunk), 2
            continue
        rests = ([part for part in left if part not in chunk] for chunk in chunks) if len(chunks) > 2 else iter(())
        if rest := next((rest for rest in rests if works(rest)), None):
            left, pieces = list(rest), max(pieces - 1, 2)
        elif pieces < len(left):
            pieces = min(2 * pieces, len(left))
        else:
            break
    return left
