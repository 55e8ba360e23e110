"""``autosd prompts queue`` as people use it: look, ask again, take out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from autosd.acts.changing import FixRequest
from autosd.acts.talks.talking import request_key, talk_for
from autosd.app import open_app
from autosd.domain.models import Ask, Message, Role
from autosd.entrypoints.cli.opening import principal
from autosd.settings import load_settings
from autosd.testing import Answer, ModelServer


@pytest.fixture
def server() -> Iterator[ModelServer]:
    """Down for the first two requests, then back."""
    with ModelServer([Answer.failing(503), Answer.failing(503), Answer("an answer", usage=(1000, 1000, 0))], repeat=True) as running:
        yield running


@pytest.fixture
def known(server: ModelServer, autosd_home: Path) -> dict[str, str]:
    return {
        "AUTOSD_HOME": str(autosd_home), "OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "sk-of-the-test", "CODEX_RETRY_DELAYS": "[]",
        "SELF_CODING_MODEL": "openai:gpt-4o-mini",
    }  # fmt: skip


@pytest.fixture
def waits(known: dict[str, str], tmp_path: Path) -> str:
    """A question that waits; its id."""
    with open_app(load_settings(known), coders=()) as app:
        talk = talk_for(app, FixRequest(tmp_path, principal(unattended=False)))
        assert talk.reply(Ask((Message(Role.USER, "what\nis wrong here?"),))).empty
        [waiting] = app.prompts.all()
        return waiting.id


def test_what_waits_is_listed_asked_again_and_found_by_the_run_that_asked(  # type: ignore[no-untyped-def]
    cli, known: dict[str, str], waits: str, server: ModelServer, tmp_path: Path
) -> None:
    shown = cli("prompts", "queue", "list", env=known)
    assert shown.code == 0 and waits[:12] in shown.stdout and "what is wrong here?" in shown.stdout and "SERVER" in shown.stdout
    [row] = cli("prompts", "queue", "list", "--json", env=known).object["prompts"]
    assert (row["id"], row["attempts"], row["model"], row["path"]) == (waits, 1, "openai:gpt-4o-mini", str(tmp_path))

    came = cli("prompts", "queue", "replay", "--json", env=known)
    assert came.code == 0 and came.object["answered"] == [waits] and came.object["usd"] > 0

    asked = len(server.requests)
    with open_app(load_settings(known), coders=()) as app:
        request = FixRequest(tmp_path, principal(unattended=False))
        assert (app.settings.home / "talks" / request_key(app, request) / "answers").is_dir()
        assert talk_for(app, request).reply(Ask((Message(Role.USER, "what\nis wrong here?"),))).text == "an answer"
    assert len(server.requests) == asked
    assert "No question waits" in cli("prompts", "queue", "replay", env=known).stdout
    kinds = [each["kind"] for each in cli("audit", "tail", "--json", env=known).object["entries"] if each["action"] == "spend"]
    assert kinds == ["permitted", "failed", "permitted", "failed", "permitted", "done"]


def test_a_model_that_is_still_down_leaves_it_waiting(cli, known: dict[str, str], waits: str) -> None:  # type: ignore[no-untyped-def]
    with ModelServer([Answer.failing(500)], repeat=True) as down:
        came = cli("prompts", "queue", "replay", env={**known, "OPENAI_BASE_URL": down.url})
    assert came.code == 1 and "1 still waiting" in came.stdout and "AUTOSD-MODEL-SERVER" in came.stdout
    [row] = cli("prompts", "queue", "list", "--json", env=known).object["prompts"]
    assert row["attempts"] == 2 and row["tried_at"]


def test_a_replay_keeps_to_its_money_and_to_its_leave(cli, known: dict[str, str], waits: str, server: ModelServer) -> None:  # type: ignore[no-untyped-def]
    poor = cli("prompts", "queue", "replay", "--max-usd", "0", env=known)
    assert poor.code == 1 and "AUTOSD-BUDGET-EXCEEDED" in poor.stderr
    refused = cli("prompts", "queue", "replay", "--unattended", "--json", env=known)
    assert refused.code == 2 and refused.object["left"] == 1 and "AUTOSD-" in refused.object["reasons"][waits]
    assert len(server.requests) == 2
    assert [cli("prompts", "queue", "replay", "--max-usd", word, env=known).code for word in ("-1", "nan", "much")] == [2, 2, 2]


def test_one_is_taken_out_by_the_beginning_of_its_id(cli, known: dict[str, str], waits: str) -> None:  # type: ignore[no-untyped-def]
    assert cli("prompts", "queue", "drop", "nope", env=known).code == 2
    dropped = cli("prompts", "queue", "drop", waits[:8], "--json", env=known)
    assert dropped.object == {"result": "ok", "dropped": waits}
    assert json.loads(json.dumps(cli("prompts", "queue", "list", "--json", env=known).object["prompts"])) == []
    assert any(each["kind"] == "prompt_dropped" for each in cli("audit", "tail", "--json", env=known).object["entries"])
