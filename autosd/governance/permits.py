"""Which permits are live. Ports ask here before an effect; only the guard makes a permit live.

A permit lives from the guard's ``with`` line to the end of that block, in this process. What counts is the object itself: a copy
with the same words, one that was changed by ``replace``, or one that outlived its block is refused.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from autosd.domain.decisions import Action, Permit
from autosd.domain.errors import AutosdError
from autosd.governance.paths import canonical

_live: dict[str, Permit] = {}
_lock = threading.Lock()


@contextmanager
def _alive(permit: Permit) -> Iterator[Permit]:
    """For the guard alone (an architecture test sees to it)."""
    with _lock:
        _live[permit.id] = permit
    try:
        yield permit
    finally:
        with _lock:
            _live.pop(permit.id, None)


def require(permit: Permit, action: Action, project: str | None = None, paths: Iterable[str] = ()) -> None:
    """Refuse (``AUTOSD-PERMIT-INVALID``) unless ``permit`` is live and covers this action, project and every one of ``paths``."""
    with _lock:
        live = _live.get(getattr(permit, "id", ""))
    if live is None or live is not permit:
        raise _invalid("it is forged, copied, or its block has ended")
    if permit.action is not action:
        raise _invalid(f"it is for {permit.action}, not for {action}")
    if project is not None and permit.project != project:
        raise _invalid(f"it is for project {permit.project}, not for {project}")
    covered = {canonical(path) for path in permit.paths}
    uncovered = [path for path in paths if canonical(path) is None or canonical(path) not in covered]
    if uncovered:
        raise _invalid(f"it does not cover {uncovered[0]!r}")


def _invalid(why: str) -> AutosdError:
    message = f"This permit cannot be used: {why}."
    return AutosdError("AUTOSD-PERMIT-INVALID", message, "Ask the guard for a permit, and act within its block.")
