"""OpenAI's chat completions as they are on the wire: what a server refuses, a whole reply, the events of a streamed one, an error."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from autosd.testing.answers import Answer

_FINISH = {"tools": "tool_calls", "filtered": "content_filter"}
_KINDS = {"server_error": "server_error", "invalid_api_key": "invalid_request_error", "rate_limit_exceeded": "tokens"}
_PIECE = 12  # characters of one streamed piece


def problem(body: Mapping[str, Any]) -> str:
    """Why a real server would refuse this request; empty when it would not."""
    messages = body.get("messages")
    if not isinstance(body.get("model"), str) or not body["model"]:
        return "you must provide a model parameter"
    if not isinstance(messages, list) or not messages:
        return "[] is too short - 'messages'"
    open_calls: set[str] = set()
    for message in messages:
        role = message.get("role")
        if role not in ("system", "developer", "user", "assistant", "tool"):
            return f"Invalid value: {role!r} for 'role'."
        if role == "tool":
            if message.get("tool_call_id") not in open_calls:
                return "messages with role 'tool' must be a response to a preceding message with 'tool_calls'."
            open_calls.discard(message["tool_call_id"])
        elif open_calls:
            return "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'."
        else:
            open_calls = {call["id"] for call in message.get("tool_calls", ())}
        if role != "assistant" and not isinstance(message.get("content"), str | list):
            return "Invalid type for 'content'."
    if "max_tokens" in body and "max_completion_tokens" in body:
        return "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."
    return _tools(body.get("tools", ()))


def _tools(tools: Any) -> str:
    for tool in tools:
        function = tool.get("function", {}) if tool.get("type") == "function" else {}
        if not function.get("name") or not isinstance(function.get("parameters", {}), dict):
            return "Missing required parameter: 'tools[0].function'."
    return ""


def whole(answer: Answer, body: Mapping[str, Any], number: int) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": answer.text or None, "refusal": answer.refusal or None}
    if answer.calls:
        message["tool_calls"] = [
            {"id": call.id or f"call_{number}_{place}", "type": "function", "function": {"name": call.name, "arguments": call.json}}
            for place, call in enumerate(answer.calls)
        ]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _FINISH.get(answer.ends, answer.ends)}
    return {**_head(body, number, "chat.completion"), "choices": [choice], **({"usage": _usage(answer)} if answer.usage else {})}


def events(answer: Answer, body: Mapping[str, Any], number: int) -> Iterator[str]:
    head = _head(body, number, "chat.completion.chunk")

    def chunk(delta: Mapping[str, Any], finish: str | None = None) -> str:
        return _event({**head, "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]})

    yield chunk({"role": "assistant", "content": ""})
    for start in range(0, len(answer.text), _PIECE):
        yield chunk({"content": answer.text[start : start + _PIECE]})
    if answer.refusal:
        yield chunk({"refusal": answer.refusal})
    for place, call in enumerate(answer.calls):
        function = {"name": call.name, "arguments": ""}
        first = {"index": place, "id": call.id or f"call_{number}_{place}", "type": "function", "function": function}
        yield chunk({"tool_calls": [first]})
        for start in range(0, len(call.json), _PIECE):
            yield chunk({"tool_calls": [{"index": place, "function": {"arguments": call.json[start : start + _PIECE]}}]})
    yield chunk({}, _FINISH.get(answer.ends, answer.ends))
    if answer.usage and (body.get("stream_options") or {}).get("include_usage"):
        yield _event({**head, "choices": [], "usage": _usage(answer)})
    yield "data: [DONE]\n\n"


def error(answer: Answer) -> dict[str, Any]:
    kind = _KINDS.get(answer.kind, "invalid_request_error")
    return {"error": {"message": answer.text, "type": kind, "param": None, "code": answer.kind or None}}


def models(name: str) -> dict[str, Any]:
    return {"object": "list", "data": [{"id": name, "object": "model", "created": 1767323045, "owned_by": "autosd"}]}


def _head(body: Mapping[str, Any], number: int, kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{number}", "object": kind, "created": 1767323045, "model": body["model"], "system_fingerprint": "fp_scripted"}


def _usage(answer: Answer) -> dict[str, Any]:
    given, said, cached = answer.usage or (0, 0, 0)
    details = {"prompt_tokens_details": {"cached_tokens": cached}}
    return {"prompt_tokens": given, "completion_tokens": said, "total_tokens": given + said, **details}


def _event(value: Mapping[str, Any]) -> str:
    return f"data: {json.dumps(value)}\n\n"
