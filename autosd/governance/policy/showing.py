"""What may be done at a glance: every action with its answer, and who or what decided it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from autosd.domain.actions import Action
from autosd.domain.decisions import Facts, Objection
from autosd.domain.policies import Leave
from autosd.governance.leave import ENVIRONMENTS, SWITCHES, leave, leave_key, needs_grant, sufficient_grant
from autosd.governance.policy.changing import KEYS
from autosd.governance.policy.files import Layer
from autosd.governance.policy.layers import BUILT_IN, deciders
from autosd.governance.rules import Rule, evaluate

#: Stands for as many people as any policy asks for.
EVERYBODY = 2**31 - 1

#: Gates and a canary stage are taken as passed: the question is who may, not whether a change is good.
ALL_GATES = frozenset({"suite", "security_scan", "sbom", "dependency_audit"})


@dataclass(frozen=True)
class Answer:
    """One action's line: ``yes``, ``no``, ``with grant``, ``with approval`` or both; what decided; the objections that stand."""

    action: Action
    environment: str
    answer: str
    decided_by: str
    objections: tuple[Objection, ...] = ()

    @property
    def what(self) -> str:
        return f"{self.action} to {self.environment}" if self.environment else str(self.action)


def answers(
    rules: Sequence[Rule],
    ask: Callable[[Action, str], Facts],
    layers: Sequence[Layer],
    origins: Mapping[str, str],
    environment: str = "",
) -> tuple[Answer, ...]:
    """The answer for every action; for what is done to environments one for each, or only for ``environment``."""
    asked: list[tuple[Action, str]] = []
    for action in Action:
        if action in (Action.DEPLOY, Action.PROMOTE):
            asked += [(action, each) for each in ([environment] if environment else ENVIRONMENTS)]
        else:
            asked.append((action, ""))
    return tuple(_answer(rules, ask(action, where), where, layers, origins) for action, where in asked)


def _answer(rules: Sequence[Rule], facts: Facts, where: str, layers: Sequence[Layer], origins: Mapping[str, str]) -> Answer:
    objections = evaluate(rules, facts)
    assert isinstance(facts.action, Action)
    if not objections:
        return Answer(facts.action, where, "yes", _decider(facts, layers, origins))
    granted = replace(facts, presented=sufficient_grant(facts))
    ways = {"with grant": granted, "with approval": replace(facts, approvals_given=EVERYBODY)}
    ways["with grant and approval"] = replace(granted, approvals_given=EVERYBODY)
    if facts.presented is not None:  # another grant than the one that was shown is no answer to it
        ways = {"with approval": ways["with approval"]}
    way = next((word for word, changed in ways.items() if not evaluate(rules, changed)), "")
    decider = _decider(facts, layers, origins) if way else f"{objections[0].code} ({objections[0].detail or objections[0].rule})"
    return Answer(facts.action, where, way or "no", decider, objections)


def _decider(facts: Facts, layers: Sequence[Layer], origins: Mapping[str, str]) -> str:
    """The grant that was shown, the switch that speaks, the layer whose word holds, or nobody's word but the built-in one."""
    key = leave_key(facts)
    if facts.presented is not None and needs_grant(facts):
        return f"grant {facts.presented.id}"
    if not key:
        return BUILT_IN
    switch = SWITCHES.get(key)
    if switch and leave(facts, key) is Leave.YES and getattr(facts.policy, key) is not Leave.YES:
        return f"setting {switch[1]} ({origins.get(switch[1], 'default')})"
    names = ", ".join(f"{layer.name}: {KEYS[key]}" for layer in deciders(layers, key))
    return names or f"{BUILT_IN}: {KEYS[key]}"
