"""Old results count less: forward decay, so that counters that can only be added to still forget.

What is added at a time weighs ``2 ** (age of the era / half-life)``, and what is read is divided by the same of now (Cormode et al.
2009). So a counter that any number of writers add to holds exactly the exponentially discounted count, and nobody ever rewrites it.
"""

from __future__ import annotations

from datetime import UTC, datetime

from autosd.domain.outcomes import Tally
from autosd.learning.beta import Beta

#: After so many days a result counts half. It is part of what the store holds: with another value stored counts would mean something else.
HALF_LIFE_DAYS = 90.0
ERA = datetime(2026, 1, 1, tzinfo=UTC)


def weight_at(at: datetime) -> float:
    """What one result of ``at`` is added as."""
    return float(2.0 ** ((at - ERA).total_seconds() / 86_400 / HALF_LIFE_DAYS))


def current(tally: Tally, now: datetime) -> Beta:
    """The arm as it stands now."""
    weight = weight_at(now)
    return Beta(1 + max(0.0, tally.wins) / weight, 1 + max(0.0, tally.losses) / weight)
