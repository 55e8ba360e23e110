"""Reading OpenAI's chat completions: a reply as it grows from the pieces of a stream, or from one whole answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from autosd.adapters.models.reading import count, items, mapping, sayable, text, why_empty
from autosd.domain.models import Finish, Reply, ToolCall, Usage

_FINISH = {
    "stop": Finish.STOP,
    "length": Finish.LENGTH,
    "tool_calls": Finish.TOOLS,
    "function_call": Finish.TOOLS,
    "content_filter": Finish.FILTERED,
}


class OpenAISaid:
    """What was said so far. A whole answer is one large piece."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._refusal: list[str] = []
        self._calls: dict[int, list[str]] = {}  # id, name, arguments
        self._finish: str | None = None
        self._usage = Usage()
        self.begun = False
        self.error: Mapping[str, Any] = {}
        self.written = 0

    @property
    def ended(self) -> bool:
        return self._finish is not None

    def add(self, event: Mapping[str, Any]) -> str:
        """The new text in it."""
        if event.get("usage"):
            told = mapping(event["usage"])
            self._usage = _usage(told)
            self.written = count(mapping(told.get("prompt_tokens_details")).get("cache_write_tokens"))
        choices = items(event.get("choices"))
        choice = mapping(choices[0]) if choices else {}
        said = mapping(choice.get("delta")) or mapping(choice.get("message"))
        self.begun = self.begun or bool(choice)
        self.error = mapping(event.get("error")) or self.error
        for place, call in enumerate(items(said.get("tool_calls"))):
            self._add_call(place, mapping(call))
        self._refusal.append(text(said.get("refusal")))
        if isinstance(choice.get("finish_reason"), str):
            self._finish = choice["finish_reason"]
        elif "message" in choice and isinstance(choice["message"], dict):
            self._finish = ""  # a whole answer without a reason: some servers leave it out
        piece = text(said.get("content"))
        self._text.append(piece)
        return piece

    def _add_call(self, place: int, call: Mapping[str, Any]) -> None:
        index, function = call.get("index", place), mapping(call.get("function"))
        known = self._calls.setdefault(index if isinstance(index, int) else place, ["", "", ""])
        known[0] = known[0] or text(call.get("id"))
        known[1] += text(function.get("name"))
        known[2] += text(function.get("arguments"))

    def reply(self, name: str) -> Reply:
        whole, refusal = "".join(self._text), "".join(self._refusal)
        calls = tuple(ToolCall(id or f"call_{place}", *rest) for place, (id, *rest) in sorted(self._calls.items()) if rest[0])
        finish = Finish.FILTERED if refusal and not whole else _FINISH.get(self._finish or "stop", Finish.OTHER)
        finish = Finish.TOOLS if calls and finish is Finish.STOP else finish  # some servers end a call with "stop"
        reply = Reply(sayable(whole), calls, name, self._usage, finish)
        return replace(reply, reason=why_empty(finish, refusal)) if reply.empty else reply


def _usage(told: Mapping[str, Any]) -> Usage:
    given, said = count(told.get("prompt_tokens")), count(told.get("completion_tokens"))
    cached = count(mapping(told.get("prompt_tokens_details")).get("cached_tokens"))
    return Usage(given, said, min(cached, given))
