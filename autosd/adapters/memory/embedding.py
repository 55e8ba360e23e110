"""Nearness in meaning, where somebody installed an embedder; nothing here needs one."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from operator import mul
from typing import Any, Protocol


class Embedder(Protocol):
    """Anything with ``encode``: a ``SentenceTransformer`` is one."""

    def encode(self, text: str) -> Any:
        """Numbers in a row, as a list, a tuple or an array."""
        ...


def vector_of(embedder: Embedder, text: str) -> list[float]:
    """The text's vector. Raises ``ValueError`` for an embedder whose answer is none."""
    found = [float(number) for number in embedder.encode(text)]
    if not found or not all(map(math.isfinite, found)):
        raise ValueError("the embedder gave no vector")
    return found


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """From -1 to 1; 0 where the two cannot be compared."""
    if len(one) != len(other):
        return 0.0
    length = math.sqrt(sum(map(mul, one, one)) * sum(map(mul, other, other)))
    return sum(map(mul, one, other)) / length if length else 0.0


def vector_from(text: str | None) -> list[float]:
    """What was kept as JSON; empty for what is no vector."""
    try:
        found = json.loads(text) if text else []
        return [float(number) for number in found] if isinstance(found, list) else []
    except (TypeError, ValueError):
        return []
