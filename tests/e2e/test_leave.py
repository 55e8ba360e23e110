"""Leave, from one end to the other: what people say yes to, and what stops work that is already running. Real git, store, sandbox."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import projects
import pytest
from conftest import Cli, Walk

from autosd.testing import TinyRepository

Make = Callable[[Mapping[str, str]], TinyRepository]
OTHER = "OTHER = 1\n\n\n"
ASK: dict[str, object] = {"governance.require_approval": True}


@pytest.fixture
def ann(tmp_path: Path, autosd_home: Path) -> Callable[[Cli, str], None]:
    """``ann(cli, proposal)``: Ann, who has no account here, says yes with her own key."""
    key = tmp_path / "ann"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    autosd_home.mkdir(exist_ok=True, mode=0o700)
    (autosd_home / "approvers").write_text(f"ann {' '.join(key.with_suffix('.pub').read_text().split()[:2])}\n")

    def say_yes(cli: Cli, proposal: str) -> None:
        question = tmp_path / "question"
        question.write_text(cli("approvals", "statement", proposal).stdout)
        signature = question.with_suffix(".sig")
        signature.unlink(missing_ok=True)
        subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-n", "autosd-approval", "-f", key, question], check=True)
        done = cli("approvals", "approve", proposal, "--by", "ann", "--signature", signature, "--json")
        assert (done.code, done.result) == (0, "approved"), done

    return say_yes


def waiting(cli: Cli) -> list[str]:
    return [each["proposal"] for each in cli("approvals", "list", "--json").object["approvals"]]


def test_a_yes_lands_the_change_and_a_rebase_over_other_work_keeps_it(walk: Walk, repository: Make, cli: Cli, ann) -> None:
    repo = repository(projects.CLAMP)
    asked = walk(repo.path, projects.CLAMP_FIXED, commit=True, options=ASK)
    assert str(asked.result) == "refused:approval" and asked.artifacts and asked.commit is None
    assert [o.code for o in asked.objections] == ["AUTOSD-APPROVAL-REQUIRED"]
    (proposal,) = waiting(cli)
    again = walk(repo.path, projects.CLAMP_FIXED, commit=True, options=ASK)
    assert again.commit is None and waiting(cli) == [proposal], "asked once"

    ann(cli, proposal)
    repo.write({"README.md": "other work\n", "clamp.py": OTHER + projects.CLAMP["clamp.py"]})
    repo.commit("elsewhere")
    fixed = {"clamp.py": OTHER + projects.CLAMP_FIXED["clamp.py"]}
    done = walk(repo.path, fixed, commit=True, options=ASK)
    assert done.result.landed and done.commit, done.objections


def test_one_more_byte_or_a_tightened_policy_needs_a_new_yes(walk: Walk, repository: Make, cli: Cli, ann, autosd_home: Path) -> None:
    repo = repository(projects.CLAMP)
    walk(repo.path, projects.CLAMP_FIXED, commit=True, options=ASK)
    (first,) = waiting(cli)
    ann(cli, first)

    repo.write({"clamp.py": OTHER + projects.CLAMP["clamp.py"]})
    repo.commit("so that what was approved has to be found anew")
    other = {"clamp.py": OTHER + projects.CLAMP_FIXED["clamp.py"] + "# more\n"}
    assert str(walk(repo.path, other, commit=True, options=ASK).result) == "refused:approval"
    (autosd_home / "policy.toml").write_text("[limits]\nmax_lines = 400\n")
    same = {"clamp.py": OTHER + projects.CLAMP_FIXED["clamp.py"]}
    assert str(walk(repo.path, same, commit=True, options=ASK).result) == "refused:approval"
    assert first in waiting(cli), "the same bytes under other rules are asked for anew"


def test_a_no_is_not_asked_again(walk: Walk, repository: Make, cli: Cli) -> None:
    repo = repository(projects.CLAMP)
    walk(repo.path, projects.CLAMP_FIXED, commit=True, options=ASK)
    assert cli("approvals", "reject", waiting(cli)[0], "--reason", "wrong layer").code == 0
    again = walk(repo.path, projects.CLAMP_FIXED, commit=True, options=ASK)
    assert str(again.result) == "no_candidate_found" and again.artifacts is None and waiting(cli) == []
    other = {"clamp.py": projects.CLAMP_FIXED["clamp.py"] + "# another way\n"}
    assert walk(repo.path, projects.CLAMP_FIXED, other, commit=True, options=ASK).diff.count("another way") == 1


def test_what_was_approved_lands_without_a_search(walk: Walk, repository: Make, cli: Cli, ann) -> None:
    repo = repository(projects.CLAMP)
    walk(repo.path, projects.CLAMP_FIXED, commit=True, options=ASK)
    ann(cli, waiting(cli)[0])
    assert walk(repo.path, commit=True, options=ASK).commit, "no coder offered anything"


def test_a_halt_stops_work_that_is_already_running(walk: Walk, repository: Make, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    from autosd import pipeline

    repo = repository(projects.CLAMP)
    judge = pipeline.judge

    def halts_meanwhile(*words: object, **more: object) -> object:
        assert cli("halt", "--all", "--reason", "an incident").code == 0
        return judge(*words, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(pipeline, "judge", halts_meanwhile)
    change = walk(repo.path, projects.CLAMP_FIXED, commit=True)
    assert [o.code for o in change.objections] == ["AUTOSD-HALTED"] and change.artifacts is None and change.commit is None
    assert cli("fix", repo.path, "--json").code == 2
    assert cli("resume", "--all").code == 0


@pytest.mark.parametrize("words", [("approvals", "show", "nope"), ("approvals", "approve", "nope"), ("projects", "show", "nope"),
                                   ("projects", "add", "/nowhere"), ("projects", "add", ".", "--id", "../x"), ("halt", "--project", "nope"),
                                   ("halt", "--all", "--project", "x"), ("projects", "remove", "nope"),
                                   ("approvals", "approve", "nope", "--by", "ann")])  # fmt: skip
def test_what_is_not_there_is_told_in_one_line(cli: Cli, words: tuple[str, ...]) -> None:
    ran = cli(*words)
    assert ran.code == 2 and len(ran.stderr.strip().splitlines()) == 1 and ran.stderr.startswith("[AUTOSD-"), ran


def test_a_project_is_added_once_and_its_folder_is_not_touched(cli: Cli, repository: Make) -> None:
    repo = repository(projects.CLAMP)
    before = repo.state(ignore=())
    assert cli("projects", "add", repo.path, "--id", "shop").code == 0
    assert cli("projects", "add", repo.path, "--id", "shop").code == 0
    assert cli("projects", "add", repo.path, "--id", "other").code == 2
    assert cli("halt", "--project", "shop").code == 0
    (row,) = cli("projects", "list", "--json").object["projects"]
    assert (row["id"], row["status"]) == ("shop", "halted")
    assert cli("projects", "remove", "shop").code == 0
    assert repo.state(ignore=()) == before


def test_a_changed_file_that_decides_what_is_allowed_is_recorded_once_and_without_its_content(cli: Cli, autosd_home: Path) -> None:
    assert cli("projects", "list").code == 0
    (autosd_home / "policy.toml").write_text("[limits]\nmax_lines = 4711\n")
    assert cli("projects", "list").code == cli("projects", "list").code == 0
    found = [e for e in cli("audit", "tail", "--json").object["entries"] if e["kind"] == "setting_changed"]
    assert [list(e["details"]["files"]) for e in found] == [["policy.toml"]] and "4711" not in str(found)


def test_the_record_says_what_was_seen_after_a_commit(walk: Walk, repository: Make, cli: Cli) -> None:
    repo = repository(projects.CLAMP)
    change = walk(repo.path, projects.CLAMP_FIXED, commit=True)
    done = [e for e in cli("audit", "tail", "--json").object["entries"] if (e["kind"], e["action"]) == ("done", "commit")]
    assert [e["details"]["observed"] for e in done] == [{"branch": change.branch, "at": change.commit}]


def test_a_quota_binds_people_once_somebody_sets_it(walk: Walk, repository: Make, cli: Cli) -> None:
    repo = repository(projects.CLAMP)
    for _ in range(2):
        assert walk(repo.path, projects.CLAMP_FIXED).result.landed
    assert cli("quota", "show", "--json").object["quotas"] == [], "nobody set one, and a person asked"
    limited: dict[str, object] = {"quota.per_hour": 1}
    assert walk(repo.path, projects.CLAMP_FIXED, options=limited).result.landed
    refused = walk(repo.path, projects.CLAMP_FIXED, options=limited)
    assert str(refused.result) == "quota_exceeded" and [o.code for o in refused.objections] == ["AUTOSD-QUOTA-EXCEEDED"]
