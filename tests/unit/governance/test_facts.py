"""From settings to facts: links are resolved here, and what is unset means the safe thing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from autosd.domain.decisions import Action, Facts, NormalMode, Risk, WriteCanary
from autosd.domain.errors import AutosdError
from autosd.governance.facts import NormalRun, build_facts, own_checkout
from autosd.governance.first_rules import FIRST_RULES
from autosd.governance.rules import evaluate
from autosd.settings import load_settings

from .conftest import NOON
from .test_rules import PERSON, ROBOT


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    return tmp_path / "shop"


def asked(repo: Path, env: dict[str, str] | None = None, action: Action = Action.COMMIT, principal: Any = PERSON, **more: Any) -> Facts:
    settings = load_settings({"AUTOSD_HOME": str(repo.parent / "home"), **(env or {})})
    return build_facts(settings, action, principal, "shop", repo, NOON, **more)


def codes(facts: Facts) -> list[str]:
    return [objection.code for objection in evaluate(FIRST_RULES, facts)]


def test_a_person_may_commit_to_the_repository_they_name_with_nothing_set(repo: Path) -> None:
    assert codes(asked(repo, paths=["a.py"])) == []


def test_unattended_work_with_nothing_set_is_refused_twice(repo: Path) -> None:
    assert codes(asked(repo, principal=ROBOT)) == ["AUTOSD-NOT-ENABLED", "AUTOSD-REPO-NOT-ALLOWED"]


def test_unattended_work_needs_the_flag_and_the_repository(repo: Path) -> None:
    env = {"ENABLE_SELF_CODING_ENGINE": "true", "SELF_CODING_ALLOWED_REPO_PREFIXES": str(repo)}
    assert codes(asked(repo, env, principal=ROBOT)) == []


def test_unset_and_explicitly_off_are_two_things(repo: Path) -> None:
    assert codes(asked(repo)) == []
    assert codes(asked(repo, {"SELFCODING_ENABLED": "0"})) == ["AUTOSD-KILL-SWITCH"]
    assert "AUTOSD-KILL-SWITCH" in codes(asked(repo, {"SELFCODING_ENABLED": "0", "ENABLE_SELF_CODING_ENGINE": "1"}))


def test_an_allowlist_binds_people_too(repo: Path) -> None:
    assert codes(asked(repo, {"SELF_CODING_ALLOWED_REPO_PREFIXES": str(repo.parent / "other")})) == ["AUTOSD-REPO-NOT-ALLOWED"]


def test_a_link_out_of_an_allowed_folder_leads_where_it_leads(repo: Path, tmp_path: Path) -> None:
    (tmp_path / "allowed").mkdir()
    (tmp_path / "allowed" / "link").symlink_to(repo)
    env = {"SELF_CODING_ALLOWED_REPO_PREFIXES": str(tmp_path / "allowed")}
    assert codes(asked(tmp_path / "allowed" / "link", env)) == ["AUTOSD-REPO-NOT-ALLOWED"]


def test_an_allowed_folder_that_is_a_link_allows_what_it_leads_to(repo: Path, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(repo)
    assert codes(asked(repo, {"SELF_CODING_ALLOWED_REPO_PREFIXES": str(tmp_path / "alias")})) == []


def test_a_relative_write_root_is_taken_from_the_project(repo: Path) -> None:
    env = {"SELF_IMPROVE_AUTO": "1", "SELFCODING_WRITE_ROOT": "gen"}
    assert codes(asked(repo, env, Action.WRITE, target=Path("gen/a.py"))) == []
    assert codes(asked(repo, env, Action.WRITE, target=Path("gen-evil/a.py"))) == ["AUTOSD-WRITE-ROOT"]
    assert codes(asked(repo, env, Action.WRITE, target=Path("gen/../a.py"))) == ["AUTOSD-WRITE-ROOT"]


def test_the_guides_write_root_holds_when_nothing_is_set(repo: Path) -> None:
    assert asked(repo).write_root == repo / "FlappyJournal/server/generated"


def test_a_link_out_of_the_write_root_is_seen_through(repo: Path, tmp_path: Path) -> None:
    (repo / "gen").mkdir()
    (tmp_path / "outside").mkdir()
    (repo / "gen" / "out").symlink_to(tmp_path / "outside")
    env = {"SELF_IMPROVE_AUTO": "1", "SELFCODING_WRITE_ROOT": str(repo / "gen")}
    assert "AUTOSD-WRITE-ROOT" in codes(asked(repo, env, Action.WRITE, target=Path("gen/out/a.py")))


def test_settings_reach_the_facts(repo: Path) -> None:
    env = {"DRY_RUN": "1", "SELF_CODING_ALLOW_HIGH_RISK": "1", "SELF_CODING_ENABLE_PUSH": "1", "SELF_CODING_ENABLE_PR": "1"}
    facts = asked(repo, {**env, "AUTOSD_GOVERNANCE_PROTECTED_PATHS": "docs/", "SELF_CODING_ALLOWED_FILE_SUFFIXES": ".js"})
    assert facts.dry_run and facts.allow_high_risk and facts.allow_push and facts.allow_pull_request and not facts.allow_direct_write
    assert facts.protected == ("docs/",) and facts.allowed_suffixes == (".js",)


def test_switches_have_three_states(repo: Path) -> None:
    assert codes(asked(repo, action=Action.PUSH)) == ["AUTOSD-PREAUTH-REQUIRED"]
    assert codes(asked(repo, {"SELF_CODING_ENABLE_PUSH": "1"}, Action.PUSH)) == []
    off = asked(repo, {"SELF_CODING_ENABLE_PUSH": "0", "SELF_IMPROVE_AUTO": "no"}, Action.PUSH, require_grant=True)
    assert off.switched_off == {"landing.push", "governance.direct_write"} and not off.allow_push and "AUTOSD-PUSH-OFF" in codes(off)


def test_a_switch_lifts_what_autosd_comes_with_but_not_what_a_layer_insists_on(repo: Path) -> None:
    (repo.parent / "home").mkdir()
    on = {"SELF_CODING_ENABLE_PUSH": "1"}
    (repo.parent / "home" / "policy.toml").write_text('[gitops]\nauto_push = "with_grant"\n')
    assert codes(asked(repo, on, Action.PUSH)) == ["AUTOSD-PREAUTH-REQUIRED"]
    (repo.parent / "home" / "policy.toml").write_text("[gitops]\nauto_push = true\n")
    assert codes(asked(repo, {}, Action.PUSH)) == []
    (repo / ".autosd").mkdir()
    (repo / ".autosd" / "policy.toml").write_text("[gitops]\nauto_push = false\n")
    assert codes(asked(repo, on, Action.PUSH)) == ["AUTOSD-POLICY-BLOCKED"]


def test_a_policy_that_cannot_be_read_permits_nothing(repo: Path) -> None:
    (repo / ".autosd").mkdir()
    (repo / ".autosd" / "policy.toml").write_text("[gitops]\nauto_push = maybe\n")
    with pytest.raises(AutosdError, match="nothing is permitted"):
        asked(repo)


def test_a_tenants_policy_counts_for_its_projects(repo: Path) -> None:
    folder = repo.parent / "home" / "tenants" / "acme"
    folder.mkdir(parents=True)
    (folder / "policy.toml").write_text("[leave]\ncommit = false\n")
    assert codes(asked(repo, tenant="acme")) == ["AUTOSD-POLICY-BLOCKED"] and codes(asked(repo, tenant="other")) == []


def test_the_settings_of_the_canary_and_of_normal_mode_reach_the_facts(repo: Path) -> None:
    env = {
        "CANARY_APPLY_RATE": "4",
        "CANARY_MAX_APPLIES_PER_DAY": "2",
        "SELFCODING_REQUIRE_APPROVAL": "1",
        "EXECUTION_MODE_DEFAULT": "normal",
        "ENABLE_NORMAL_MODE_CANARY": "false",
        "ENABLE_EXECUTOR_REAL_APPLY": "true",
        "ENABLE_EXPERIMENT_EXECUTOR": "false",
        "NORMAL_MODE_MAX_PER_HOUR": "3",
        "NORMAL_MODE_ALLOWED_RISK": "low,medium",
        "NORMAL_MODE_MIN_PRIORITY": "0.5",
        "NORMAL_MODE_COOLDOWN_SECONDS": "60",
    }
    loss = NOON - timedelta(seconds=30)
    facts = asked(repo, env, write_draw=0.2, writes_today=1, normal_run=NormalRun(0.7, 2, loss))
    assert facts.write_canary == WriteCanary(4, 0.2, 2, 1) and facts.require_approval
    until = loss + timedelta(seconds=60)
    assert facts.normal_mode == NormalMode(False, "normal", False, True, until, 2, 3, (Risk.LOW, Risk.MEDIUM), 0.7, 0.5)
    assert asked(repo, env).normal_mode is None


def test_a_loss_keeps_normal_mode_shut_until_the_cooldown_is_over(repo: Path) -> None:
    env = {"EXECUTION_MODE_DEFAULT": "normal", "ENABLE_EXECUTOR_REAL_APPLY": "true"}
    for ago, shut in ((1799, True), (1800, False)):
        run = NormalRun(1.0, 0, NOON - timedelta(seconds=ago))
        assert ("AUTOSD-COOLDOWN-ACTIVE" in codes(asked(repo, env, normal_run=run))) is shut


def test_the_own_checkout_is_the_one_the_package_lies_in() -> None:
    root = Path(__file__).resolve().parents[3]
    assert own_checkout() == ((root,) if (root / ".git").exists() else ())
