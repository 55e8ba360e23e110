"""OpenAI's chat completions, from the side of who answers: a request becomes an ask, a reply becomes a response."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autosd.coding.command.wires import MOST_MESSAGES, MOST_TOOLS, NotUnderstood, Wanted, bounded, events, listed, texted, texts_of, tool_of
from autosd.domain.models import Ask, Finish, Message, Reply, Role, ToolCall

_ROLES = {"system": Role.SYSTEM, "developer": Role.SYSTEM, "user": Role.USER, "assistant": Role.ASSISTANT, "tool": Role.TOOL}
_FINISHES = {Finish.STOP: "stop", Finish.LENGTH: "length", Finish.TOOLS: "tool_calls", Finish.FILTERED: "content_filter"}


def wanted(body: Mapping[str, Any], most_tokens: int) -> Wanted:
    """Raises ``NotUnderstood``."""
    messages = tuple(map(_message, listed(body, "messages", MOST_MESSAGES)))
    if not messages:
        raise NotUnderstood("there are no messages")
    tools = []
    for tool in listed(body, "tools", MOST_TOOLS):
        function = tool.get("function")
        if not isinstance(function, dict):
            raise NotUnderstood("a tool is no function")
        tools.append(tool_of(function.get("name"), function.get("description"), function.get("parameters")))
    tokens = body.get("max_completion_tokens") or body.get("max_tokens")
    ask = Ask(
        messages,
        tuple(tools),
        max_tokens=int(bounded(tokens, most_tokens, 1, most_tokens)),
        temperature=bounded(body.get("temperature"), 0.2, 0.0, 2.0),
    )
    options = body.get("stream_options")
    return Wanted(ask, body.get("stream") is True, isinstance(options, dict) and options.get("include_usage") is True)


def _message(raw: Mapping[str, Any]) -> Message:
    role = _ROLES.get(str(raw.get("role")))
    if role is None:
        raise NotUnderstood(f"there is no role {str(raw.get('role'))[:40]!r}")
    if role is Role.TOOL:
        return Message(role, texts_of(raw.get("content")), answers=texted(raw.get("tool_call_id"), "tool_call_id"))
    calls = tuple(map(_call, listed(raw, "tool_calls", MOST_TOOLS))) if role is Role.ASSISTANT else ()
    return Message(role, texts_of(raw.get("content")), calls)


def _call(raw: Mapping[str, Any]) -> ToolCall:
    function = raw.get("function")
    if not isinstance(function, dict):
        raise NotUnderstood("a tool call has no function")
    return ToolCall(
        texted(raw.get("id"), "the id of a call"), texted(function.get("name"), "a name"), texted(function.get("arguments"), "arguments")
    )


def response(reply: Reply, number: int) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": reply.text or None}
    if reply.calls:
        message["tool_calls"] = _calls(reply)
    choice = {"index": 0, "message": message, "finish_reason": _finish(reply), "logprobs": None}
    return {**_head(reply, number, "chat.completion"), "choices": [choice], "usage": _usage(reply)}


def stream(reply: Reply, number: int, *, usage: bool) -> str:
    """The same as events: all of the text in one piece."""
    head = _head(reply, number, "chat.completion.chunk")
    delta: dict[str, Any] = {"role": "assistant", "content": reply.text}
    if reply.calls:
        delta["tool_calls"] = [{"index": at, **call} for at, call in enumerate(_calls(reply))]
    parts: list[tuple[str, Mapping[str, Any] | str]] = [
        ("", {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}),
        ("", {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": _finish(reply)}]}),
    ]
    if usage:
        parts.append(("", {**head, "choices": [], "usage": _usage(reply)}))
    return events(*parts, ("", "[DONE]"))


def failure(message: str, kind: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": None, "code": kind}}


def _head(reply: Reply, number: int, kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{number}", "object": kind, "created": 0, "model": reply.model}


def _calls(reply: Reply) -> list[dict[str, Any]]:
    return [{"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}} for call in reply.calls]


def _finish(reply: Reply) -> str:
    return "tool_calls" if reply.calls and reply.finish is not Finish.LENGTH else _FINISHES.get(reply.finish, "stop")


def _usage(reply: Reply) -> dict[str, int]:
    used = reply.usage
    total = used.input_tokens + used.output_tokens
    return {"prompt_tokens": used.input_tokens, "completion_tokens": used.output_tokens, "total_tokens": total}
