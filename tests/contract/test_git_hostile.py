"""A repository that wants to run something, or to lead out of its folder, gets neither. The canary is a file that must not appear."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autosd.domain.errors import AutosdError

from .git_kit import digest, git, make, permit, put, repository


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    return tmp_path / "canary"


def program(file: Path, canary: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\necho ran >>'{canary}'\ncat 2>/dev/null\nexit 0\n")
    file.chmod(0o755)
    return file


def whole_road(home: Path, subject: Path) -> None:
    """Everything that autosd does with git on a subject."""
    repo = repository(home)
    for clean in (False, True):
        with repo.snapshot(subject, clean=clean) as snapshot, permit("a.py") as leave:
            text = (snapshot.root / "a.py").read_text() + "END = 1\n"
            assert "+END = 1" in repo.diff(snapshot, {"a.py": text})
            with repo.apply(snapshot, {"a.py": text}) as root:
                assert (root / "a.py").read_text() == text
            repo.commit(leave, snapshot, {"a.py": text}, branch=f"autosd/{snapshot.id}", message="fix\n")


HOOKS = (
    "post-checkout",
    "post-index-change",
    "pre-commit",
    "post-commit",
    "reference-transaction",
    "fsmonitor-watchman",
    "pre-auto-gc",
    "update",
    "post-update",
    "prepare-commit-msg",
    "commit-msg",
    "post-merge",
    "pre-push",
    "sendemail-validate",
    "pre-receive",
    "post-receive",
)


def test_no_hook_runs(tmp_path: Path, autosd_home: Path, canary: Path) -> None:
    subject = make(tmp_path / "s")
    for hook in HOOKS:
        program(subject / ".git/hooks" / hook, canary)
    elsewhere = tmp_path / "hooks"
    for hook in HOOKS:
        program(elsewhere / hook, canary)
    git(subject, "config", "core.hooksPath", str(elsewhere))
    put(subject, {"a.py": "dirty = 1\n" + (subject / "a.py").read_text()})
    whole_road(autosd_home, subject)
    assert not canary.exists()
    git(subject, "update-ref", "refs/heads/x", "HEAD")
    assert canary.exists(), "the hooks of this test do run when a person uses git"


def test_no_configured_program_runs(tmp_path: Path, autosd_home: Path, canary: Path) -> None:
    bad = str(program(tmp_path / "bad", canary))
    subject = make(
        tmp_path / "s", {"a.py": "A = 1\n" * 9, ".gitattributes": "*.py filter=evil diff=evil merge=evil ident\n*.dat filter=proc\n"}
    )
    put(subject, {"x.dat": "data\n"})
    settings = {
        "filter.evil.clean": bad,
        "filter.evil.smudge": bad,
        "filter.evil.required": "true",
        "filter.proc.process": bad,
        "filter.proc.required": "true",
        "core.fsmonitor": bad,
        "core.sshCommand": bad,
        "core.pager": bad,
        "core.editor": bad,
        "core.askPass": bad,
        "core.gitProxy": bad,
        "diff.external": bad,
        "diff.evil.command": bad,
        "diff.evil.textconv": bad,
        "merge.evil.driver": bad,
        "gpg.program": bad,
        "commit.gpgSign": "true",
        "alias.ls-files": f"!{bad}",
        "alias.read-tree": f"!{bad}",
        "alias.diff": f"!{bad}",
        "credential.helper": f"!{bad}",
        "core.alternateRefsCommand": bad,
        "uploadpack.packObjectsHook": bad,
        "remote.origin.url": f"ext::{bad}",
        "remote.origin.promisor": "true",
        "remote.origin.partialclonefilter": "blob:none",
        "interactive.diffFilter": bad,
        "sequence.editor": bad,
        "trailer.x.command": bad,
    }
    for name, value in settings.items():
        git(subject, "config", "-f", str(tmp_path / "included"), name, value)
        git(subject, "config", name, value)
    git(subject, "config", "include.path", str(tmp_path / "included"))
    (subject / "a.py").write_text("B = 2\n" + "A = 1\n" * 8)
    os.utime(subject / ".gitattributes")
    whole_road(autosd_home, subject)
    assert not canary.exists()
    git(subject, "add", "-A", ok=False)
    assert canary.exists(), "the filters of this test do run when a person uses git"


def test_the_callers_git_environment_has_no_say(tmp_path: Path, autosd_home: Path, canary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = str(program(tmp_path / "bad", canary))
    other = make(tmp_path / "other", {"wrong.py": "w\n"})
    subject = make(tmp_path / "s")
    for name, value in {
        "GIT_DIR": str(other / ".git"),
        "GIT_WORK_TREE": str(other),
        "GIT_INDEX_FILE": str(other / ".git/index"),
        "GIT_EXTERNAL_DIFF": bad,
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.fsmonitor",
        "GIT_CONFIG_VALUE_0": bad,
        "GIT_SSH_COMMAND": bad,
        "GIT_EXEC_PATH": str(tmp_path),
        "GIT_PAGER": bad,
        "GIT_ATTR_SOURCE": "x",
        "GIT_NAMESPACE": "n",
        "GIT_CEILING_DIRECTORIES": "/",
        "GIT_TRACE": str(tmp_path / "trace"),
    }.items():
        monkeypatch.setenv(name, value)
    whole_road(autosd_home, subject)
    assert not canary.exists() and not (tmp_path / "trace").exists()


def test_submodules_are_neither_entered_by_git_nor_run(tmp_path: Path, autosd_home: Path, canary: Path) -> None:
    """`git status` in a superproject starts git in each submodule, with the submodule's own configuration: ours must not."""
    bad = str(program(tmp_path / "bad", canary))
    library = make(tmp_path / "library", {"lib.py": "L = 1\n", ".gitattributes": "*.py filter=evil\n"})
    subject = make(tmp_path / "s")
    git(subject, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(library), "sub")
    git(subject, "config", "-f", ".gitmodules", "submodule.sub.ignore", "none")
    git(subject, "config", "-f", ".gitmodules", "submodule.sub.update", f"!{bad}")
    git(subject, "add", "-A")
    git(subject, "commit", "-qm", "sub")
    for where in (subject / "sub", subject):
        for name in ("core.fsmonitor", "filter.evil.clean", "filter.evil.smudge"):
            git(where, "config", name, bad)
        git(where, "config", "submodule.recurse", "true")
    put(subject, {"sub/lib.py": "L = 2\n", "sub/new.py": "n\n"})
    canary.unlink(missing_ok=True)
    before = git(subject, "rev-parse", "HEAD:sub")
    repo = repository(autosd_home)
    with repo.snapshot(subject) as snapshot:
        assert (snapshot.root / "sub/lib.py").read_text() == "L = 2\n", "its files are there for the tests"
        assert not (snapshot.root / "sub/.git").exists()
        patch = repo.diff(snapshot, {"a.py": "X = 1\n"})
        assert "sub" not in patch
        with permit("a.py") as leave:
            sha = repo.commit(leave, snapshot, {"a.py": "X = 1\n"}, branch="autosd/x", message="m\n")
    assert not canary.exists()
    assert git(subject, "rev-parse", f"{sha}:sub") == before


def test_submodule_definitions_that_lead_elsewhere_do_nothing(tmp_path: Path, autosd_home: Path) -> None:
    subject = make(tmp_path / "s")
    put(subject, {".gitmodules": '[submodule "../../x"]\n\tpath = ../../evil\n\turl = ../x\n[submodule "y"]\n\tpath = y\n\turl = -u./z\n'})
    git(subject, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},y")
    with repository(autosd_home).snapshot(subject) as snapshot:
        assert (snapshot.root / ".gitmodules").exists()
    assert not (tmp_path / "evil").exists() and not (autosd_home.parent / "evil").exists()


def test_nested_repositories_with_hostile_settings_are_not_entered(tmp_path: Path, autosd_home: Path, canary: Path) -> None:
    bad = str(program(tmp_path / "bad", canary))
    subject = make(tmp_path / "s")
    make(subject / "nested", {"n.py": "N = 1\n"})
    git(subject / "nested", "config", "core.fsmonitor", bad)
    git(subject, "init", "-q", str(subject / "unborn"))
    put(subject, {"unborn/u.py": "u\n"})
    with repository(autosd_home).snapshot(subject) as snapshot:
        assert (snapshot.root / "nested/n.py").exists() and (snapshot.root / "unborn/u.py").exists()
        assert not snapshot.dirty
    assert not canary.exists()


def test_links_that_lead_out_of_the_tree_are_never_written_through(tmp_path: Path, autosd_home: Path) -> None:
    outside = tmp_path / "outside"
    put(outside, {"victim.py": "V = 1\n"})
    subject = make(tmp_path / "s")
    (subject / "link.py").symlink_to(outside / "victim.py")
    (subject / "folder").symlink_to(outside)
    git(subject, "add", "-A")
    git(subject, "commit", "-qm", "links")
    before = digest(outside)
    repo = repository(autosd_home)
    with repo.snapshot(subject) as snapshot:
        with repo.apply(snapshot, {"link.py": "mine\n"}) as root:
            assert not (root / "link.py").is_symlink() and (root / "link.py").read_text() == "mine\n"
        for path in ("folder/victim.py", "folder/new.py"):
            with pytest.raises(AutosdError) as refused, repo.apply(snapshot, {path: "mine\n"}):
                pass
            assert refused.value.code == "AUTOSD-PATH-INVALID"
            with pytest.raises(AutosdError):
                repo.diff(snapshot, {path: "mine\n"})
    assert digest(outside) == before


@pytest.mark.parametrize(
    "path", ["../out.py", "/etc/x", "a/../../x", ".git/config", "sub/.GIT/hooks/x", "", "a//b", "./a", "x\0y", "a/", ".git", "git~1/config"]
)
def test_a_path_that_leads_elsewhere_is_refused_everywhere(tmp_path: Path, autosd_home: Path, path: str) -> None:
    subject = make(tmp_path / "s")
    repo = repository(autosd_home)
    with repo.snapshot(subject) as snapshot:
        with pytest.raises(AutosdError) as refused:
            repo.diff(snapshot, {path: "x"})
        assert refused.value.code == "AUTOSD-PATH-INVALID"
        with pytest.raises(AutosdError), repo.apply(snapshot, {path: "x"}):
            pass


def test_an_index_with_paths_that_escape_checks_nothing_out(tmp_path: Path, autosd_home: Path) -> None:
    """Git trusts the names in an index file; a repository that came in an archive may have written its own."""
    subject = make(tmp_path / "s", {"aa/bb/evil.py": "E\n", "a.py": "a\n"})
    index = (subject / ".git/index").read_bytes()
    assert b"aa/bb/evil.py" in index
    import hashlib

    for name in (b"../../evil.py", b".git/evil.py."):
        body = index[:-20].replace(b"aa/bb/evil.py", name)
        (subject / ".git/index").write_bytes(body + hashlib.sha1(body).digest())
        try:
            with repository(autosd_home).snapshot(subject) as snapshot:
                assert (snapshot.root / "a.py").exists()
        except AutosdError as refused:
            assert refused.code in {"AUTOSD-GIT-FAILED", "AUTOSD-REPO-BROKEN"}
        assert not list(autosd_home.rglob("evil.py.")) and not list((autosd_home / "worktrees").rglob("evil.py"))
        assert not (tmp_path / "evil.py").exists()


@pytest.mark.parametrize("pointer", ["gitdir: {}/nowhere", "gitdir: /etc", "nonsense", "gitdir: ../../../../../../etc", ""])
def test_a_git_file_that_points_nowhere_is_refused_or_read_as_no_repository(tmp_path: Path, autosd_home: Path, pointer: str) -> None:
    subject = tmp_path / "s"
    put(subject, {"a.py": "a\n", ".git": pointer.format(tmp_path)})
    try:
        with repository(autosd_home).snapshot(subject) as snapshot:
            assert snapshot.head is None and (snapshot.root / "a.py").exists()
    except AutosdError as refused:
        assert refused.code == "AUTOSD-REPO-BROKEN"


def test_a_git_file_that_points_at_a_hostile_repository_runs_nothing_of_it(tmp_path: Path, autosd_home: Path, canary: Path) -> None:
    bad = str(program(tmp_path / "bad", canary))
    other = make(tmp_path / "other")
    for hook in HOOKS:
        program(other / ".git/hooks" / hook, canary)
    git(other, "config", "core.fsmonitor", bad)
    git(other, "config", "core.worktree", str(tmp_path))
    subject = tmp_path / "s"
    put(subject, {"a.py": "A = 1\n" * 9, ".git": f"gitdir: {other}/.git\n"})
    canary.unlink(missing_ok=True)
    whole_road(autosd_home, subject)
    assert not canary.exists()


@pytest.mark.parametrize("head", ["ref: ../../../../etc/passwd", "ref: refs/../../x", "garbage", "ref: refs/heads/\x01"])
def test_a_head_that_leads_elsewhere_names_no_commit(tmp_path: Path, autosd_home: Path, head: str) -> None:
    subject = make(tmp_path / "s")
    (subject / ".git/HEAD").write_text(head)
    with repository(autosd_home).snapshot(subject) as snapshot:
        assert snapshot.head is None


def test_attributes_cannot_hide_a_change_or_rewrite_sources(tmp_path: Path, autosd_home: Path) -> None:
    subject = make(tmp_path / "s", {"a.py": "# $Format:%H$ $Id$\nA = 1\n", ".gitattributes": "*.py -diff export-subst ident binary\n"})
    repo = repository(autosd_home)
    with repo.snapshot(subject) as snapshot:
        assert "$Format:%H$" in (snapshot.root / "a.py").read_text()
        patch = repo.diff(snapshot, {"a.py": (snapshot.root / "a.py").read_text().replace("A = 1", "A = 2")})
        assert "-A = 1" in patch and "+A = 2" in patch
    git(subject, "apply", "-", stdin=patch)
    assert "A = 2" in (subject / "a.py").read_text()
