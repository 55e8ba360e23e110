"""What several terms come to, and whether new ones would claim more than those they are added to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from autosd.domain.grants import Budgets, RequiredGates, Terms
from autosd.domain.policies import RISKS
from autosd.governance.grants.encoding import SCAN_MODES, written_time

_SETS = ("project_ids", "capabilities", "environments", "domains", "platforms")
_LEAST = ("expires_at", "max_uses", "max_lines")


def effective(chain: Sequence[Terms]) -> Terms:
    """One set of terms that says what all of ``chain`` allow, for people. Only paths cannot be merged: see ``path_layers``."""
    met: dict[str, Any] = {name: _met(chain, name, lambda said: frozenset.intersection(*said)) for name in _SETS}
    met |= {name: _met(chain, name, min) for name in _LEAST}
    met["not_before"] = _met(chain, "not_before", max)
    met["max_risk"] = _met(chain, "max_risk", lambda said: min(said, key=RISKS.index))
    met["budgets"] = _met(chain, "budgets", lambda said: Budgets(*(_column(said, each.name, min) for each in fields(Budgets))))
    met["required_gates"] = _met(chain, "required_gates", _strictest)
    layers = path_layers(chain)
    return Terms(**met, paths=layers[-1] if layers else None)


def path_layers(chain: Sequence[Terms]) -> tuple[tuple[str, ...], ...]:
    """Every set of globs in ``chain``: a path has to fit one of each."""
    return tuple(dict.fromkeys(terms.paths for terms in chain if terms.paths is not None))


def widenings(chain: Sequence[Terms], more: Terms) -> Iterator[str]:
    """What ``more`` claims and ``chain`` does not allow. It would have no effect; people are told instead of being surprised."""
    have = effective(chain)
    for name in _SETS:
        said, held = getattr(more, name), getattr(have, name)
        if said is not None and held is not None and said - held:
            yield f"{name.replace('_', ' ')} {', '.join(sorted(said - held))}"
    for name in _LEAST:
        said, held = getattr(more, name), getattr(have, name)
        if said is not None and held is not None and said > held:
            yield f"{name} {_shown(said)} (it has {_shown(held)})"
    if more.max_risk is not None and have.max_risk is not None and RISKS.index(more.max_risk) > RISKS.index(have.max_risk):
        yield f"max_risk {more.max_risk} (it has {have.max_risk})"


def _shown(value: object) -> str:
    return written_time(value) if isinstance(value, datetime) else str(value)


def _met(chain: Sequence[Terms], name: str, choose: Callable[[list[Any]], Any]) -> Any:
    said = [value for terms in chain if (value := getattr(terms, name)) is not None]
    return choose(said) if said else None


def _column(said: Sequence[Any], name: str, choose: Callable[[list[Any]], Any]) -> Any:
    return choose([getattr(each, name) for each in said])


def _strictest(said: Sequence[RequiredGates]) -> RequiredGates:
    modes = {
        name: _column(said, name, lambda all: max(all, key=SCAN_MODES.index)) for name in ("security_scan_mode", "sbom", "dependency_audit")
    }
    flags = {name: _column(said, name, any) for name in ("quality_gates", "canary_required_for_prod")}
    return RequiredGates(**modes, **flags, min_test_scope=said[-1].min_test_scope)
