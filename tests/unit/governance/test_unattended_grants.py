"""Where nothing but a grant lets unattended work act, the grant has to name what is done."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autosd.domain.actions import Action
from autosd.domain.grants import Capability, Presented, capability_for
from autosd.governance.first_rules import FIRST_RULES
from autosd.governance.rules import evaluate

from .grant_kit import REPO, facts, grant

ACTIONS = [Action.COMMIT, Action.ROLLBACK, Action.HEAL, Action.PUSH, Action.WRITE]


def objections(action: Action, *named: Capability, enabled: bool = False) -> list[str]:
    shown = Presented("g", grant(capabilities=frozenset(named)))
    asked = replace(facts(action), presented=shown, enabled=enabled, allowed_repos=(REPO,), allowed_suffixes=(".py",), allow_push=enabled)
    return [each.message.split(":")[0] for each in evaluate(FIRST_RULES, asked) if each.code == "AUTOSD-PREAUTH-INVALID"]


@pytest.mark.parametrize("action", ACTIONS)
def test_a_grant_for_something_else_is_no_leave(action: Action) -> None:
    needed = capability_for(action)
    assert needed is not None
    assert objections(action, Capability.AUTO_MERGE_PR) == ["capability_not_allowed"]
    assert objections(action, needed) == []


@pytest.mark.parametrize("action", [Action.BUILD, Action.ARTIFACT])
def test_any_grant_for_the_project_lets_work_be_done_and_shown(action: Action) -> None:
    assert objections(action, Capability.AUTO_MERGE_PR) == []


def test_where_unattended_work_is_switched_on_a_commit_needs_no_grant() -> None:
    assert objections(Action.COMMIT, Capability.AUTO_MERGE_PR, enabled=True) == []
