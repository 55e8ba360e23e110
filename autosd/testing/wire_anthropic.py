"""Anthropic's messages as they are on the wire: what a server refuses, a whole reply, the events of a streamed one, an error."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from autosd.testing.answers import Answer

_FINISH = {"stop": "end_turn", "length": "max_tokens", "tools": "tool_use", "filtered": "refusal"}
_KINDS = {
    "invalid_api_key": "authentication_error",
    "rate_limit_exceeded": "rate_limit_error",
    "server_error": "api_error",
}
_PIECE = 12  # characters of one streamed piece


def problem(body: Mapping[str, Any]) -> str:
    """Why a real server would refuse this request; empty when it would not."""
    messages = body.get("messages")
    if not isinstance(body.get("model"), str) or not body["model"]:
        return "model: Field required"
    if not isinstance(body.get("max_tokens"), int) or body["max_tokens"] < 1:
        return "max_tokens: Field required"
    if not isinstance(messages, list) or not messages:
        return "messages: at least one message is required"
    if messages[0].get("role") != "user":
        return "messages: first message must use the user role"
    if extra := {"temperature", "top_p", "top_k"} & set(body):
        return f"{extra.pop()}: Extra inputs are not permitted"
    open_calls: set[str] = set()
    for place, message in enumerate(messages):
        if message.get("role") not in ("user", "assistant"):
            return f"messages.{place}.role: Input should be 'user' or 'assistant'"
        blocks = message.get("content")
        blocks = [{"type": "text", "text": blocks}] if isinstance(blocks, str) else blocks
        if not isinstance(blocks, list) or not blocks:
            return f"messages.{place}: all messages must have non-empty content"
        if any(block.get("type") == "text" and not str(block.get("text", "")).strip() for block in blocks):
            return f"messages.{place}: text content blocks must contain non-whitespace text"
        answered = {block["tool_use_id"] for block in blocks if block.get("type") == "tool_result"}
        if answered != open_calls:
            return f"messages.{place}: `tool_use` ids were found without `tool_result` blocks immediately after, or the reverse"
        open_calls = {block["id"] for block in blocks if block.get("type") == "tool_use"}
        if any(not isinstance(block.get("input"), dict) for block in blocks if block.get("type") == "tool_use"):
            return f"messages.{place}: tool_use.input: Input should be a valid dictionary"
    wrong = [tool for tool in body.get("tools", ()) if not tool.get("name") or not isinstance(tool.get("input_schema"), dict)]
    return "tools.0: Field required" if wrong else ""


def whole(answer: Answer, body: Mapping[str, Any], number: int) -> dict[str, Any]:
    content: list[dict[str, Any]] = [_thought(answer, number)] if answer.thought else []
    content += [{"type": "text", "text": answer.text or answer.refusal}] if answer.text or answer.refusal else []
    for place, call in enumerate(answer.calls):
        input_ = json.loads(call.json)
        content.append({"type": "tool_use", "id": call.id or f"toolu_{number}_{place}", "name": call.name, "input": input_})
    ends = "filtered" if answer.refusal else answer.ends
    return {**_head(body, number), "content": content, "stop_reason": _FINISH.get(ends, ends), "usage": _usage(answer)}


def events(answer: Answer, body: Mapping[str, Any], number: int) -> Iterator[str]:
    usage = _usage(answer)
    yield _event(
        "message_start", message={**_head(body, number), "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
    )
    yield _event("ping")
    place = 0
    if answer.thought:
        thought = _thought(answer, number)
        yield _event("content_block_start", index=place, content_block={**thought, "thinking": "", "signature": ""})
        yield _event("content_block_delta", index=place, delta={"type": "thinking_delta", "thinking": thought["thinking"]})
        yield _event("content_block_delta", index=place, delta={"type": "signature_delta", "signature": thought["signature"]})
        yield _event("content_block_stop", index=place)
        place += 1
    if text := answer.text or answer.refusal:
        yield _event("content_block_start", index=place, content_block={"type": "text", "text": ""})
        for start in range(0, len(text), _PIECE):
            yield _event("content_block_delta", index=place, delta={"type": "text_delta", "text": text[start : start + _PIECE]})
        yield _event("content_block_stop", index=place)
        place += 1
    for call in answer.calls:
        block = {"type": "tool_use", "id": call.id or f"toolu_{number}_{place}", "name": call.name, "input": {}}
        yield _event("content_block_start", index=place, content_block=block)
        for start in range(0, len(call.json), _PIECE):
            piece = call.json[start : start + _PIECE]
            yield _event("content_block_delta", index=place, delta={"type": "input_json_delta", "partial_json": piece})
        yield _event("content_block_stop", index=place)
        place += 1
    ends = "filtered" if answer.refusal else answer.ends
    delta = {"stop_reason": _FINISH.get(ends, ends), "stop_sequence": None}
    yield _event("message_delta", delta=delta, usage={"output_tokens": usage["output_tokens"]})
    yield _event("message_stop")


def error(answer: Answer) -> dict[str, Any]:
    kind = "overloaded_error" if answer.status == 529 else _KINDS.get(answer.kind, "invalid_request_error")
    return {"type": "error", "error": {"type": kind, "message": answer.text}, "request_id": "req_scripted"}


def _thought(answer: Answer, number: int) -> dict[str, str]:
    return {"type": "thinking", "thinking": answer.thought, "signature": f"signed-{number}"}


def _head(body: Mapping[str, Any], number: int) -> dict[str, Any]:
    return {"id": f"msg_{number}", "type": "message", "role": "assistant", "model": body["model"], "stop_sequence": None}


def _usage(answer: Answer) -> dict[str, Any]:
    """Anthropic counts what came from the cache beside the other input tokens, not among them."""
    given, said, cached = answer.usage or (0, 0, 0)
    return {"input_tokens": given - cached, "cache_creation_input_tokens": 0, "cache_read_input_tokens": cached, "output_tokens": said}


def _event(kind: str, **fields: Any) -> str:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n"
