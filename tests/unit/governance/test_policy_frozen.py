"""Frozen facts: what went into the record comes out of it, and nothing that was not put there."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from autosd.domain.actions import Action, Risk
from autosd.domain.decisions import NormalMode, WriteCanary
from autosd.domain.grants import Budgets, Capability, Grant, GrantUse, Presented, Reason, RequiredGates, Terms
from autosd.domain.policies import Leave, Policy
from autosd.governance.policy.frozen import from_json, to_json

from .conftest import NOON
from .test_rules import any_facts, facts

FULL = facts(
    Action.DEPLOY,
    risk=Risk.HIGH,
    policy=Policy(
        deploy_dev=Leave.NO, max_risk=Risk.LOW, allowed_paths=(("a/", "b/"), ("c/",)), budgets=Budgets(1), insisted=("deploy_dev",)
    ),
    presented=Presented(
        "g",
        Grant(
            "g",
            (
                Terms(
                    project_ids=frozenset({"shop", "till"}),
                    capabilities=frozenset({Capability.AUTO_PUSH}),
                    expires_at=NOON + timedelta(hours=1),
                    max_risk=Risk.LOW,
                    budgets=Budgets(max_deploys_per_day=2),
                    required_gates=RequiredGates(canary_required_for_prod=False),
                ),
            ),
            NOON,
            ids=("g",),
        ),
        use=GrantUse(3, 2, 1),
        uses=(GrantUse(3, 2, 1),),
    ),
    gates_passed=frozenset({"suite", "static"}),
    normal_mode=NormalMode(cooldown_until=NOON, allowed_risks=(Risk.LOW, Risk.HIGH), priority=0.25),
    write_canary=WriteCanary(2, 0.5),
    switched_off=frozenset({"landing.push"}),
    target=Path("/srv/shop/x.py"),
)


def thawed(asked: Any) -> Any:
    return from_json(json.loads(json.dumps(to_json(asked))))


def test_facts_with_everything_said_come_back_as_they_were() -> None:
    assert thawed(FULL) == FULL


def test_a_grant_that_could_not_be_read_keeps_its_reason() -> None:
    asked = facts(presented=Presented("g", reason=Reason.INVALID_SIGNATURE))
    assert thawed(asked) == asked


def test_only_what_was_said_is_kept() -> None:
    kept = to_json(facts())
    assert "halted" not in kept and "presented" not in kept and "lines" not in kept
    assert len(json.dumps(to_json(facts(policy=Policy())))) < 700


def test_the_same_facts_are_always_written_the_same() -> None:
    assert json.dumps(to_json(FULL)) == json.dumps(to_json(thawed(FULL)))


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"action": "commit"},
        {**to_json(FULL), "now": "yesterday"},
        {**to_json(FULL), "paths": "a.py"},
        {**to_json(FULL), "halted": "no"},
        {**to_json(FULL), "risk": "extreme"},
        {**to_json(FULL), "policy": {"auto_push": "maybe"}},
        {**to_json(FULL), "principal": "ada"},
    ],
)
def test_what_is_no_frozen_facts_is_told(data: Any) -> None:
    with pytest.raises((ValueError, StopIteration)):
        from_json(data)


def test_facts_that_no_longer_exist_are_left_out() -> None:
    assert from_json({**to_json(FULL), "phase_of_the_moon": 3}) == FULL


@settings(deadline=None, database=None, max_examples=200)
@given(any_facts)
def test_all_facts_come_back_as_they_were(asked: Any) -> None:
    assert thawed(asked) == asked
