"""The ``edit`` strategy: one question to a model; its reply is applied to the texts of the project, tried, and asked for again if need be.

What a model says is never trusted: it is parsed into texts of files inside the project, git says what the difference is, and the gates
judge it like anything else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from autosd.coding.edit.layout import layout
from autosd.coding.edit.prompt import Brief, brief, correction, setback, words_of
from autosd.coding.edit.round import Round
from autosd.coding.edit.sources import Sources
from autosd.coding.edit.trying import Runs, Trials
from autosd.coding.editing.applying import edited
from autosd.coding.editing.edits import Edited, Problem, Trouble
from autosd.coding.editing.paths import Tree
from autosd.coding.models.prefetch import Ahead, Prefetch
from autosd.domain.changes import Candidate
from autosd.domain.models import Ask, Finish, Message, Reply, Role
from autosd.domain.proposals import Proposal
from autosd.ports import Progress, Repository, Retriever, Talk, Task

#: A suite that takes less, in seconds, is proven at once instead of being tried first.
QUICK = 5.0
#: Each further candidate is asked for with so much more freedom.
WARMER, WARMEST = 0.3, 1.0


@dataclass(frozen=True)
class EditLimits:
    """``corrections`` are further questions for one candidate. Money is the talk's limit, time the task's."""

    candidates: int = 2
    corrections: int = 2
    context_tokens: int = 8000
    reply_tokens: int = 3000
    temperature: float = 0.2


def _free(path: str) -> str | None:
    return None


#: What earlier work on such a task taught, for the words that describe it. Untrusted, like all that others wrote.
Reminders = Callable[[Task, str], Sequence[str]]


#: A block in which questions about the tree there may be asked ahead of their turn; None: they are not.
AskingAhead = Callable[[Path], AbstractContextManager[Prefetch | None]]


def _one_by_one(root: Path) -> AbstractContextManager[None]:
    return nullcontext()


def no_reminders(task: Task, words: str) -> Sequence[str]:
    return ()


class EditCoder:
    """``proposal`` is what people approved, if it is that; ``refused`` says why a path may not be changed, so that the model is told
    before the gates are asked; ``repository`` and ``runs`` let it try what it wrote."""

    name = "edit"

    def __init__(
        self,
        talk: Talk,
        retriever: Retriever | None = None,
        *,
        proposal: Proposal | None = None,
        repository: Repository | None = None,
        runs: Runs | None = None,
        refused: Callable[[str], str | None] = _free,
        limits: EditLimits | None = None,
        reminders: Reminders = no_reminders,
        ahead: AskingAhead = _one_by_one,
    ) -> None:
        self._talk, self._retriever, self._proposal = talk, retriever, proposal
        self._repository, self._runs, self._refused = repository, runs, refused
        self._limits, self._reminders, self._ahead = limits or EditLimits(), reminders, ahead

    def candidates(self, task: Task, progress: Progress) -> Iterator[Candidate]:
        """Raises ``AUTOSD-MODEL-UNAVAILABLE`` when nothing came, and ``AUTOSD-EDIT-...`` when nothing that came could be used."""
        if not task.diagnosis.failing and self._proposal is None:
            return
        started = time.monotonic()
        round = Round(task, started, started + task.seconds)
        progress.step("asking a model", self._talk.model)
        opening = self._brief(task).opening()
        try:
            with self._ahead(task.snapshot.root) as round.ahead:
                if round.ahead:
                    round.ahead.begin(self._question(opening, number) for number in range(self._limits.candidates))
                yield from self._all(opening, round, progress)
        finally:
            if round.ahead and round.ahead.report().asked:
                progress.step("asked side by side", str(round.ahead.report()))
        yield from self._partial(round)
        yield from self._instead(opening, task, round)
        round.complain(self._talk.model)

    def _all(self, opening: tuple[Message, ...], round: Round, progress: Progress) -> Iterator[Candidate]:
        task = round.task
        tree, trials = self._tree(task), Trials(task, self._repository, self._runs, round.until)
        for number in range(self._limits.candidates):
            if round.over or round.reason:
                break
            yield from self._attempt(opening, number, tree, trials, round, progress)

    # ---- one candidate --------------------------------------------------------------------------------------------------------------

    def _attempt(
        self, opening: tuple[Message, ...], number: int, tree: Tree, trials: Trials, round: Round, progress: Progress
    ) -> Iterator[Candidate]:
        """Asked for, and asked again with what was wrong, until it is good or the corrections are used up.

        Where the suite is quick a proof takes no longer than a trial: then what was written is offered at once, and tried only when the
        proof refused it, to hear what to say.
        """
        messages, failing = opening, round.task.diagnosis.failing
        at_once = bool(failing) and round.task.diagnosis.run.seconds < QUICK
        for _ in range(1 + self._limits.corrections):
            reply = self._asked(messages, number, round, progress)
            if reply is None:
                return
            found = self._read(reply, tree)
            if not found.done:
                round.problems = found.problems
                messages = (*messages, _said(reply), correction([str(each) for each in found.problems]))
                continue
            if any(found.files == other for other in round.offered):
                messages = (*messages, _said(reply), correction(["these edits were given before, and were not good enough."]))
                continue
            round.offered.append(found.files)
            if at_once:
                yield self._offer(found.files, failing, round)
            tried = trials(found.files)
            if tried.good:
                yield from () if at_once else (self._offer(found.files, tried.turned, round),)
                return
            if tried.turned:
                round.partial.append((found.files, tried))
            messages = (*messages, _said(reply), setback(tried.said, tried.output))

    def _asked(self, messages: tuple[Message, ...], number: int, round: Round, progress: Progress) -> Reply | None:
        if round.over:
            return None
        question = self._question(messages, number)
        reply = round.ahead.reply(question, attempt=1 + _corrected(messages)) if round.ahead else self._talk.reply(question.make())
        round.asked += 1
        round.usd += reply.usd
        progress.update(done=round.asked, seconds_left=max(0.0, round.until - time.monotonic()))
        if reply.empty:
            round.reason = reply.reason or "an empty reply"
            return None
        return reply

    def _question(self, messages: tuple[Message, ...], number: int) -> Ahead:
        """It depends on no file that may change: all of it is of the snapshot."""
        return Ahead(f"candidate {number + 1}", partial(self._ask, messages, number), ())

    def _ask(self, messages: tuple[Message, ...], number: int) -> Ask:
        limits = self._limits
        return Ask(
            messages,
            max_tokens=limits.reply_tokens,
            temperature=min(limits.temperature + WARMER * number, max(WARMEST, limits.temperature)),
            purpose="edit",
            metadata={"strategy": self.name},
        )

    def _read(self, reply: Reply, tree: Tree) -> Edited:
        found = edited(reply.text, tree)
        if reply.finish is Finish.LENGTH:
            cut = Problem(
                Trouble.NOT_APPLIED, f"the reply was cut off at {self._limits.reply_tokens} tokens; make fewer and smaller edits."
            )
            return Edited(problems=(cut, *found.problems))
        return found

    # ---- what comes of it ---------------------------------------------------------------------------------------------------------

    def _offer(self, files: Mapping[str, str | None], turned: tuple[str, ...], round: Round, model: str = "") -> Candidate:
        return Candidate(self.name, files, turned, f"written by {model or self._talk.model}: {_named(files)}", cost=round.cost)

    def _partial(self, round: Round) -> Iterator[Candidate]:
        """What turned some of the tests, most first, when nothing turned all."""
        for files, tried in sorted(round.partial, key=lambda each: -len(each[1].turned)):
            yield self._offer(files, tried.turned, round)

    def _instead(self, opening: tuple[Message, ...], task: Task, round: Round) -> Iterator[Candidate]:
        """Guide S2: replies of no use are like none. Another model may be asked, or the question waits for a better day."""
        if round.offered or round.reason or not round.problems or round.over:
            return
        reply = self._talk.instead(self._ask(opening, 0), f"a reply of no use: {round.problems[0]}")
        found = Edited() if reply.empty else self._read(reply, self._tree(task))
        if found.done:
            round.offered.append(found.files)
            round.asked, round.usd = round.asked + 1, round.usd + reply.usd
            yield self._offer(found.files, task.diagnosis.failing, round, reply.model)

    def _brief(self, task: Task) -> Brief:
        root, diagnosis, proposal = task.snapshot.root, task.diagnosis, self._proposal
        paths = _inside(proposal.paths, proposal) if proposal else ()
        sources = Sources(root, self._retriever)
        words = words_of(diagnosis, proposal)
        passages = sources.gathered(diagnosis, paths, words, tokens=self._limits.context_tokens)
        return brief(diagnosis, proposal, passages, layout(root), self._reminders(task, words))

    def _tree(self, task: Task) -> Tree:
        prefix = task.snapshot.root.relative_to(task.snapshot.top).as_posix()
        return Tree(task.snapshot.root, "" if prefix == "." else prefix, self._refused)


def _said(reply: Reply) -> Message:
    return Message(Role.ASSISTANT, reply.text)


def _corrected(messages: tuple[Message, ...]) -> int:
    """How often the model has answered already."""
    return sum(message.role is Role.ASSISTANT for message in messages)


def _named(files: Mapping[str, str | None]) -> str:
    names = sorted(files)
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _inside(paths: tuple[str, ...], proposal: Proposal) -> tuple[str, ...]:
    """The proposal's paths as its folder spells them, where it was made for a folder of the project."""
    folder = str(proposal.evidence.get("folder") or "")
    return tuple(path.removeprefix(f"{folder}/") for path in paths) if folder else paths
