"""A conversation that is too long is made shorter, and stays one that every provider accepts."""

from __future__ import annotations

import itertools
import json
import random

from autosd.coding.agent.history import History, tokens
from autosd.domain.models import Message, Role, ToolCall

FIRST = (Message(Role.SYSTEM, "rules"), Message(Role.USER, "task " * 20))


def well_formed(messages: tuple[Message, ...]) -> bool:
    """Each call is answered right behind the message that made it, once; ids are unique; arguments are objects; roles alternate."""
    seen: set[str] = set()
    at = 2
    while at < len(messages):
        said = messages[at]
        if said.role is not Role.ASSISTANT:
            return False
        answers = messages[at + 1 : at + 1 + max(1, len(said.calls))]
        ids = [call.id for call in said.calls]
        if ids:
            if [answer.answers for answer in answers] != ids or any(answer.role is not Role.TOOL for answer in answers):
                return False
        elif [answer.role for answer in answers] != [Role.USER]:
            return False
        if seen & set(ids) or len(set(ids)) != len(ids) or not all(isinstance(json.loads(call.arguments), dict) for call in said.calls):
            return False
        seen |= set(ids)
        at += 1 + len(answers)
    return messages[:2] == FIRST


def test_what_is_sent_fits_the_budget_and_is_well_formed_whatever_was_said() -> None:
    dice = random.Random(7)
    for _ in range(60):
        history = History(FIRST, 3000)
        for _ in range(dice.randrange(1, 40)):
            texts = ("{}", "{", "[1]", json.dumps({"x": "y" * dice.randrange(5000)}))
            raw = [
                ToolCall(dice.choice(("", "same")), dice.choice(("a", "b c", "")), dice.choice(texts))
                for _ in range(dice.choice((0, 1, 2)))
            ]
            calls = history.accepted(raw)
            history.add("t" * dice.randrange(500), calls, ["r" * dice.randrange(6000) for _ in calls] or ["go on"])
            messages = history.messages()
            assert well_formed(messages)
            assert sum(map(tokens, messages)) <= 3000 + 1500, "the task and the last two turns are what may be more"


def test_old_answers_go_first_and_the_last_turns_stay_whole() -> None:
    history = History(FIRST, 2400)
    for number in range(8):
        calls = history.accepted([ToolCall("", "read_file", json.dumps({"path": f"{number}.py"}))])
        history.add("", calls, [f"{number}" * 1500])
    messages = history.messages()
    assert messages[-1].text == "7" * 1500 and messages[-3].text == "6" * 1500
    assert messages[3].text.startswith("[1500 characters were left out")
    assert json.loads(messages[2].calls[0].arguments) == {"path": "0.py"}, "what was asked stays"


def test_the_beginning_stays_the_same_for_a_while() -> None:
    history = History(FIRST, 3000)
    sizes = []
    for number in range(40):
        calls = history.accepted([ToolCall("", "read_file", "{}")])
        history.add("", calls, ["x" * 600])
        before = history.messages()
        sizes.append((number, before[: len(before) - 4]))
    changed = sum(later[: len(earlier)] != earlier for (_, earlier), (_, later) in itertools.pairwise(sizes))
    assert changed < 12, "providers keep a beginning that does not change: it must not be another one every turn"
