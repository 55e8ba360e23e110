"""Explanations: exactly the rules that object, each with facts that are true, and a change that lifts it."""

from __future__ import annotations

import tomllib
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autosd.domain.decisions import Action, Facts, Objection, Principal
from autosd.domain.grants import Capability, Grant, Presented, RequiredGates, Terms
from autosd.domain.policies import Leave, Policy
from autosd.governance.first_rules import FIRST_RULES
from autosd.governance.policy.changing import FIELDS
from autosd.governance.policy.explain import applied, explain
from autosd.governance.policy.files import Layer, _value
from autosd.governance.policy.layers import met
from autosd.governance.rules import GOVERNED, Rule, evaluate

from .conftest import NOON
from .test_policy_layers import any_layers
from .test_rules import ROBOT, any_facts, facts

pytestmark = pytest.mark.slow

NAMES = {each.name for each in fields(Facts)}


def why(asked: Facts) -> Any:
    return explain(FIRST_RULES, asked, (), {})


@settings(deadline=None, database=None, max_examples=300)
@given(any_facts)
def test_an_explanation_names_exactly_the_rules_that_object(asked: Facts) -> None:
    objecting = [rule.name for rule in FIRST_RULES if asked.action in rule.actions and rule.check(asked) is not None]
    named = [each.objection.rule for each in why(asked) if each.objection.rule != "unknown_action"]
    assert named == objecting
    assert all(each.objection.code != "AUTOSD-RULE-BROKEN" for each in why(asked))


@settings(deadline=None, database=None, max_examples=600)
@given(any_facts)
def test_the_flip_lifts_the_objection_and_brings_no_other(asked: Facts) -> None:
    before = {each.objection.rule for each in why(asked)}
    for each in why(asked):
        if each.objection.rule == "unknown_action":
            assert each.flip is None
            continue
        assert each.flip is not None and each.flip.steps
        changed, rules = applied(each.flip, asked, FIRST_RULES)
        after = {objection.rule for objection in evaluate(rules, changed)}
        assert each.objection.rule not in after
        assert each.flip.asks_anew or after < before


@settings(deadline=None, database=None, max_examples=200)
@given(any_facts)
def test_doing_all_the_flips_one_after_another_ends_in_leave(asked: Facts) -> None:
    if asked.action == "teleport":
        return
    for _ in range(40):
        found = why(asked)
        if not found:
            return
        asked = applied(found[0].flip, asked, FIRST_RULES)[0]
    raise AssertionError([each.objection.code for each in found])


@settings(deadline=None, database=None, max_examples=200)
@given(any_facts)
def test_what_a_flip_changes_is_among_the_facts_that_the_objection_rests_on(asked: Facts) -> None:
    for each in why(asked):
        if each.flip is not None:
            behind = {because.fact.split(".")[0] for because in each.because}
            assert set(each.flip.facts) <= behind <= NAMES
            assert all(because.value and because.origin for because in each.because)


@settings(deadline=None, database=None, max_examples=300)
@given(any_facts, any_layers)
def test_doing_what_is_told_in_the_files_of_policy_lifts_the_objection(asked: Facts, layers: list[Layer]) -> None:
    layers = [replace(layer, name=f"layer{number}", place=Path(f"{number}.toml")) for number, layer in enumerate(layers)]
    asked = replace(asked, policy=met(layers))
    for each in explain(FIRST_RULES, asked, layers, {}):
        if each.flip is None or "policy" not in each.flip.facts:
            continue
        todo = [step for step in each.todo if step.kind == "policy"]
        assert todo
        said = {step.where: {} for step in todo}
        for step in todo:
            section, _, key = step.name.partition(".")
            said[step.where] |= {
                FIELDS[step.name]: _value(step.name, tomllib.loads(f"[{section}]\n{key} = {step.value}")[section][key], Path())
            }
        changed = [replace(layer, said={**layer.said, **said.get(str(layer.place), {})}) for layer in layers]
        after = evaluate(FIRST_RULES, replace(asked, policy=met(changed)))
        assert each.objection.rule not in {objection.rule for objection in after}


def test_every_rule_has_a_flip() -> None:
    assert [rule.name for rule in FIRST_RULES if rule.flip is None] == []


def test_a_rule_that_broke_or_an_unknown_action_has_no_flip() -> None:
    def broken(asked: Facts) -> Objection | None:
        raise ZeroDivisionError

    rules = (Rule("broken", "X", "Breaks.", GOVERNED, broken),)
    (found,) = explain(rules, facts(), (), {})
    assert found.flip is None and found.objection.code == "AUTOSD-RULE-BROKEN"
    assert why(facts("teleport"))[0].flip is None


@pytest.mark.parametrize(
    ("asked", "todo"),
    [
        (facts(kill_switch=True), "unset SELFCODING_ENABLED (the owner of this installation)"),
        (facts(principal=ROBOT), "set AUTOSD_ENABLED=true (the owner of this installation)"),
        (facts(halted=True), "autosd resume --project shop (whoever may resume it)"),
        (facts(dry_run=True), "set AUTOSD_DRY_RUN=false (the owner of this installation)"),
        (facts(policy=Policy(max_lines=5), lines=9), "a change of at most 5 lines"),
        (facts(Action.DEPLOY, environment="production", canary=True), "--env prod"),
        (facts(policy=Policy(approvals=2)), "autosd approvals approve: 2 people (2 people, none of whom asked for it)"),
        (facts(paths=("a.py", ".env")), "the change without .env"),
        (facts(paths=("a.rs",)), "set AUTOSD_GOVERNANCE_ALLOWED_SUFFIXES=.py,.md,.rs (the owner of this installation)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_flips_are_told_as_something_a_person_can_do(asked: Facts, todo: str) -> None:
    first = explain(FIRST_RULES, asked, (), {"enabled": "environment SELFCODING_ENABLED" if asked.kill_switch else "default"})[0]
    assert str(first.todo[0]) == todo


def test_a_grant_is_told_with_the_capability_it_has_to_name() -> None:
    (found,) = why(facts(Action.PUSH, allow_push=False))
    assert [str(todo) for todo in found.todo] == [
        "a grant with --project-ids shop (the owner of this installation)",
        "a grant with --auto-push (the owner of this installation)",
    ]


@settings(deadline=None, database=None, max_examples=100)
@given(any_facts, st.sampled_from(sorted(GOVERNED)))
def test_a_valid_grant_lifts_only_what_the_policy_marks_so(asked: Facts, action: Action) -> None:
    from autosd.governance.leave import leave_key, sufficient_grant

    asked = replace(asked, action=action, principal=Principal("ada", True))
    key = leave_key(asked)
    if key and getattr(asked.policy, key) is Leave.NO:
        shown = replace(asked, presented=sufficient_grant(asked))
        assert "policy" in {objection.rule for objection in evaluate(FIRST_RULES, shown)}


def test_what_only_lacks_its_proof_is_lifted_by_the_proof_and_not_by_another_grant() -> None:
    """A new grant, made as ``create-grant`` makes them, would ask for the same gates."""
    terms = Terms(capabilities=frozenset({Capability.AUTO_PUSH}), expires_at=NOON + timedelta(hours=1), required_gates=RequiredGates())
    shown = Presented("g", Grant("g", (terms,), NOON - timedelta(minutes=1), ids=("g",)))
    asked = facts(action=Action.PUSH, presented=shown, gates_passed=frozenset(), paths=("a.py",), require_grant=True)
    (found,) = [each for each in why(asked) if each.objection.rule == "grant_invalid"]
    assert found.objection.detail == "gates_not_met" and [todo.kind for todo in found.todo] == ["gates"]
    assert "grant_invalid" not in [each.objection.rule for each in why(applied(found.flip, asked, FIRST_RULES)[0])]
