"""``autosd policy`` as people use it: what it shows is what the road does, and doing what it says lifts what it names."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import projects
import pytest
from conftest import Cli

from autosd.testing import TinyRepository

Make = Callable[[Mapping[str, str]], TinyRepository]


@pytest.fixture
def shop(repository: Make, cli: Cli) -> Path:
    path = repository(projects.CLAMP).path
    assert cli("projects", "add", path, "--id", "shop").code == 0
    return path


def grant(cli: Cli, *options: str) -> str:
    done = cli("preauth", "create-grant", "--project-ids", "shop", "--expires-in-hours", "1", *options, "--json")
    assert done.code == 0, done.stderr
    return str(done.object["grant"]["grant_id"])


def why(cli: Cli, *words: str, **more: Any) -> dict[str, list[str]]:
    """Code -> the texts of its flip."""
    done = cli("policy", "explain", *words, "--project", "shop", "--json", **more)
    assert done.code == 0, done.stderr
    found = done.object["objections"]
    assert done.result == ("refused" if found else "permitted")
    return {each["code"]: [step["text"] for step in each["flip"]] for each in found}


def answers(cli: Cli, *words: str) -> dict[str, str]:
    done = cli("policy", "show", "--project", "shop", *words, "--json")
    assert done.code == 0, done.stderr
    return {" ".join(filter(None, (row["action"], row["environment"]))): row["answer"] for row in done.object["actions"]}


def test_looking_writes_nothing(cli: Cli, repository: Make, autosd_home: Path) -> None:
    repo = repository(projects.CLAMP)
    before = subprocess.run(["git", "status", "--porcelain", "--ignored"], cwd=repo.path, capture_output=True, check=True).stdout
    assert cli("policy", "show", "--project", repo.path).code == 0
    assert cli("policy", "explain", "push", "--project", repo.path).code == 0
    assert cli("policy", "replay").code == 0
    assert subprocess.run(["git", "status", "--porcelain", "--ignored"], cwd=repo.path, capture_output=True, check=True).stdout == before
    assert not (repo.path / ".autosd").exists()
    assert {path.name for path in autosd_home.rglob("*")} <= {"autosd.log"}


def test_what_is_shown_follows_policy_settings_and_grants(cli: Cli, shop: Path, autosd_home: Path) -> None:
    assert answers(cli)["push"] == "with grant" and answers(cli)["deploy prod"] == "with grant" and answers(cli)["commit"] == "yes"
    assert answers(cli, "--preauth-grant", grant(cli, "--auto-push"))["push"] == "yes"
    assert answers(cli, "--env", "dev").keys() >= {"deploy dev"} and "deploy prod" not in answers(cli, "--env", "dev")
    (autosd_home / "policy.toml").write_text("[gitops]\nauto_push = false\n[approvals]\nrequired = 1\n")
    shown = answers(cli, "--preauth-grant", grant(cli, "--auto-push"))
    assert shown["push"] == "no" and shown["commit"] == "with approval"
    told = cli("policy", "show", "--project", "shop", "--rules").stdout
    assert "AUTOSD-KILL-SWITCH" in told and "organisation" in told and "auto_push_blocked" in told


def test_an_invalid_grant_is_told_with_its_reason_and_exit_code_1(cli: Cli, shop: Path) -> None:
    id = grant(cli, "--auto-push", "--no-auto-deploy-staging")
    done = cli("policy", "show", "--preauth-grant", id, "--env", "staging")
    assert done.code == 1 and done.stdout.splitlines()[0] == "status: invalid" and "environment_not_allowed" in done.stdout
    assert cli("policy", "show", "--preauth-grant", id, "--env", "dev").code == 0
    assert cli("preauth", "revoke", id).code == 0
    done = cli("policy", "show", "--project", "shop", "--preauth-grant", id, "--json")
    assert done.code == 1 and done.object["reason"] == "grant_revoked" and done.object["grant_id"] == id


def test_doing_what_an_explanation_says_lifts_the_objection(cli: Cli, shop: Path, autosd_home: Path) -> None:
    (autosd_home / "policy.toml").write_text('[gitops]\nauto_push = false\n[limits]\nmax_risk = "low"\n')
    (shop / ".autosd").mkdir(exist_ok=True)
    (shop / ".autosd/policy.toml").write_text("[gitops]\nauto_push = false\n")
    asked = ["push", "--risk", "high", "--unattended", "--path", "a.rs"]
    found = why(cli, *asked)
    assert set(found) == {
        "AUTOSD-NOT-ENABLED",
        "AUTOSD-POLICY-BLOCKED",
        "AUTOSD-RISK-BLOCKED",
        "AUTOSD-POLICY-RISK",
        "AUTOSD-SUFFIX-NOT-ALLOWED",
    }
    env: dict[str, str] = {}
    for code in ("AUTOSD-NOT-ENABLED", "AUTOSD-RISK-BLOCKED", "AUTOSD-SUFFIX-NOT-ALLOWED"):
        (text,) = found[code]
        name, _, value = text.removeprefix("set ").partition(" (")[0].partition("=")
        env[name] = value
        assert code not in why(cli, *asked, env=env)
    places = [str(autosd_home / "policy.toml"), str(shop / ".autosd/policy.toml")]
    assert [any(place in text for text in found["AUTOSD-POLICY-BLOCKED"]) for place in places] == [True, True]
    for place in places:
        file = Path(place)
        file.write_text(file.read_text().replace("auto_push = false", "auto_push = true").replace('"low"', '"high"'))
    assert why(cli, *asked, env=env) == {}


def test_a_person_reads_rule_facts_and_flip(cli: Cli, shop: Path) -> None:
    told = cli("policy", "explain", "commit", "--project", "shop", "--path", ".github/ci.yml").stdout
    assert "[AUTOSD-PATH-PROTECTED]" in told and "protected_path:" in told and "because" in told and "to lift" in told
    assert cli("policy", "explain", "commit", "--project", "shop", "--path", "a.py").stdout.startswith("permitted")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["deploy", "--env", "production"], "AUTOSD-ENV-INVALID"),
        (["promote", "--from", "dev", "--to", "live"], "AUTOSD-TARGET-ENV-INVALID"),
        (["promote", "--from", "here", "--to", "dev"], "AUTOSD-ENV-INVALID"),
        (["rollback", "--env", "qa"], "AUTOSD-ENV-INVALID"),
        (["deploy", "--env", "prod", "--canary"], "AUTOSD-PREAUTH-REQUIRED"),
        (["heal", "--require-preauth"], "AUTOSD-PREAUTH-REQUIRED"),
        (["push", "--preauth-grant", "00000000-0000-0000-0000-000000000000"], "AUTOSD-PREAUTH-INVALID"),
        (["commit", "--normal-mode", "1"], "AUTOSD-SAFE-MODE"),
        (["merge_pr"], "AUTOSD-PREAUTH-REQUIRED"),
    ],
)
def test_the_guides_codes_come_first(cli: Cli, shop: Path, words: list[str], code: str) -> None:
    assert next(iter(why(cli, *words))) == code
    assert cli("policy", "explain", *words, "--project", "shop", "--check").code == 2


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["explain", "fly"], "AUTOSD-USAGE"),
        (["explain", "push", "--project", "nowhere"], "AUTOSD-PROJECT-UNKNOWN"),
        (["explain", "push", "--risk", "huge"], "AUTOSD-USAGE"),
        (["show", "--env", "qa"], "AUTOSD-ENV-INVALID"),
        (["show", "--project", ""], "AUTOSD-USAGE"),
        (["replay", "--policy", "none.toml"], "AUTOSD-POLICY-INVALID"),
        (["replay", "--settings", "none.toml"], "AUTOSD-SETTINGS-UNREADABLE"),
        (["replay", "--since", "soon"], "AUTOSD-USAGE"),
    ],
)
def test_wrong_input_is_told_in_one_line(cli: Cli, shop: Path, words: list[str], code: str) -> None:
    done = cli("policy", *words)
    assert done.code == 2 and done.stderr.startswith(f"[{code}]") and done.stderr.count("\n") == 1


def test_a_policy_that_is_not_understood_permits_nothing(cli: Cli, shop: Path, autosd_home: Path) -> None:
    (autosd_home / "policy.toml").write_text("[gitops]\nauto_psuh = true\n")
    for words in (["policy", "show", "--project", "shop"], ["fix", str(shop)]):
        done = cli(*words)
        assert done.code == 2 and "[AUTOSD-POLICY-INVALID]" in done.stderr and "Did you mean gitops.auto_push" in done.stderr


def test_a_sites_policy_objects_here_too(cli: Cli, shop: Path, autosd_home: Path) -> None:
    (autosd_home / "policy.d").mkdir()
    file = autosd_home / "policy.d/site.cedar"
    file.write_text('@id("small") @code("SITE-SMALL") forbid(principal, action == Action::"commit", resource) when { context.lines > 3 };')
    assert set(why(cli, "commit", "--lines", "4")) == {"SITE-SMALL"} and why(cli, "commit", "--lines", "3") == {}
    file.write_text("forbid(principal, action, resource) when { context.lins > 3 };")
    done = cli("policy", "explain", "commit", "--project", "shop")
    assert done.code == 2 and "[AUTOSD-CEDAR-INVALID]" in done.stderr and "site.cedar" in done.stderr
    assert "entity Principal" in cli("policy", "schema").stdout


def test_a_replay_of_the_record_says_what_other_rules_would_have_changed(cli: Cli, shop: Path, tmp_path: Path) -> None:
    assert cli("fix", shop, "--commit", "--test", "nothing-like-this").code in (0, 1, 2)
    same = cli("policy", "replay", "--json").object
    assert same["decisions"] >= 1 and same["different"] == [] and same["without_facts"] == 0
    other = tmp_path / "other.toml"
    other.write_text("enabled = false\n")
    off = cli("policy", "replay", "--settings", other, "--since", "1d", "--json").object
    assert off["would_be_refused"] == off["decisions"] and off["different"][0]["now"] == ["AUTOSD-KILL-SWITCH"]
    told = cli("policy", "replay", "--settings", other).stdout
    assert "decisions would have been different" in told and "AUTOSD-KILL-SWITCH" in told
