"""Each reason why a grant is no leave: its word, its order, and that nothing else is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from autosd.domain.actions import Action, Risk
from autosd.domain.decisions import Facts
from autosd.domain.grants import Budgets, Capability, Grant, GrantUse, Presented, Reason, RequiredGates, Terms, capability_for
from autosd.governance.grants.verdict import refusal, unmet

from .conftest import NOON
from .grant_kit import HOUR, REPO, TERMS, facts, grant, shown


def word(held: Grant, asked: Facts, **use: int) -> str:
    found = refusal(shown(held, **use), asked)
    return found[0] if found else "ok"


@pytest.mark.parametrize("action", list(Action))
def test_a_grant_that_names_everything_covers_every_action(action: Action) -> None:
    assert word(grant(), facts(action)) == "ok"


@pytest.mark.parametrize(
    "action", [action for action in Action if capability_for(action) is not None and action not in (Action.DEPLOY, Action.PROMOTE)]
)
def test_without_its_capability_an_action_is_refused(action: Action) -> None:
    without = frozenset(Capability) - {capability_for(action)}
    assert word(grant(capabilities=without), facts(action)) == "capability_not_allowed"
    assert word(grant(Terms(capabilities=without)), facts(action)) == "capability_not_allowed"


@pytest.mark.parametrize("action", [Action.DEPLOY, Action.PROMOTE])
@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_a_deploy_needs_its_environments_own_right_and_has_s3s_word_for_it(action: Action, environment: str) -> None:
    named = grant(capabilities=frozenset({Capability(f"auto_deploy_{environment}")}))
    assert word(named, facts(action, environment=environment)) == "ok"
    others = frozenset(Capability) - {Capability(f"auto_deploy_{environment}")}
    assert word(grant(capabilities=others), facts(action, environment=environment)) == "environment_not_allowed"


@pytest.mark.parametrize("action", [Action.ROLLBACK, Action.HEAL])
def test_a_rollback_or_heal_needs_no_right_to_deploy(action: Action) -> None:
    """S3's own system refuses these; that is a defect of it."""
    only = grant(capabilities=frozenset({capability_for(action)}))
    assert word(only, facts(action, environment="staging")) == "ok"
    assert word(replace(only, terms=(replace(only.terms[0], environments=frozenset({"dev"})),)), facts(action, environment="staging")) == (
        "environment_not_allowed"
    )
    assert word(replace(only, terms=(replace(only.terms[0], environments=frozenset({"dev"})),)), facts(action)) == "environment_not_allowed"


CASES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("grant_expired", {}, {"now": NOON + HOUR}),
    ("grant_expired", {}, {"now": NOON + 9 * HOUR}),
    ("grant_not_yet_valid", {"not_before": NOON + timedelta(seconds=1)}, {}),
    ("grant_not_yet_valid", {}, {"now": NOON - timedelta(minutes=6)}),
    ("invalid_expiry", {"expires_at": None}, {}),
    ("invalid_expiry", {"expires_at": NOON}, {}),
    ("invalid_expiry", {"expires_at": NOON + timedelta(days=91)}, {}),
    ("project_out_of_scope", {}, {"project": "blog"}),
    ("project_out_of_scope", {"project_ids": frozenset()}, {}),
    ("project_out_of_scope", {"domains": frozenset({"web"})}, {}),
    ("environment_not_allowed", {}, {"action": Action.DEPLOY, "environment": "qa"}),
    ("environment_not_allowed", {}, {"action": Action.DEPLOY, "environment": ""}),
    ("environment_not_allowed", {"environments": frozenset({"dev"})}, {"action": Action.DEPLOY, "environment": "prod"}),
    ("capability_not_allowed", {}, {"action": "unheard_of"}),
    ("path_out_of_scope", {"paths": ("docs/**",)}, {}),
    ("path_out_of_scope", {"paths": ("src/**",)}, {"paths": ("src/a.py", "b.py")}),
    ("path_out_of_scope", {"paths": ("**",)}, {"paths": ()}),
    ("path_out_of_scope", {}, {"paths": ("src/../../x",)}),
    ("path_out_of_scope", {}, {"paths": ("/etc/passwd",)}),
    ("path_out_of_scope", {}, {"paths": ("a\0b",)}),
    ("path_out_of_scope", {}, {"action": Action.WRITE, "target": Path("/etc/passwd")}),
    ("path_out_of_scope", {"paths": ("src/**",)}, {"action": Action.WRITE, "paths": (), "target": REPO / "lib/x.py"}),
    ("risk_out_of_scope", {"max_risk": Risk.LOW}, {"risk": Risk.MEDIUM}),
    ("too_many_lines", {"max_lines": 2}, {}),
    ("gates_not_met", {}, {"gates_passed": frozenset()}),
    ("gates_not_met", {"required_gates": RequiredGates(security_scan_mode="required")}, {}),
    ("gates_not_met", {}, {"action": Action.DEPLOY, "environment": "prod", "canary": False}),
]  # fmt: skip


@pytest.mark.parametrize(("expected", "terms", "asked"), CASES)
def test_what_is_not_covered_has_its_word(expected: str, terms: dict[str, Any], asked: dict[str, Any]) -> None:
    assert word(grant(**terms), facts(**{"action": Action.COMMIT, **asked})) == expected


@pytest.mark.parametrize(("expected", "terms", "asked"), [case for case in CASES if case[1] and "expiry" not in case[0]])
def test_a_narrowing_block_counts_like_the_first(expected: str, terms: dict[str, Any], asked: dict[str, Any]) -> None:
    assert word(grant(Terms(**terms)), facts(**{"action": Action.COMMIT, **asked})) == expected


@pytest.mark.parametrize(
    "changes",
    [{"capabilities": frozenset(Capability)}, {"paths": ("**",)}, {"expires_at": NOON + 9 * HOUR}, {"project_ids": frozenset({"blog"})}],
)
def test_a_block_that_claims_more_takes_nothing_back(changes: dict[str, Any]) -> None:
    narrow = grant(Terms(**changes), capabilities=frozenset(), paths=("src/**",))
    assert word(narrow, facts()) != "ok"
    assert word(narrow, facts(now=NOON + 2 * HOUR)) == "grant_expired"


@pytest.mark.parametrize(("action", "use", "expected"), [
    (Action.COMMIT, {"uses": 2}, "uses_exhausted"),
    (Action.BUILD, {"uses": 2}, "uses_exhausted"),
    (Action.DEPLOY, {"deploys_today": 20}, "budget_exhausted"),
    (Action.DEPLOY, {"deploys_today": 19}, "ok"),
    (Action.COMMIT, {"deploys_today": 20}, "ok"),
    (Action.MERGE_PR, {"merges_today": 10}, "budget_exhausted"),
    (Action.COMMIT, {"failures_in_a_row": 5}, "budget_exhausted"),
    (Action.ROLLBACK, {"failures_in_a_row": 5}, "ok"),
])  # fmt: skip
def test_uses_and_budgets_are_held_against_the_record(action: Action, use: dict[str, int], expected: str) -> None:
    assert word(grant(max_uses=2), facts(action), **use) == expected


def test_an_incident_has_a_number_of_patches() -> None:
    assert word(grant(), facts(Action.HEAL, patches_of_incident=3)) == "budget_exhausted"
    assert word(grant(Terms(budgets=Budgets(max_patches_per_incident=1))), facts(Action.HEAL, patches_of_incident=1)) == "budget_exhausted"


def test_a_childs_limit_is_held_against_its_own_use_and_the_parents_against_all() -> None:
    child = grant(Terms(max_uses=1), max_uses=5)
    counted = Presented(child.id, child, uses=(GrantUse(4), GrantUse(0)))
    assert refusal(counted, facts()) is None
    assert refusal(replace(counted, uses=(GrantUse(5), GrantUse(0))), facts()) is not None
    assert refusal(replace(counted, uses=(GrantUse(4), GrantUse(1))), facts()) is not None
    assert refusal(Presented(child.id, child, use=GrantUse(1)), facts()) is not None  # without counts of its own the family's count


def test_a_clock_that_is_a_little_ahead_is_no_reason() -> None:
    assert word(grant(), facts(now=NOON - timedelta(minutes=5))) == "ok"


def test_break_glass_ends_after_two_hours() -> None:
    assert word(replace(grant(), break_glass=True), facts()) == "ok"
    long = replace(grant(expires_at=NOON + 3 * HOUR), break_glass=True)
    assert word(long, facts()) == "invalid_expiry"


@pytest.mark.parametrize("reason", list(Reason))
def test_what_could_not_be_read_keeps_its_word(reason: Reason) -> None:
    assert refusal(Presented("x", grant(), reason), facts())[0] is reason  # type: ignore[index]
    assert refusal(Presented("x"), facts())[0] is Reason.GRANT_NOT_FOUND  # type: ignore[index]


def test_all_reasons_are_told_in_the_order_of_the_words() -> None:
    held = grant(project_ids=frozenset(), capabilities=frozenset(), paths=("x",), max_risk=Risk.LOW, max_lines=0, max_uses=0)
    broken = facts(risk=Risk.HIGH, now=NOON + 2 * HOUR, gates_passed=frozenset())
    words = [reason for reason, _ in unmet(shown(held, failures_in_a_row=9), broken)]
    assert words == sorted(words, key=list(Reason).index) and len(words) == 9
    assert unmet(shown(grant()), facts()) == ()
    assert TERMS.project_ids == frozenset({"shop"})
