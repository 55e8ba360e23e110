"""What may be done at all: a policy, and how layers of it meet. A layer can only tighten the ones above it (guide S3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from enum import IntEnum
from typing import Any

from autosd.domain.actions import Risk
from autosd.domain.grants import Budgets


class Leave(IntEnum):
    """Three answers, from strict to loose; two of them meet in the stricter."""

    NO = 0
    WITH_GRANT = 1  # a valid grant that names the capability lifts the objection
    YES = 2

    @property
    def word(self) -> str:
        return {Leave.NO: "no", Leave.WITH_GRANT: "with_grant", Leave.YES: "yes"}[self]


@dataclass(frozen=True)
class Policy:
    """One layer, or what several of them meet in. ``None`` of a number or list: no limit of its own.

    The defaults are S3's base, except that what S3 could never raise (push, merge, publish) is ``with_grant``.
    """

    deploy_dev: Leave = Leave.YES
    deploy_staging: Leave = Leave.YES
    deploy_prod: Leave = Leave.WITH_GRANT
    rollback: Leave = Leave.YES
    heal: Leave = Leave.YES
    auto_push: Leave = Leave.WITH_GRANT
    auto_merge: Leave = Leave.WITH_GRANT
    publish: Leave = Leave.WITH_GRANT
    unattended: Leave = Leave.WITH_GRANT  # work that no person stands behind, when SELFCODING_ENABLED says nothing
    commit: Leave = Leave.YES
    write: Leave = Leave.WITH_GRANT  # when SELF_IMPROVE_AUTO says nothing
    max_risk: Risk | None = None
    max_lines: int | None = None
    max_files: int | None = None
    allowed_paths: tuple[tuple[str, ...], ...] = ()  # one set of globs a layer; every path must match one of each
    protected_paths: tuple[str, ...] = ()
    require_canary_for_prod: bool = True
    approvals: int = 0  # people who have to say yes to a candidate
    approvals_for_self_changes: int = 2
    budgets: Budgets = field(default_factory=Budgets)
    #: Leaves that a layer itself said to be stricter than yes: no switch of the settings (SELF_CODING_ENABLE_PUSH ...) lifts those.
    insisted: tuple[str, ...] = ()  # sorted


RISKS = tuple(Risk)
LEAVES: tuple[str, ...] = tuple(each.name for each in fields(Policy) if each.type == "Leave")

_LEAST = (*LEAVES, "max_lines", "max_files")  # the smaller one is the stricter
_MOST = ("approvals", "approvals_for_self_changes", "require_canary_for_prod")


def meet(first: Policy, second: Policy) -> Policy:
    """What both allow. Associative, commutative but for the order of lists, and never looser than either."""
    pairs = {each.name: (getattr(first, each.name), getattr(second, each.name)) for each in fields(Policy)}
    met: dict[str, Any] = {name: _present(min, pairs[name]) for name in _LEAST}
    met |= {name: max(pairs[name]) for name in _MOST}
    met |= {name: tuple(dict.fromkeys((*pairs[name][0], *pairs[name][1]))) for name in ("allowed_paths", "protected_paths")}
    met["max_risk"] = _present(lambda both: min(both, key=RISKS.index), pairs["max_risk"])
    met["budgets"] = _smaller(*pairs["budgets"])
    met["insisted"] = tuple(sorted({*first.insisted, *second.insisted}))
    return Policy(**met)


def _present(choose: Callable[[list[Any]], Any], pair: tuple[Any, Any]) -> Any:
    said = [value for value in pair if value is not None]
    return choose(said) if said else None


def _smaller(one: Budgets, other: Budgets) -> Budgets:
    return Budgets(*(min(getattr(one, each.name), getattr(other, each.name)) for each in fields(Budgets)))


def meet_all(layers: Iterable[Policy]) -> Policy:
    """The policy that all ``layers`` agree on; the base when there are none."""
    result: Policy | None = None
    for layer in layers:
        result = layer if result is None else meet(result, layer)
    return result or Policy()


_NO_END = 2**31 - 1

_SILENT: dict[str, Any] = {
    **dict.fromkeys(LEAVES, Leave.YES),
    "require_canary_for_prod": False,
    "approvals_for_self_changes": 0,
    "budgets": Budgets(*(_NO_END for _ in fields(Budgets))),
}

#: What says nothing: it meets every policy in that policy. The ground on which a layer's own words stand.
OPEN = Policy(**_SILENT)
