"""The engine with a model over the wire: helpers, failures that are queued, secrets that stay at home."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from autosd.library import CodeDB, ContextBuilder, GPTMemoryManager, MenaceMemoryManager, SandboxSettings, SelfCodingEngine
from autosd.testing import Answer, ModelServer, ScriptedModel, write_files

pytestmark = pytest.mark.slow

GOOD = "def add(a, b):\n    return a + b\n"
KEY = "sk-proj-aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789abcdefghij"


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    write_files(tmp_path / "p", {"utils.py": "X = 1\n"})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SELF_CODING_MODEL", "openai:some-model")
    monkeypatch.setenv("OPENAI_API_KEY", "key-of-nobody")
    monkeypatch.setenv("CODEX_RETRY_DELAYS", "0")
    yield tmp_path / "p" / "utils.py"


def engine(**known: object) -> SelfCodingEngine:
    return SelfCodingEngine(CodeDB(":memory:"), MenaceMemoryManager(":memory:"), context_builder=ContextBuilder(), **known)  # type: ignore[arg-type]


def test_the_model_that_is_set_writes_the_helper_and_the_exchange_is_remembered(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = GPTMemoryManager(":memory:")
    with ModelServer([f"```python\n{GOOD}```"]) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        helper = engine(gpt_memory=memory).generate_helper("add two numbers", target)
    assert str(helper) == GOOD and helper.model == "openai:some-model" and not helper.degraded
    assert [each.response for each in memory.search_context("add numbers", tags=["error_fix"])] == [GOOD]


def test_a_model_that_is_down_leaves_a_question_in_the_queue_and_no_helper(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ModelServer([Answer.failing()], repeat=True) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        helper = engine().generate_helper("add two numbers", target)
    assert not helper and helper.degraded and helper.reason
    [waiting] = SandboxSettings().codex_retry_queue_path.read_text().splitlines()
    assert "add two numbers" in json.loads(waiting)["prompt"]


def test_an_answer_that_is_no_code_is_no_helper(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ModelServer(["I am sorry, I cannot do that."]) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        helper = engine().generate_helper("add two numbers", target)
    assert not helper and helper.degraded and helper.reason.startswith("no Python")


def test_secrets_of_the_project_are_not_said_to_the_model(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target.write_text(f'API_KEY = "{KEY}"\n')
    heard: list[str] = []

    def answer(asked: object) -> str:
        heard.append(str(getattr(asked, "text", "")))
        return GOOD

    with ModelServer(answer) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        assert engine().generate_helper(f"add with {KEY}", target)
    assert heard and "API_KEY" in heard[0] and KEY not in heard[0]


def test_a_model_of_ones_own_is_asked_instead(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    helper = engine(llm_client=ScriptedModel([GOOD])).generate_helper("add two numbers", target)
    assert str(helper) == GOOD and helper.model == "scripted:model"


def test_the_kill_switch_stops_every_word_to_a_model(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from autosd.governance.guard import Refused

    monkeypatch.setenv("SELFCODING_ENABLED", "0")
    with pytest.raises(Refused):
        engine(llm_client=ScriptedModel([GOOD])).generate_helper("add two numbers", target)
