"""Rules of leave: policy, grants, self-changes, S0's write canary and S4's normal mode, each with the guides' words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from autosd.domain.decisions import Action, NormalMode, WriteCanary
from autosd.domain.grants import Presented, Reason
from autosd.domain.policies import Leave, Policy
from autosd.governance.first_rules import FIRST_RULES
from autosd.governance.leave import sufficient_grant
from autosd.governance.results import result_of
from autosd.governance.rules import evaluate

from .conftest import NOON
from .test_rules import ROBOT, codes, facts

NORMAL = NormalMode(default_mode="normal", real_apply=True, priority=0.95)


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        (replace(NORMAL, executor=False), "executor_disabled"),
        (NormalMode(executor=True), "default_safe_mode"),
        (replace(NORMAL, canary_enabled=False, real_apply=False), "canary_disabled"),
        (replace(NORMAL, real_apply=False, runs_last_hour=9), "real_apply_disabled"),
        (replace(NORMAL, cooldown_until=NOON + timedelta(seconds=1), runs_last_hour=9), "cooldown_active"),
        (replace(NORMAL, runs_last_hour=1, allowed_risks=()), "hourly_quota_exceeded"),
        (replace(NORMAL, files=2, max_files=1), "too_many_patches"),
        (replace(NORMAL, allowed_risks=(), priority=0.1), "risk_not_allowed:low"),
        (replace(NORMAL, priority=0.89), "priority_below_canary_threshold"),
        (replace(NORMAL, priority=float("nan")), "priority_below_canary_threshold"),
    ],
)
def test_normal_mode_is_refused_with_the_first_reason_of_the_runbook(mode: NormalMode, reason: str) -> None:
    assert str(result_of(evaluate(FIRST_RULES, facts(normal_mode=mode)))) == f"refused:{reason}"
    assert codes(facts(Action.ARTIFACT, normal_mode=mode)) == []


def test_normal_mode_is_possible_when_everything_says_so() -> None:
    assert codes(facts(normal_mode=NORMAL)) == [] == codes(facts(normal_mode=replace(NORMAL, cooldown_until=NOON)))


@pytest.mark.parametrize(
    ("canary", "word"),
    [
        (WriteCanary(rate=2), "canary_not_drawn"),
        (WriteCanary(rate=2, draw=0.5), "canary_not_drawn"),
        (WriteCanary(rate=2, draw=0.49), ""),
        (WriteCanary(rate=1, draw=0.999), ""),
        (WriteCanary(per_day=3, today=3), "daily_cap"),
        (WriteCanary(per_day=3, today=2), ""),
    ],
)
def test_a_denied_canary_wins_over_the_switch(canary: WriteCanary, word: str) -> None:
    found = evaluate(FIRST_RULES, facts(Action.WRITE, write_canary=canary, allow_direct_write=True))
    assert [objection.detail for objection in found] == ([word] if word else [])
    assert codes(facts(Action.COMMIT, write_canary=canary)) == []


@pytest.mark.parametrize(
    ("key", "action", "environment", "word"),
    [
        ("deploy_prod", Action.DEPLOY, "prod", "prod_deploy_blocked"),
        ("deploy_staging", Action.PROMOTE, "staging", "staging_deploy_blocked"),
        ("deploy_dev", Action.DEPLOY, "dev", "dev_deploy_blocked"),
        ("auto_push", Action.PUSH, "", "auto_push_blocked"),
        ("auto_merge", Action.MERGE_PR, "", "auto_merge_blocked"),
        ("publish", Action.PUBLISH, "", "app_store_blocked"),
    ],
)
def test_what_the_policy_blocks_has_the_guides_word(key: str, action: Action, environment: str, word: str) -> None:
    asked = facts(action, environment=environment, canary=True, policy=Policy(**{key: Leave.NO}))
    asked = replace(asked, presented=sufficient_grant(asked))
    assert [objection.detail for objection in evaluate(FIRST_RULES, asked)] == [word]
    assert str(result_of(evaluate(FIRST_RULES, asked))) == f"refused:{word}"


def test_a_self_change_may_be_proposed_and_is_taken_over_only_with_two_people() -> None:
    for action in (Action.ARTIFACT, Action.PUSH, Action.OPEN_PR):
        assert codes(facts(action, paths=("ci/a.py",))) == []
    for yeses, found in ((0, True), (1, True), (2, False)):
        assert ("AUTOSD-PATH-PROTECTED" in codes(facts(paths=("ci/a.py",), approvals_given=yeses))) is found
    loose = Policy(approvals_for_self_changes=0)
    assert codes(facts(paths=("ci/a.py",), approvals_given=1, policy=loose)) == ["AUTOSD-PATH-PROTECTED"]
    assert codes(facts(self_change=True)) == ["AUTOSD-PATH-PROTECTED"]


@pytest.mark.parametrize("path", [".git/config", "sub/.GIT/hooks/x.py", ".git"])
def test_nobody_can_give_leave_for_gits_own_folder(path: str) -> None:
    assert "AUTOSD-PATH-BLOCKED" in codes(facts(paths=(path,), approvals_given=9))


def test_unattended_work_with_a_grant_for_the_project_needs_no_switch() -> None:
    asked = facts(principal=ROBOT)
    shown = replace(asked, presented=sufficient_grant(asked))
    assert codes(shown) == [] and codes(replace(shown, kill_switch=True)) == ["AUTOSD-KILL-SWITCH"]
    assert codes(replace(shown, policy=Policy(unattended=Leave.NO))) == ["AUTOSD-NOT-ENABLED"]
    assert codes(replace(asked, policy=Policy(unattended=Leave.YES))) == []
    assert codes(replace(asked, enabled=True, policy=Policy(insisted=("unattended",)))) == ["AUTOSD-NOT-ENABLED"]


def test_an_invalid_grant_is_refused_with_its_word_first_also_where_none_is_needed() -> None:
    asked = facts(presented=Presented("g", reason=Reason.GRANT_EXPIRED))
    (objection,) = evaluate(FIRST_RULES, asked)
    assert objection.code == "AUTOSD-PREAUTH-INVALID" and objection.message.startswith("grant_expired: ")


def test_a_grant_that_names_other_things_does_not_stand_in_the_way_of_what_needs_none() -> None:
    asked = facts(Action.PUSH, allow_push=False)
    pushing = replace(asked, presented=sufficient_grant(asked))
    assert codes(pushing) == []
    assert codes(facts(Action.COMMIT, presented=pushing.presented)) == []
    assert codes(facts(Action.MERGE_PR, presented=pushing.presented, policy=Policy())) == ["AUTOSD-PREAUTH-INVALID"]
