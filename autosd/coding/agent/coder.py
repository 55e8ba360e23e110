"""The ``agent`` strategy: a model with tools works on a copy of the base until it says that it is done, or a limit ends it.

Everything it reads and edits lies in a workspace that only holds texts; everything that runs, runs in the sandbox. What it leaves is a
candidate like any other: the gates judge it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from autosd.coding.agent.conversation import Conversation
from autosd.coding.agent.fence import Fence
from autosd.coding.agent.history import History
from autosd.coding.agent.prompt import opening, words_of
from autosd.coding.agent.tools import Toolbox
from autosd.coding.agent.trying import Trying
from autosd.coding.agent.workspace import Workspace
from autosd.coding.revert.trying import Runs
from autosd.domain.changes import Candidate, Cost
from autosd.domain.passages import Passage
from autosd.ports import Progress, Repository, Retriever, Talk, Task

#: What a search puts into the opening, in tokens.
OPENING_TOKENS = 3000
#: A suite that takes less, in seconds, is proven at once instead of being tried first.
QUICK = 5.0


@dataclass(frozen=True)
class AgentLimits:
    """Of one conversation; time is the task's, money the talk's."""

    turns: int = 40
    reply_tokens: int = 4000
    history_tokens: int = 60_000
    answer_characters: int = 12_000
    call_seconds: float = 120.0


class AgentCoder:
    """``locked`` tells which files take part in the tests, ``protected`` are the site's own patterns; ``request`` says what is wanted
    beyond green tests."""

    name = "agent"

    def __init__(
        self,
        talk: Talk,
        repository: Repository,
        runs: Runs,
        retriever: Retriever | None = None,
        *,
        locked: Callable[[str], bool],
        protected: tuple[str, ...] = (),
        request: str = "",
        limits: AgentLimits | None = None,
        reminders: Callable[[Task, str], Sequence[str]] | None = None,
    ) -> None:
        self._talk, self._repository, self._runs, self._retriever = talk, repository, runs, retriever
        self._locked, self._protected, self._request, self._limits = locked, protected, request, limits or AgentLimits()
        self._reminders = reminders

    def candidates(self, task: Task, progress: Progress) -> Iterator[Candidate]:
        if not task.diagnosis.failing and not self._request:
            return
        started = time.monotonic()
        until = started + task.seconds
        conversation = self._begun(task, until)
        progress.step("working with a model", self._talk.model)
        for found in conversation.changes(progress):
            cost = Cost(found.number, time.monotonic() - started, conversation.usd)
            yield Candidate(self.name, found.files, task.diagnosis.failing, found.summary, cost=cost)

    def _begun(self, task: Task, until: float) -> Conversation:
        named = {test.partition("::")[0] for test in (*task.diagnosis.run.collected, *task.diagnosis.failing)}
        prefix = task.snapshot.root.relative_to(task.snapshot.top).as_posix()
        workspace = Workspace(
            task.snapshot.root,
            lambda path: path in named or self._locked(path),
            prefix="" if prefix == "." else prefix,
            protected=self._protected,
        )
        trying = Trying(self._repository, self._runs, task, workspace, until)
        fence = Fence(f"{task.snapshot.id}:{task.snapshot.tree}")
        limits = self._limits
        tools = Toolbox(
            workspace, trying, fence, snapshot=task.snapshot, retriever=self._retriever, most=limits.answer_characters
        )  # fmt: skip
        first = opening(fence, task.diagnosis, request=self._request, passages=self._passages(task, workspace), lessons=self._lessons(task))
        return Conversation(
            self._talk, tools, workspace, trying, History(first, limits.history_tokens),
            failing=bool(task.diagnosis.failing), turns=limits.turns, reply_tokens=limits.reply_tokens,
            call_seconds=limits.call_seconds, until=until, quick=task.diagnosis.run.seconds < QUICK,
        )  # fmt: skip

    def _lessons(self, task: Task) -> Sequence[str]:
        return self._reminders(task, words_of(task.diagnosis, self._request)) if self._reminders else ()

    def _passages(self, task: Task, workspace: Workspace) -> list[Passage]:
        if self._retriever is None:
            return []
        found = self._retriever.passages(task.snapshot.root, words_of(task.diagnosis, self._request), tokens=OPENING_TOKENS)
        return [each for each in found if workspace.refusal(each.path) is None]
