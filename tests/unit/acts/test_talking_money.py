"""Money: nothing passes a budget however many threads ask, and a killed run neither loses what it paid for nor pays for it twice."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autosd.acts.talks.talking import end_talk, talk_for
from autosd.app import App
from autosd.domain.errors import AutosdError
from autosd.domain.models import Reply, Usage
from autosd.domain.quotas import Account, Unit
from autosd.ports import ModelFault

from .talk_kit import PER_TOKEN, SaidModel, ask, fault, house, request_at

pytestmark = pytest.mark.slow

FORK = multiprocessing.get_context("fork")
#: What the most that a call of ``ask(max_tokens=100)`` may come to, and what it comes to: 120 millionths.
SMALL = {"max_tokens": 100}


def spent(app: App) -> int:
    return app.ledger.spent(Account(), Unit.MICRO_USD, app.clock.now().replace(hour=0, minute=0, second=0, microsecond=0))


def in_child(work: Callable[[], None]) -> int:
    """Run ``work`` in a process of its own; its exit code, negative for the signal that ended it."""
    child = FORK.Process(target=work)
    child.start()
    child.join(60)
    assert child.exitcode is not None
    return child.exitcode


def dies(*_: Any) -> str:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def test_what_would_pass_max_usd_is_not_begun_and_nothing_is_lost(tmp_path: Path) -> None:
    model = SaidModel(["ok"])
    with house(model) as app:
        talk = talk_for(app, request_at(tmp_path), max_usd=0.0004)
        assert talk.reply(ask("a", **SMALL)).text == "ok"
        assert talk.reply(ask("b", **SMALL)).text == "ok"
        with pytest.raises(AutosdError) as breach:
            for text in "cdef":
                talk.reply(ask(text, **SMALL))
        assert (breach.value.code, breach.value.exit_code) == ("AUTOSD-BUDGET-EXCEEDED", 1)
        assert "--max-usd" in breach.value.message and "Nothing was lost" in breach.value.message
        assert len(model.asks) == 3 and spent(app) == 360 and app.ledger.open_reservations() == []


def test_the_budgets_of_the_settings_hold_beside_it(tmp_path: Path) -> None:
    with house(SaidModel(["ok"]), AUTOSD_BUDGET_LIMITS="0.0001 usd per day per strategy=agent") as app:
        talk = talk_for(app, request_at(tmp_path), max_usd=5)
        assert talk.reply(ask(purpose="edit", **SMALL)).text == "ok"
        with pytest.raises(AutosdError, match="strategy=agent"):
            talk.reply(ask(purpose="agent", **SMALL))


def test_a_budget_cannot_be_kept_with_a_model_whose_price_nobody_knows(tmp_path: Path) -> None:
    model = SaidModel(["ok"])
    with house(model) as app:
        app = replace(app, price=lambda *_: None)
        assert talk_for(app, request_at(tmp_path)).reply(ask()).text == "ok", "without a budget it may be asked"
        with pytest.raises(AutosdError) as unknown:
            talk_for(app, request_at(tmp_path), max_usd=1).reply(ask("other"))
    assert unknown.value.code == "AUTOSD-MODEL-PRICE-UNKNOWN" and len(model.asks) == 1


def test_sixteen_threads_share_one_max_usd_and_never_pass_it(tmp_path: Path) -> None:
    """Each call may cost at most what is put aside for it; whoever finds only others' reservations in the way waits for them."""

    def slow(_: Any) -> Reply:
        time.sleep(0.01)
        return Reply("ok", usage=Usage(60, 40), usd=100 * PER_TOKEN)

    limit, refused, over = 0.004, [], []
    with house(SaidModel([slow]), AUTOSD_AUDIT_FSYNC="os") as app:
        talk = talk_for(app, request_at(tmp_path), max_usd=limit)

        def ask_some(thread: int) -> int:
            for number in range(6):
                try:
                    talk.reply(ask(f"{thread} {number}", **SMALL))
                except AutosdError as error:
                    refused.append(error.code)
                    return number
                over.append(spent(app) > limit / PER_TOKEN)
            return 6

        with ThreadPoolExecutor(16) as pool:
            asked = sum(pool.map(ask_some, range(16)))

        assert not any(over) and spent(app) <= 4000
        assert app.ledger.open_reservations() == []
    assert set(refused) == {"AUTOSD-BUDGET-EXCEEDED"}
    assert asked == spent_calls(limit), "the budget was used as far as it went"


def spent_calls(limit: float) -> int:
    """100 millionths a call; the last ones need room for what they may cost at the most (145)."""
    return next(number for number in range(100) if number * 100 + 145 > limit / PER_TOKEN)


def test_the_conversations_of_one_run_share_its_budget(tmp_path: Path) -> None:
    other = SaidModel(["two"], name="fake:two")
    with house(SaidModel(["one"]), other) as app:
        request = request_at(tmp_path)
        talk_for(app, request, max_usd=0.0002).reply(ask(**SMALL))
        with pytest.raises(AutosdError, match="--max-usd"):
            talk_for(app, request, model="fake:two", max_usd=0.0002).reply(ask(**SMALL))
        end_talk(app, request)
        assert talk_for(app, request, max_usd=0.0002).reply(ask(**SMALL)).text == "one", "the next run has a budget of its own"


def test_a_run_killed_in_the_middle_of_a_call_finds_its_own_reservation(tmp_path: Path) -> None:
    def killed() -> None:
        with house(SaidModel(["first", dies])) as app:
            talk = talk_for(app, request_at(tmp_path), max_usd=0.0004)
            talk.reply(ask("a", **SMALL))
            talk.reply(ask("b", **SMALL))

    assert in_child(killed) == -signal.SIGKILL
    model = SaidModel(["second"])
    with house(model) as app:
        [left] = app.ledger.open_reservations()
        assert spent(app) == 120 and left.amounts[Unit.MICRO_USD] > 120
        talk = talk_for(app, request_at(tmp_path), max_usd=0.0004)

        assert talk.reply(ask("a", **SMALL)).text == "first", "paid for already"
        assert talk.reply(ask("b", **SMALL)).text == "second"

        assert len(model.asks) == 1 and app.ledger.open_reservations() == []
        assert spent(app) == 240 and talk.spent.usd == 240 * PER_TOKEN
        with pytest.raises(AutosdError, match="--max-usd"):
            talk.reply(ask("c", **SMALL)), talk.reply(ask("d", **SMALL))


def test_a_run_killed_between_its_reply_and_the_settling_pays_once(tmp_path: Path) -> None:
    def killed() -> None:
        with house(SaidModel(["first"])) as app:
            ledger: Any = app.ledger
            ledger.settle = dies
            talk_for(app, request_at(tmp_path)).reply(ask())

    assert in_child(killed) == -signal.SIGKILL
    model = SaidModel(["again"])
    with house(model) as app:
        assert talk_for(app, request_at(tmp_path)).reply(ask()).text == "first"
        assert model.asks == [] and spent(app) == 120 and app.ledger.open_reservations() == []


def test_a_run_killed_after_a_try_that_timed_out_counts_each_try_once(tmp_path: Path) -> None:
    def killed() -> None:
        with house(SaidModel([fault(ModelFault.TIMEOUT), dies]), CODEX_RETRY_DELAYS="0") as app:
            talk_for(app, request_at(tmp_path)).reply(ask(**SMALL))

    assert in_child(killed) == -signal.SIGKILL
    with house(SaidModel(["there"]), CODEX_RETRY_DELAYS="0") as app:
        [left] = app.ledger.open_reservations()
        full = left.amounts[Unit.MICRO_USD]
        assert spent(app) == full
        assert talk_for(app, request_at(tmp_path)).reply(ask(**SMALL)).text == "there"
        assert app.ledger.open_reservations() == [] and spent(app) == full + 120


def test_a_run_that_ended_is_not_gone_on_with(tmp_path: Path, autosd_home: Path) -> None:
    model = SaidModel(["one", "two"])
    with house(model) as app:
        request = request_at(tmp_path)
        assert talk_for(app, request).reply(ask()).text == "one"
        end_talk(app, request)
        end_talk(app, request)
        assert talk_for(app, request).reply(ask()).text == "two"
        end_talk(app, request)
    assert list((autosd_home / "talks").iterdir()) == [] and len(list((autosd_home / "transcripts").iterdir())) == 2


def test_the_same_question_twice_in_a_run_is_asked_twice_and_both_are_found_again(tmp_path: Path) -> None:
    model = SaidModel(["heads", "tails"])
    with house(model) as app:
        talk = talk_for(app, request_at(tmp_path))
        assert [talk.reply(ask()).text for _ in range(2)] == ["heads", "tails"]
    with house(model) as app:
        talk = talk_for(app, request_at(tmp_path))
        assert [talk.reply(ask()).text for _ in range(2)] == ["heads", "tails"] and len(model.asks) == 2


def test_a_second_process_with_the_same_request_has_a_run_of_its_own(tmp_path: Path) -> None:
    model = SaidModel(["mine"])
    with house(model) as app:
        request = request_at(tmp_path)
        talk = talk_for(app, request)
        talk.reply(ask())

        def beside() -> None:
            with house(SaidModel(["theirs"])) as app:
                other = talk_for(app, request)
                assert other.reply(ask()).text == "theirs" and other.run.id != talk.run.id
                end_talk(app, request)
                assert list((app.settings.home / "talks").glob("*+*")) == []

        assert in_child(beside) == 0
        assert (app.settings.home / "talks" / talk.key / "replies").is_dir(), "its end is not ours"


def test_kept_replies_are_private_and_do_not_pile_up(tmp_path: Path, autosd_home: Path) -> None:
    for number in range(3):
        with house(SaidModel(["x" * 600_000]), AUTOSD_MODEL_KEEP_MB="1") as app:
            talk_for(app, request_at(tmp_path, tests=(str(number),))).reply(ask(str(number)))
    kept = [each for each in (autosd_home / "talks").rglob("*.json") if each.stat().st_size > 1000]
    assert len(kept) <= 2 and all(each.stat().st_mode & 0o777 == 0o600 for each in kept)
    assert sum(json.loads(each.read_text())["tries"] for each in kept) == len(kept)


def test_many_threads_asking_the_same_get_one_answer_each(tmp_path: Path) -> None:
    seen: list[str] = []
    lock = threading.Lock()

    def numbered(_: Any) -> str:
        with lock:
            seen.append(str(len(seen)))
            return seen[-1]

    with house(SaidModel([numbered]), AUTOSD_AUDIT_FSYNC="os") as app:
        talk = talk_for(app, request_at(tmp_path))
        with ThreadPoolExecutor(8) as pool:
            texts = list(pool.map(lambda _: talk.reply(ask()).text, range(16)))
        assert sorted(texts, key=int) == list(map(str, range(16))) and spent(app) == 16 * 120
