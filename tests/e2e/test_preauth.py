"""``autosd preauth`` as a person types it: every command, with right input and wrong."""

from __future__ import annotations

import json
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import Cli, Ran

UNKNOWN = "123e4567-e89b-42d3-a456-426614174000"
DEFAULTS = {"auto_deploy_dev", "auto_deploy_staging", "auto_rollback", "auto_heal"}
LEAST = ("--project-ids", "shop", "--no-defaults", "--auto-commit")


def create(cli: Cli, *words: str, hours: str = "2") -> dict[str, Any]:
    ran = cli("preauth", "create-grant", *words, "--expires-in-hours", hours, "--json")
    assert (ran.code, ran.result) == (0, "created"), ran
    return ran.object


def id_of(made: dict[str, Any]) -> str:
    return str(made["grant"]["grant_id"])


def refused(ran: Ran, code: str, word: str = "") -> None:
    assert ran.code == 2 and ran.stderr.startswith(f"[{code}] ") and word in ran.stderr and " Hint: " in ran.stderr, ran
    assert ran.stderr.count("\n") == 1, "one line"


def names(grant: dict[str, Any]) -> set[str]:
    return {name for name, on in grant["capabilities"].items() if on}


def test_from_nothing_to_a_narrow_grant_and_back(cli: Cli, autosd_home: Path) -> None:
    assert cli("preauth", "init-keys").stdout.startswith("Made the keys")
    assert cli("preauth", "init-keys", "--json").result == "kept"
    assert cli("preauth", "list").stdout == "No grants found.\n"
    private = autosd_home / "preauth/keys/private_key.pem"
    assert stat.S_IMODE(private.stat().st_mode) == 0o600 and b"PRIVATE KEY" in private.read_bytes()

    made = create(cli, *LEAST, "--paths", "src/**", "--max-lines", "50")
    parent = id_of(made)
    assert names(made["grant"]) == {"auto_commit"} and made["grant"]["scope"]["project_ids"] == ["shop"]
    child = cli("preauth", "narrow", parent, "--paths", "src/cart/**", "--max-uses", "1", "--json").object
    assert child["grant"]["parent"] == parent and child["grant"]["scope"]["paths"] == [["src/**"], ["src/cart/**"]]
    assert cli("preauth", "show", parent, "--token").stdout.strip() == made["token"]
    assert cli("preauth", "verify", child["token"], "--json").result == "valid"

    listed = cli("preauth", "list", "--active-only", "--json").object["grants"]
    assert {each["grant_id"] for each in listed} == {parent, id_of(child)} and {each["state"] for each in listed} == {"active"}
    assert cli("preauth", "revoke", parent, "--reason", "done").stdout == f"Revoked grant {parent}.\n"
    assert cli("preauth", "list", "--active-only").stdout == "No grants matched the selected filters.\n"
    assert "by" in cli("preauth", "show", id_of(child)).stdout
    for name in (parent, id_of(child), child["token"]):
        refused(cli("preauth", "verify", name), "AUTOSD-PREAUTH-INVALID", "grant_revoked")
    assert cli("audit", "verify", "--json").result == "ok"
    kinds = [json.loads(line)["kind"] for line in (autosd_home / "audit.log.jsonl").read_text().splitlines()]
    assert kinds == ["keys_made", "granted", "narrowed", "revoked"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), DEFAULTS),
        (("--auto-deploy-dev", "--auto-deploy-staging", "--no-auto-deploy-prod"), DEFAULTS),
        (("--auto-deploy-prod", "--no-auto-heal"), {"auto_deploy_dev", "auto_deploy_staging", "auto_deploy_prod", "auto_rollback"}),
        (("--no-defaults",), set()),
        (("--no-defaults", "--auto-push", "--auto-merge-pr"), {"auto_push", "auto_merge_pr"}),
    ],
)  # fmt: skip
def test_rights_are_the_guides_defaults_and_what_is_named(cli: Cli, words: tuple[str, ...], expected: set[str]) -> None:
    assert names(create(cli, "--project-ids", "shop,blog", *words)["grant"]) == expected


def test_limits_are_what_was_said(cli: Cli) -> None:
    words = ("--max-uses", "3", "--max-lines", "40", "--max-risk", "medium", "--environments", "dev,staging", "--max-deploys-per-day", "2")
    grant = create(cli, *LEAST, *words, "--not-before", "2026-01-01T00:00+02:00")["grant"]
    assert (grant["max_uses"], grant["max_lines"], grant["max_risk"], grant["budgets"]["max_deploys_per_day"]) == (3, 40, "medium", 2)
    assert grant["scope"]["environments"] == ["dev", "staging"] and grant["not_before"] == "2025-12-31T22:00:00Z"
    child = cli("preauth", "narrow", id_of({"grant": grant}), "--max-uses", "1", "--quiet").stdout.strip()
    shown = cli("preauth", "show", child, "--json").object["grant"]
    assert shown["max_uses"] == 1 and shown["max_lines"] == 40 and shown["budgets"] == grant["budgets"]
    refused(cli("preauth", "create-grant", "--expires-in-hours", "1", "--max-uses", "9" * 12), "AUTOSD-GRANT-INVALID", "out of bounds")


def test_without_projects_a_grant_is_for_all_and_says_so(cli: Cli) -> None:
    ran = cli("preauth", "create-grant", "--expires-in-hours", "1")
    assert ran.code == 0 and "every project" in ran.stderr and "every project" in ran.stdout
    assert create(cli, "--project-ids", "b,a", "--project-ids", "c")["grant"]["scope"]["project_ids"] == ["a", "b", "c"]


def test_breaking_glass_is_loud_and_short(cli: Cli, autosd_home: Path) -> None:
    ran = cli("preauth", "create-grant", "--project-ids", "shop", "--auto-deploy-prod", "--break-glass", "--expires-in-hours", "2")
    assert ran.code == 0 and ran.stderr.startswith("BREAK GLASS: ") and "BREAK GLASS" in ran.stdout
    assert json.loads((autosd_home / "audit.log.jsonl").read_text().splitlines()[-1])["break_glass_used"] is True
    refused(cli("preauth", "create-grant", "--break-glass", "--expires-in-hours", "2.5"), "AUTOSD-GRANT-TOO-LONG")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--expires-in-hours", "0"), "AUTOSD-GRANT-HOURS"),
        (("--expires-in-hours", "-1"), "AUTOSD-GRANT-HOURS"),
        (("--expires-in-hours", "nan"), "AUTOSD-GRANT-HOURS"),
        (("--expires-in-hours", "inf"), "AUTOSD-GRANT-TOO-LONG"),
        (("--expires-in-hours", "2161"), "AUTOSD-GRANT-TOO-LONG"),
        (("--expires-in-hours", "soon"), "AUTOSD-USAGE"),
        ((), "AUTOSD-USAGE"),
        (("--expires-in-hours", "1", "--project-ids", "../x"), "AUTOSD-PROJECT-ID"),
        (("--expires-in-hours", "1", "--project-ids", "a,*"), "AUTOSD-PROJECT-ID"),
        (("--expires-in-hours", "1", "--project-ids", ""), "AUTOSD-USAGE"),
        (("--expires-in-hours", "1", "--paths", "/etc/**"), "AUTOSD-GRANT-PATH"),
        (("--expires-in-hours", "1", "--paths", "a/../b"), "AUTOSD-GRANT-PATH"),
        (("--expires-in-hours", "1", "--environments", "qa"), "AUTOSD-ENV-INVALID"),
        (("--expires-in-hours", "1", "--not-before", "tomorrow"), "AUTOSD-USAGE"),
        (("--expires-in-hours", "1", "--not-before", "2999-01-01"), "AUTOSD-GRANT-HOURS"),
        (("--expires-in-hours", "1", "--max-uses", "0"), "AUTOSD-USAGE"),
        (("--expires-in-hours", "1", "--max-risk", "none"), "AUTOSD-USAGE"),
        (("--expires-in-hours", "1", "--issuer", "a\nb"), "AUTOSD-GRANT-INVALID"),
    ],
)
def test_a_grant_that_makes_no_sense_is_one_line(cli: Cli, words: tuple[str, ...], code: str, autosd_home: Path) -> None:
    refused(cli("preauth", "create-grant", *words), code)
    assert not (autosd_home / "preauth/grants").exists()


@pytest.mark.parametrize("command", ["show", "verify", "revoke", "narrow"])
@pytest.mark.parametrize("id", [UNKNOWN, "../../../etc/passwd", "x", UNKNOWN.upper()])
def test_what_is_no_grant_is_not_found_by_any_command(cli: Cli, command: str, id: str) -> None:
    ran = cli("preauth", command, id, *(("--max-uses", "1") if command == "narrow" else ()))
    refused(ran, "AUTOSD-PREAUTH-INVALID", "grant_not_found")


def test_a_child_cannot_ask_for_more(cli: Cli) -> None:
    parent = id_of(create(cli, *LEAST))
    for words in (("--auto-push",), ("--project-ids", "blog"), ("--expires-in-hours", "3")):
        refused(cli("preauth", "narrow", parent, *words), "AUTOSD-GRANT-WIDER")
    refused(cli("preauth", "narrow", parent), "AUTOSD-GRANT-SAME")
    assert names(cli("preauth", "narrow", parent, "--no-auto-commit", "--json").object["grant"]) == set()


def test_a_colleague_narrows_a_token_without_any_key(cli: Cli, tmp_path: Path) -> None:
    token = create(cli, *LEAST)["token"]
    elsewhere = {"AUTOSD_HOME": str(tmp_path / "colleague")}
    done = subprocess.run(
        cli.argv("preauth", "narrow", "-", "--max-uses", "1", "--json"),
        input=token, env={**cli.env, **elsewhere}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    child = json.loads(done.stdout)
    refused(cli("preauth", "verify", child["token"], env=elsewhere), "AUTOSD-PREAUTH-INVALID", "public_key_missing")
    assert cli("preauth", "verify", child["token"], "--json").object["grant"]["max_uses"] == 1
    assert cli("preauth", "revoke", child["token"], "--json").object["grant_id"] == id_of(child)


def test_keys_rotate_and_a_leaked_one_is_dropped(cli: Cli) -> None:
    made = id_of(create(cli, *LEAST))
    assert len(cli("preauth", "rotate-keys", "--json").object["public_keys"]) == 2
    assert cli("preauth", "verify", made).code == 0
    assert cli("preauth", "rotate-keys", "--drop-old").stdout.endswith("No earlier grant counts any more.\n")
    refused(cli("preauth", "verify", made), "AUTOSD-PREAUTH-INVALID", "invalid_signature")
    assert cli("preauth", "list", "--json").object["grants"][0]["state"] == "invalid"


def test_a_home_that_is_open_to_others_or_a_link_is_refused(cli: Cli, tmp_path: Path) -> None:
    loose = tmp_path / "loose"
    loose.mkdir(mode=0o755)
    refused(cli("preauth", "init-keys", env={"AUTOSD_PREAUTH_HOME": str(loose)}), "AUTOSD-KEY-PERMISSIONS", "chmod 700")
    loose.chmod(0o700)
    (tmp_path / "link").symlink_to(loose)
    refused(cli("preauth", "init-keys", env={"AUTOSD_PREAUTH_HOME": str(tmp_path / "link")}), "AUTOSD-KEY-INVALID", "link")
    assert cli("preauth", "init-keys", env={"AUTOSD_PREAUTH_HOME": str(loose)}).code == 0
