"""What a model wrote as the arguments of a call, as checked values: whatever is wrong is a sentence for the model, never a traceback."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

#: Longer arguments are not looked at: no edit of a source file needs them.
MOST_CHARACTERS = 400_000


class BadArguments(ValueError):
    """``str()`` is the sentence that the model is answered with."""


def read_arguments(schema: Mapping[str, Any], text: str) -> dict[str, Any]:
    """The values that ``schema`` names, of the types it says. Raises ``BadArguments``."""
    found = _object(text)
    values: dict[str, Any] = {}
    for name, kind in schema["properties"].items():
        if name in found and found[name] is not None:
            values[name] = _value(name, kind["type"], found[name])
        elif name in schema.get("required", ()):
            raise BadArguments(f"the argument {name!r} is missing")
    return values


def _object(text: str) -> dict[str, Any]:
    if len(text) > MOST_CHARACTERS:
        raise BadArguments(f"the arguments have more than {MOST_CHARACTERS} characters")
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError) as error:
        raise BadArguments(f"the arguments are no JSON object: {str(error)[:200]}") from None
    if not isinstance(found, dict):
        raise BadArguments("the arguments are no JSON object")
    return found


def _value(name: str, kind: str, value: object) -> Any:
    if kind == "string" and isinstance(value, str):
        return _clean(name, value)
    if kind == "boolean" and isinstance(value, bool):
        return value
    if kind == "integer" and (number := _integer(value)) is not None:
        return number
    if kind == "array":
        items = [value] if isinstance(value, str) else value
        if isinstance(items, list) and len(items) <= 200 and all(isinstance(item, str) for item in items):
            return [_clean(name, item) for item in items]
    raise BadArguments(f"the argument {name!r} is no {'list of strings' if kind == 'array' else kind}")


def _integer(value: object) -> int | None:
    """Models write numbers as text now and then."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 10:
        return int(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e9:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**9 else None


def _clean(name: str, text: str) -> str:
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise BadArguments(f"the argument {name!r} holds characters that no text file may hold")
    return text
