"""A conversation with a model, governed: each try is permitted, redacted, paid for from a budget, recorded at both ends, and kept.

The order within one try: leave (the guard), money put aside (the ledger), the call, the reply kept on disk, the money settled. A process
that is killed at any line leaves either nothing, or money that is spoken for and counts in full until the same run goes on.
"""

from __future__ import annotations

import hashlib
import json
import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from autosd.acts.allowing.questions import project_key
from autosd.acts.changing import FixRequest, facts_of
from autosd.acts.talks.paying import Purse, amounts_of
from autosd.app import App
from autosd.coding.models.asks import Simplifying, nothing, prompt_hash, wire_of
from autosd.coding.models.fallback import Fallback, instead
from autosd.coding.models.retrying import Insisted, Schedule, insist
from autosd.domain.decisions import Action
from autosd.domain.errors import AutosdError
from autosd.domain.models import Ask, Message, Reply
from autosd.domain.prompts import prompt_of
from autosd.domain.quotas import Account, Reservation
from autosd.domain.talks import Kept, Spent, WaitingPrompt
from autosd.governance.redaction import Redactor
from autosd.ports import Model, ModelError, ModelFault, TalkRun
from autosd.settings import table

logger = logging.getLogger(__name__)

#: Faults after which nobody knows whether the call was billed.
UNKNOWN_COST = frozenset({ModelFault.TIMEOUT, ModelFault.GARBAGE})

#: An ask that says nothing of its own has what the settings say.
UNSAID = Ask(())


def talk_for(
    app: App, request: FixRequest, *, model: str = "", max_usd: float | None = None, deadline: float | None = None
) -> Conversation:
    """The conversation of ``request`` with a model (empty: the one that is set); threads may share it.

    ``max_usd`` bounds the whole run, all of its conversations together. ``deadline`` is of ``time.monotonic()``: no try is begun after
    it. Raises ``AUTOSD-MODEL-NONE`` when no model is configured.
    """
    opened, key = app.models(model), request_key(app, request)
    run = app.talks.take(key)
    return Conversation(app, request, opened, run, key, Purse(app, run.id, max_usd), deadline)


def end_talk(app: App, request: FixRequest) -> None:
    """The run came to its end: the next one of the same request begins anew, with a budget and replies of its own. Safe to repeat."""
    app.talks.end(request_key(app, request))


def request_key(app: App, request: FixRequest) -> str:
    """What makes two requests the same run when the first was killed."""
    approved = request.proposal and [request.proposal.id, str(request.proposal.approved_at)]
    said = [project_key(app, request.path), str(request.path), request.principal.name, request.purpose, list(request.tests), approved]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class _Place:
    """Where a reply belongs: to a prompt, by its hash, and to the so-manieth time that it was put."""

    prompt: str
    turn: int


@dataclass
class Conversation:
    """Satisfies ``Talk``."""

    app: App
    request: FixRequest
    opened: Model
    run: TalkRun
    key: str
    purse: Purse
    deadline: float | None = None
    sleep: Callable[[float], None] = time.sleep
    draw: Callable[[], float] = random.random
    asked: list[str] = field(default_factory=list)  # the hashes of the questions, in their order
    answered_by: str = ""  # whose the last reply was: another's than the model's where that one gave none
    _spent: Spent = field(default_factory=Spent)
    _mutex: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._redactor = Redactor(self.app.settings.secrets)

    @property
    def model(self) -> str:
        return self.opened.name

    @property
    def spent(self) -> Spent:
        """See ``Talk``. A reply that a killed run had paid for counts: it is a part of what the change costs."""
        return self._spent

    def reply(self, ask: Ask) -> Reply:
        """See ``Talk``."""
        ask, began = self._ready(ask), time.monotonic()
        prompt = prompt_hash(self.model, ask)
        self.asked.append(prompt)
        place = _Place(prompt, self.run.turn(prompt))
        kept = self.run.kept(place.prompt, place.turn) or Kept(0)
        there = self._there(place, kept)
        if there is not None:
            return self._told(ask, place, there, kept=True)
        if self._left() <= 0:
            return self._told(ask, place, Reply(reason="AUTOSD-TIME-UP: no time is left for a question to a model"))
        insisted = self._insist(ask, place, kept.tries)
        reply, why = insisted.reply, insisted.why
        if reply is None or (why := nothing(reply)):
            reply = self._instead(ask, why, insisted.error)
        return self._told(ask, place, replace(reply, tries=insisted.tries, seconds=time.monotonic() - began))

    def instead(self, ask: Ask, why: str) -> Reply:
        """See ``Talk``."""
        ask = self._ready(ask)
        return self._told(ask, _Place(prompt_hash(self.model, ask), 0), self._instead(ask, why, None))

    def again(self, waiting: WaitingPrompt, ask: Ask) -> Reply:
        """One try, for a question that waited: nothing is tried again here, and nothing takes the model's place. Raises ``ModelError``."""
        ask = self._ready(ask)
        place = _Place(waiting.id, self.run.turn(waiting.id))
        there = self._there(place, self.run.kept(place.prompt, place.turn) or Kept(0))
        return self._told(ask, place, there or self._try(self.opened, ask, place, waiting.attempts))

    # ---- tries --------------------------------------------------------------------------------------------------------------------

    def _there(self, place: _Place, kept: Kept) -> Reply | None:
        """What was paid for already: by this run before it was killed, or by the queue's replay."""
        reply = kept.reply
        self.purse.settle_kept(kept)
        if reply is None and place.turn == 0 and (reply := self.run.answer(place.prompt)):
            self.run.keep(place.prompt, place.turn, Kept(kept.tries, reply))
        if reply is not None:
            self._count(reply)
        return reply

    def _insist(self, ask: Ask, place: _Place, before: int) -> Insisted:
        settings = self.app.settings
        schedule = Schedule(settings[table.RETRY_DELAYS], settings[table.RETRY_MOST_SECONDS])
        less = Simplifying(settings[table.SIMPLIFY_DROP_SYSTEM], settings[table.SIMPLIFY_EXAMPLES])

        def once(ask: Ask, number: int) -> Reply:
            return self._try(self.opened, ask, place, before + number)

        return insist(ask, once, schedule, less, pause=self._pause, draw=self.draw)

    def _try(self, model: Model, ask: Ask, place: _Place, number: int) -> Reply:
        """One call, with both ends in the record. Raises ``ModelError``, ``Refused`` and ``AUTOSD-BUDGET-EXCEEDED``."""
        facts, seconds = facts_of(self.app, self.request, Action.SPEND), self._seconds(ask)
        account = Account(facts.tenant, facts.project, ask.metadata.get("strategy", ask.purpose), self.run.id)
        with self.app.guard.permit(facts) as permit:
            self.app.guard.note(permit, model=model.name, prompt=place.prompt, about=ask.purpose, number=number)
            name = f"{place.prompt}/{place.turn}/{number}"
            with self.purse.reserved(account, model, ask, seconds, name) as wish:
                began = time.monotonic()
                try:
                    reply = model.complete(permit, replace(ask, seconds=min(seconds, max(self._left(), 0.1))))
                except ModelError as error:
                    self._failed(error, place, number, wish, time.monotonic() - began)
                    raise
                reply = replace(reply, seconds=time.monotonic() - began)
                self._paid(reply, place, number, wish)
            used = reply.usage
            self.app.guard.note(permit, input_tokens=used.input_tokens, output_tokens=used.output_tokens, usd=reply.usd)
            return reply

    def _paid(self, reply: Reply, place: _Place, number: int, wish: Reservation) -> None:
        """Kept before it is settled: what a kill in between leaves open is settled when the kept reply is found."""
        spent = amounts_of(reply)
        kept = None if reply.empty else reply
        self.run.keep(place.prompt, place.turn, Kept(number, kept, wish.id, {str(unit): amount for unit, amount in spent.items()}))
        self.purse.settle(wish, spent)
        self._count(reply)

    def _failed(self, error: ModelError, place: _Place, number: int, wish: Reservation, seconds: float) -> None:
        """A provider that refused took no money. One that gave no answer in time, or one that is none, may have."""
        if error.fault in UNKNOWN_COST:
            self.run.keep(place.prompt, place.turn, Kept(number))
            self.purse.settle_in_full(wish)
        else:
            self.purse.release(wish)
        self._count(Reply(seconds=seconds))

    # ---- when nothing came --------------------------------------------------------------------------------------------------------

    def _instead(self, ask: Ask, why: str, error: ModelError | None) -> Reply:
        strategy = Fallback(self.app.settings[table.FALLBACK_STRATEGY])
        why = self._redactor.text(why)
        if error is not None and error.fault is ModelFault.BAD_REQUEST:
            return instead(ask, why, strategy, other=self._other, wait=lambda why: "not queued: asking again cannot help")
        return instead(ask, why, strategy, other=self._other, wait=partial(self._wait, ask))

    def _other(self, ask: Ask) -> Reply:
        """The fallback model, once."""
        model = self.app.models(self.app.settings[table.FALLBACK_MODEL])
        if model.name == self.model or self._left() <= 0:
            why = "it is the model that did not answer" if model.name == self.model else "no time is left"
            raise ModelError(ModelFault.TIMEOUT, f"{model.name} was not asked: {why}.", "Set CODEX_FALLBACK_MODEL to another one.")
        prompt = prompt_hash(model.name, ask)
        place = _Place(prompt, self.run.turn(prompt))
        kept = self.run.kept(place.prompt, place.turn) or Kept(0)
        return self._there(place, kept) or self._try(model, ask, place, kept.tries + 1)

    def _wait(self, ask: Ask, why: str) -> str:
        """Put it into the queue; what is said of that."""
        waiting = WaitingPrompt(
            id=prompt_hash(self.model, ask),
            prompt=prompt_of(ask).user,
            reason=self._redactor.text(why),
            time=self.app.clock.now(),
            model=self.model,
            project=project_key(self.app, self.request.path),
            path=str(self.request.path),
            purpose=self.request.purpose,
            key=self.key,
            ask={**wire_of(ask), "about": ask.purpose},
        )
        try:
            return "queued" if self.app.prompts.put(waiting) else "it waits already, or the queue is full"
        except AutosdError as error:
            logger.warning("a question could not be queued: %s", error.message)
            return f"not queued: {error.message}"

    # ---- small change -------------------------------------------------------------------------------------------------------------

    def _left(self) -> float:
        return self.deadline - time.monotonic() if self.deadline is not None else float("inf")

    def _pause(self, seconds: float) -> bool:
        if seconds >= self._left():
            return False
        if seconds > 0:
            self.sleep(seconds)
        return True

    def _seconds(self, ask: Ask) -> float:
        most = self.app.settings[table.MODEL_SECONDS]
        return most if ask.seconds == UNSAID.seconds else min(ask.seconds, most)

    def _count(self, reply: Reply) -> None:
        with self._mutex:
            self._spent = self._spent.plus(reply)

    def _ready(self, ask: Ask) -> Ask:
        """As it is sent: filled up from the settings, and without secrets. The transcript, the queue and the hash are made of this."""
        clean, settings = self._redactor.prompt, self.app.settings
        messages = tuple(
            replace(each, text=clean(each.text), calls=tuple(replace(call, arguments=clean(call.arguments)) for call in each.calls))
            for each in ask.messages
        )
        tokens = settings[table.MAX_TOKENS] if ask.max_tokens == UNSAID.max_tokens else ask.max_tokens
        warmth = settings[table.TEMPERATURE] if ask.temperature == UNSAID.temperature else ask.temperature
        return replace(ask, messages=messages, purpose=clean(ask.purpose), max_tokens=tokens, temperature=warmth)

    def _told(self, ask: Ask, place: _Place, reply: Reply, *, kept: bool = False) -> Reply:
        """Into the transcript, without secrets; the reply itself goes on as it came."""
        if not reply.empty:
            self.answered_by = reply.model or self.model
        clean = self._redactor.prompt
        messages = [{"role": str(each.role), "text": each.text, **_calls(each)} for each in ask.messages]
        told: dict[str, object] = {"text": clean(reply.text), "calls": [[each.name, clean(each.arguments)] for each in reply.calls]}
        if reply.reason or reply.degraded:
            told |= {"reason": reply.reason, "degraded": reply.degraded}
        self.run.write(
            {
                "at": self.app.clock.now().isoformat(), "model": reply.model or self.model, "about": ask.purpose, "prompt": place.prompt,
                "turn": place.turn, "kept": kept, "messages": messages, "reply": told, "finish": str(reply.finish), "tries": reply.tries,
                "input_tokens": reply.usage.input_tokens, "output_tokens": reply.usage.output_tokens, "usd": reply.usd,
                "seconds": round(reply.seconds, 3),
            }
        )  # fmt: skip
        return reply


def _calls(message: Message) -> dict[str, object]:
    called = {"calls": [[each.name, each.arguments] for each in message.calls]} if message.calls else {}
    return {**called, **({"answers": message.answers} if message.answers else {})}
