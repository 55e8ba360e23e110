"""Where a project may lie: every kind of repository, odd names, disks that are full or read-only."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import projects
import pytest

from autosd.testing import TinyRepository, folder_state, make_repository

Make = Callable[[Mapping[str, str]], TinyRepository]


def test_a_path_that_does_not_exist_or_is_a_file_is_refused(cli, tmp_path: Path) -> None:
    (tmp_path / "file.py").write_text("")

    assert (cli.fix(tmp_path / "nowhere").code, cli.fix(tmp_path / "nowhere").result) == (2, "refused:path_not_found")
    assert (cli.fix(tmp_path / "file.py").code, cli.fix(tmp_path / "file.py").result) == (2, "refused:path_not_a_folder")


def test_a_path_that_cannot_even_be_looked_at_is_refused(cli, tmp_path: Path) -> None:
    (tmp_path / "circle").symlink_to(tmp_path / "circle")

    assert [cli.fix(tmp_path / name).result for name in ("x" * 300, "circle")] == ["refused:path_not_found"] * 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_or_an_interpreter_of_somebody_else_is_refused(cli, tmp_path: Path) -> None:
    (tmp_path / "locked" / "inside").mkdir(parents=True)
    (tmp_path / "locked").chmod(0)

    assert cli.fix(tmp_path / "locked").result == cli.fix(tmp_path / "locked" / "inside").result == "refused:path_unreadable"
    (tmp_path / "mine").mkdir()
    assert cli.fix(tmp_path / "mine", "--python", str(tmp_path / "locked" / "python")).result == "refused:python_invalid"
    (tmp_path / "locked").chmod(0o700)


def test_a_bare_repository_is_refused(cli, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", "--bare", tmp_path / "bare.git"], check=True)

    ran = cli.fix(tmp_path / "bare.git")

    assert ran.code == 2 and ran.object["objections"][0]["code"] == "AUTOSD-REPO-BARE"


def test_commit_in_a_folder_that_is_no_repository_is_refused_before_the_work(cli, tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    (folder / "test_x.py").write_text("def test_x():\n    assert 0\n")

    ran = cli.fix(folder, "--commit")

    assert ran.code == 2 and ran.object["objections"][0]["code"] == "AUTOSD-COMMIT-NO-REPO"
    assert ran.object["tests"]["total"] == 0


def test_a_detached_head_is_the_base_and_stays_detached(cli, repository: Make) -> None:
    repo = repository(projects.CLAMP)
    repo.git("checkout", "-q", "--detach")
    before = repo.state()

    ran = cli.fix(repo.path, "--commit")

    assert (ran.code, ran.result) == (0, "committed"), ran.stderr
    assert repo.state() == before
    assert repo.git("rev-parse", f"{ran.object['commit']}^") == repo.git("rev-parse", "HEAD")


@pytest.mark.parametrize("name", ["-leading-dash", "ünïcödé 日本 'one' \"two\"; $HOME `x` {tree}"])
def test_odd_names_of_folders_are_only_names(cli, tmp_path: Path, name: str) -> None:
    repo = make_repository(tmp_path / name, projects.CLAMP)
    before = repo.state()

    ran = cli("fix", "--json", "--max-seconds", "60", "--commit", "--", name)

    assert (ran.code, ran.result) == (0, "committed"), ran.stderr
    assert ran.object["project"] == str(tmp_path / name)
    assert repo.state() == before


def test_a_read_only_home_is_told_in_one_line(cli, repository: Make, tmp_path: Path) -> None:
    (tmp_path / "a-file").write_text("")

    ran = cli.fix(repository(projects.CLAMP).path, env={"AUTOSD_HOME": str(tmp_path / "a-file" / "home")})

    assert ran.code in (1, 2) and ran.object["objections"][0]["code"] == "AUTOSD-HOME-UNUSABLE"
    assert len(ran.stderr.strip().splitlines()) == 1


def test_a_project_that_cannot_be_written_loses_no_fix(cli, repository: Make) -> None:
    repo = repository(projects.CLAMP)
    (repo.path / "artifacts").write_text("a file stands where the artifacts would go\n")

    ran = cli.fix(repo.path)

    assert ran.code == 1 and ran.object["objections"][0]["code"] == "AUTOSD-ARTIFACT-WRITE-FAILED"
    assert "return high" in ran.object["diff"] or ran.object["diff"], "the proven diff is shown all the same"
    assert ran.object["tests"]["failing_after"] == []


def test_a_full_disk_is_told_in_one_line_and_the_next_run_is_whole(cli, repository: Make) -> None:
    repo = repository(projects.CLAMP)
    before = repo.state()

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

    done = subprocess.run(
        cli.argv("fix", repo.path, "--json", "--max-seconds", "60"), env=cli.env, capture_output=True, text=True, preexec_fn=little_room
    )

    assert done.returncode in (1, 2), done.stderr
    assert "Traceback" not in done.stderr and '"result"' in done.stdout
    assert repo.state() == before
    again = cli.fix(repo.path)
    assert (again.code, again.result) == (0, "artifacts_written"), again.stderr


@pytest.mark.parametrize("size", ["24k", "140k"])
def test_a_disk_that_is_really_full_is_told_and_loses_nothing(cli, repository: Make, tmp_path: Path, size: str) -> None:
    """Full at the first write, and full in the middle of the work."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        repo = repository(projects.CLAMP)
        before = repo.state()
        ran = cli.fix(repo.path, env={"AUTOSD_HOME": str(disk / "home")})
    finally:
        subprocess.run(["umount", disk], check=True)

    assert ran.code in (1, 2) and ran.object["objections"], ran.stdout
    assert len([line for line in ran.stderr.splitlines() if line.startswith("[AUTOSD-")]) == 1
    assert repo.state() == before


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """For an ordinary user by its mode; root writes everywhere, so for root by a read-only mount."""
    if os.geteuid():
        folder.chmod(0o500)
        try:
            yield
        finally:
            folder.chmod(0o700)
        return
    if subprocess.run(["mount", "--bind", folder, folder], capture_output=True).returncode:
        pytest.skip("this root may not mount")
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_read_only_project_is_read_and_the_proven_diff_is_shown(cli, repository: Make) -> None:
    repo = repository(projects.CLAMP)

    with read_only(repo.path):
        ran = cli.fix(repo.path)

    assert ran.code == 1 and ran.object["objections"][0]["code"] == "AUTOSD-ARTIFACT-WRITE-FAILED", ran.stderr
    assert "clamp.py" in ran.object["diff"] and ran.object["tests"]["failing_after"] == []


def test_hooks_filters_and_configuration_of_the_project_never_run(cli, repository: Make, tmp_path: Path) -> None:
    witness = tmp_path / "witness"
    repo = repository(projects.CLAMP)
    run = f"touch {witness}"
    for hook in ("pre-commit", "post-checkout", "post-commit", "reference-transaction", "post-index-change"):
        script = repo.path / ".git" / "hooks" / hook
        script.write_text(f"#!/bin/sh\n{run}\n")
        script.chmod(0o755)
    for name in ("core.fsmonitor", "core.pager", "diff.external", "filter.evil.clean", "filter.evil.smudge"):
        repo.git("config", name, run)
    (repo.path / ".git" / "info" / "attributes").write_text("*.py filter=evil\n")
    before = folder_state(repo.path / ".git", ignore=["objects", "refs", "logs"])

    ran = cli.fix(repo.path, "--commit")

    assert (ran.code, ran.result) == (0, "committed"), ran.stderr
    assert not witness.exists()
    assert folder_state(repo.path / ".git", ignore=["objects", "refs", "logs"]) == before
