"""How much: the hourly quota of S0, and the ledger of money, tokens and seconds. Whole numbers only: sums have to add up."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

HOUR_MS = 3_600_000
PREFIX = "selfcoding:"  # every quota key begins with it

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def epoch_ms(at: datetime) -> int:
    """Whole milliseconds since 1970, as S0's ``reset_ts`` counts."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


def quota_form(purpose: str) -> str:
    """S0's spelling of a purpose: lower case, each run of other than a-z and 0-9 one ``_``; nothing: ``general``."""
    return re.sub(r"[^a-z0-9]+", "_", purpose.lower()).strip("_") or "general"


def quota_key(principal: str, scope: str = "", purpose: str = "") -> str:
    """``selfcoding:<principal>:<scope>:<purpose>`` (S0). A colon inside a part becomes ``_``: no principal can spell another's key."""
    return ":".join(("selfcoding", principal.replace(":", "_") or "anonymous", scope.replace(":", "_") or "global", quota_form(purpose)))


@dataclass(frozen=True)
class QuotaState:
    """A key's window: ``used`` of ``limit`` until ``reset_ts`` (epoch milliseconds). ``used`` may pass ``limit``: refusals count."""

    id: str
    used: int
    limit: int
    reset_ts: int

    @property
    def allowed(self) -> bool:
        return self.used <= self.limit


class Unit(StrEnum):
    """What the ledger counts: millionths of a dollar, tokens, milliseconds."""

    MICRO_USD = "micro_usd"
    TOKENS = "tokens"
    MILLISECONDS = "milliseconds"


class Window(StrEnum):
    RUN = "run"
    HOUR = "hour"  # fixed windows, from the first entry's clock hour (UTC)
    DAY = "day"

    def start(self, now: datetime) -> datetime:
        """When the window that ``now`` lies in began; a run has all of time."""
        if self is Window.RUN:
            return datetime.min.replace(tzinfo=UTC)
        hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        return hour if self is Window.HOUR else hour.replace(hour=0)


@dataclass(frozen=True)
class Account:
    """Whose purse: any part may be empty (all). ``run`` is the id of one run."""

    tenant: str = ""
    project: str = ""
    strategy: str = ""
    run: str = ""

    def covers(self, other: Account) -> bool:
        """Whether ``other`` agrees with every part that is not empty here."""
        pairs = ((self.tenant, other.tenant), (self.project, other.project), (self.strategy, other.strategy), (self.run, other.run))
        return all(not mine or mine == theirs for mine, theirs in pairs)


@dataclass(frozen=True)
class Budget:
    """At most ``limit`` of ``unit`` within one ``window`` for every account that matches ``account``'s non-empty parts."""

    name: str
    account: Account
    unit: Unit
    window: Window
    limit: int


@dataclass(frozen=True)
class Reservation:
    """Money that is spoken for, until it is settled or released. An open one counts in full, also after its process died."""

    id: str
    account: Account
    amounts: dict[Unit, int]
    at: datetime


@dataclass(frozen=True)
class Breach:
    """A budget that a reservation would pass."""

    budget: Budget
    used: int  # settled and reserved before
    asked: int
