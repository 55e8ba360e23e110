"""A conversation as it is sent: short enough for its budget, and always of a form that both kinds of providers accept.

Every call has its one answer right behind it, ids are unique, arguments are JSON objects. What is left out first are old answers, then
old arguments, then whole old turns; the task is never left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from autosd.domain.models import Message, Role, ToolCall

#: What is trimmed goes down to this part of the budget at once, so that the beginning of a conversation stays the same for a while.
SLACK = 0.7
#: So many turns at the end are never dropped.
KEPT_TURNS = 2
_SHORT = 300
_NAME = re.compile(r"[^A-Za-z0-9_-]")


@dataclass(frozen=True)
class Turn:
    """What a model said, and the answers to its calls; without calls one user message may stand for them."""

    said: Message
    answers: tuple[Message, ...]


class History:
    """``first`` is the system's text and the task."""

    def __init__(self, first: Sequence[Message], budget: int) -> None:
        self._first, self._budget = tuple(first), budget
        self._turns: list[Turn] = []
        self._calls = 0

    def accepted(self, calls: Sequence[ToolCall]) -> tuple[ToolCall, ...]:
        """The calls under ids of ours and in a form that can be sent back."""
        found = []
        for call in calls:
            self._calls += 1
            found.append(ToolCall(f"call_{self._calls}", _NAME.sub("_", call.name)[:64] or "unnamed", _as_object(call.arguments)))
        return tuple(found)

    def add(self, text: str, calls: Sequence[ToolCall], answers: Sequence[str], thoughts: str = "") -> None:
        """A turn: ``calls`` as ``accepted`` gave them, one answer each; without calls the one answer is what a user says."""
        said = Message(Role.ASSISTANT, text, tuple(calls), thoughts=thoughts)
        if calls:
            told = tuple(Message(Role.TOOL, answer, answers=call.id) for call, answer in zip(calls, answers, strict=True))
        else:
            told = tuple(Message(Role.USER, answer) for answer in answers)
        self._turns.append(Turn(said, told))

    def messages(self) -> tuple[Message, ...]:
        """All that is to be sent now."""
        if self._size() > self._budget:
            self._trim(int(self._budget * SLACK))
        return (*self._first, *(each for turn in self._turns for each in (turn.said, *turn.answers)))

    def _trim(self, target: int) -> None:
        for shorten in (_without_answers, _without_arguments):
            for at in range(max(0, len(self._turns) - KEPT_TURNS)):
                if self._size() <= target:
                    return
                self._turns[at] = shorten(self._turns[at])
        while len(self._turns) > KEPT_TURNS and self._size() > target:
            del self._turns[0]
        for at in range(len(self._turns)):
            if self._size() > self._budget:
                self._turns[at] = _without_arguments(_without_answers(self._turns[at]))

    def _size(self) -> int:
        return sum(map(tokens, self._first)) + sum(tokens(each) for turn in self._turns for each in (turn.said, *turn.answers))


def tokens(message: Message) -> int:
    """About how many a message costs: code has some three characters a token."""
    return 8 + (len(message.text) + len(message.thoughts) + sum(len(call.arguments) + len(call.name) + 24 for call in message.calls)) // 3


def _without_answers(turn: Turn) -> Turn:
    return replace(turn, answers=tuple(map(_elided, turn.answers)))


def _elided(message: Message) -> Message:
    if len(message.text) <= _SHORT:
        return message
    return replace(message, text=f"[{len(message.text)} characters were left out to save room; ask again if you need them]")


def _without_arguments(turn: Turn) -> Turn:
    calls = tuple(
        replace(call, arguments=json.dumps({"left_out": len(call.arguments)})) if len(call.arguments) > _SHORT else call
        for call in turn.said.calls
    )
    return replace(turn, said=replace(turn.said, text=turn.said.text[: 2 * _SHORT], calls=calls))


def _as_object(text: str) -> str:
    try:
        if isinstance(json.loads(text), dict):
            return text
    except (ValueError, RecursionError):
        pass
    return json.dumps({"malformed": text[:_SHORT].encode("utf-8", "replace").decode()})
