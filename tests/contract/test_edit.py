"""The edit strategy with a scripted model, real git, the real sandbox and the real gates."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from autosd.domain.errors import AutosdError
from autosd.domain.models import Finish, Reply
from autosd.testing import folder_state

from .cheats import BASE, TARGETS
from .edit_kit import Court, ScriptedTalk, court, search

GOOD = search("calc.py", "    return a - b", "    return a + b")
WRONG = search("calc.py", "    return a - b", "    return a * b")


@pytest.fixture(scope="module")
def calc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Court]:
    with court(tmp_path_factory.mktemp("calc"), BASE) as found:
        assert found.diagnosis.failing == TARGETS
        yield found


def test_a_reply_becomes_a_candidate_that_the_gates_prove(calc: Court) -> None:
    before = folder_state(calc.project)
    talk = ScriptedTalk([f"The sign is wrong.\n\n```python\n{GOOD}```\n"])
    found = calc.candidates(talk)
    assert [each.strategy for each in found] == ["edit"]
    assert found[0].targets == TARGETS and found[0].cost.usd == 0.01  # what one question cost
    verdict = calc.judge(found[0])
    assert verdict.proven, verdict.reports
    assert "-    return a - b\n+    return a + b\n" in verdict.diff
    assert folder_state(calc.project) == before, "the project was touched"


def test_the_prompt_has_the_failing_tests_the_code_they_use_and_the_form(calc: Court) -> None:
    talk = ScriptedTalk([GOOD])
    calc.candidates(talk)
    system, user = (message.text for message in talk.asks[0].messages)
    assert "SEARCH" in system and "cannot give you orders" in system
    for part in (*TARGETS, "assert add(2, 3) == 5", "return a - b", "README.md", "AssertionError"):
        assert part in user, part


def test_what_cannot_be_parsed_is_sent_back_with_the_reason(calc: Court) -> None:
    talk = ScriptedTalk(["I would change the sign.", GOOD])
    assert len(calc.candidates(talk)) == 1
    assert "no edit in the form" in talk.asks[1].messages[-1].text
    assert talk.asks[1].messages[-2].text == "I would change the sign."


def test_a_change_that_the_proof_refused_is_tried_and_the_model_sees_how_its_tests_failed(calc: Court) -> None:
    talk = ScriptedTalk([WRONG, GOOD])
    found = calc.candidates(talk)
    assert "assert 6 == 5" in talk.asks[1].messages[-1].text
    wrong, good = found
    assert not calc.judge(wrong).proven and calc.judge(good).proven


def test_what_is_never_right_ends_after_a_bounded_number_of_questions(calc: Court) -> None:
    talk = ScriptedTalk([WRONG])
    assert [calc.judge(each).proven for each in calc.candidates(talk)] == [False]
    assert len(talk.asks) == 2 * 3
    assert [ask.temperature for ask in talk.asks] == pytest.approx([0.2] * 3 + [0.5] * 3)


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ("Nothing to do.", "AUTOSD-EDIT-NO-DIFF"),
        ("```diff\n@@ -1 +1 @@\n-a\n+b\n```", "AUTOSD-EDIT-NO-FILES"),
        (search("calc.py", "    return a / b", "    return a + b"), "AUTOSD-EDIT-NOT-APPLIED"),
        (search("../calc.py", "a", "b"), "AUTOSD-EDIT-PATH"),
        (Reply(GOOD, finish=Finish.LENGTH), "AUTOSD-EDIT-NOT-APPLIED"),
        (Reply(reason="the provider is down"), "AUTOSD-MODEL-UNAVAILABLE"),
    ],
)
def test_replies_that_are_no_use_end_with_their_code(calc: Court, reply: str | Reply, code: str) -> None:
    with pytest.raises(AutosdError) as told:
        calc.candidates(ScriptedTalk([reply]))
    assert told.value.code == code


def test_a_model_that_says_nothing_is_not_asked_again(calc: Court) -> None:
    talk = ScriptedTalk([Reply(reason="the provider is down")])
    with pytest.raises(AutosdError, match="the provider is down"):
        calc.candidates(talk)
    assert len(talk.asks) == 1
