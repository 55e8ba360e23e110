"""What a conversation with a model leaves behind: what it cost, replies that were paid for, and questions that wait for an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from autosd.domain.models import Finish, Reply, ToolCall, Usage


@dataclass(frozen=True)
class Spent:
    """What was paid so far: also for tries that failed and for replies that were no use."""

    usd: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    calls: int = 0
    seconds: float = 0.0  # wall time of the calls, which may have run side by side

    def plus(self, reply: Reply, *, calls: int = 1) -> Spent:
        return Spent(
            self.usd + reply.usd,
            self.input_tokens + reply.usage.input_tokens,
            self.output_tokens + reply.usage.output_tokens,
            self.calls + calls,
            self.seconds + reply.seconds,
        )


@dataclass(frozen=True)
class Kept:
    """A place in a run's memory: the reply that was paid for, or how many tries were, when none has come yet."""

    tries: int
    reply: Reply | None = None
    reservation: str = ""  # of the reply, with what it came to in the ledger's units
    amounts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class WaitingPrompt:
    """A question that no model answered. Guide S2's fields are ``prompt`` and ``reason``; the rest lets it be asked again.

    ``key`` is that of the request it belongs to: only that request finds the answer.
    """

    id: str  # the prompt's hash
    prompt: str
    reason: str
    time: datetime
    model: str = ""
    project: str = ""
    path: str = ""
    purpose: str = ""
    key: str = ""
    attempts: int = 1  # rounds of tries, the first included
    tried_at: datetime | None = None
    ask: Mapping[str, Any] = field(default_factory=dict)  # as ``wire_of`` writes it; empty in a line of somebody else's

    def to_dict(self) -> dict[str, Any]:
        tried = self.tried_at.isoformat() if self.tried_at else None
        value = {**asdict(self), "time": self.time.isoformat(), "tried_at": tried}
        return {"prompt": value.pop("prompt"), "reason": value.pop("reason"), **value}

    @staticmethod
    def from_dict(value: Mapping[str, Any], *, id: str, time: datetime) -> WaitingPrompt:
        """``id`` and ``time`` stand in for what a line of guide S2's own form lacks. Raises ``ValueError`` for what is no such line."""
        if not isinstance(value, Mapping) or not isinstance(value.get("prompt"), str):
            raise ValueError("no prompt")
        texts = {name: str(value.get(name) or "") for name in ("reason", "model", "project", "path", "purpose", "key")}
        attempts, ask = value.get("attempts"), value.get("ask")
        return WaitingPrompt(
            id=str(value.get("id") or id),
            prompt=value["prompt"],
            time=_moment(value.get("time")) or time,
            attempts=attempts if isinstance(attempts, int) and attempts >= 0 else 1,
            tried_at=_moment(value.get("tried_at")),
            ask=dict(ask) if isinstance(ask, Mapping) else {},
            **texts,
        )


def _moment(raw: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(raw))
    except ValueError:
        return None
    return at if at.tzinfo else None


def reply_to_dict(reply: Reply) -> dict[str, Any]:
    return {**asdict(reply), "finish": str(reply.finish)}


def reply_from_dict(value: Mapping[str, Any]) -> Reply:
    """Raises ``ValueError`` for what ``reply_to_dict`` never wrote."""
    try:
        known = dict(value)
        calls = tuple(ToolCall(**each) for each in known.pop("calls"))
        return Reply(calls=calls, usage=Usage(**known.pop("usage")), finish=Finish(known.pop("finish")), **known)
    except (KeyError, TypeError) as error:
        raise ValueError(f"no reply: {error}") from None
