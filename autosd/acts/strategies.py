"""Which strategies work on a task, in which order, and what is told when one of them could do nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial

from autosd.acts.changing import LINT, OF_TESTS, FixRequest
from autosd.acts.talks.agents import agent_for, command_for
from autosd.acts.talks.ahead import asking_ahead
from autosd.acts.talks.reminding import past_of, reminders_of
from autosd.acts.talks.talking import Conversation, talk_for
from autosd.adapters.models import naming
from autosd.app import App, open_index
from autosd.coding.edit.prompt import request_text
from autosd.coding.racing import Race
from autosd.domain.changes import Candidate, Change, Cost, Word
from autosd.domain.errors import AutosdError
from autosd.domain.proposals import Proposal
from autosd.gates.gating import is_gating
from autosd.governance.guard import Refused
from autosd.governance.paths import has_suffix, is_protected
from autosd.ports import Coder, Progress, Retriever, Talk, Task
from autosd.settings import table
from autosd.views.changes import objection_of, result_of

AUTO = "auto"
REQUEST = "request"
#: Of the time of a task, what each strategy before the models may use of what is left.
SHARE = 0.5


# ---- the strategies that talk to a model: a name and how it is made --------------------------------------------------------------


@dataclass(frozen=True)
class Ground:
    """What such a strategy is made from."""

    app: App
    request: FixRequest
    talk: Talk | None
    retriever: Retriever

    @property
    def conversation(self) -> Talk:
        assert self.talk is not None
        return self.talk

    @property
    def wanted(self) -> str:
        """What is wanted beyond green tests, in words."""
        proposal = self.request.proposal
        return request_text(proposal) if proposal is not None and proposal.kind not in OF_TESTS else ""


def _edit(ground: Ground) -> Coder:
    from autosd.coding.edit.coder import EditCoder, EditLimits
    from autosd.intake.trials import ColdTrials

    app, settings = ground.app, ground.app.settings
    limits = EditLimits(
        candidates=settings[table.EDIT_CANDIDATES],
        corrections=settings[table.EDIT_CORRECTIONS],
        context_tokens=settings[table.EDIT_CONTEXT],
        reply_tokens=settings[table.MAX_TOKENS],
        temperature=settings[table.TEMPERATURE],
    )
    return EditCoder(
        ground.conversation,
        ground.retriever,
        proposal=ground.request.proposal,
        repository=app.repository,
        runs=ColdTrials(app.sandbox),
        refused=lambda path: why_not(app, path),
        limits=limits,
        reminders=reminders_of(app, ground.request, "edit"),
        ahead=partial(asking_ahead, app, ground.conversation),
    )


def _agent(ground: Ground) -> Coder:
    remind = reminders_of(ground.app, ground.request, "agent")
    return agent_for(ground.app, ground.conversation, retriever=ground.retriever, request=ground.wanted, reminders=remind)


def _command(ground: Ground) -> Coder:
    return command_for(ground.app, ground.talk, request=ground.wanted)


#: One line each. ``auto`` tries those of ``IN_AUTO``, in that order, behind the ones that cost nothing.
WITH_MODEL: Mapping[str, Callable[[Ground], Coder]] = {"edit": _edit, "agent": _agent, "command": _command}
IN_AUTO = ("edit", "agent")
#: Works with a model or without.
ALONE_TOO = frozenset({"command"})


def why_not(app: App, path: str) -> str | None:
    """Why a model need not write to ``path``: the gates would refuse it. What this leaves out, they still see."""
    if is_gating(path):
        return "it takes part in the tests; a change may not touch it."
    more: tuple[str, ...] = app.settings[table.PROTECTED_PATHS]
    if is_protected(path, more):
        return "it belongs to what judges changes; a change may not touch it."
    suffixes = app.settings[table.ALLOWED_SUFFIXES]
    return None if has_suffix(path, suffixes) else f"only files of these kinds may be changed: {' '.join(suffixes)}."


# ---- the choice ---------------------------------------------------------------------------------------------------------------------


def coders_for(app: App, request: FixRequest, deadline: float | None = None) -> Sequence[Coder]:
    """What was asked for, else what the proposal is meant for, else all: first those that cost nothing. Nothing is opened yet.

    Raises ``AUTOSD-STRATEGY-UNKNOWN`` and ``AUTOSD-RACE-ALONE``.
    """
    word = request.strategy or (request.proposal.strategy if request.proposal else "") or AUTO
    if word != AUTO:
        return (_named(app, request, word, deadline),)
    proposal = request.proposal
    if proposal is not None and proposal.kind == LINT:
        return (_codemod(app, proposal),)
    free = sorted(app.coders, key=lambda each: each.name != request.first)
    asked = proposal is not None and proposal.kind == REQUEST  # words are for models alone
    names = [name for name in IN_AUTO if name not in {each.name for each in free}]
    if app.settings.origin(table.RACE) == "option" and not (request.model or app.settings[table.MODEL]):
        remedy = "Name one with --model or SELF_CODING_MODEL, or leave out --race."
        raise AutosdError("AUTOSD-RACE-ALONE", "A race needs a model, and none was named.", remedy)
    if not names or not (asked or request.model or app.settings[table.MODEL]):
        return free  # a key that lies about is no leave to spend: somebody has to have named a model
    paid = [WithModel(app, request, name, deadline) for name in names]
    if app.settings[table.RACE] and free and not asked:
        return (Race((free, _in_turn(paid))),)
    return _in_turn([*([] if asked else free), *paid])


def _in_turn(coders: Sequence[Coder]) -> Sequence[Coder]:
    return [*(_Within(each, SHARE) for each in coders[:-1]), *coders[-1:]]


def made_ready(app: App, request: FixRequest) -> None:
    """An unknown strategy is told before any work; what a model that is asked for certain needs is loaded meanwhile."""
    surely = any(isinstance(coder, WithModel) for coder in _all(coders_for(app, request)))
    name = request.model or naming.chosen(app.settings)
    if surely and name:
        naming.load_early(name)


def _named(app: App, request: FixRequest, word: str, deadline: float | None) -> Coder:
    for coder in app.coders:
        if coder.name == word:
            return coder
    if word == "codemod":
        return _codemod(app, request.proposal)
    if word in WITH_MODEL:
        return WithModel(app, request, word, deadline)
    names = ", ".join(dict.fromkeys([AUTO, *(each.name for each in app.coders), "codemod", *WITH_MODEL]))
    message = f"There is no strategy {word!r} (there are: {names})."
    asked = bool(request.strategy)
    remedy = "Name one of these with --strategy." if asked else "Install it, or propose again."
    raise AutosdError("AUTOSD-STRATEGY-UNKNOWN", message, remedy, exit_code=2 if asked else 1)


def _codemod(app: App, proposal: Proposal | None) -> Coder:
    """Rewrites of just the defect that was approved, in the files that were named; without one, of all."""
    from autosd.coding.codemod.coder import CodemodCoder

    rule = str(proposal.evidence.get("rule", "")) if proposal else ""
    return CodemodCoder(app.sandbox, codes=(rule,) if rule else (), paths=proposal.paths if proposal else ())


@dataclass(frozen=True)
class _Within:
    """A strategy that leaves time for those behind it."""

    coder: Coder
    share: float

    @property
    def name(self) -> str:
        return self.coder.name

    def candidates(self, task: Task, progress: Progress) -> Iterator[Candidate]:
        return self.coder.candidates(replace(task, seconds=task.seconds * self.share), progress)


@dataclass
class WithModel:
    """A strategy whose model is opened when its turn has come. What it fails by is kept in ``trouble``: the others go on."""

    app: App
    request: FixRequest
    name: str
    deadline: float | None = None
    trouble: AutosdError | None = None
    talk: Conversation | None = field(default=None, repr=False)

    @property
    def usd(self) -> float:
        return self.talk.spent.usd if self.talk else 0.0

    def candidates(self, task: Task, progress: Progress) -> Iterator[Candidate]:
        try:
            self.talk = self._talk()
            with closing(open_index(self.app.settings, self.request.path, past_of(self.app, self.request))) as index:
                ground = Ground(self.app, self.request, self.talk, index)
                yield from WITH_MODEL[self.name](ground).candidates(task, progress)
        except AutosdError as error:
            self.trouble = error

    def _talk(self) -> Conversation | None:
        request = self.request
        if self.name in ALONE_TOO and not (request.model or naming.chosen(self.app.settings)):
            return None
        return talk_for(self.app, request, model=request.model, max_usd=request.max_usd, deadline=self.deadline)


# ---- what is told -------------------------------------------------------------------------------------------------------------------


def spent(cost: Cost, coders: Sequence[Coder]) -> Cost:
    """With the money of all that was asked, also for what was no use."""
    return replace(cost, usd=max(cost.usd, sum(each.usd for each in _paid(coders))))


def with_model(change: Change, coders: Sequence[Coder]) -> Change:
    """Which model wrote it, and on which question: what its provenance says."""
    for each in _paid(coders):
        if each.talk and each.name == change.strategy and each.talk.asked:
            return replace(
                change, extra={**change.extra, "model": each.talk.answered_by or each.talk.model, "prompt_hash": each.talk.asked[-1]}
            )
    return change


def with_trouble(change: Change, coders: Sequence[Coder]) -> Change:
    """Why a strategy could do nothing is the result where no gate had a word, and is told in any case."""
    troubles = [each.trouble for each in _paid(coders) if each.trouble]
    for trouble in troubles:
        refused = isinstance(trouble, Refused)
        objections = trouble.decision.objections if isinstance(trouble, Refused) else (objection_of(trouble),)
        change = replace(change, objections=tuple(dict.fromkeys((*change.objections, *objections))))
        if change.result.word is Word.NO_CANDIDATE and not change.reports:
            change = replace(change, result=trouble.result if refused else result_of(trouble))  # type: ignore[attr-defined]
    return change


def _paid(coders: Sequence[Coder]) -> Iterator[WithModel]:
    for coder in _all(coders):
        inner = coder.coder if isinstance(coder, _Within) else coder
        if isinstance(inner, WithModel):
            yield inner


def _all(coders: Sequence[Coder]) -> Iterator[Coder]:
    for coder in coders:
        yield from coder.coders if isinstance(coder, Race) else (coder,)
