"""What the failures suggest: which templates become more likely when tests fail in a certain way."""

from __future__ import annotations

from autosd.coding.repair.observations import Observations


def boosts(observations: Observations) -> dict[str, float]:
    """Factors on the priors of templates; absent means 1."""
    return {}
