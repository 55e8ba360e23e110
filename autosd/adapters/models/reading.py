"""Reading what a provider sent: it may be anything, so every value is looked at before it is believed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autosd.domain.models import Finish

_MOST_TOKENS = 10**9


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def text(value: Any) -> str:
    """Text that can be written as UTF-8; nothing for what is no text."""
    return sayable(value) if isinstance(value, str) else ""


def sayable(said: str) -> str:
    """Without halves of characters, which no JSON and no file can hold: a ``?`` stands for each."""
    return said if said.isascii() else said.encode("utf-8", "replace").decode("utf-8")


def count(value: Any) -> int:
    """Tokens; what is no sane number counts as none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_TOKENS else 0


def plain(value: Any) -> dict[str, Any]:
    """An object of an SDK as plain data. Raises ``ValueError`` for what is none: an SDK passes on a page of HTML as text."""
    to_dict = getattr(value, "to_dict", None)
    found = to_dict(mode="python", warnings=False) if to_dict else value
    if not isinstance(found, dict):
        raise ValueError(f"no JSON object, but {type(value).__name__}")
    return found


def why_empty(finish: Finish, refusal: str) -> str:
    if refusal:
        return f"the model refused: {' '.join(refusal.split())[:200]}"
    return {Finish.LENGTH: "cut off before anything was said", Finish.FILTERED: "the answer was filtered"}.get(finish, "empty completion")
