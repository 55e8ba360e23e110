"""Models that speak OpenAI's chat completions, by the official SDK: OpenAI itself, and every server with that interface."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import openai

from autosd.adapters.models.openai_reply import OpenAISaid
from autosd.adapters.models.reading import sayable
from autosd.adapters.models.speaking import SdkModel
from autosd.adapters.models.wire import http_client
from autosd.domain.models import Ask, Message, Role

_OF_THE_ACCOUNT = ("openai-organization", "openai-project")


@dataclass(frozen=True)
class OpenAIModel(SdkModel):
    """Satisfies ``Model``."""

    instead = {"max_tokens": "max_completion_tokens", "temperature": "", "stream_options": ""}  # noqa: RUF012 - a constant of the class

    @property
    def _sdk(self) -> Any:
        return openai

    @cached_property
    def _client(self) -> openai.OpenAI:
        drop = (() if self.key else ("authorization",)) + (() if self.own else _OF_THE_ACCOUNT)
        return openai.OpenAI(api_key=self.key or "-", base_url=self.place.url, max_retries=0, http_client=http_client(drop))

    def _new(self) -> OpenAISaid:
        return OpenAISaid()

    def _create(self, wanted: Mapping[str, Any], *, stream: bool, seconds: float) -> Any:
        given = {name: value for name, value in wanted.items() if stream or name != "stream_options"}
        return self._client.chat.completions.create(**given, stream=stream, timeout=seconds)

    def _request(self, ask: Ask) -> dict[str, Any]:
        wanted: dict[str, Any] = {
            "model": self.model,
            "messages": [_message(each) for each in ask.messages],
            "max_tokens": ask.max_tokens,
            "temperature": ask.temperature,
            "stream_options": {"include_usage": True},
        }
        if ask.tools:
            wanted["tools"] = [
                {"type": "function", "function": {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}}
                for tool in ask.tools
            ]
        return wanted


def _message(message: Message) -> dict[str, Any]:
    said: dict[str, Any] = {"role": str(message.role), "content": sayable(message.text)}
    if message.calls:
        said["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": sayable(call.arguments)}}
            for call in message.calls
        ]
    if message.role is Role.TOOL:
        said["tool_call_id"] = message.answers
    return said
