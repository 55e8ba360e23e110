"""Why: every objection with its rule, the facts behind it and who said them, and the smallest change that would lift it.

The flips are the rules' own; here they get their places: which file's key, which setting by which name. ``applied`` makes the change,
so that anybody can check that it does lift the objection.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from autosd.domain.decisions import Facts, Objection
from autosd.domain.policies import Policy
from autosd.governance.policy.changing import FIELDS, said, written
from autosd.governance.policy.files import Layer
from autosd.governance.policy.layers import BUILT_IN, deciders, in_the_way
from autosd.governance.rules import OWNER, Flip, Rule, Step, evaluate
from autosd.settings.table import BY_NAME

#: Facts that settings say: fact -> setting.
SETTINGS = {
    "kill_switch": "enabled",
    "enabled": "enabled",
    "dry_run": "dry_run",
    "allow_high_risk": "governance.allow_high_risk",
    "allow_push": "landing.push",
    "allow_pull_request": "landing.pull_request",
    "allow_direct_write": "governance.direct_write",
    "require_approval": "governance.require_approval",
    "allowed_repos": "governance.allowed_repos",
    "allowed_suffixes": "governance.allowed_suffixes",
    "protected": "governance.protected_paths",
    "write_root": "governance.write_root",
}


@dataclass(frozen=True)
class Because:
    """A fact behind an objection: its name, its value as people read it, and who said so."""

    fact: str
    value: str
    origin: str


@dataclass(frozen=True)
class Todo:
    """A step of a flip with its place: a file for a policy's key, a setting with its environment name."""

    kind: str
    where: str
    name: str
    value: str
    by: str

    def __str__(self) -> str:
        who = f" ({self.by})" if self.by else ""
        place = f" in {self.where}" if self.where and self.kind in ("policy", "site") else ""
        return f"{_sentence(self)}{place}{who}"


@dataclass(frozen=True)
class Explained:
    """One objection, whole. ``flip`` is None where no change of facts lifts it (an action that no rule knows, a rule that broke)."""

    objection: Objection
    sentence: str
    because: tuple[Because, ...]
    todo: tuple[Todo, ...]
    flip: Flip | None


def explain(rules: Sequence[Rule], facts: Facts, layers: Sequence[Layer], origins: Mapping[str, str]) -> tuple[Explained, ...]:
    """Every objection to ``facts``, explained. ``origins`` says of each setting who said it (``Settings.origins``)."""
    named = {rule.name: rule for rule in rules}
    return tuple(_explained(named.get(each.rule), each, facts, layers, origins) for each in evaluate(rules, facts))


def applied(flip: Flip, facts: Facts, rules: Sequence[Rule]) -> tuple[Facts, tuple[Rule, ...]]:
    """Facts and rules once the flip is done."""
    return replace(facts, **flip.facts), tuple(rule for rule in rules if rule.name != flip.drops)


def _explained(rule: Rule | None, no: Objection, facts: Facts, layers: Sequence[Layer], origins: Mapping[str, str]) -> Explained:
    broken = rule is None or rule.flip is None or no.code == "AUTOSD-RULE-BROKEN"
    if rule is None or rule.flip is None or broken:
        return Explained(no, rule.sentence if rule else "", (Because("action", str(facts.action), "asked"),), (), None)
    flip = rule.flip(facts)
    because = tuple(Because(fact, _value(fact, facts), _origin(fact, facts, layers, origins)) for fact in flip.because)
    todo = tuple(each for step in flip.steps for each in _placed(step, flip, layers, origins))
    return Explained(no, rule.sentence, because, todo, flip)


def _value(fact: str, facts: Facts) -> str:
    value = said(facts.policy, fact.removeprefix("policy.")) if fact.startswith("policy.") else getattr(facts, fact)
    if fact == "presented":
        return "none" if value is None else str(value.id)
    if fact.startswith("policy."):
        return "no limit" if value is None else written(value)
    if isinstance(value, tuple | frozenset):
        return ", ".join(map(str, sorted(map(str, value)) if isinstance(value, frozenset) else value)) or "none"
    if isinstance(value, bool):
        return str(value).lower()
    if fact == "normal_mode" or fact == "write_canary":
        return ", ".join(f"{name}={_short(each)}" for name, each in vars(value).items())
    return str(value) if value not in (None, "") else "none"


def _short(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _origin(fact: str, facts: Facts, layers: Sequence[Layer], origins: Mapping[str, str]) -> str:
    if fact.startswith("policy."):
        where = fact.removeprefix("policy.")
        return ", ".join(f"{layer.name}: {layer.place}" for layer in deciders(layers, where)) or BUILT_IN
    if fact in SETTINGS:
        return f"setting {SETTINGS[fact]}: {origins.get(SETTINGS[fact], 'default')}"
    if fact == "switched_off":
        return ", ".join(f"setting {name}: {origins.get(name, 'default')}" for name in sorted(facts.switched_off)) or "unset"
    if fact in ("normal_mode", "write_canary"):
        return "settings, and the runs so far"
    return {"presented": "--preauth-grant", "halted": "autosd halt", "approvals_given": "approvals so far"}.get(fact, "asked")


def _placed(step: Step, flip: Flip, layers: Sequence[Layer], origins: Mapping[str, str]) -> tuple[Todo, ...]:
    """A policy's key becomes one step for each layer that says otherwise; a setting is changed where it was said."""
    if step.kind == "setting":
        origin = origins.get(step.name, "default")
        place = BY_NAME[step.name].env if origin == "default" else origin.removeprefix("environment ")
        return (Todo(step.kind, place, step.name, step.value, step.by),)
    if step.kind != "policy":
        return (Todo(step.kind, "", step.name, step.value, step.by),)
    where = FIELDS[step.name]
    lists = where == "allowed_paths"
    guilty = _with_list(step, flip, layers) if lists else in_the_way(layers, where, said(flip.facts["policy"], where))
    return tuple(Todo(step.kind, str(layer.place), step.name, step.value, _who(layer)) for layer in guilty)


def _with_list(step: Step, flip: Flip, layers: Sequence[Layer]) -> tuple[Layer, ...]:
    """The layers whose list of allowed paths this step widens: those whose words the wider list begins with."""
    wider: Policy = flip.facts["policy"]
    (globs,) = (each for each in dict.fromkeys(wider.allowed_paths) if written(each) == step.value)
    return tuple(layer for layer in layers if (own := layer.said.get("allowed_paths")) and globs[: len(own)] == own and globs != own)


def _who(layer: Layer) -> str:
    return {"repository": "whoever may change the repository", "organisation": OWNER}.get(layer.name, f"the owner of the {layer.name}")


def _sentence(todo: Todo) -> str:
    match todo.kind:
        case "setting":
            if todo.where.isupper():  # a variable of the environment
                return f"set {todo.where}={todo.value}" if todo.value else f"unset {todo.where}"
            return f"say {todo.name} = {todo.value or 'nothing'} ({todo.where})"
        case "policy":
            section, _, key = todo.name.rpartition(".")
            return f"[{section}] {key} = {todo.value}"
        case "grant":
            return f"a grant with {todo.name} {todo.value}".rstrip()
        case "approval":
            return f"{todo.name}: {todo.value} people"
        case "change":
            return f"the change {todo.name} {todo.value}" if todo.name == "without" else f"a change of at most {todo.value} {todo.name}"
        case "wait":
            return f"wait {todo.name} {todo.value}"
        case "site":
            return f"change or remove policy {todo.name}"
        case _:
            return f"{todo.name} {todo.value}".rstrip()
