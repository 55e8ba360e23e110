"""One conversation: turn after turn, each call answered, until the model is done, stuck or out of turns, time or money."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from autosd.coding.agent.history import History
from autosd.coding.agent.stubs import stubs
from autosd.coding.agent.tools import Finished, Toolbox
from autosd.coding.agent.trying import Trying
from autosd.coding.agent.workspace import NotAllowed, Workspace
from autosd.coding.repair.source import parse_error
from autosd.domain.errors import AutosdError
from autosd.domain.models import Ask, Finish, Reply, ToolCall
from autosd.ports import Progress, Talk

#: The same call for so many times, with nothing changed in between, and the conversation is stuck.
STUCK = 3
#: So many replies in a row without a call, and it is over.
SILENT = 3
#: More calls of one reply are not carried out.
MOST_CALLS = 20
SUMMARY = 300


@dataclass(frozen=True)
class Found:
    """What a conversation offers: the new texts, and the model's sentence about them."""

    number: int
    files: dict[str, str | None]
    summary: str


class Conversation:
    """``usd`` is what it cost so far; ``ended`` says why it is over. ``quick``: so is the suite; the gates may be asked first."""

    def __init__(
        self,
        talk: Talk,
        tools: Toolbox,
        workspace: Workspace,
        trying: Trying,
        history: History,
        *,
        failing: bool,
        turns: int,
        reply_tokens: int,
        call_seconds: float,
        until: float,
        quick: bool = False,
    ) -> None:
        self._talk, self._tools, self._workspace, self._trying, self._history = talk, tools, workspace, trying, history
        self._failing, self._turns, self._until = failing, turns, until
        self._reply_tokens, self._call_seconds, self._quick = reply_tokens, call_seconds, quick
        self._asked: Counter[tuple[str, str, int]] = Counter()
        self._offered: list[dict[str, str | None]] = []
        self._silent = 0
        self.usd, self.ended = 0.0, ""

    def changes(self, progress: Progress) -> Iterator[Found]:
        """Each time the model says that it is done. What it left unfinished is offered too: it may be the fix all the same."""
        for turn in range(1, self._turns + 1):
            reply = self._reply()
            progress.update(done=len(self._offered), detail=f"turn {turn}: {', '.join(call.name[:40] for call in reply.calls[:3])}")
            if not self.ended:
                yield from self._taken(reply)
            if self.ended:
                break
        else:
            self.ended = "out of turns"
        if self._objection() == "":
            yield self._offer(f"left when the conversation ended: {self.ended}")

    def _reply(self) -> Reply:
        left = self._until - time.monotonic()
        if left < 1.0:
            self.ended = "out of time"
            return Reply()
        seconds = min(self._call_seconds, left)
        ask = Ask(self._history.messages(), self._tools.tools, max_tokens=self._reply_tokens, seconds=seconds, purpose="agent")
        try:
            reply = self._talk.reply(ask)
        except AutosdError as error:
            if error.code != "AUTOSD-BUDGET-EXCEEDED":
                raise
            self.ended = "out of money"
            return Reply()
        self.usd += reply.usd
        if reply.empty:
            self.ended = f"no reply: {reply.reason[:200] or reply.finish}"
        return reply

    def _taken(self, reply: Reply) -> Iterator[Found]:
        if not reply.calls:
            self._silent += 1
            self.ended = "it called no tool any more" if self._silent >= SILENT else ""
            self._history.add(reply.text, (), ("Go on by calling a tool; call finish when the change is complete.",))
            return
        self._silent = 0
        calls = self._history.accepted(reply.calls)
        answers: list[str] = []
        for given in reply.calls:
            answer = self._answer(given, len(answers), cut_off=reply.finish is Finish.LENGTH)
            if isinstance(answer, Finished):
                refused = self._objection()
                if refused == "":
                    yield self._offer(answer.summary)
                    refused = self._refused()
                answer = f"not finished: {refused}"
            answers.append(answer)
        self._history.add(reply.text, calls, answers, reply.thoughts)

    def _answer(self, call: ToolCall, number: int, *, cut_off: bool) -> str | Finished:
        if number >= MOST_CALLS:
            return f"error: not done; at most {MOST_CALLS} calls are carried out at once"
        key = (call.name, call.arguments, self._workspace.version)
        self._asked[key] += 1
        if self._asked[key] >= STUCK and not self.ended:
            self.ended = f"stuck: {call.name[:40]} for the {STUCK}rd time with nothing changed"
        if self.ended:
            return "error: the conversation is over"
        answer = self._tools.answer(call)
        if cut_off and isinstance(answer, str) and answer.startswith("error: the arguments"):
            return f"{answer}; the reply was cut off: say less at once"
        return answer

    def _objection(self) -> str:
        """Why what is there now is no candidate; empty when it is one."""
        files = self._workspace.changed()
        if not files:
            return "nothing is changed"
        if files in self._offered:
            return "this very change was refused already"
        for path, text in files.items():
            if not path.endswith(".py") or text is None:
                continue
            if broken := parse_error(text):
                return f"{path} does not compile: {broken.msg} in line {broken.lineno}"
            if empty := stubs(self._workspace.before(path), text):
                return f"{path} has functions that do nothing: {', '.join(empty[:5])}"
        return self._still_failing()

    def _still_failing(self) -> str:
        """The failing tests, if they were not seen to pass with this very text. Without time for that the gates will tell."""
        if not self._failing or self._trying.green == self._workspace.version:
            return ""
        if self._quick and not self._offered and not self.ended:
            return ""  # the proof is as quick as a trial, and has to be made anyway
        return self._failures()

    def _refused(self) -> str:
        """What the model is told of a change that the gates did not let pass: what the tests say to it, if they were not asked before."""
        told = "" if not self._failing or self._trying.green == self._workspace.version else self._failures()
        return told or "the gates refused this change when they proved it; look for what is wrong with it, or for another way"

    def _failures(self) -> str:
        try:
            told = self._trying.run(())
        except NotAllowed:
            return ""
        return "" if self._trying.green == self._workspace.version else f"the tests do not pass:\n{self._tools.fenced(told)}"

    def _offer(self, summary: str) -> Found:
        files = self._workspace.changed()
        self._offered.append(files)
        return Found(len(self._offered), files, " ".join(summary.split())[:SUMMARY])
