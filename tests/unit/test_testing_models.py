"""The test kit's scripted model and its server: what others build their tests on."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from autosd.adapters.clock import SystemClock, new_id
from autosd.domain.actions import Action, Principal
from autosd.domain.decisions import Facts
from autosd.domain.errors import AutosdError
from autosd.domain.models import Ask, Finish, Message, Reply, Role, ToolCall
from autosd.governance.guard import Guard
from autosd.ports import ModelError, ModelFault
from autosd.testing import Answer, ModelServer, ScriptedModel
from autosd.testing.answers import Asked

ASK = Ask((Message(Role.USER, "hello"),))


class Silent:
    def append(self, *given: Any, **named: Any) -> None: ...

    def head(self) -> None:
        return None


def permit() -> Any:
    facts = Facts(Action.SPEND, Principal("t", attended=True), "p", Path("/"), SystemClock().now(), allowed_repos=(Path("/"),))
    return Guard(Silent(), SystemClock(), new_id).permit(facts)  # type: ignore[arg-type]


def post(url: str, path: str = "/v1/chat/completions", seconds: float = 5, **body: Any) -> tuple[int, Any]:
    wanted = {"model": "m", "messages": [{"role": "user", "content": "hello"}], **body}
    request = urllib.request.Request(url + path, json.dumps(wanted).encode(), {"authorization": "Bearer canary"})
    try:
        with urllib.request.urlopen(request, timeout=seconds) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def test_a_scripted_model_says_its_lines_in_order_and_then_that_they_are_over() -> None:
    busy = ModelError(ModelFault.RATE_LIMITED, "busy", "wait", retry_after=1.0)
    model = ScriptedModel(["one\ntwo", Reply(calls=(ToolCall("1", "read", "{}"),)), busy, ""])
    heard: list[str] = []
    with permit() as live:
        first = model.complete(live, ASK, heard.append)
        assert first.text == "one\ntwo" and heard == ["one\n", "two"] and first.model == "scripted:model"
        assert model.complete(live, ASK).finish is Finish.TOOLS
        with pytest.raises(ModelError) as caught:
            model.complete(live, ASK)
        assert caught.value.retry_after == 1.0
        assert model.complete(live, ASK).reason == "empty completion"
        with pytest.raises(ModelError, match="script of this model is over"):
            model.complete(live, ASK)
    assert model.asks == [ASK] * 5
    with pytest.raises(AutosdError, match="cannot be used"):
        model.complete(live, ASK)


def test_a_scripted_model_may_be_a_function_of_what_is_asked() -> None:
    with permit() as live:
        assert ScriptedModel(lambda ask: ask.messages[-1].text.upper()).complete(live, ASK).text == "HELLO"


def test_a_server_tells_what_it_was_asked_and_never_keeps_a_key() -> None:
    with ModelServer(["hi"]) as server:
        assert post(server.url)[1]["choices"][0]["message"]["content"] == "hi"
        [asked] = server.requests
        assert asked.key and "canary" not in repr(asked) and asked.body["model"] == "m" and "hello" in asked.text
        code, told = post(server.url)
        assert code == 400 and "script is over" in told["error"]["message"]


def test_a_server_refuses_what_a_real_one_refuses() -> None:
    lonely = [{"role": "tool", "tool_call_id": "x", "content": "y"}]
    with ModelServer(repeat=True, key="right") as server:
        assert post(server.url)[0] == 401
        server.key = ""
        assert post(server.url)[0] == 200
        assert post(server.url, messages=[])[0] == 400 and post(server.url, messages=lonely)[0] == 400
        assert post(server.url, "/v1/messages")[0] == 400  # no max_tokens
        assert post(server.url, "/v1/messages", max_tokens=5)[0] == 200
        assert post(server.url, "/v1/messages", max_tokens=5, temperature=1)[0] == 400
        assert post(server.url, "/v1/elsewhere")[0] == 404


def test_a_server_may_answer_by_a_function() -> None:
    def by_word(asked: Asked) -> Any:
        return Answer.failing(503) if "hello" in asked.text else "hi"

    with ModelServer(by_word) as server:
        assert post(server.url)[0] == 503


def test_leaving_a_server_does_not_wait_for_its_slow_answers() -> None:
    with ModelServer([Answer("late", delay=60)]) as server:
        with pytest.raises(TimeoutError):
            post(server.url, seconds=0.2)
        began = time.monotonic()
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        ("hi", Answer("hi")),
        ({"text": "hi", "delay": 1.5}, Answer("hi", delay=1.5)),
        ({"usage": [5, 6]}, Answer(usage=(5, 6, 0))),
        ({"status": 429, "headers": {"retry-after": "2"}}, Answer(status=429, headers={"retry-after": "2"})),
        ({"raw": "junk"}, Answer(raw=b"junk")),
        ({"project": "x", "files": []}, Answer('{"project": "x", "files": []}')),
        ({}, Answer("{}")),
        (Answer("hi"), Answer("hi")),
    ],
)
def test_a_script_may_be_written_as_json(value: Any, answer: Answer) -> None:
    assert Answer.of(value) == answer


def test_the_server_by_hand_answers_from_a_list_of_objects(tmp_path: Path) -> None:
    script = tmp_path / "replies.json"
    script.write_text('[{"summary": "a refinement"}, {"calls": [{"name": "read", "arguments": {"path": "a"}}]}]')
    words = [sys.executable, "-m", "autosd.testing.model_server", "--script", str(script), "--port", "0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            url = server.stdout.readline().split()[2]
            assert post(url)[1]["choices"][0]["message"]["content"] == '{"summary": "a refinement"}'
            assert post(url)[1]["choices"][0]["message"]["tool_calls"][0]["function"]["name"] == "read"
        finally:
            server.terminate()
        assert server.stderr is not None and "RuntimeWarning" not in server.stderr.read()


@pytest.mark.parametrize("text", ["{}", "nonsense", '[{"calls": [{"no": "name"}]}]'])
def test_a_script_that_is_none_is_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.json").write_text(text)
    words = [sys.executable, "-m", "autosd.testing.model_server", "--script", str(tmp_path / "bad.json"), "--port", "0"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=30)
    assert done.returncode == 2 and "Traceback" not in done.stderr and done.stderr.count("\n") == 1
