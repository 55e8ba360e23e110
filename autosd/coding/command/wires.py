"""What the two wire formats have in common: a request that was understood, a request that was not, and reading JSON of unknown make."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autosd.domain.models import Ask, Tool

MOST_MESSAGES, MOST_TOOLS = 2000, 200


class NotUnderstood(ValueError):
    """``str()`` is the message that the agent is answered with."""


@dataclass(frozen=True)
class Wanted:
    """``stream``: the answer is to come as a stream of events; ``usage``: with the tokens at its end, where that has to be asked for."""

    ask: Ask
    stream: bool = False
    usage: bool = False


def body_of(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
        if "\\ud" in text.lower():  # half a character cannot be sent on
            found = json.loads(json.dumps(found, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise NotUnderstood("the body is no JSON") from None
    if not isinstance(found, dict):
        raise NotUnderstood("the body is no JSON object")
    return found


def texts_of(content: object) -> str:
    """A text, or parts of which each is one. Pictures and the like are not passed on, and that is said."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise NotUnderstood("a content is neither text nor a list of parts")
    texts = []
    for part in content:
        if not isinstance(part, dict) or not isinstance(part.get("text"), str):
            kind = part.get("type") if isinstance(part, dict) else type(part).__name__
            raise NotUnderstood(f"parts of the kind {str(kind)[:40]!r} are not passed on: only text is")
        texts.append(part["text"])
    return "\n".join(texts)


def listed(body: Mapping[str, Any], name: str, most: int) -> list[Mapping[str, Any]]:
    found = body.get(name) or []
    if not isinstance(found, list) or len(found) > most or not all(isinstance(item, dict) for item in found):
        raise NotUnderstood(f"{name} is no list of at most {most} objects")
    return found


def texted(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise NotUnderstood(f"{name} is no text")
    return value


def bounded(value: object, default: float, low: float, high: float) -> float:
    good = isinstance(value, int | float) and not isinstance(value, bool) and value == value
    return min(max(float(value), low), high) if good else default  # type: ignore[arg-type]


def tool_of(name: object, description: object, parameters: object) -> Tool:
    schema = parameters if isinstance(parameters, dict) else {"type": "object", "properties": {}}
    return Tool(texted(name, "the name of a tool"), description if isinstance(description, str) else "", schema)


def events(*parts: tuple[str, Mapping[str, Any] | str]) -> str:
    """Server-sent events: (event's name or "", data)."""
    said = []
    for name, data in parts:
        text = data if isinstance(data, str) else json.dumps(data)
        said.append((f"event: {name}\n" if name else "") + f"data: {text}\n\n")
    return "".join(said)
