"""When no try brought an answer: another model, or a place in the queue. An empty reply never looks like a success."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum

from autosd.coding.models.asks import nothing
from autosd.domain.errors import AutosdError
from autosd.domain.models import Ask, Reply
from autosd.ports import ModelError


class Fallback(StrEnum):
    """``CODEX_FALLBACK_STRATEGY`` of guide S2."""

    QUEUE = "queue"
    REROUTE = "reroute"


#: No model of this name can be asked: the same as one that does not answer.
NO_MODEL = "AUTOSD-MODEL-"


def instead(ask: Ask, why: str, strategy: Fallback, *, other: Callable[[Ask], Reply], wait: Callable[[str], str]) -> Reply:
    """What is given in place of the answer: another model's, marked as degraded, or an empty reply with the reason.

    ``other`` asks the fallback model once; ``wait`` puts the ask into the queue and says what became of it.
    """
    if strategy is Fallback.REROUTE:
        reply, fault = _rerouted(ask, other)
        if reply is not None:
            return reply
        why = f"{why}; the fallback model: {fault}"
    noted = wait(why)
    return Reply(reason=f"{why} ({noted})" if noted else why)


def _rerouted(ask: Ask, other: Callable[[Ask], Reply]) -> tuple[Reply | None, str]:
    """Refusals and budgets are no faults of a model: they rise."""
    try:
        reply = other(ask)
    except ModelError as error:
        return None, f"{error.code}: {error.message}"
    except AutosdError as error:
        if not error.code.startswith(NO_MODEL):
            raise
        return None, f"{error.code}: {error.message}"
    fault = nothing(reply)
    return (None, fault) if fault else (replace(reply, degraded=True), "")
