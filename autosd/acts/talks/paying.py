"""A run's purse: money put aside before each call to a model and settled after it, shared by all threads of the run."""

from __future__ import annotations

import hashlib
import json
import logging
import math
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from autosd.app import App
from autosd.coding.models.asks import most_tokens
from autosd.domain.errors import AutosdError
from autosd.domain.models import Ask, Reply
from autosd.domain.quotas import Account, Breach, Budget, Reservation, Unit, Window
from autosd.domain.talks import Kept
from autosd.governance.quotas import budget_objection, budgets_of
from autosd.ports import Model

logger = logging.getLogger(__name__)

WAIT_SECONDS = 1.0


@dataclass
class Purse:
    """``max_usd`` bounds what the whole run spends, beside the budgets of the settings.

    When only what other threads have put aside stands in the way, a thread waits until they have settled: what they put aside is the
    most that their calls can cost, and nearly all of it comes back.
    """

    app: App
    run: str
    max_usd: float | None = None
    _flying: int = 0
    _landed: int = 0
    _turn: threading.Condition = field(default_factory=threading.Condition)

    @contextmanager
    def reserved(self, account: Account, model: Model, ask: Ask, seconds: float, name: str) -> Iterator[Reservation]:
        """Money for one call; ``name`` is the call's within the run, so that a killed run finds its own again. Raises
        ``AUTOSD-BUDGET-EXCEEDED``. Whoever leaves the block without settling or releasing leaves it spoken for."""
        budgets = self._budgets(account)
        amounts = self._most(model, ask, seconds, budgets)
        wish = Reservation(_id(self.run, name, amounts), account, amounts, self.app.clock.now())
        self._put_aside(wish, budgets)
        try:
            yield wish
        finally:
            self._lands()

    def settle(self, wish: Reservation, amounts: Mapping[Unit, int]) -> None:
        """What a call came to. A call that was settled before in another amount is counted beside the first one: both were paid."""
        try:
            self.app.ledger.settle(wish.id, amounts, self.app.clock.now())
        except AutosdError as error:
            if error.code != "AUTOSD-STORE-CONFLICT":
                raise
            mark = hashlib.sha256(repr(amounts).encode()).hexdigest()[:8]
            beside = Reservation(f"{wish.id}+{mark}", wish.account, dict(amounts), wish.at)
            self.app.ledger.reserve(beside, ())
            self.app.ledger.settle(beside.id, amounts, self.app.clock.now())

    def settle_in_full(self, wish: Reservation) -> None:
        """Nobody knows what a call cost that gave no answer: what was put aside for it counts as spent."""
        self.settle(wish, wish.amounts)

    def settle_kept(self, kept: Kept) -> None:
        """The process was killed between the reply and its settling."""
        if kept.reservation:
            amounts = {Unit(unit): amount for unit, amount in kept.amounts.items()}
            with suppress(AutosdError):  # it is settled, or somebody closed it by hand
                self.app.ledger.settle(kept.reservation, amounts, self.app.clock.now())

    def release(self, wish: Reservation) -> None:
        """The provider took no money. What an earlier life of this run settled under this name stays settled."""
        try:
            self.app.ledger.release(wish.id, self.app.clock.now())
        except AutosdError as error:
            if error.code != "AUTOSD-STORE-CONFLICT":
                raise

    def _put_aside(self, wish: Reservation, budgets: tuple[Budget, ...]) -> None:
        while True:
            with self._turn:
                landed = self._landed
                self._flying += 1
            breach: Breach | None = None
            try:
                breach = self.app.ledger.reserve(wish, budgets)
                if breach is None:
                    return
            except BaseException:
                self._lands(landed=False)
                raise
            self._lands(landed=False)
            with self._turn:
                if self._landed != landed:
                    continue
                if not self._flying:
                    raise _exceeded(breach, self.app)
                self._turn.wait(WAIT_SECONDS)

    def _lands(self, *, landed: bool = True) -> None:
        with self._turn:
            self._flying -= 1
            self._landed += landed
            self._turn.notify_all()

    def _budgets(self, account: Account) -> tuple[Budget, ...]:
        own = () if self.max_usd is None else (Budget("--max-usd", Account(run=self.run), Unit.MICRO_USD, Window.RUN, micro(self.max_usd)),)
        return (*own, *budgets_of(self.app.settings, account))

    def _most(self, model: Model, ask: Ask, seconds: float, budgets: tuple[Budget, ...]) -> dict[Unit, int]:
        tokens = most_tokens(ask)
        usd = self.app.price(model.name, tokens, ask.max_tokens)
        if usd is None and (bound := next((each for each in budgets if each.unit is Unit.MICRO_USD), None)):
            message = f"What {model.name} costs is not known, so the budget {bound.name!r} could not be kept."
            raise AutosdError("AUTOSD-MODEL-PRICE-UNKNOWN", message, "Set its price (see `autosd models list`), or take the budget away.")
        return {
            Unit.MICRO_USD: micro(usd or 0.0),
            Unit.TOKENS: tokens + ask.max_tokens,
            Unit.MILLISECONDS: math.ceil(seconds * 1000),
        }


def amounts_of(reply: Reply) -> dict[Unit, int]:
    """What one call came to, in the ledger's units; never less than it was."""
    tokens = reply.usage.input_tokens + reply.usage.output_tokens
    return {Unit.MICRO_USD: micro(reply.usd), Unit.TOKENS: tokens, Unit.MILLISECONDS: math.ceil(reply.seconds * 1000)}


def micro(usd: float) -> int:
    """Millionths of a dollar, rounded up but for what is only the noise of a float."""
    return math.ceil(round(usd * 1_000_000, 3))


def _id(run: str, name: str, amounts: Mapping[Unit, int]) -> str:
    """With the amounts: a price that changed while a run was dead makes another reservation, not a conflict."""
    said = json.dumps([name, {str(unit): amount for unit, amount in amounts.items()}])
    return f"{run}:{hashlib.sha256(said.encode()).hexdigest()[:32]}"


def _exceeded(breach: Breach, app: App) -> AutosdError:
    said = budget_objection(breach, app.clock.now())
    return AutosdError(said.code, said.message, said.remedy, exit_code=1)
