"""How long is waited between tries, and what the last try leaves out."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autosd.coding.models.asks import Simplifying, most_tokens, prompt_fingerprint, prompt_hash, simplified
from autosd.coding.models.retrying import Schedule, insist
from autosd.domain.models import Ask, Message, Reply, Role, Tool
from autosd.domain.prompts import LLMResult, Prompt, ask_of, prompt_of, result_of
from autosd.ports import ModelError, ModelFault
from autosd.settings.delays import DELAYS, parse_delays

PROMPT = Prompt("do it", "be good", ("one", "two", "three"), ("tag",), {"k": "v"}, origin="search")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1,2,4", (1, 2, 4)),
        ("[1,2,4]", (1, 2, 4)),
        (" [ 0.5 ] ", (0.5,)),
        ("", ()),
        ("[]", ()),
        ([3, 4.5], (3, 4.5)),
        ("2, 5, 10", (2, 5, 10)),
    ],
)
def test_delays_are_read_in_both_forms(text: object, seconds: tuple[float, ...]) -> None:
    assert parse_delays(text) == seconds
    assert parse_delays(DELAYS.show(parse_delays(text))) == seconds


@pytest.mark.parametrize("text", ["1;2", "[1,", "-1", "nan", "[true]", "1,x", "99999", "[[1]]", "{}", 5, [None], ",".join("1" * 21)])
def test_what_is_no_list_of_seconds_is_refused(text: object) -> None:
    with pytest.raises(ValueError):
        parse_delays(text)


def test_the_longer_of_plan_and_wish_is_waited_the_wish_within_reason() -> None:
    schedule = Schedule((2, 5, 10), most_asked=30)
    waits = [schedule.wait(1, each, 0) for each in (None, 1, 7, 600, float("nan"), float("inf"), -4)]
    assert waits == [2, 2, 7, 30, 2, 2, 2]
    assert Schedule((60,), most_asked=30).wait(1, 5, 0) == 60, "the bound is the provider's, not the user's"


@given(st.floats(0, 1, exclude_max=True), st.floats(allow_nan=True), st.integers(1, 3))
def test_jitter_adds_at_most_fifteen_percent_and_takes_nothing(draw: float, wish: float, failed: int) -> None:
    schedule = Schedule()
    least = schedule.wait(failed, wish, 0)
    assert least <= schedule.wait(failed, wish, draw) <= least * 1.15 <= 34.5


def test_a_provider_that_limits_is_asked_for_its_time_before_the_simpler_try_too() -> None:
    waits: list[float] = []

    def once(ask: Ask, number: int) -> Reply:
        raise ModelError(ModelFault.RATE_LIMITED, "slow down", "wait", retry_after=4)

    came = insist(ask_of(PROMPT), once, Schedule((1,)), Simplifying(), pause=lambda s: waits.append(s) is None, draw=lambda: 0.0)
    assert came.reply is None and came.tries == 3 and waits == [4, 4]


def test_a_prompt_of_the_guide_becomes_an_ask_and_comes_back() -> None:
    ask = ask_of(PROMPT, purpose="edit")
    assert [each.role for each in ask.messages] == [Role.SYSTEM, Role.USER, Role.USER, Role.USER, Role.USER]
    assert prompt_of(ask) == PROMPT


@pytest.mark.parametrize(("how", "left"), [(Simplifying(), ["do it"]), (Simplifying(False, 2), ["be good", "one", "two", "do it"])])
def test_the_simpler_question_leaves_out_what_the_settings_say(how: Simplifying, left: list[str]) -> None:
    assert [each.text for each in simplified(ask_of(PROMPT), how).messages] == left


def test_a_conversation_with_tools_is_not_torn_apart() -> None:
    said = (Message(Role.SYSTEM, "s"), Message(Role.USER, "u"), Message(Role.ASSISTANT, "a"), Message(Role.TOOL, "t", answers="1"))
    assert simplified(Ask(said), Simplifying()).messages == said[1:]
    assert simplified(Ask(said[1:2], metadata={"examples": "9"}), Simplifying()).messages == said[1:2], "what is asked is no example"


def test_a_reply_becomes_a_result_that_never_looks_like_a_success_when_it_is_none() -> None:
    assert result_of(Reply("  ", model="m", reason="queued", seconds=1.5)) == LLMResult(
        {"model": "m", "finish": "stop", "tries": 1, "reason": "queued"}, "", None, 0, 0, 0, 0, 0.0, 1500.0
    )
    assert result_of(Reply("x", degraded=True)).raw["degraded"] is True


def test_a_hash_is_of_what_a_model_gets_and_the_fingerprint_is_the_guides() -> None:
    ask = Ask((Message(Role.SYSTEM, "sys"), Message(Role.USER, "use")))
    assert prompt_hash("m", ask) == prompt_hash("m", Ask(ask.messages, purpose="other", tags=("t",), seconds=9))
    others = [Ask(ask.messages, max_tokens=1), Ask(ask.messages, tools=(Tool("t", "", {}),)), Ask(ask.messages[1:])]
    assert len({prompt_hash("m", each) for each in (ask, *others)} | {prompt_hash("n", ask)}) == 5
    assert prompt_fingerprint(ask) == hashlib.sha256(b"sys\nuse").hexdigest()


@given(st.text(max_size=300))
def test_what_is_put_aside_is_more_than_a_tokenizer_makes_of_it(text: str) -> None:
    """A token of any tokenizer in use holds at least one byte, and two letters on average but for digits."""
    least = len(text.encode("utf-8", "surrogatepass")) / 4
    assert most_tokens(Ask((Message(Role.USER, text),))) >= least
