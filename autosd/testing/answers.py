"""What the wire-format server is told to answer: replies, refusals of every kind, and connections that go wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(frozen=True)
class Call:
    """A tool call that the model makes; ``arguments`` is an object, or JSON text as it stands (also text that is none)."""

    name: str
    arguments: Mapping[str, Any] | str = field(default_factory=dict)
    id: str = ""

    @property
    def json(self) -> str:
        return self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments)


@dataclass(frozen=True)
class Answer:
    """One answer of the server. What is left out is as a healthy server would have it.

    ``finish`` is ``stop``, ``length``, ``tools`` or ``filtered``; ``usage`` is input, output and cached tokens (None: none is told).
    With a ``status`` of 400 or more it is an error of the provider's own form: ``kind`` is its machine-readable word, ``text`` its message.
    ``delay`` seconds pass before anything is sent, ``drip`` seconds between two pieces of the body; ``cut`` closes the connection after so
    many bytes of the body; ``hang_up`` closes it before any byte; ``raw`` is sent as the body instead of everything else.
    ``thought`` comes signed before the answer, where the wire format has that.
    """

    text: str = ""
    calls: tuple[Call, ...] = ()
    finish: str = ""
    usage: tuple[int, int, int] | None = (11, 7, 0)
    status: int = 200
    kind: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    drip: float = 0.0
    cut: int | None = None
    hang_up: bool = False
    raw: bytes | None = None
    refusal: str = ""
    thought: str = ""

    @property
    def ends(self) -> str:
        return self.finish or ("tools" if self.calls else "stop")

    # ---- the usual ones by name ---------------------------------------------------------------------------------------------------

    @classmethod
    def limited(cls, **headers: str) -> Answer:
        """A 429; ``retry_after="2"`` becomes the header ``retry-after: 2``."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return cls("Rate limit reached.", status=429, kind="rate_limit_exceeded", headers=named)

    @classmethod
    def failing(cls, status: int = 500, text: str = "The server had an error.") -> Answer:
        return cls(text, status=status, kind="server_error" if status >= 500 else "")

    @classmethod
    def denied(cls, text: str = "Incorrect API key provided.") -> Answer:
        return cls(text, status=401, kind="invalid_api_key")

    @classmethod
    def too_long(cls) -> Answer:
        text = "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens."
        return cls(text, status=400, kind="context_length_exceeded")

    @classmethod
    def garbage(cls, raw: bytes = b"\x00\xff<html>{not json") -> Answer:
        return cls(raw=raw)

    # ---- from JSON ----------------------------------------------------------------------------------------------------------------

    @classmethod
    def of(cls, value: Any) -> Answer:
        """From a script: a text; an object with the fields of an answer; any other object is the reply itself, as JSON text."""
        if isinstance(value, cls):
            return value
        if isinstance(value, str):
            return cls(value)
        names = {each.name for each in fields(cls)}
        if isinstance(value, dict) and value and set(value) <= names:
            return cls(**_typed(value))
        return cls(json.dumps(value))


def _typed(value: dict[str, Any]) -> dict[str, Any]:
    """JSON's lists and texts as the types of the fields."""
    known = dict(value)
    if "calls" in known:
        known["calls"] = tuple(Call(each["name"], each.get("arguments", {}), each.get("id", "")) for each in known["calls"])
    if known.get("usage") is not None:
        known["usage"] = tuple((*known["usage"], 0, 0, 0)[:3])
    if isinstance(known.get("raw"), str):
        known["raw"] = known["raw"].encode("utf-8", "surrogateescape")
    return known


@dataclass(frozen=True)
class Asked:
    """One request as it came. Of the headers only those that hold no key; ``key`` says whether one was sent."""

    path: str
    body: Mapping[str, Any]
    headers: Mapping[str, str]
    key: bool

    @property
    def wire(self) -> str:
        return "anthropic" if self.path.rstrip("/").endswith("/messages") else "openai"

    @property
    def stream(self) -> bool:
        return bool(self.body.get("stream"))

    @property
    def text(self) -> str:
        """Everything that was said to the model, for tests that look for a word in it."""
        return json.dumps(self.body, ensure_ascii=False)
