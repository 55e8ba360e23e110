"""A house with a model that says what a test wants; everything else in it is real: guard, record, ledger, files."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from autosd.acts.changing import FixRequest
from autosd.app import App, open_app
from autosd.domain.actions import Principal
from autosd.domain.decisions import Action, Permit
from autosd.domain.models import Ask, Message, Reply, Role, Usage
from autosd.governance.permits import require
from autosd.ports import ModelError, ModelFault
from autosd.settings import load_settings

PERSON = Principal("maria", attended=True)

#: Dollars for one token, in and out, as the tests' price list has it.
PER_TOKEN = 0.000_001

Answer = str | Reply | ModelError | Callable[[Ask], "str | Reply"]


@dataclass
class SaidModel:
    """Says its answers one after the other; the last one again and again."""

    answers: list[Answer]
    name: str = "fake:one"
    asks: list[Ask] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def complete(self, permit: Permit, ask: Ask, heard: Callable[[str], None] | None = None) -> Reply:
        require(permit, Action.SPEND)
        with self._lock:
            self.asks.append(ask)
            answer = self.answers[min(len(self.asks), len(self.answers)) - 1]
        said = answer(ask) if callable(answer) else answer
        if isinstance(said, ModelError):
            raise said
        usage = Usage(100, 20)
        reply = Reply(said, usage=usage, usd=120 * PER_TOKEN) if isinstance(said, str) else said
        return replace(reply, model=self.name)


def fault(kind: ModelFault, retry_after: float | None = None) -> ModelError:
    return ModelError(kind, f"it is {kind}.", "Wait.", retry_after=retry_after)


def price(name: str, input_tokens: int, output_tokens: int) -> float | None:
    return (input_tokens + output_tokens) * PER_TOKEN


@contextmanager
def house(*models: SaidModel, **settings: Any) -> Iterator[App]:
    """``models`` by name, the first one for no name; ``settings`` as the environment says them."""
    known = {each.name: each for each in models}

    def by_name(name: str) -> SaidModel:
        return known[name] if name else models[0]

    import os

    with open_app(load_settings({**os.environ, **settings}), coders=()) as app:
        yield replace(app, models=by_name, price=price)


def request_at(path: Path, **more: Any) -> FixRequest:
    return FixRequest(path, PERSON, **more)


def ask(text: str = "fix it", system: str = "", **more: Any) -> Ask:
    said = (Message(Role.SYSTEM, system),) if system else ()
    return Ask((*said, Message(Role.USER, text)), **more)
