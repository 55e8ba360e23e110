"""Questions that wait for a model: what they are, and asking them again when it is back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from autosd.acts.changing import FixRequest
from autosd.acts.desk import Desk
from autosd.acts.talks.paying import Purse
from autosd.acts.talks.talking import Conversation
from autosd.app import App
from autosd.coding.models.asks import ask_from_wire, nothing
from autosd.domain.actions import Principal
from autosd.domain.errors import AutosdError
from autosd.domain.models import Reply
from autosd.domain.talks import WaitingPrompt
from autosd.governance.guard import Refused
from autosd.ports import ModelError, PromptQueue

#: After so many rounds a question is not asked by itself any more.
MOST_ATTEMPTS = 8
#: The wait before a further round, doubled with each, up to the longest.
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)

#: What ends a replay instead of one question.
ENDS = frozenset({"AUTOSD-BUDGET-EXCEEDED", "AUTOSD-AUDIT-UNAVAILABLE", "AUTOSD-AUDIT-BROKEN", "AUTOSD-PROMPT-QUEUE-UNUSABLE"})


@dataclass(frozen=True)
class Replayed:
    """``left`` still wait; ``reasons`` say why, by the prompt's id, for those that were asked for in vain."""

    answered: tuple[str, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)
    refused: int = 0  # of these, by the guard
    left: int = 0
    usd: float = 0.0


def is_due(waiting: WaitingPrompt, now: datetime) -> bool:
    """Each round in vain doubles the wait for the next."""
    if waiting.attempts >= MOST_ATTEMPTS:
        return False
    pause: timedelta = min(FIRST_WAIT * 2 ** max(waiting.attempts - 1, 0), LONGEST_WAIT)
    return now >= (waiting.tried_at or waiting.time) + pause


def replay(app: App, principal: Principal, *, grant: str = "", everything: bool = False, max_usd: float | None = None) -> Replayed:
    """Ask what waits, once each, oldest first. An answer is kept where the same request finds it, and its question leaves the queue.

    A model that fails in a way that will pass is asked nothing more in this round. ``everything`` asks also what would have to wait
    longer, and what was given up. Costs nothing when the queue is empty. Raises ``AUTOSD-BUDGET-EXCEEDED``: what was answered stays so.
    """
    waiting = app.prompts.all()
    due = [each for each in waiting if everything or is_due(each, app.clock.now())]
    if not due:
        return Replayed(left=len(waiting))
    key = hashlib.sha256(f"replay/{principal.name}".encode()).hexdigest()[:32]
    run = app.talks.take(key)
    purse = Purse(app, run.id, max_usd)

    def talk(waiting: WaitingPrompt) -> Conversation:
        request = FixRequest(Path(waiting.path), principal, grant=grant, purpose=waiting.purpose or "fix")
        return Conversation(app, request, app.models(waiting.model), run, key, purse)

    try:
        came = _round(app, due, talk)
    finally:
        app.talks.end(key)
    return replace(came, left=len(app.prompts.all()))


def drop(desk: Desk, queue: PromptQueue, id: str) -> WaitingPrompt:
    """Take the question ``id`` (or the one whose id begins so) out of the queue, unasked. Raises ``AUTOSD-PROMPT-UNKNOWN``."""
    meant = [each for each in queue.all() if id and each.id.startswith(id)]
    if len({each.id for each in meant}) != 1:
        message = f"{'Several questions have' if meant else 'No question has'} an id that begins with {id[:80]!r}."
        raise AutosdError("AUTOSD-PROMPT-UNKNOWN", message, "Run `autosd prompts queue list` for those that wait.")
    desk.record("prompt_dropped", "prompt_dropped", meant[0].project or None, prompt=meant[0].id)
    for each in meant:
        queue.change(each.id, each.key, lambda _: None)
    return meant[0]


def _round(app: App, due: Sequence[WaitingPrompt], talk: Callable[[WaitingPrompt], Conversation]) -> Replayed:
    answered: list[str] = []
    reasons: dict[str, str] = {}
    down: dict[str, str] = {}
    usd, refused = 0.0, 0
    for each in due:
        why = down.get(each.model, "")
        if not why:
            reply, error = _asked(each, talk)
            why = str(error) if error else nothing(reply)
            if not why:
                app.talks.put_answer(each.key, each.id, reply)
                app.prompts.change(each.id, each.key, lambda _: None)
                answered.append(each.id)
                usd += reply.usd
                continue
            if isinstance(error, Refused):
                refused += 1
            else:
                _count(app, each, why)
            if isinstance(error, ModelError) and error.passing:
                down[each.model] = f"{error.code}: {each.model} is not back yet"
        reasons[each.id] = why
    return Replayed(tuple(answered), reasons, refused, usd=usd)


def _asked(waiting: WaitingPrompt, talk: Callable[[WaitingPrompt], Conversation]) -> tuple[Reply, AutosdError | None]:
    if not waiting.key or not waiting.ask:
        remedy = "Take it out with `autosd prompts queue drop`."
        return Reply(), AutosdError("AUTOSD-PROMPT-HOMELESS", "It belongs to no request that could use its answer.", remedy)
    try:
        ask = ask_from_wire(waiting.ask, purpose=str(waiting.ask.get("about", "")))
        return talk(waiting).again(waiting, ask), None
    except ValueError as error:
        return Reply(), AutosdError(
            "AUTOSD-PROMPT-BROKEN", f"It cannot be read ({error}).", "Take it out with `autosd prompts queue drop`."
        )
    except AutosdError as error:
        if error.code in ENDS:
            raise
        return Reply(), error


def _count(app: App, waiting: WaitingPrompt, why: str) -> None:
    now = app.clock.now()
    app.prompts.change(waiting.id, waiting.key, lambda old: replace(old, attempts=old.attempts + 1, tried_at=now, reason=why))
