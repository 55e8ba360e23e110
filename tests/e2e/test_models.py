"""``autosd models`` as people call it, against a server that speaks the real formats; and a key that is in nothing that is kept."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import projects
import pytest

from autosd.testing import Answer, ModelServer, make_repository

KEY = "sk" + "-canary-KEY0003abcdefghijklmnop"
ENV = {"OPENAI_API_KEY": KEY}


def at(server: ModelServer, **more: str) -> dict[str, str]:
    return {**ENV, "OPENAI_BASE_URL": server.url, **more}


def kept(*places: Path) -> Iterator[tuple[Path, bytes]]:
    for place in places:
        for path in place.rglob("*"):
            if path.is_file() and not path.is_symlink():
                yield path, path.read_bytes()


def test_without_a_model_the_list_says_so_and_a_try_is_one_line(cli: Any) -> None:
    listed = cli("models", "list")
    assert listed.code == 0 and "none: set SELF_CODING_MODEL" in listed.stdout
    assert [each["name"] for each in cli("models", "list", "--json").object["providers"]] == ["openai", "anthropic", "ollama", "vllm"]
    tried = cli("models", "test", "--json")
    assert (tried.code, tried.result) == (1, "ai_core_unavailable") and "AUTOSD-MODEL-NONE" in tried.stderr


def test_the_list_shows_what_is_chosen_its_price_and_the_limits(cli: Any, tmp_path: Path) -> None:
    listed = cli("models", "list", "--json", env={**ENV, "CODEX_TIMEOUT": "7"}).object
    assert listed["model"] == "openai:gpt-4-0125-preview" and listed["limits"]["timeout_seconds"] == 7.0
    assert listed["price"]["output"] == 30.0 and listed["providers"][0]["key"] is True and listed["prices"]["as_of"]
    (tmp_path / "own.toml").write_text('"openai:house" = { input = 1, output = 2 }\n')
    env = {**ENV, "SELF_CODING_MODEL": "house", "AUTOSD_MODEL_PRICES": str(tmp_path / "own.toml")}
    assert "1 usd in, 1 cached, 2 out" in cli("models", "list", "--prices", env=env).stdout
    unknown = cli("models", "list", env={**ENV, "SELF_CODING_MODEL": "gpt-nobody"})
    assert "unknown: its cost is counted as 0 usd" in " ".join(unknown.stdout.split())


@pytest.mark.slow
def test_a_try_shows_latency_tokens_and_cost_and_counts_it(cli: Any) -> None:
    with ModelServer([Answer("ready", usage=(1000, 100, 0))], repeat=True) as server:
        tried = cli("models", "test", "--json", env=at(server))
        assert tried.code == 0 and tried.object["tokens"] == {"input": 1000, "cached": 0, "output": 100}
        assert tried.object["usd"] == pytest.approx(0.013) and tried.object["price_known"] is True
        told = cli("models", "test", "--model", "gpt-nobody", env=at(server))
        assert re.search(r"latency +\d+\.\d\d s", told.stdout) and "its price is unknown" in told.stdout
        broke = cli("models", "test", env=at(server, AUTOSD_BUDGET_USD_PER_DAY="0.014"))
        assert broke.code == 2 and "AUTOSD-BUDGET-EXCEEDED" in broke.stderr and len(server.requests) == 2
    assert "No reservation is open." in cli("quota", "show", "--open").stdout


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer.denied(f"Incorrect API key provided: {KEY}"), "AUTOSD-MODEL-AUTH"),
        (Answer("The model does not exist", status=404), "AUTOSD-MODEL-BAD-REQUEST"),
        (Answer.limited(retry_after="2"), "AUTOSD-MODEL-RATE-LIMITED"),
        (Answer.garbage(), "AUTOSD-MODEL-GARBAGE"),
        (Answer(hang_up=True), "AUTOSD-MODEL-CONNECTION"),
    ],
)
def test_what_goes_wrong_is_one_clear_line_and_costs_nothing(cli: Any, answer: Answer, code: str) -> None:
    with ModelServer([answer]) as server:
        tried = cli("models", "test", env=at(server))
    assert (
        tried.code == 1 and tried.stdout == "" and tried.stderr.count("\n") == 1 and f"[{code}]" in tried.stderr and "Hint:" in tried.stderr
    )
    assert KEY not in tried.stderr and "No reservation is open." in cli("quota", "show", "--open").stdout


@pytest.mark.slow
def test_who_asked_wrongly_is_told_before_anything_is_sent(cli: Any) -> None:
    with ModelServer(repeat=True) as server:
        for words, env, code in (
            (("--model", "nobody:x"), at(server), "AUTOSD-MODEL-UNKNOWN"),
            (("--model", "claude-opus-5-5"), at(server), "AUTOSD-MODEL-NO-KEY"),
            ((), at(server, SELFCODING_ENABLED="0"), "AUTOSD-KILL-SWITCH"),
            ((), at(server, OPENAI_API_KEY="two words"), "AUTOSD-SETTING-INVALID"),
            ((), at(server, AUTOSD_MODEL_PRICES="/nonexistent/prices.toml"), "AUTOSD-PRICES-INVALID"),
        ):
            tried = cli("models", "test", *words, env=env)
            assert tried.code == 2 and f"[{code}]" in tried.stderr, tried.stderr
        assert server.requests == []


def test_nothing_said_is_not_a_success(cli: Any) -> None:
    with ModelServer([""]) as server:
        tried = cli("models", "test", "--json", env=at(server))
    assert (tried.code, tried.result, tried.object["reason"]) == (1, "empty", "empty completion")


def test_a_key_is_in_nothing_that_is_printed_or_kept(cli: Any, autosd_home: Path) -> None:
    with ModelServer([Answer.denied(f"wrong: {KEY}"), f"your key is {KEY}", Answer.garbage(KEY.encode())]) as server:
        ran = [cli("--verbose", *words, env=at(server)) for words in (("models", "test"), ("config", "show"), ("models", "list"))]
    assert all(KEY not in each.stdout + each.stderr for each in ran)
    assert not [path for path, content in kept(autosd_home) if KEY.encode() in content]


@pytest.mark.slow
def test_a_key_is_not_in_the_environment_or_argv_of_what_a_fix_starts(cli: Any, autosd_home: Path, tmp_path: Path) -> None:
    """The project's tests look at their own environment, and at that of every process they can see; nothing they say holds the key."""
    spy = """
import os, pathlib
from clamp import clamp

def seen():
    yield repr(dict(os.environ))
    for each in pathlib.Path("/proc").glob("[0-9]*"):
        for name in ("environ", "cmdline"):
            try:
                yield (each / name).read_bytes().decode("utf-8", "replace")
            except OSError:
                pass

def test_no_key_is_seen():
    assert not [text for text in seen() if "KEY" + "0003" in text]

def test_above():
    assert clamp(9, 1, 5) == 5
    assert clamp(12, 2, 7) == 7

def test_below():
    assert clamp(0, 1, 5) == 1
"""
    repo = make_repository(tmp_path / "project", {"clamp.py": projects.CLAMP["clamp.py"], "test_clamp.py": spy})
    ran = cli("fix", repo.path, "--json", "--max-seconds", "90", env={**ENV, "ANTHROPIC_API_KEY": KEY})
    assert ran.object["result"] == "artifacts_written", ran.stderr
    assert ran.object["tests"]["failing_before"] == ["test_clamp.py::test_above"]
    assert not [path for path, content in kept(autosd_home, repo.path) if KEY.encode() in content]
    assert os.environ.get("OPENAI_API_KEY") is None
