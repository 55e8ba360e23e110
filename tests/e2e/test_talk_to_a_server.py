"""The governed conversation through the providers' own SDKs, to a server on this machine that speaks their wire formats."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from autosd.acts.changing import FixRequest
from autosd.acts.talks.talking import talk_for
from autosd.app import App, open_app
from autosd.domain.actions import Principal
from autosd.domain.errors import AutosdError
from autosd.domain.models import Ask, Finish, Message, Role
from autosd.domain.quotas import Account, Unit
from autosd.settings import load_settings
from autosd.testing import Answer, ModelServer

KEY = "sk-canary" + "0aB" * 8
MODELS = {"openai": "openai:gpt-4o-mini", "anthropic": "anthropic:claude-haiku-4-5"}
FORK = multiprocessing.get_context("fork")


@contextmanager
def house(server: ModelServer, provider: str = "openai", **settings: str) -> Iterator[App]:
    of = {f"{provider.upper()}_BASE_URL": server.url, f"{provider.upper()}_API_KEY": KEY, "SELF_CODING_MODEL": MODELS[provider]}
    with open_app(load_settings({**os.environ, **of, **settings}), coders=()) as app:
        yield app


def request_at(path: Path) -> FixRequest:
    return FixRequest(path, Principal("maria", attended=True))


def ask(text: str = "fix it", system: str = "be brief", **more: Any) -> Ask:
    return Ask((Message(Role.SYSTEM, system), Message(Role.USER, text)), **more)


def spent(app: App) -> int:
    return app.ledger.spent(Account(), Unit.MICRO_USD, app.clock.now() - timedelta(hours=1))


@pytest.mark.parametrize("provider", MODELS)
def test_a_question_is_answered_counted_and_leaves_no_key_behind(tmp_path: Path, autosd_home: Path, provider: str) -> None:
    with ModelServer([Answer("hello", usage=(1000, 500, 0))]) as server, house(server, provider) as app:
        talk = talk_for(app, request_at(tmp_path))
        reply = talk.reply(ask(f"my key is {KEY}"))
        assert reply.text == "hello" and reply.usd > 0 and talk.spent.usd == reply.usd
        assert spent(app) == round(reply.usd * 1e6) and app.ledger.open_reservations() == []
        assert KEY not in json.dumps(server.requests[0].body) and server.requests[0].key
    kept = "\n".join(each.read_text(errors="replace") for each in autosd_home.rglob("*") if each.is_file())
    assert KEY not in kept


def http_date() -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)


@pytest.mark.parametrize(
    ("headers", "low", "high"),
    [
        ({"retry-after": "7"}, 7, 7),
        ({"retry-after": "4.5"}, 4.5, 4.5),
        ({"retry-after": "date"}, 15, 20),
        ({"retry-after": "6m0s"}, 30, 30),
        ({"x-ratelimit-reset-requests": "6s"}, 6, 6),
        ({"X-RateLimit-Reset-Tokens": "3500MS"}, 3.5, 3.5),
        ({"x-ratelimit-reset": "1m2s"}, 30, 30),
        ({"x-ratelimit-reset": "9"}, 9, 9),
        ({"retry-after": "0.2"}, 2, 2),
        ({"retry-after": "inf"}, 2, 2),
        ({"retry-after": "-3"}, 2, 2),
        ({}, 2, 2),
    ],
    ids=str,
)
def test_what_a_429_asks_for_is_waited_for_within_reason(tmp_path: Path, headers: dict[str, str], low: float, high: float) -> None:
    given = {name: http_date() if value == "date" else value for name, value in headers.items()}
    limited = Answer("Rate limit reached.", status=429, kind="rate_limit_exceeded", headers=given)
    waits: list[float] = []
    with ModelServer([limited, "there"]) as server, house(server) as app:
        talk = talk_for(app, request_at(tmp_path))
        talk.sleep, talk.draw = waits.append, lambda: 0.0
        reply = talk.reply(ask())
    assert (reply.text, reply.tries, len(server.requests)) == ("there", 2, 2)
    assert len(waits) == 1 and low <= waits[0] <= high


@pytest.mark.parametrize("provider", MODELS)
def test_exhaustion_is_four_tries_one_simpler_one_and_a_place_in_the_queue(tmp_path: Path, provider: str) -> None:
    with ModelServer([Answer.failing(503)], repeat=True) as server, house(server, provider, CODEX_RETRY_DELAYS="[0, 0, 0]") as app:
        reply = talk_for(app, request_at(tmp_path)).reply(ask())
        assert reply.empty and reply.tries == 5 and "AUTOSD-MODEL-SERVER" in reply.reason
        assert len(server.requests) == 5 and len(app.prompts.all()) == 1
        systems = ["be brief" in json.dumps(each.body) for each in server.requests]
        assert systems == [True, True, True, True, False]
        assert spent(app) == 0 and app.ledger.open_reservations() == []


@pytest.mark.parametrize(
    "answer", [Answer.garbage(), Answer("cut", cut=5), Answer("hang", hang_up=True)], ids=["garbage", "cut", "hung up"]
)
def test_what_breaks_on_the_way_is_tried_again(tmp_path: Path, answer: Answer) -> None:
    with ModelServer([answer, "there"]) as server, house(server, CODEX_RETRY_DELAYS="0") as app:
        reply = talk_for(app, request_at(tmp_path)).reply(ask())
    assert (reply.text, reply.tries) == ("there", 2)


def test_an_empty_answer_goes_to_the_fallback_model_and_is_marked(tmp_path: Path) -> None:
    def answers(asked: Any) -> Answer:
        return Answer("") if asked.body["model"] == "gpt-4o-mini" else Answer("from the cheap one")

    with ModelServer(answers) as server, house(server, CODEX_FALLBACK_STRATEGY="reroute") as app:
        reply = talk_for(app, request_at(tmp_path)).reply(ask())
    assert (reply.text, reply.degraded) == ("from the cheap one", True) and reply.model.endswith("gpt-3.5-turbo")
    assert [each.body["model"] for each in server.requests] == ["gpt-4o-mini", "gpt-3.5-turbo"]


def test_an_answer_that_was_cut_off_at_its_limit_says_so(tmp_path: Path) -> None:
    with ModelServer([Answer("half of", finish="length")]) as server, house(server) as app:
        assert talk_for(app, request_at(tmp_path)).reply(ask()).finish is Finish.LENGTH


def test_a_wrong_key_is_told_at_once_and_not_tried_again(tmp_path: Path) -> None:
    with ModelServer(["x"], key="another") as server, house(server) as app:
        reply = talk_for(app, request_at(tmp_path)).reply(ask())
        assert reply.empty and "AUTOSD-MODEL-AUTH" in reply.reason and len(server.requests) == 1


def test_a_server_that_does_not_answer_in_time_is_left(tmp_path: Path) -> None:
    with ModelServer([Answer("late", delay=30), "there"]) as server, house(server, CODEX_TIMEOUT="0.5", CODEX_RETRY_DELAYS="0") as app:
        began = time.monotonic()
        reply = talk_for(app, request_at(tmp_path)).reply(ask())
        assert (reply.text, reply.tries) == ("there", 2) and time.monotonic() - began < 10
        assert spent(app) > round(reply.usd * 1e6), "nobody knows what the first one cost: it counts in full"


def test_without_a_model_the_question_is_refused(tmp_path: Path) -> None:
    with open_app(load_settings(dict(os.environ)), coders=()) as app, pytest.raises(AutosdError) as none:
        talk_for(app, request_at(tmp_path))
    assert none.value.code == "AUTOSD-MODEL-NONE"


def test_a_run_killed_in_the_middle_of_a_call_goes_on_without_paying_twice(tmp_path: Path) -> None:
    reached = threading.Event()

    def answers(asked: Any) -> Answer:
        if "second" not in json.dumps(asked.body) or reached.is_set():
            return Answer("ok", usage=(1000, 1000, 0))
        reached.set()
        return Answer("never heard", delay=60)

    def run() -> None:
        with house(server, CODEX_TIMEOUT="60") as app:
            talk = talk_for(app, request_at(tmp_path), max_usd=1)
            talk.reply(ask("first"))
            talk.reply(ask("second"))

    with ModelServer(answers) as server:
        child = FORK.Process(target=run)
        child.start()
        assert reached.wait(30) and child.pid
        os.kill(child.pid, signal.SIGKILL)
        child.join()
        with house(server, CODEX_TIMEOUT="60") as app:
            first, [left] = spent(app), app.ledger.open_reservations()
            talk = talk_for(app, request_at(tmp_path), max_usd=1)
            assert left.account.run == talk.run.id
            assert [talk.reply(ask(text)).text for text in ("first", "second")] == ["ok", "ok"]
            assert len(server.requests) == 3, "the first question was asked once in all"
            assert app.ledger.open_reservations() == [] and spent(app) == 2 * first > 0


@pytest.mark.slow
def test_sixteen_threads_share_one_max_usd_and_never_pass_it(tmp_path: Path) -> None:
    answer = Answer("ok", usage=(100, 500, 0))
    with ModelServer([answer], repeat=True) as server, house(server, AUTOSD_AUDIT_FSYNC="os") as app:
        talk = talk_for(app, request_at(tmp_path), max_usd=0.01)
        codes: list[str] = []

        def some(thread: int) -> None:
            for number in range(4):
                try:
                    talk.reply(ask(f"{thread} {number}", max_tokens=1000))
                except AutosdError as error:
                    codes.append(error.code)
                    return
                assert spent(app) <= 10_000

        with ThreadPoolExecutor(16) as pool:
            list(pool.map(some, range(16)))
        assert 9_000 < spent(app) <= 10_000 and app.ledger.open_reservations() == []
        assert talk.spent.usd == pytest.approx(spent(app) / 1e6, abs=1e-4) and set(codes) == {"AUTOSD-BUDGET-EXCEEDED"}
        assert talk.spent.calls == len(server.requests)
