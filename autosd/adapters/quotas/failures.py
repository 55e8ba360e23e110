"""The one way in which every backend fails: what was not counted is not allowed, unless the caller was told otherwise."""

from __future__ import annotations

from autosd.domain.errors import AutosdError

_REMEDY = "Start the quota backend, or choose another with QUOTA_BACKEND."


def unavailable(why: str, remedy: str = _REMEDY) -> AutosdError:
    return AutosdError("AUTOSD-QUOTA-UNAVAILABLE", f"The quota cannot be counted: {why}", remedy)
