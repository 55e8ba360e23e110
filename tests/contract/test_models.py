"""Every model keeps the port's promises: replies, pieces, calls, cost; and every way to fail is one of our faults."""

from __future__ import annotations

import gzip
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autosd.domain.actions import Action
from autosd.domain.errors import AutosdError
from autosd.domain.models import Ask, Finish, Message, Reply, Role, Tool, ToolCall, Usage
from autosd.ports import ModelError, ModelFault
from autosd.testing import Answer, ModelServer
from autosd.testing.answers import Asked, Call

from .models_kit import KEY, ask, certified, failed, model_at, permitted, said

F = ModelFault
both = pytest.mark.parametrize("provider", ["openai", "anthropic"])
ways = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
READ = Tool("read", "Reads a file.", {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]})


@both
@ways
def test_a_reply_has_text_usage_cost_and_time(provider: str, stream: bool) -> None:
    with ModelServer([Answer("Grüße, world: 12 pieces of it", usage=(1000, 100, 400))]) as server:
        name = {"openai": "gpt-4o-2024-08-06", "anthropic": "claude-sonnet-5-5-20260922"}[provider]
        reply, pieces = said(model_at(server.url, provider, name), stream=stream)
    assert (reply.text, reply.finish, reply.model) == ("Grüße, world: 12 pieces of it", Finish.STOP, f"{provider}:{name}")
    assert reply.usage == Usage(1000, 100, 400)
    price = {"openai": (2.5, 1.25, 10), "anthropic": (2, 0.1, 10)}[provider]
    assert reply.usd == pytest.approx((600 * price[0] + 400 * price[1] + 100 * price[2]) / 1e6)
    assert 0 < reply.seconds < 5 and reply.tries == 1 and not reply.degraded and not reply.reason
    assert "".join(pieces) == (reply.text if stream else "") and len(pieces) == (3 if stream else 0)


@both
def test_the_request_says_what_was_asked(provider: str) -> None:
    with ModelServer() as server:
        said(model_at(server.url, provider), ask("fix it", max_tokens=77, temperature=0.3))
        [request] = server.requests
    assert request.wire == provider and request.key and not request.stream
    assert request.body["model"] == "gpt-4o" and request.body["max_tokens"] == 77
    assert "be short" in request.text and "fix it" in request.text
    assert request.body.get("temperature") == (0.3 if provider == "openai" else None)  # one interface has none any more


@both
@ways
def test_calls_go_both_ways(provider: str, stream: bool) -> None:
    script = [Answer("Let me look.", calls=(Call("read", {"path": "a.py"}), Call("read", {"path": "b.py"}))), "done"]
    with ModelServer(script) as server:
        model = model_at(server.url, provider)
        question = ask("look", tools=(READ,))
        first, _ = said(model, question, stream=stream)
        assert first.finish is Finish.TOOLS and first.text == "Let me look."
        assert [(call.name, json.loads(call.arguments)) for call in first.calls] == [("read", {"path": "a.py"}), ("read", {"path": "b.py"})]
        assert len({call.id for call in first.calls}) == 2
        answers = tuple(Message(Role.TOOL, f"content {call.id}", answers=call.id) for call in first.calls)
        again = Ask((*question.messages, Message(Role.ASSISTANT, first.text, first.calls), *answers), tools=(READ,))
        assert said(model, again, stream=stream)[0].text == "done"
        assert all(f"content {call.id}" in server.requests[1].text for call in first.calls)


@ways
def test_what_was_thought_before_a_call_goes_back_with_it_as_it_was_signed(stream: bool) -> None:
    script = [
        Answer("Let me look.", calls=(Call("read", {"path": "a.py"}),), thought="a.py may have it"),
        Answer("done", thought="so it was"),
    ]
    with ModelServer(script) as server:
        model, question = model_at(server.url, "anthropic"), ask("look", tools=(READ,))
        first, pieces = said(model, question, stream=stream)
        assert first.text == "Let me look." and "a.py may" not in "".join(pieces)
        told = Message(Role.ASSISTANT, first.text, first.calls, thoughts=first.thoughts)
        again = Ask((*question.messages, told, Message(Role.TOOL, "x = 1", answers=first.calls[0].id)), tools=(READ,))
        last, _ = said(model, again, stream=stream)
        assert last.text == "done" and last.thoughts == "", "without a call nothing has to go back"
        blocks = server.requests[1].body["messages"][-2]["content"]
        assert blocks[0] == {"type": "thinking", "thinking": "a.py may have it", "signature": "signed-1"}
        assert [block["type"] for block in blocks] == ["thinking", "text", "tool_use"]


def test_a_conversation_with_tools_asks_for_the_cache_and_a_single_question_does_not() -> None:
    with ModelServer(repeat=True) as server:
        model = model_at(server.url, "anthropic")
        said(model, ask("look", tools=(READ,)))
        said(model, ask("look"))
        assert [request.body.get("cache_control") for request in server.requests] == [{"type": "ephemeral"}, None]


@both
@ways
def test_a_call_without_arguments_or_with_none_that_are_json_can_be_answered(provider: str, stream: bool) -> None:
    calls = (ToolCall("c1", "read", '{"path": '), ToolCall("c2", "read", ""), ToolCall("c3", "read", "[1]"))
    answers = tuple(Message(Role.TOOL, "", answers=call.id) for call in calls)
    with ModelServer([Answer(calls=(Call("read"),))]) as server:
        talk = (Message(Role.USER, "go"), Message(Role.ASSISTANT, "", calls), *answers)
        reply, _ = said(model_at(server.url, provider), Ask(talk, tools=(READ,)), stream=stream)
    assert reply.calls[0].arguments == "{}"


@both
@ways
@pytest.mark.parametrize(
    ("answer", "finish", "reason"),
    [
        (Answer(""), Finish.STOP, "empty completion"),
        (Answer("  \n"), Finish.STOP, "empty completion"),
        (Answer("", finish="length"), Finish.LENGTH, "cut off before anything was said"),
        (Answer("half a", finish="length"), Finish.LENGTH, ""),
        (Answer(refusal="I will not."), Finish.FILTERED, "the model refused: I will not."),
        (Answer("", finish="filtered"), Finish.FILTERED, "the answer was filtered"),
        (Answer("hm", finish="something_new"), Finish.OTHER, ""),
    ],
)
def test_an_empty_reply_says_why(provider: str, stream: bool, answer: Answer, finish: Finish, reason: str) -> None:
    with ModelServer([answer]) as server:
        reply, _ = said(model_at(server.url, provider), stream=stream)
    assert (reply.finish, reply.reason, reply.empty) == (finish, reason, bool(reason))


@both
@ways
@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (Answer.limited(), F.RATE_LIMITED),
        (Answer.failing(), F.SERVER),
        (Answer.failing(502, "<html>bad gateway</html>"), F.SERVER),
        (Answer("Overloaded", status=529), F.SERVER),
        (Answer("conflict", status=409), F.SERVER),
        (Answer("too slow", status=408), F.TIMEOUT),
        (Answer.denied(f"Incorrect API key provided: {KEY}."), F.AUTH),
        (Answer("not yours", status=403), F.AUTH),
        (Answer("You exceeded your current quota.", status=429, kind="insufficient_quota"), F.RATE_LIMITED),
        (Answer.too_long(), F.TOO_LONG),
        (Answer("prompt is too long: 210000 tokens > 200000 maximum", status=400), F.TOO_LONG),
        (Answer("Request exceeds the maximum size", status=413), F.TOO_LONG),
        (Answer("The model does not exist", status=404, kind="model_not_found"), F.BAD_REQUEST),
        (Answer("no such thing", status=422), F.BAD_REQUEST),
        (Answer(status=307, raw=b"", headers={"location": "http://127.0.0.1:1/"}), F.BAD_REQUEST),
        (Answer(status=500, raw=b"\xff\x00"), F.SERVER),
        (Answer(hang_up=True), F.CONNECTION),
        (Answer("x" * 300, cut=120), F.CONNECTION),
        (Answer.garbage(), F.GARBAGE),
        (Answer.garbage(b""), F.GARBAGE),
        (Answer.garbage(b"null"), F.GARBAGE),
        (Answer.garbage(b"[]"), F.GARBAGE),
        (Answer.garbage(b"{}"), F.GARBAGE),
        (Answer.garbage(b'{"choices": 5, "content": 5, "type": "message"}'), F.GARBAGE),
        (Answer(raw=gzip.compress(b"{" * 10_000_000), headers={"content-encoding": "gzip"}), F.GARBAGE),
    ],
)
def test_every_way_to_fail_is_one_of_our_faults(provider: str, stream: bool, answer: Answer, fault: ModelFault) -> None:
    if provider == "openai" and answer.kind == "insufficient_quota":
        fault = F.AUTH  # no money is left: waiting does not help. Anthropic has no such word.
    with ModelServer([answer], repeat=True) as server:
        error = failed(model_at(server.url, provider), stream=stream)
        assert len(server.requests) == 1, "trying again is the caller's"
    assert error.fault is fault, error
    assert error.code == f"AUTOSD-MODEL-{fault}" and error.exit_code == 1
    assert f"{provider}:gpt-4o" in error.message and "\n" not in str(error) and len(error.message) < 450
    assert KEY not in str(error) and error.__cause__ is None and error.__context__ is None


@both
@ways
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "2"}, 2.0),
        ({"retry_after": "1.5"}, 1.5),
        ({"retry_after_ms": "250", "retry_after": "1"}, 0.25),
        ({"x_ratelimit_reset_requests": "250MS"}, 0.25),
        ({"x_ratelimit_reset_tokens": "6m0s"}, 360.0),
        ({"retry_after": "nan", "x_ratelimit_reset": "3s"}, 3.0),
        ({}, None),
    ],
)
def test_a_limit_says_how_long_to_wait(provider: str, stream: bool, headers: dict[str, str], seconds: float | None) -> None:
    with ModelServer([Answer.limited(**headers)]) as server:
        assert failed(model_at(server.url, provider), stream=stream).retry_after == seconds


@both
@ways
@pytest.mark.parametrize("answer", [Answer("late", delay=30), Answer("slowly " * 200, drip=0.05)], ids=["silence", "drip"])
def test_a_try_ends_when_its_time_is_over_whatever_the_server_does(provider: str, stream: bool, answer: Answer) -> None:
    with ModelServer([answer]) as server:
        model = model_at(server.url, provider)
        began = time.monotonic()
        error = failed(model, ask(seconds=0.4), stream=stream)
    assert error.fault is F.TIMEOUT and error.passing and 0.3 < time.monotonic() - began < 2.5


@both
@ways
def test_the_same_holds_behind_tls(provider: str, stream: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A try that is over shuts the encrypted connection too; and a server that nobody vouches for gets nothing."""
    context, trusted = certified(tmp_path)
    with ModelServer(["hello", Answer("slowly " * 200, drip=0.05), Answer("late", delay=30)], tls=context) as server:
        assert failed(model_at(server.url, provider), stream=stream).fault is F.CONNECTION and server.requests == []
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        model = model_at(server.url, provider)
        assert said(model, stream=stream)[0].text == "hello"
        for _ in range(2):
            began = time.monotonic()
            assert failed(model, ask(seconds=0.4), stream=stream).fault is F.TIMEOUT and time.monotonic() - began < 2.5


@both
@ways
def test_nobody_listens(provider: str, stream: bool) -> None:
    with ModelServer() as server:
        url = server.url
    error = failed(model_at(url, provider), stream=stream)
    assert error.fault is F.CONNECTION and url in error.remedy


@both
def test_an_error_in_the_middle_of_a_stream_is_the_providers_word(provider: str) -> None:
    raw = {
        "openai": b'data: {"error": {"message": "busy", "type": "server_error", "code": "rate_limit_exceeded"}}\n\n',
        "anthropic": b'event: error\ndata: {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}\n\n',
    }[provider]
    with ModelServer([Answer.garbage(raw)]) as server:
        error = failed(model_at(server.url, provider), stream=True)
    assert error.fault is {"openai": F.RATE_LIMITED, "anthropic": F.SERVER}[provider] and "busy" in error.message


@both
def test_a_stream_that_ends_without_its_end_is_no_reply(provider: str) -> None:
    whole = {
        "openai": b'data: {"choices": [{"index": 0, "delta": {"content": "half"}, "finish_reason": null}]}\n\n',
        "anthropic": b'event: message_start\ndata: {"type": "message_start", "message": {"usage": {"input_tokens": 1}}}\n\n',
    }[provider]
    with ModelServer([Answer.garbage(whole)]) as server:
        assert failed(model_at(server.url, provider), stream=True).fault is F.CONNECTION


@both
def test_what_the_listener_raises_is_not_taken_for_the_servers_fault(provider: str) -> None:
    def listen(piece: str) -> None:
        raise LookupError(piece)

    with ModelServer(["hello"]) as server, permitted() as permit, pytest.raises(LookupError):
        model_at(server.url, provider).complete(permit, ask(), listen)


@both
def test_without_a_live_permit_for_spending_nothing_is_sent(provider: str) -> None:
    with ModelServer() as server:
        model = model_at(server.url, provider)
        with permitted() as ended:
            pass
        with pytest.raises(AutosdError, match="cannot be used"):
            model.complete(ended, ask())
        with permitted(Action.BUILD) as other, pytest.raises(AutosdError, match="not for spend"):
            model.complete(other, ask())
        assert server.requests == []


@both
def test_halves_of_characters_go_neither_out_nor_in(provider: str) -> None:
    raw = {
        "openai": b'{"choices": [{"message": {"content": "a\\ud800b"}, "finish_reason": "stop"}]}',
        "anthropic": b'{"type": "message", "content": [{"type": "text", "text": "a\\ud800b"}], "stop_reason": "end_turn"}',
    }[provider]
    with ModelServer([Answer.garbage(raw)]) as server:
        reply, _ = said(model_at(server.url, provider), ask("bytes \udcff of a file"))
        assert "bytes ? of a file" in server.requests[0].text
    assert reply.text == "a?b"


@both
def test_many_at_once_do_not_mix(provider: str) -> None:
    def echo(asked: Asked) -> Any:
        last = asked.body["messages"][-1]["content"]
        return last if isinstance(last, str) else last[-1]["text"]

    with ModelServer(echo) as server, ThreadPoolExecutor(16) as pool:
        model = model_at(server.url, provider)

        def one(number: int) -> str:
            return said(model, ask(f"number {number}"), stream=number % 2 == 0)[0].text

        assert list(pool.map(one, range(64))) == [f"number {number}" for number in range(64)]


def test_a_parameter_that_a_model_does_not_take_is_left_out_from_then_on() -> None:
    def picky(asked: Asked) -> Any:
        if "max_tokens" in asked.body:
            text = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
            return Answer(text, status=400, kind="unsupported_parameter")
        if "temperature" in asked.body:
            return Answer("Unsupported value: 'temperature' does not support 0.2 with this model.", status=400, kind="unsupported_value")
        return "hello"

    with ModelServer(picky) as server:
        model = model_at(server.url, "openai", "o3")
        assert [said(model)[0].text for _ in range(2)] == ["hello", "hello"]
        assert len(server.requests) == 4 and server.requests[-1].body["max_completion_tokens"] == 3000


def test_a_redirect_takes_the_key_nowhere() -> None:
    with ModelServer() as other, ModelServer([Answer(status=307, raw=b"", headers={"location": f"{other.url}/v1/messages"})]) as server:
        error = failed(model_at(server.url, "anthropic"))
        assert error.fault is F.BAD_REQUEST and other.requests == []


def test_another_server_is_told_nothing_of_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the SDK would take from the environment stays here; and without a key none is made up."""
    monkeypatch.setenv("OPENAI_ORG_ID", "org-canary")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-canary")
    with ModelServer(repeat=True) as server:
        said(model_at(server.url, "ollama", AUTOSD_MODEL_OLLAMA_KEY="", AUTOSD_MODEL_OLLAMA_URL=server.url))
        said(model_at(server.url, "openai"))
        assert not server.requests[0].key and server.requests[1].key
        assert not any(
            "canary" in value or name.startswith("x-stainless") for each in server.requests for name, value in each.headers.items()
        )


def test_a_key_is_shown_by_nothing_that_a_model_is() -> None:
    for provider in ("openai", "anthropic"):
        model = model_at("http://127.0.0.1:1", provider)
        failed(model)
        assert KEY not in f"{model!r} {model} {model.name}"


WORDS = {
    "choices", "message", "delta", "content", "tool_calls", "function", "name", "arguments", "id", "index", "finish_reason", "usage",
    "prompt_tokens", "completion_tokens", "refusal", "type", "text", "input", "stop_reason", "error", "code", "content_block", "role",
    "prompt_tokens_details", "cached_tokens", "input_tokens", "output_tokens", "partial_json",
}  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**12) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(WORDS)), inner, max_size=6),
    max_leaves=25,
)
KINDS = st.sampled_from(
    ["message", "message_start", "content_block_start", "content_block_delta", "message_delta", "message_stop", "error", "ping"]
)


@st.composite
def hostile(draw: st.DrawFn) -> bytes:
    """A whole answer, a stream or plain noise, near enough to the real forms to get deep."""
    if draw(st.integers(0, 3)) == 0:
        return draw(st.binary(max_size=300))
    events = []
    for _ in range(draw(st.integers(1, 6))):
        kind, value = draw(KINDS), draw(JSON)
        if isinstance(value, dict):
            value = {"type": kind, **value}
        events.append(f"event: {kind}\ndata: {json.dumps(value)}\n\n".encode())
    return b"".join(events) if draw(st.booleans()) else json.dumps(draw(JSON)).encode()


def _whatever_comes(examples: int) -> None:
    answers: list[bytes] = []
    with ModelServer(lambda _: Answer.garbage(answers.pop())) as server:
        models = {provider: model_at(server.url, provider) for provider in ("openai", "anthropic")}

        @settings(max_examples=examples, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
        @given(hostile(), st.sampled_from(sorted(models)), st.booleans())
        def never_more_than_a_fault(raw: bytes, provider: str, stream: bool) -> None:
            answers.append(raw)
            try:
                reply, _ = said(models[provider], stream=stream)
            except ModelError as error:
                assert "\n" not in str(error) and len(str(error)) < 600
                return
            assert isinstance(reply, Reply) and reply.usd >= 0 and bool(reply.reason) == reply.empty
            json.dumps([reply.text, *(call.arguments for call in reply.calls)], ensure_ascii=False).encode("utf-8")

        never_more_than_a_fault()


def test_whatever_comes_is_a_reply_or_a_fault() -> None:
    _whatever_comes(150)


@pytest.mark.soak
def test_whatever_comes_ten_thousand_times_is_a_reply_or_a_fault() -> None:
    _whatever_comes(10_000)
