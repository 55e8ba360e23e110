"""The door through which an outside agent gets to a model: it looks like a provider's API and holds no key.

What comes in either wire format becomes an ask of the same talk that every strategy has, so each word is permitted, redacted, paid for
and tried again as the settings say, whichever provider answers. When the money is spent or leave is withdrawn the door is shut.
"""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from autosd.coding.command import wire_anthropic, wire_openai
from autosd.coding.command.wires import NotUnderstood, body_of
from autosd.domain.errors import AutosdError
from autosd.domain.models import Ask, Reply
from autosd.ports import Talk

#: What is asked for after the door was shut: the agent does not give up, so its run is ended.
PATIENCE = 5
_OPENAI = frozenset({"/v1/chat/completions", "/chat/completions"})
_ANTHROPIC = frozenset({"/v1/messages", "/messages"})


@dataclass(frozen=True)
class Response:
    status: int
    type: str
    body: str


class Door:
    """``key`` is the stand-in. ``asked``, ``usd`` and ``tokens`` count what went through; ``shut`` says why nothing does any more."""

    def __init__(self, talk: Talk, key: str, *, most_requests: int, most_tokens: int, until: float, call_seconds: float) -> None:
        self._talk, self._key = talk, key
        self._most_requests, self._most_tokens, self._until, self._call_seconds = most_requests, most_tokens, until, call_seconds
        self.asked, self.usd, self.tokens = 0, 0.0, 0
        self.shut, self.knocks = "", 0
        self.error: AutosdError | None = None

    @property
    def hopeless(self) -> bool:
        """Whether an agent goes on asking although it was told that the door is shut."""
        return self.knocks >= PATIENCE

    def answer(self, method: str, path: str, key: str, body: str) -> Response:
        """What an API would answer; whatever is asked, nothing but an answer comes of it."""
        path = path.partition("?")[0]
        wire = wire_anthropic if path.startswith(tuple(_ANTHROPIC)) else wire_openai
        if not hmac.compare_digest(key.removeprefix("Bearer ").encode("utf-8", "replace"), self._key.encode()):
            return _json(401, wire.failure("this is not the stand-in key of this run", "authentication_error"))
        if method == "GET" and path in ("/v1/models", "/models"):
            listed = {"id": self._talk.model, "object": "model", "type": "model", "created": 0, "owned_by": "autosd"}
            return _json(200, {"object": "list", "data": [listed], "has_more": False})
        if method != "POST" or path not in _OPENAI | _ANTHROPIC:
            return _json(404, wire.failure(f"only chat completions and messages are passed on, not {path[:80]}", "not_found_error"))
        try:
            return self._asked(path, body_of(body))
        except NotUnderstood as error:
            return _json(400, wire.failure(str(error), "invalid_request_error"))

    def _asked(self, path: str, body: Mapping[str, Any]) -> Response:
        wire = wire_anthropic if path in _ANTHROPIC else wire_openai
        wanted = wire.wanted(body, self._most_tokens)
        reply = self._reply(wanted.ask)
        if self.shut:
            self.knocks += 1
            return _json(403, wire.failure(self.shut, "permission_error"))
        if reply.empty:
            return _json(502, wire.failure(f"no reply: {reply.reason[:300] or reply.finish}", "api_error"))
        if wanted.stream:
            options = {"usage": wanted.usage} if wire is wire_openai else {}
            return Response(200, "text/event-stream; charset=utf-8", wire.stream(reply, self.asked, **options))
        return _json(200, wire.response(reply, self.asked))

    def _reply(self, ask: Ask) -> Reply:
        left = self._until - time.monotonic()
        if not self.shut and self.asked >= self._most_requests:
            self.shut = f"{self._most_requests} requests were made, more are not allowed"
        if not self.shut and left < 1.0:
            self.shut = "the time is up"
        if self.shut:
            return Reply()
        self.asked += 1
        try:
            reply = self._talk.reply(replace(ask, seconds=min(left, self._call_seconds), purpose="command"))
        except AutosdError as error:
            self.shut = f"{error.code}: no more questions to the model"
            self.error = error
            return Reply()
        self.usd += reply.usd
        self.tokens += reply.usage.input_tokens + reply.usage.output_tokens
        return replace(reply, calls=tuple(replace(each, id=each.id or f"call_{n}") for n, each in enumerate(reply.calls)))


def _json(status: int, body: Mapping[str, Any]) -> Response:
    return Response(status, "application/json", json.dumps(body))
