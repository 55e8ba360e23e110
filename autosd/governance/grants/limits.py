"""What people may ask of a new grant: an end that is not too far, and of a child nothing that its parent has not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from autosd.domain.errors import AutosdError
from autosd.domain.grants import BREAK_GLASS_LIFE, LONGEST_LIFE, Terms
from autosd.governance.grants.narrowing import effective, widenings
from autosd.governance.grants.tokens import MAX_BLOCKS


def end_of(begin: datetime, hours: float, *, break_glass: bool) -> datetime:
    """Raises ``AUTOSD-GRANT-HOURS`` for no time at all, ``AUTOSD-GRANT-TOO-LONG`` for more than any grant may last."""
    if math.isnan(hours) or hours * 3600 < 1:
        raise AutosdError("AUTOSD-GRANT-HOURS", f"A grant cannot last {hours:g} hours.", "Give --expires-in-hours a number above 0.")
    longest = BREAK_GLASS_LIFE if break_glass else LONGEST_LIFE
    if hours * 3600 > longest.total_seconds():
        kind, most = "A break-glass grant" if break_glass else "A grant", longest.total_seconds() / 3600
        message = f"{kind} lasts at most {most:g} hours, not {hours:g}."
        raise AutosdError(
            "AUTOSD-GRANT-TOO-LONG", message, f"Give --expires-in-hours {most:g} or less; make another one when it has ended."
        )
    return begin + timedelta(seconds=int(hours * 3600))


def require_sense(terms: Terms) -> None:
    if terms.not_before is not None and terms.expires_at is not None and terms.not_before >= terms.expires_at:
        message = f"It would begin at {terms.not_before:%Y-%m-%d %H:%M:%S} UTC, after its end at {terms.expires_at:%Y-%m-%d %H:%M:%S} UTC."
        raise AutosdError("AUTOSD-GRANT-HOURS", message, "Give an earlier --not-before or more --expires-in-hours.")


def require_narrower(parent: str, chain: Sequence[Terms], more: Terms) -> None:
    """Raises ``AUTOSD-GRANT-WIDER`` and names what the parent does not allow."""
    _require_room(parent, chain)
    if more == Terms():
        raise AutosdError(
            "AUTOSD-GRANT-SAME", f"Nothing was named that would narrow grant {parent}.", "Look at `autosd preauth narrow --help`."
        )
    wider = next(widenings(chain, more), None)
    if wider:
        message = f"A child of grant {parent} cannot have what it has not itself: {wider}."
        raise AutosdError("AUTOSD-GRANT-WIDER", message, f"See what it has with `autosd preauth show {parent[:36]}`, and ask for no more.")
    require_sense(effective([*chain, more]))


def _require_room(parent: str, chain: Sequence[Terms]) -> None:
    if len(chain) >= MAX_BLOCKS:
        message = f"Grant {parent} was narrowed {len(chain) - 1} times already, and no further."
        raise AutosdError("AUTOSD-GRANT-TOO-DEEP", message, "Narrow one of its parents, or ask its owner for a new one.")
