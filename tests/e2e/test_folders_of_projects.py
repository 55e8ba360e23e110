"""Work on a folder of a project is work on that project: no halt, policy, path or yes is got around by naming a part of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import projects
import pytest
from conftest import Cli, Walk

from autosd.testing import TinyRepository

Make = Callable[[Mapping[str, str]], TinyRepository]


def below(*folders: str) -> dict[str, str]:
    return {f"{folder}/{name}": text for folder in folders for name, text in projects.CLAMP.items()}


def on_top(files: Mapping[str, str]) -> dict[str, str]:
    """The same under another name, for what lies above the folders."""
    return {name.replace("clamp", "top"): text.replace("clamp", "top") for name, text in files.items()}


@pytest.fixture
def mono(repository: Make, cli: Cli) -> Path:
    """A registered repository with two parts, each with a failing test."""
    repo = repository({**below("svc"), **on_top(projects.CLAMP)})
    assert cli("projects", "add", repo.path, "--id", "mono").code == 0
    return repo.path


def codes(change: object) -> list[str]:
    return [objection.code for objection in change.objections]  # type: ignore[attr-defined]


def test_a_halted_project_is_halted_in_all_its_folders(walk: Walk, mono: Path, cli: Cli) -> None:
    assert cli("halt", "--project", "mono").code == 0
    change = walk(mono / "svc", projects.CLAMP_FIXED, commit=True)
    assert (str(change.result), change.project) == ("refused:halted", "mono")
    assert cli("resume", "--project", "mono").code == 0
    done = walk(mono / "svc", projects.CLAMP_FIXED, commit=True)
    assert done.commit, (done.result, done.objections)


def test_a_folder_that_is_halted_is_left_alone_by_work_on_what_is_above_it(walk: Walk, mono: Path, cli: Cli) -> None:
    assert cli("projects", "add", mono / "svc", "--id", "svc").code == 0
    assert cli("halt", "--project", "svc").code == 0
    svc = {f"svc/{name}": text for name, text in projects.CLAMP_FIXED.items()}
    top = on_top(projects.CLAMP_FIXED)
    only = ("test_top.py::test_above",)
    assert str(walk(mono, {**svc, **top}, commit=True, targets=only).result) == "refused:halted"
    assert walk(mono, top, commit=True, targets=only).commit, "the rest of it is not halted"


def test_a_projects_own_policy_holds_in_its_folders(walk: Walk, mono: Path, autosd_home: Path) -> None:
    layer = autosd_home / "projects" / "mono" / "policy.toml"
    layer.parent.mkdir(parents=True)
    layer.write_text("[leave]\ncommit = false\n")
    change = walk(mono / "svc", projects.CLAMP_FIXED, commit=True)
    assert change.commit is None and codes(change) == ["AUTOSD-POLICY-BLOCKED"]


@pytest.mark.parametrize("named", [True, False])
def test_a_repositorys_policy_holds_in_its_folders_and_means_its_own_paths(walk: Walk, repository: Make, cli: Cli, named: bool) -> None:
    repo = repository({**below("svc"), ".autosd/policy.toml": '[paths]\nallowed = ["/lib/"]\n'})
    if named:
        assert cli("projects", "add", repo.path, "--id", "mono").code == 0
    change = walk(repo.path / "svc", projects.CLAMP_FIXED, commit=True)
    assert change.artifacts is None and codes(change) == ["AUTOSD-PATH-NOT-ALLOWED"]
    (repo.path / ".autosd/policy.toml").write_text('[paths]\nallowed = ["/svc/"]\n')
    assert walk(repo.path / "svc", projects.CLAMP_FIXED, commit=True).commit


@pytest.mark.parametrize("folder", ["ci", ".github/tools", "autosd/governance", "_secure"])
def test_what_judges_changes_is_protected_however_near_the_work_begins(walk: Walk, repository: Make, folder: str) -> None:
    repo = repository(below(folder))
    change = walk(repo.path / folder, projects.CLAMP_FIXED, commit=True)
    assert change.commit is None and str(change.result).split(":")[0] in ("protected_path", "diff_path_blocked"), change.result


def test_what_a_repository_protects_is_protected_however_near_the_work_begins(walk: Walk, repository: Make) -> None:
    repo = repository({**below("svc"), "autosd.toml": '[governance]\nprotected_paths = ["/svc/"]\n'})
    change = walk(repo.path / "svc", projects.CLAMP_FIXED, commit=True)
    assert change.commit is None and str(change.result).startswith("protected_path"), change.result


def test_a_grants_paths_are_those_of_the_project(walk: Walk, mono: Path, cli: Cli) -> None:
    def grant(glob: str) -> str:
        made = cli("preauth", "create-grant", "--project-ids", "mono", "--auto-commit", "--paths", glob, "--expires-in-hours", "1", "-q")
        return made.stdout.strip()

    refused = walk(mono / "svc", projects.CLAMP_FIXED, commit=True, grant=grant("clamp.py"), require_grant=True)
    assert refused.commit is None and "path_out_of_scope" in refused.objections[0].message
    assert walk(mono / "svc", projects.CLAMP_FIXED, commit=True, grant=grant("svc/**"), require_grant=True).commit


def test_a_yes_to_one_folder_is_none_to_the_same_bytes_in_another(walk: Walk, repository: Make, cli: Cli) -> None:
    repo = repository(below("one", "two"))
    assert cli("projects", "add", repo.path, "--id", "mono").code == 0
    for folder in ("one", "two"):
        change = walk(repo.path / folder, projects.CLAMP_FIXED, commit=True, options={"governance.require_approval": True})
        assert codes(change) == ["AUTOSD-APPROVAL-REQUIRED"]
    found = cli("approvals", "list", "--json").object["approvals"]
    assert sorted(each["title"] for each in found) == ["scripted: one/clamp.py", "scripted: two/clamp.py"]


def test_forgetting_a_project_does_not_let_it_go_on(walk: Walk, mono: Path, cli: Cli) -> None:
    assert cli("halt", "--project", "mono").code == 0
    assert cli("projects", "remove", "mono").code == 0
    assert cli("projects", "add", mono, "--id", "other").code == 0
    assert str(walk(mono / "svc", projects.CLAMP_FIXED).result) == "refused:halted"
    assert cli("resume", "--project", "other", "--json").result == "running"
    assert walk(mono / "svc", projects.CLAMP_FIXED).artifacts
