"""Anthropic's messages, from the side of who answers: a request becomes an ask, a reply becomes a response."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from autosd.coding.command.wires import MOST_MESSAGES, MOST_TOOLS, NotUnderstood, Wanted, bounded, events, listed, texted, texts_of, tool_of
from autosd.domain.models import Ask, Finish, Message, Reply, Role, ToolCall

_FINISHES = {Finish.STOP: "end_turn", Finish.LENGTH: "max_tokens", Finish.TOOLS: "tool_use", Finish.FILTERED: "refusal"}
#: What a model thought aloud is no part of what is asked.
_PASSED_OVER = frozenset({"thinking", "redacted_thinking"})


def wanted(body: Mapping[str, Any], most_tokens: int) -> Wanted:
    """Raises ``NotUnderstood``."""
    system = texts_of(body.get("system"))
    messages = [each for raw in listed(body, "messages", MOST_MESSAGES) for each in _messages(raw)]
    if not messages:
        raise NotUnderstood("there are no messages")
    first = (Message(Role.SYSTEM, system),) if system else ()
    tools = tuple(
        tool_of(tool.get("name"), tool.get("description"), tool.get("input_schema")) for tool in listed(body, "tools", MOST_TOOLS)
    )
    ask = Ask(
        (*first, *messages),
        tools,
        max_tokens=int(bounded(body.get("max_tokens"), most_tokens, 1, most_tokens)),
        temperature=bounded(body.get("temperature"), 0.2, 0.0, 1.0),
    )
    return Wanted(ask, body.get("stream") is True, True)


def _messages(raw: Mapping[str, Any]) -> Iterator[Message]:
    """One of theirs may be several of ours: each answer of a tool is a message of its own."""
    role, content = raw.get("role"), raw.get("content")
    if role not in ("user", "assistant"):
        raise NotUnderstood(f"there is no role {str(role)[:40]!r}")
    if isinstance(content, str):
        yield Message(Role(role), content)
        return
    texts: list[object] = []
    calls: list[ToolCall] = []
    for block in listed(raw, "content", MOST_MESSAGES):
        kind = str(block.get("type"))
        if kind == "tool_result" and role == "user":
            yield Message(Role.TOOL, texts_of(block.get("content")), answers=texted(block.get("tool_use_id"), "tool_use_id"))
        elif kind == "tool_use" and role == "assistant":
            arguments = json.dumps(block.get("input") or {})
            calls.append(ToolCall(texted(block.get("id"), "the id of a call"), texted(block.get("name"), "a name"), arguments))
        elif kind not in _PASSED_OVER:
            texts.append(block)
    if texts or calls:
        yield Message(Role(role), texts_of(texts), tuple(calls))


def response(reply: Reply, number: int) -> dict[str, Any]:
    return {**_head(reply, number), "content": _blocks(reply), "stop_reason": _finish(reply), "usage": _usage(reply)}


def stream(reply: Reply, number: int) -> str:
    """The same as events: each block in one piece."""
    start = {**_head(reply, number), "content": [], "stop_reason": None, "usage": {**_usage(reply), "output_tokens": 0}}
    parts: list[tuple[str, dict[str, Any]]] = [("message_start", {"message": start})]
    for index, block in enumerate(_blocks(reply)):
        if block["type"] == "text":
            empty, delta = {**block, "text": ""}, {"type": "text_delta", "text": block["text"]}
        else:
            empty, delta = {**block, "input": {}}, {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        parts += [
            ("content_block_start", {"index": index, "content_block": empty}),
            ("content_block_delta", {"index": index, "delta": delta}),
            ("content_block_stop", {"index": index}),
        ]
    ending = {"stop_reason": _finish(reply), "stop_sequence": None}
    parts += [("message_delta", {"delta": ending, "usage": {"output_tokens": reply.usage.output_tokens}}), ("message_stop", {})]
    return events(*((name, {"type": name, **data}) for name, data in parts))


def failure(message: str, kind: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message}}


def _head(reply: Reply, number: int) -> dict[str, Any]:
    return {"id": f"msg_{number}", "type": "message", "role": "assistant", "model": reply.model, "stop_sequence": None}


def _blocks(reply: Reply) -> list[dict[str, Any]]:
    text = [{"type": "text", "text": reply.text}] if reply.text else []
    return [*text, *({"type": "tool_use", "id": call.id, "name": call.name, "input": _object(call.arguments)} for call in reply.calls)]


def _object(text: str) -> Any:
    """This format has no room for arguments that are none."""
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {"malformed": text[:1000]}


def _finish(reply: Reply) -> str:
    return "tool_use" if reply.calls and reply.finish is not Finish.LENGTH else _FINISHES.get(reply.finish, "end_turn")


def _usage(reply: Reply) -> dict[str, int]:
    return {"input_tokens": reply.usage.input_tokens, "output_tokens": reply.usage.output_tokens}
