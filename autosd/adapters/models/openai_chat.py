"""Models that speak OpenAI's chat completions, by the official SDK: OpenAI itself, and every server with that interface."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import httpx2
import openai

from autosd.adapters.models.faults import Place
from autosd.adapters.models.openai_reply import Said
from autosd.adapters.models.prices import Price
from autosd.adapters.models.reading import mapping, plain, sayable
from autosd.adapters.models.wire import Watch, http_client, within
from autosd.domain.decisions import Action, Permit
from autosd.domain.models import Ask, Message, Reply, Role
from autosd.governance.permits import require
from autosd.ports import ModelError, ModelFault

_OF_OPENAI = ("openai-organization", "openai-project")


@dataclass(frozen=True)
class OpenAIModel:
    """Satisfies ``Model``. ``own``: the server is OpenAI's; another one is told nothing of the account there."""

    place: Place
    model: str
    key: str = field(repr=False)
    price: Price | None = None
    own: bool = False
    _learnt: dict[str, Any] = field(default_factory=dict, repr=False)  # what this model wants otherwise, by the name of the parameter

    @property
    def name(self) -> str:
        return self.place.name

    @cached_property
    def _client(self) -> openai.OpenAI:
        """Everything that the SDK would otherwise take from the environment is said, or taken off the requests."""
        drop = (() if self.key else ("authorization",)) + (() if self.own else _OF_OPENAI)
        return openai.OpenAI(api_key=self.key or "-", base_url=self.place.url, max_retries=0, http_client=http_client(drop))

    def complete(self, permit: Permit, ask: Ask, heard: Callable[[str], None] | None = None) -> Reply:
        """See ``Model``."""
        require(permit, Action.SPEND)
        began = time.monotonic()
        said = Said()
        with within(ask.seconds) as watch:
            for event in self._events(ask, watch, stream=heard is not None):
                piece = said.add(event)
                if heard and piece:
                    heard(piece)
            if not said.ended:
                raise self._unfinished(said, watch)
        reply = said.reply(self.name)
        usd = self.price.of(reply.usage) if self.price else 0.0
        return replace(reply, usd=usd, seconds=time.monotonic() - began)

    def _events(self, ask: Ask, watch: Watch, *, stream: bool) -> Iterator[dict[str, Any]]:
        """What came, as plain data: pieces of a reply, or one whole one. Whatever the SDK raises is one of our faults."""
        failed: Exception
        try:
            answer = self._sent(ask, stream)
            if stream:
                yield from map(plain, answer)
            else:
                yield plain(answer)
            return
        except Exception as error:  # foreign code, fed with what a stranger sent
            failed = error
        raise self._fault(watch, failed)

    def _sent(self, ask: Ask, stream: bool) -> Any:
        """A request that is refused for a parameter which this model does not take is sent again without it: nothing was generated."""
        for _ in range(4):
            wanted = self._request(ask, stream)
            try:
                return self._client.chat.completions.create(**wanted, timeout=ask.seconds)
            except openai.BadRequestError as error:
                if not self._learn(error, wanted):
                    raise
        raise ValueError("it refuses one parameter after the other")

    def _learn(self, error: openai.BadRequestError, wanted: Mapping[str, Any]) -> bool:
        said = f"{error.param} {error.message}"
        for name, instead in (("max_tokens", "max_completion_tokens"), ("temperature", ""), ("stream_options", "")):
            if name in wanted and (error.param == name or f"'{name}'" in said) and name not in self._learnt:
                self._learnt[name] = instead
                return True
        return False

    def _request(self, ask: Ask, stream: bool) -> dict[str, Any]:
        values: dict[str, Any] = {"max_tokens": ask.max_tokens, "temperature": ask.temperature}
        if stream:
            values["stream_options"] = {"include_usage": True}
        given = {self._learnt.get(name, name): value for name, value in values.items() if self._learnt.get(name, name)}
        if ask.tools:
            given["tools"] = [
                {"type": "function", "function": {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}}
                for tool in ask.tools
            ]
        return {"model": self.model, "messages": [_message(each) for each in ask.messages], "stream": stream, **given}

    def _unfinished(self, said: Said, watch: Watch) -> ModelError:
        if watch.expired:
            return self.place.error(ModelFault.TIMEOUT)
        if said.error:
            return self.place.refused(0, (said.error.get("code"), said.error.get("type")), str(said.error.get("message", "")), {})
        if said.begun:
            return self.place.error(ModelFault.CONNECTION, "the answer was cut off")
        return self.place.error(ModelFault.GARBAGE, "there is no reply in it")

    def _fault(self, watch: Watch, error: Exception) -> ModelError:
        if watch.expired or isinstance(error, openai.APITimeoutError | httpx2.TimeoutException):
            return self.place.error(ModelFault.TIMEOUT)
        if isinstance(error, openai.APIStatusError):
            return self.place.refused(error.status_code, (error.code, error.type), _told(error), error.response.headers)
        if isinstance(error, openai.APIConnectionError):
            return self.place.error(ModelFault.CONNECTION, str(error.__cause__ or error))
        if isinstance(error, httpx2.TransportError):
            return self.place.error(ModelFault.CONNECTION, str(error))
        if type(error) is openai.APIError:  # told in the middle of a stream
            return self.place.refused(0, (error.code, error.type), _told(error), {})
        return self.place.error(ModelFault.GARBAGE, f"{type(error).__name__}: {error}")


def _told(error: openai.APIError) -> str:
    told = mapping(error.body).get("message")
    return told if isinstance(told, str) else error.message


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
