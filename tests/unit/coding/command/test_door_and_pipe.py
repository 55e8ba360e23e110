"""Everything that comes from the sandbox is untrusted: requests in both wire formats, messages on the pipe, and what is left behind."""

from __future__ import annotations

import base64
import json
import random
import time
from pathlib import Path
from typing import Any

import pytest

from autosd.coding.command import wire_anthropic, wire_openai
from autosd.coding.command.door import Door
from autosd.coding.command.leavings import kept_of
from autosd.coding.command.lines import filled, words_of
from autosd.coding.command.running import Left, _exchange
from autosd.coding.command.wires import NotUnderstood, body_of
from autosd.domain.errors import AutosdError
from autosd.domain.models import Ask, Finish, Reply, Role, ToolCall, Usage
from autosd.ports import SessionLost

REPLY = Reply("hi", (ToolCall("c1", "edit", '{"a": 1}'), ToolCall("", "broken", "{oops")), "m", Usage(3, 2), usd=0.5)


class Talk:
    model = "openai:gpt"

    def __init__(self, reply: Reply = REPLY) -> None:
        self._reply, self.asks = reply, list[Ask]()

    def reply(self, ask: Ask) -> Reply:
        self.asks.append(ask)
        json.dumps([[m.text, m.answers, [c.arguments for c in m.calls]] for m in ask.messages], ensure_ascii=False).encode()
        json.dumps([dict(tool.parameters) for tool in ask.tools], ensure_ascii=False).encode()
        return self._reply


def door(talk: Talk, **more: Any) -> Door:
    return Door(talk, "key", **{"most_requests": 10**9, "most_tokens": 100, "until": time.monotonic() + 600, "call_seconds": 9.0, **more})


CHAT: dict[str, Any] = {
    "model": "x",
    "max_tokens": 1_000_000,
    "messages": [
        {"role": "developer", "content": "rules"},
        {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "1", "content": "done"},
    ],
    "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
}
TOOL_USE = {"type": "tool_use", "id": "1", "name": "f", "input": {"x": 1}}
TOOL_RESULT = {"type": "tool_result", "tool_use_id": "1", "content": [{"type": "text", "text": "done"}]}
MESSAGES: dict[str, Any] = {
    "model": "x",
    "max_tokens": 50,
    "system": [{"type": "text", "text": "rules", "cache_control": {"type": "ephemeral"}}],
    "messages": [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm"}, TOOL_USE]},
        {"role": "user", "content": [TOOL_RESULT, {"type": "text", "text": "go on"}]},
    ],
    "tools": [{"name": "f", "input_schema": {"type": "object"}}],
}


def test_both_formats_become_the_same_kind_of_ask() -> None:
    one, other = wire_openai.wanted(CHAT, 100).ask, wire_anthropic.wanted(MESSAGES, 100).ask
    assert [m.role for m in one.messages] == [Role.SYSTEM, Role.USER, Role.ASSISTANT, Role.TOOL]
    assert [m.role for m in other.messages] == [Role.SYSTEM, Role.USER, Role.ASSISTANT, Role.TOOL, Role.USER]
    assert one.messages[2].calls == (ToolCall("1", "f", "{}"),) and other.messages[2].calls == (ToolCall("1", "f", '{"x": 1}'),)
    assert one.messages[3].answers == other.messages[3].answers == "1"
    assert (one.max_tokens, other.max_tokens) == (100, 50), "never more than the settings allow"


def test_a_picture_is_refused_and_not_dropped_in_silence() -> None:
    picture = {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]}
    with pytest.raises(NotUnderstood, match="image_url"):
        wire_openai.wanted(picture, 100)


def test_a_call_whose_arguments_are_no_object_gets_a_form_that_this_wire_has_room_for() -> None:
    blocks = wire_anthropic.response(REPLY, 1)["content"]
    assert [block.get("input") for block in blocks] == [None, {"a": 1}, {"malformed": "{oops"}]


def test_how_a_reply_ended_is_said_in_each_wires_own_word() -> None:
    for finish, (openai, anthropic) in {
        Finish.STOP: ("stop", "end_turn"),
        Finish.LENGTH: ("length", "max_tokens"),
        Finish.FILTERED: ("content_filter", "refusal"),
    }.items():
        reply = Reply("x", finish=finish)
        assert wire_openai.response(reply, 1)["choices"][0]["finish_reason"] == openai
        assert wire_anthropic.response(reply, 1)["stop_reason"] == anthropic


def test_streams_end_as_their_clients_expect() -> None:
    openai, anthropic = wire_openai.stream(REPLY, 1, usage=True), wire_anthropic.stream(REPLY, 1)
    assert openai.endswith("data: [DONE]\n\n") and '"total_tokens": 5' in openai
    names = [line.removeprefix("event: ") for line in anthropic.splitlines() if line.startswith("event: ")]
    assert names[0] == "message_start" and names[-2:] == ["message_delta", "message_stop"]


def test_an_empty_reply_is_an_error_with_its_reason_and_never_a_success() -> None:
    answer = door(Talk(Reply(reason="RATE-LIMITED"))).answer("POST", "/v1/messages", "key", json.dumps(MESSAGES))
    assert answer.status == 502 and "RATE-LIMITED" in answer.body


def test_the_stand_in_key_is_compared_whole() -> None:
    talk = Talk()
    for key in ("", "ke", "keyy", "Bearer", "Bearer key ", "\ud800", "KEY"):
        assert door(talk).answer("POST", "/v1/messages", key, json.dumps(MESSAGES)).status == 401
    assert talk.asks == []


def fuzzed(value: Any, dice: random.Random) -> Any:
    """``value`` with one or more places replaced by something of another kind."""
    odd = [None, True, -1, 10**30, 1.5, float("nan"), "", "x", "\ud800", "\0", [], {}, [[[]]], {"type": "tool_use"}, {"role": "user"}]
    if dice.random() < 0.08:
        return dice.choice(odd)
    if isinstance(value, dict):
        return {key: fuzzed(item, dice) for key, item in value.items() if dice.random() > 0.03}
    if isinstance(value, list):
        return [fuzzed(item, dice) for item in value for _ in range(dice.choice((1, 1, 1, 1, 2)))]
    return value


def hammer(count: int, seed: int) -> None:
    dice, talk = random.Random(seed), Talk()
    subject = door(talk)
    for _ in range(count):
        path, body = dice.choice([("/v1/chat/completions", CHAT), ("/v1/messages", MESSAGES)])
        text = json.dumps(fuzzed({**body, "stream": dice.random() < 0.3}, dice))
        if dice.random() < 0.1:
            text = text[: dice.randrange(len(text) + 1)]
        answer = subject.answer("POST", path, "key", text)
        assert answer.status in (200, 400) and answer.body
    assert len(talk.asks) > count // 50, "some of them were good"


def test_no_request_is_odd_enough_to_break_the_door() -> None:
    hammer(10_000, 1)


@pytest.mark.soak
def test_no_request_of_very_many_is_odd_enough_to_break_the_door() -> None:
    hammer(100_000, 2)


def test_a_body_that_is_nested_too_deep_is_not_understood() -> None:
    with pytest.raises(NotUnderstood):
        body_of("[" * 200_000 + "]" * 200_000)


class Pipe:
    """A session that says what it was given."""

    def __init__(self, messages: list[dict[str, Any]]) -> None:
        self._messages, self.sent = messages, list[Any]()

    def send(self, message: Any) -> None:
        self.sent.append(message)

    def receive(self, timeout: float) -> dict[str, Any]:
        if not self._messages:
            raise SessionLost("closed")
        return self._messages.pop(0)

    def close(self) -> None:
        pass


def listen(*messages: dict[str, Any], way: Door | None = None) -> tuple[Left, Pipe]:
    left, pipe = Left(), Pipe(list(messages))
    with pytest.raises((SessionLost, AutosdError)):
        _exchange(pipe, left, way, time.monotonic() + 60)
        raise SessionLost("it came to its end")
    return left, pipe


def test_messages_of_no_known_form_do_nothing(tmp_path: Path) -> None:
    dice = random.Random(3)
    good = [
        {"ask": {"id": 1, "method": "POST", "path": "/v1/messages", "key": "key", "body": "{}"}},
        {"done": {"code": 0, "tail": "x"}},
        {"file": {"path": "a.py", "data": base64.b64encode(b"x").decode()}},
        {"end": {"left_out": 0}},
    ]
    for _ in range(3000):
        told = [found for message in good if isinstance(found := fuzzed(message, dice), dict)]
        left, pipe = listen(*told, way=door(Talk()))
        assert all(message == {"stop": True} or isinstance(message["status"], int) for message in pipe.sent)
        assert all(isinstance(path, str) and (data is None or isinstance(data, bytes)) for path, data in left.files.items())
        kept_of(left.files, tmp_path, lambda path: False)


def test_no_more_files_are_taken_than_are_allowed() -> None:
    left, _ = listen(*({"file": {"path": f"{number}.py", "data": ""}} for number in range(300)))
    assert len(left.files) == 200 and left.left_out == 100


def test_no_path_that_was_left_leads_out_or_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    bad = [
        "../x.py",
        "/etc/passwd",
        "a/../../x",
        "link/x.py",
        "link",
        "real",
        ".",
        "",
        "a//b.py",
        "./c.py",
        "nul\0.py",
        ".git/hooks/x",
        "a/.env",
    ]
    kept = kept_of(dict.fromkeys([*bad, "good.py", "new/deep.py"], b"x"), tmp_path, lambda path: False)
    assert list(kept.files) == ["good.py", "new/deep.py"]


def test_what_is_the_same_as_before_is_no_change_and_what_is_gone_is_none(tmp_path: Path) -> None:
    (tmp_path / "same.py").write_bytes(b"a\r\n")
    (tmp_path / "gone.py").write_bytes(b"b")
    assert kept_of({"same.py": b"a\r\n", "gone.py": None, "never.py": None}, tmp_path, lambda path: False).files == {"gone.py": None}


def test_a_value_stays_one_word_and_is_not_filled_in_again() -> None:
    words = words_of("agent --task={task} '{model} x'")
    assert filled(words, {"task": "a b; rm -rf {model}", "model": "m"}) == ("agent", "--task=a b; rm -rf {model}", "m x")
