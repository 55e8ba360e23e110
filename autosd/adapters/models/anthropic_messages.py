"""Models that speak Anthropic's messages, by the official SDK."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import anthropic

from autosd.adapters.models.anthropic_reply import AnthropicSaid
from autosd.adapters.models.reading import sayable
from autosd.adapters.models.speaking import SdkModel
from autosd.adapters.models.wire import http_client
from autosd.domain.models import Ask, Message, Role, ToolCall


@dataclass(frozen=True)
class AnthropicModel(SdkModel):
    """Satisfies ``Model``. The interface has no temperature any more (2026-10-21): what an ask says of it is left out."""

    @property
    def _sdk(self) -> Any:
        return anthropic

    @cached_property
    def _client(self) -> anthropic.Anthropic:
        drop = () if self.key else ("x-api-key", "authorization")
        url, client = self.place.url, http_client(drop)
        return anthropic.Anthropic(api_key=self.key or "-", base_url=url, max_retries=0, http_client=client, open_telemetry=False)

    def _new(self) -> AnthropicSaid:
        return AnthropicSaid()

    def _create(self, wanted: Mapping[str, Any], *, stream: bool, seconds: float) -> Any:
        return self._client.messages.create(**wanted, stream=stream, timeout=seconds)

    def _request(self, ask: Ask) -> dict[str, Any]:
        wanted: dict[str, Any] = {"model": self.model, "messages": _turns(ask.messages), "max_tokens": ask.max_tokens}
        if system := [sayable(each.text) for each in ask.messages if each.role is Role.SYSTEM and each.text.strip()]:
            wanted["system"] = "\n\n".join(system)
        if ask.tools:
            wanted["tools"] = [
                {"name": tool.name, "description": tool.description, "input_schema": dict(tool.parameters)} for tool in ask.tools
            ]
            wanted["cache_control"] = {"type": "ephemeral"}  # with tools a conversation goes on: all but its end is sent again each time
        return wanted


def _turns(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """User and assistant in turn: what a tool answered is a part of the user's turn, and several answers are one turn."""
    turns: list[dict[str, Any]] = []
    for message in messages:
        if message.role is Role.SYSTEM:
            continue
        role = "assistant" if message.role is Role.ASSISTANT else "user"
        if not turns or turns[-1]["role"] != role:
            turns.append({"role": role, "content": []})
        turns[-1]["content"] += _blocks(message)
    for turn in turns:
        turn["content"] = turn["content"] or [_text("(empty)")]
    return turns


def _blocks(message: Message) -> Iterator[dict[str, Any]]:
    """Empty text is refused over there, so there is none. What was thought before calls has to stand before them."""
    if message.thoughts and message.calls:
        yield from json.loads(message.thoughts)
    if message.role is Role.TOOL:
        yield {"type": "tool_result", "tool_use_id": message.answers, "content": sayable(message.text) or "(empty)"}
    elif message.text.strip():
        yield _text(sayable(message.text))
    for call in message.calls:
        yield {"type": "tool_use", "id": call.id, "name": call.name, "input": _input(call)}


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _input(call: ToolCall) -> dict[str, Any]:
    """An object is wanted; what the model wrote may be none."""
    try:
        value = json.loads(call.arguments or "{}")
    except (ValueError, RecursionError):
        value = None
    return value if isinstance(value, dict) else {"not_json": sayable(call.arguments)}
