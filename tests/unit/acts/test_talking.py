"""A question to a model: permitted, paid for, redacted, kept, tried again; and what takes its place when nothing comes."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from autosd.acts.talks.prompts import replay
from autosd.acts.talks.talking import end_talk, talk_for
from autosd.app import App
from autosd.domain.errors import AutosdError
from autosd.domain.models import Finish, Message, Reply, Role, ToolCall, Usage
from autosd.domain.quotas import Account, Unit
from autosd.governance.guard import Refused
from autosd.ports import ModelFault

from .talk_kit import PER_TOKEN, PERSON, SaidModel, ask, fault, house, request_at

pytestmark = pytest.mark.slow

DOWN = fault(ModelFault.SERVER)
AT_ONCE = {"CODEX_RETRY_DELAYS": "0,0,0"}


def spent(app: App, unit: Unit = Unit.MICRO_USD, **account: str) -> int:
    return app.ledger.spent(Account(**account), unit, app.clock.now().replace(hour=0, minute=0, second=0, microsecond=0))


def record(home: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (home / "audit.log.jsonl").read_text().splitlines()]


def everything_kept(home: Path) -> str:
    files = [each for each in home.rglob("*") if each.is_file() and each.suffix in (".json", ".jsonl", ".log")]
    return "\n".join(each.read_text(errors="replace") for each in files)


def test_a_reply_is_permitted_paid_for_and_counted(tmp_path: Path) -> None:
    model = SaidModel(["hello"])
    with house(model) as app:
        talk = talk_for(app, request_at(tmp_path))

        reply = talk.reply(ask("say hello", purpose="edit"))

        assert (reply.text, reply.tries, reply.model, reply.degraded) == ("hello", 1, "fake:one", False)
        assert talk.spent.calls == 1 and talk.spent.usd == reply.usd == 120 * PER_TOKEN
        assert spent(app, strategy="edit") == 120 and app.ledger.open_reservations() == []


def test_the_record_has_both_ends_of_each_call_and_no_word_of_it(tmp_path: Path, autosd_home: Path) -> None:
    with house(SaidModel([DOWN, "the answer in words"]), **AT_ONCE) as app:
        talk_for(app, request_at(tmp_path)).reply(ask("the question in words", purpose="edit"))
    entries = [each for each in record(autosd_home) if each["action"] == "spend"]
    assert [each["kind"] for each in entries] == ["permitted", "failed", "permitted", "done"]
    end = entries[-1]["details"]
    assert (end["model"], end["about"], end["number"], end["input_tokens"], end["output_tokens"]) == ("fake:one", "edit", 2, 100, 20)
    assert end["usd"] > 0 and len(end["prompt"]) == 64
    assert entries[1]["details"]["code"] == "AUTOSD-MODEL-SERVER"
    assert "in words" not in (autosd_home / "audit.log.jsonl").read_text()


def test_a_question_that_is_not_permitted_is_not_asked(tmp_path: Path) -> None:
    model = SaidModel(["hello"])
    with house(model, SELFCODING_ENABLED="0") as app, pytest.raises(Refused):
        talk_for(app, request_at(tmp_path)).reply(ask())
    assert model.asks == []


def test_a_passing_fault_is_waited_for_as_the_provider_asks_and_tried_again(tmp_path: Path) -> None:
    model = SaidModel([fault(ModelFault.RATE_LIMITED, 7.0), DOWN, "there"])
    waits: list[float] = []
    with house(model) as app:
        talk = talk_for(app, request_at(tmp_path))
        talk.sleep, talk.draw = waits.append, lambda: 1.0
        reply = talk.reply(ask())
    assert (reply.text, reply.tries) == ("there", 3)
    assert waits == [7.0 * 1.15, 5.0 * 1.15]


def test_exhaustion_brings_exactly_one_simpler_try_and_then_a_place_in_the_queue(tmp_path: Path, autosd_home: Path) -> None:
    model = SaidModel([DOWN])
    waits: list[float] = []
    with house(model) as app:
        talk = talk_for(app, request_at(tmp_path, purpose="fix"))
        talk.sleep, talk.draw = waits.append, lambda: 0.0
        reply = talk.reply(ask("mend it", system="be brief", purpose="edit"))
    assert waits == [2, 5, 10]
    assert [[m.role for m in each.messages] for each in model.asks] == [[Role.SYSTEM, Role.USER]] * 4 + [[Role.USER]]
    assert reply.empty and reply.tries == 5 and "AUTOSD-MODEL-SERVER" in reply.reason and "queued" in reply.reason
    [line] = [json.loads(each) for each in (autosd_home / "codex_retry_queue.jsonl").read_text().splitlines()]
    assert line["prompt"] == "mend it" and "AUTOSD-MODEL-SERVER" in line["reason"]
    assert (line["model"], line["path"], line["purpose"], line["attempts"]) == ("fake:one", str(tmp_path), "fix", 1)
    assert line["time"] and line["id"] and line["ask"]["about"] == "edit"


def test_the_same_question_waits_once(tmp_path: Path) -> None:
    with house(SaidModel([DOWN]), **AT_ONCE) as app:
        talk = talk_for(app, request_at(tmp_path))
        assert "queued" in talk.reply(ask()).reason
        assert "waits already" in talk.reply(ask()).reason
        assert len(app.prompts.all()) == 1


@pytest.mark.parametrize(("kind", "calls"), [(ModelFault.AUTH, 1), (ModelFault.BAD_REQUEST, 1), (ModelFault.TOO_LONG, 2)])
def test_what_waiting_cannot_mend_ends_at_once(tmp_path: Path, kind: ModelFault, calls: int) -> None:
    model = SaidModel([fault(kind)])
    with house(model) as app:
        talk = talk_for(app, request_at(tmp_path))
        talk.sleep = pytest.fail  # type: ignore[assignment]
        reply = talk.reply(ask(system="long"))
        assert reply.empty and f"AUTOSD-MODEL-{kind}" in reply.reason and len(model.asks) == calls
        assert len(app.prompts.all()) == (kind is not ModelFault.BAD_REQUEST), "asking a bad request again cannot help"


@pytest.mark.parametrize("finish", [Finish.STOP, Finish.LENGTH])
def test_an_empty_reply_is_no_success(tmp_path: Path, finish: Finish) -> None:
    with house(SaidModel([Reply("  \n", finish=finish, usage=Usage(10, 5), usd=0.000015)])) as app:
        talk = talk_for(app, request_at(tmp_path))
        reply = talk.reply(ask())
        assert reply.empty and "empty completion" in reply.reason and len(app.prompts.all()) == 1
        assert talk.spent.usd == 0.000015 and spent(app) == 15, "it was paid for all the same"


def test_a_reply_that_was_cut_off_is_handed_on_as_that(tmp_path: Path) -> None:
    with house(SaidModel([Reply("half of", finish=Finish.LENGTH)])) as app:
        reply = talk_for(app, request_at(tmp_path)).reply(ask())
    assert (reply.text, reply.finish) == ("half of", Finish.LENGTH)


def test_reroute_asks_the_fallback_model_and_says_so(tmp_path: Path) -> None:
    cheap = SaidModel(["from the cheap one"], name="fake:cheap")
    with house(SaidModel([DOWN]), cheap, CODEX_FALLBACK_STRATEGY="reroute", CODEX_FALLBACK_MODEL="fake:cheap", **AT_ONCE) as app:
        reply = talk_for(app, request_at(tmp_path)).reply(ask(system="be brief"))
        assert (reply.text, reply.model, reply.degraded) == ("from the cheap one", "fake:cheap", True)
        assert app.prompts.all() == () and len(cheap.asks) == 1
        assert [each.role for each in cheap.asks[0].messages] == [Role.SYSTEM, Role.USER], "the question as it was, not the simpler one"


@pytest.mark.parametrize("answer", [fault(ModelFault.AUTH), "", fault(ModelFault.TIMEOUT)])
def test_a_fallback_model_that_fails_too_leaves_a_place_in_the_queue(tmp_path: Path, answer: Any) -> None:
    cheap = SaidModel([answer], name="fake:cheap")
    with house(SaidModel([DOWN]), cheap, CODEX_FALLBACK_STRATEGY="reroute", CODEX_FALLBACK_MODEL="fake:cheap", **AT_ONCE) as app:
        reply = talk_for(app, request_at(tmp_path)).reply(ask())
        assert reply.empty and "fallback model" in reply.reason and len(app.prompts.all()) == 1
    assert len(cheap.asks) == 1


def test_what_cannot_be_parsed_goes_the_same_way(tmp_path: Path) -> None:
    cheap = SaidModel(["def f(): return 1"], name="fake:cheap")
    with house(SaidModel(["def f(:"]), cheap, CODEX_FALLBACK_STRATEGY="reroute", CODEX_FALLBACK_MODEL="fake:cheap") as app:
        talk = talk_for(app, request_at(tmp_path))
        talk.reply(ask())
        assert talk.instead(ask(), "syntax error in line 1").degraded
        assert talk.spent.calls == 2


def test_a_wrong_fallback_strategy_is_a_wrong_setting(tmp_path: Path) -> None:
    with pytest.raises(AutosdError) as wrong, house(SaidModel(["x"]), CODEX_FALLBACK_STRATEGY="pray"):
        pass
    assert wrong.value.code == "AUTOSD-SETTING-INVALID" and "queue, reroute" in str(wrong.value)


def test_no_secret_leaves_or_stays(tmp_path: Path, autosd_home: Path) -> None:
    canaries = {
        "known": "p4ssw0rd-of-the-database",
        "shape": "ghp_" + "Ab3" * 12,
        "named": "hunter2hunter2hunter2",
        "line": "s3cr3tline12345",
        "call": "sk-" + "Zz9" * 10,
    }
    text = f'x = "{canaries["known"]}"\nkey = "{canaries["shape"]}"\npassword = "{canaries["named"]}"\nDB_PASSWORD={canaries["line"]}\n'
    called = Message(Role.ASSISTANT, calls=(ToolCall("1", "run", json.dumps({"env": canaries["call"]})),))
    answered = Message(Role.TOOL, f"ok {canaries['shape']}", answers="1")
    model = SaidModel([DOWN])
    url = f"postgresql://me:{canaries['known']}@127.0.0.1:1/x"
    with house(model, REDIS_URL=url.replace("postgresql", "redis"), **AT_ONCE) as app:
        question = ask(text, system=text)
        talk = talk_for(app, request_at(tmp_path))
        talk.reply(type(question)((*question.messages, called, answered), purpose=canaries["shape"]))
        assert len(app.prompts.all()) == 1
    sent = repr(model.asks[0].messages)
    assert "token = next" not in sent and "[redacted]" in sent and json.loads(model.asks[0].messages[2].calls[0].arguments)
    kept = everything_kept(autosd_home)
    for name, secret in canaries.items():
        assert secret not in sent, name
        assert secret not in kept, name


def test_code_stays_code_in_a_prompt(tmp_path: Path) -> None:
    code = 'token = next(tokens)\npassword: str = field()\nif token == "abc": secret = self.secret\nbasic functionality\n'
    model = SaidModel(["ok"])
    with house(model) as app:
        talk_for(app, request_at(tmp_path)).reply(ask(code))
    assert model.asks[0].messages[0].text == code


def test_a_try_may_take_what_the_setting_says_unless_the_ask_wants_less(tmp_path: Path) -> None:
    model = SaidModel(["ok"])
    with house(model, CODEX_TIMEOUT="90") as app:
        talk = talk_for(app, request_at(tmp_path))
        talk.reply(ask("a"))
        talk.reply(ask("b", seconds=5))
    assert [each.seconds for each in model.asks] == [90, 5]


def test_nothing_is_begun_after_the_deadline_and_no_wait_passes_it(tmp_path: Path) -> None:
    model = SaidModel([DOWN])
    with house(model) as app:
        request, now = request_at(tmp_path), time.monotonic()
        late = talk_for(app, request, deadline=now - 1).reply(ask())
        assert late.empty and "AUTOSD-TIME-UP" in late.reason and model.asks == []
        soon = talk_for(app, request, deadline=now + 1.5)
        soon.sleep = pytest.fail  # type: ignore[assignment]
        reply = soon.reply(ask())
        assert reply.empty and len(model.asks) == 1 and model.asks[0].seconds <= 1.5
        assert len(app.prompts.all()) == 1


def test_a_refused_call_costs_nothing_and_one_that_timed_out_counts_in_full(tmp_path: Path) -> None:
    with house(SaidModel([fault(ModelFault.RATE_LIMITED), fault(ModelFault.TIMEOUT), "ok"]), **AT_ONCE) as app:
        talk_for(app, request_at(tmp_path)).reply(ask(max_tokens=1000))
        assert app.ledger.open_reservations() == []
        assert 1120 <= spent(app) <= 1300, "the third call's 120 millionths and all that the second may have cost"


def test_an_answer_of_the_queues_replay_is_found_by_its_request_alone(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    model = SaidModel([DOWN] * 5 + [DOWN, "late but here", "anew"])
    with house(model, **AT_ONCE) as app:
        request = request_at(tmp_path)
        assert talk_for(app, request).reply(ask()).empty
        end_talk(app, request)
        in_vain = replay(app, PERSON, everything=True)
        assert in_vain.left == 1 and "AUTOSD-MODEL-SERVER" in next(iter(in_vain.reasons.values()))
        [waiting] = app.prompts.all()
        assert waiting.attempts == 2 and waiting.tried_at

        came = replay(app, PERSON, everything=True)

        assert came.answered == (waiting.id,) and came.left == 0 and app.prompts.all() == ()
        assert talk_for(app, request_at(tmp_path / "other")).reply(ask()).text == "anew", "another request does not get it"
        asked = len(model.asks)
        talk = talk_for(app, request)
        assert talk.reply(ask()).text == "late but here" and len(model.asks) == asked and talk.spent.usd > 0
        end_talk(app, request)
        assert talk_for(app, request).reply(ask()).text == "anew", "it is used once"


def test_a_replay_of_an_empty_queue_touches_nothing(tmp_path: Path, autosd_home: Path) -> None:
    with house(SaidModel(["x"])) as app:
        before = sorted(autosd_home.rglob("*"))
        assert replay(app, PERSON).left == 0
        assert sorted(autosd_home.rglob("*")) == before


def test_a_model_that_is_still_down_is_asked_once_a_round_and_more_and_more_seldom(tmp_path: Path) -> None:
    model = SaidModel([DOWN])
    with house(model, **AT_ONCE) as app:
        talk = talk_for(app, request_at(tmp_path))
        for text in "abc":
            talk.reply(ask(text))
        asked = len(model.asks)
        assert replay(app, PERSON).reasons == {}, "just tried: not due yet"
        assert len(replay(app, PERSON, everything=True).reasons) == 3
        assert len(model.asks) == asked + 1


def test_a_line_of_the_guides_own_form_is_shown_and_never_paid_for(tmp_path: Path, autosd_home: Path) -> None:
    autosd_home.mkdir()
    (autosd_home / "codex_retry_queue.jsonl").write_text('{"prompt": "old words", "reason": "empty completion"}\nnot json\n')
    model = SaidModel(["x"])
    with house(model) as app:
        [waiting] = app.prompts.all()
        assert (waiting.prompt, waiting.reason) == ("old words", "empty completion")
        assert "AUTOSD-PROMPT-HOMELESS" in replay(app, PERSON, everything=True).reasons[waiting.id]
    assert model.asks == [] and "not json" in (autosd_home / "codex_retry_queue.jsonl").read_text()


def test_the_transcript_tells_each_message_once(tmp_path: Path, autosd_home: Path) -> None:
    with house(SaidModel(["one", "two"])) as app:
        talk = talk_for(app, request_at(tmp_path))
        first = ask("question")
        talk.reply(first)
        more = (Message(Role.ASSISTANT, "one"), Message(Role.USER, "and?"))
        talk.reply(type(first)((*first.messages, *more)))
    [file] = (autosd_home / "transcripts").iterdir()
    lines = [json.loads(each) for each in file.read_text().splitlines()]
    assert [each["reply"]["text"] for each in lines] == ["one", "two"]
    assert "again" in lines[1]["messages"][0] and lines[1]["messages"][2]["message"]["text"] == "and?"
    assert file.stat().st_mode & 0o777 == 0o600 and file.parent.stat().st_mode & 0o777 == 0o700
