"""The base is what a person sees in their folder; the folder and its repository are only read."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from autosd.adapters.git.base import _refuse_enormous
from autosd.adapters.git.locate import Subject
from autosd.domain.errors import AutosdError

from .git_kit import digest, files_of, git, make, put, repository


def test_committed_and_uncommitted_work_are_both_in_the_base(tmp_path: Path, autosd_home: Path) -> None:
    subject = make(tmp_path / "s", {"kept.py": "k\n", "changed.py": "old\n", "gone.py": "g\n", "staged.py": "s\n", ".gitignore": "*.log\n"})
    put(subject, {"changed.py": "new\n", "staged.py": "S\n", "untracked.py": "u\n", "noise.log": "l\n"})
    git(subject, "add", "staged.py")
    (subject / "gone.py").unlink()
    before = digest(subject)
    with repository(autosd_home).snapshot(subject) as snapshot:
        assert files_of(snapshot.root) == {
            "kept.py": "k\n", "changed.py": "new\n", "staged.py": "S\n", "untracked.py": "u\n", ".gitignore": "*.log\n"
        }  # fmt: skip
        assert snapshot.dirty and snapshot.head == git(subject, "rev-parse", "HEAD").strip()
        assert snapshot.source == subject and snapshot.root.is_relative_to(autosd_home)
    assert digest(subject) == before


def test_a_clean_base_is_the_commit_and_nothing_else(tmp_path: Path, autosd_home: Path) -> None:
    subject = make(tmp_path / "s", {"a.py": "a\n"})
    put(subject, {"a.py": "changed\n", "new.py": "n\n"})
    with repository(autosd_home).snapshot(subject, clean=True) as snapshot:
        assert files_of(snapshot.root) == {"a.py": "a\n"} and not snapshot.dirty
        assert snapshot.tree == git(subject, "rev-parse", "HEAD^{tree}").strip()


def test_an_unchanged_folder_is_not_dirty_and_its_name_comes_from_its_content(tmp_path: Path, autosd_home: Path) -> None:
    subject = make(tmp_path / "s")
    ids = []
    for _ in range(2):
        with repository(autosd_home).snapshot(subject) as snapshot:
            assert not snapshot.dirty
            ids.append((snapshot.id, snapshot.top))
    assert ids[0] == ids[1]
    put(subject, {"b.py": "b\n"})
    with repository(autosd_home).snapshot(subject) as snapshot:
        assert snapshot.id != ids[0][0]


def test_a_file_changed_right_after_staging_with_the_same_size_is_seen(tmp_path: Path, autosd_home: Path) -> None:
    """The racy case of git's index: same size, same time. Copying the index without its time would lose the change."""
    subject = make(tmp_path / "s", {"a.py": "aaaa\n"})
    for number in range(5):
        put(subject, {"a.py": f"b{number:03d}\n"})
        git(subject, "add", "a.py")
        put(subject, {"a.py": f"c{number:03d}\n"})
        with repository(autosd_home).snapshot(subject) as snapshot:
            assert files_of(snapshot.root)["a.py"] == f"c{number:03d}\n"


@pytest.mark.parametrize("name", ["with space", "ünï✓", "-leading", "new\nline", 'quo"te\\', "#hash"])
def test_odd_names_of_folder_and_files_work(tmp_path: Path, autosd_home: Path, name: str) -> None:
    subject = make(tmp_path / name, {"a.py": "a\n", f"{name}.py": "1\n", f"{name}/x.py": "x\n"})
    put(subject, {f"{name}.py": "2\n", f"{name} new.py": "n\n"})
    repo = repository(autosd_home)
    with repo.snapshot(subject) as snapshot:
        assert files_of(snapshot.root) == {"a.py": "a\n", f"{name}.py": "2\n", f"{name}/x.py": "x\n", f"{name} new.py": "n\n"}
        patch = repo.diff(snapshot, {f"{name}.py": "3\n", f"{name}/x.py": None})
    git(subject, "apply", "-", stdin=patch)
    assert (subject / f"{name}.py").read_text() == "3\n" and not (subject / name / "x.py").exists()


def test_a_name_that_is_no_text_is_kept(tmp_path: Path, autosd_home: Path) -> None:
    subject = make(tmp_path / "s")
    name = os.fsdecode(b"\xff.py")
    (subject / name).write_text("x\n")
    with repository(autosd_home).snapshot(subject) as snapshot:
        assert (snapshot.root / name).read_text() == "x\n"


def test_a_subfolder_is_a_project_of_its_own_within_its_repository(tmp_path: Path, autosd_home: Path) -> None:
    subject = make(tmp_path / "s", {"top.py": "t\n", "sub/dir/a.py": "a\n"})
    repo = repository(autosd_home)
    with repo.snapshot(subject / "sub/dir") as snapshot:
        assert snapshot.root == snapshot.top / "sub/dir" and files_of(snapshot.root) == {"a.py": "a\n"}
        assert "a/sub/dir/a.py" in repo.diff(snapshot, {"a.py": "b\n"})
        with repo.apply(snapshot, {"a.py": "b\n"}) as root:
            assert files_of(root) == {"a.py": "b\n"} and root.parts[-2:] == ("sub", "dir")
        assert files_of(snapshot.root) == {"a.py": "a\n"}


def test_a_plain_folder_works_without_git(tmp_path: Path, autosd_home: Path) -> None:
    subject = tmp_path / "plain"
    put(subject, {"a.py": "a\n", "__pycache__/a.pyc": "x", ".gitignore": "secret.txt\n", "secret.txt": "s", ".venv/pyvenv.cfg": "home"})
    before = digest(subject)
    repo = repository(autosd_home)
    with repo.snapshot(subject) as snapshot:
        assert snapshot.head is None and snapshot.dirty
        assert set(files_of(snapshot.root)) - {"secret.txt"} == {"a.py", ".gitignore"}
        patch = repo.diff(snapshot, {"a.py": "b\n"})
    assert digest(subject) == before
    git(subject, "apply", "-", stdin=patch)
    assert (subject / "a.py").read_text() == "b\n"


def test_a_folder_that_its_repository_ignores_is_a_project_all_the_same(tmp_path: Path, autosd_home: Path) -> None:
    subject = make(tmp_path / "s", {".gitignore": "work/\n"})
    put(subject, {"work/p/a.py": "a\n"})
    with repository(autosd_home).snapshot(subject / "work/p") as snapshot:
        assert files_of(snapshot.root) == {"a.py": "a\n"} and snapshot.head is None


def test_a_repository_without_a_commit_works(tmp_path: Path, autosd_home: Path) -> None:
    subject = tmp_path / "s"
    subject.mkdir()
    git(subject, "init", "-q")
    put(subject, {"a.py": "a\n"})
    with repository(autosd_home).snapshot(subject) as snapshot:
        assert snapshot.head is None and files_of(snapshot.root) == {"a.py": "a\n"}
    with repository(autosd_home).snapshot(subject, clean=True) as snapshot:
        assert files_of(snapshot.root) in ({"a.py": "a\n"}, {})


def test_a_detached_head_and_packed_references_work(tmp_path: Path, autosd_home: Path) -> None:
    subject = make(tmp_path / "s", {"a.py": "1\n"})
    first = git(subject, "rev-parse", "HEAD").strip()
    git(subject, "pack-refs", "--all")
    git(subject, "gc", "-q")
    with repository(autosd_home).snapshot(subject) as snapshot:
        assert snapshot.head == first
    git(subject, "checkout", "-q", "--detach")
    with repository(autosd_home).snapshot(subject) as snapshot:
        assert snapshot.head == first and not snapshot.dirty


def test_a_bare_repository_is_refused_by_name(tmp_path: Path, autosd_home: Path) -> None:
    bare = tmp_path / "b.git"
    git(tmp_path, "init", "-q", "--bare", str(bare))
    with pytest.raises(AutosdError) as refused, repository(autosd_home).snapshot(bare):
        pass
    assert refused.value.code == "AUTOSD-REPO-BARE"


@pytest.mark.parametrize("place", ["missing", "file.txt"])
def test_what_is_no_folder_is_refused(tmp_path: Path, autosd_home: Path, place: str) -> None:
    (tmp_path / "file.txt").write_text("x")
    with pytest.raises(AutosdError) as refused, repository(autosd_home).snapshot(tmp_path / place):
        pass
    assert refused.value.code == "AUTOSD-PATH-INVALID"


def test_sha256_shallow_linked_and_borrowing_repositories_work(tmp_path: Path, autosd_home: Path) -> None:
    origin = make(tmp_path / "origin", {"a.py": "1\n"})
    put(origin, {"a.py": "2\n"})
    git(origin, "commit", "-q", "-a", "-m", "second")
    modern = make(tmp_path / "modern", {"a.py": "2\n"}, "--object-format=sha256")
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{origin}", "shallow")
    git(tmp_path, "clone", "-q", "--shared", str(origin), "borrowing")
    git(origin, "worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
    repo = repository(autosd_home)
    for subject in (modern, tmp_path / "shallow", tmp_path / "borrowing", tmp_path / "linked"):
        put(subject, {"n.py": "n\n"})
        before = digest(subject, origin / ".git")
        with repo.snapshot(subject) as snapshot:
            assert files_of(snapshot.root) == {"a.py": "2\n", "n.py": "n\n"}, subject
            assert snapshot.head == git(subject, "rev-parse", "HEAD").strip()
            assert repo.diff(snapshot, {"a.py": "3\n"})
        assert digest(subject, origin / ".git") == before


def test_conflicts_intents_split_and_missing_indexes_are_read_as_the_folder_is(tmp_path: Path, autosd_home: Path) -> None:
    subject = make(tmp_path / "s", {"a.py": "base\n", "b.py": "b\n"})
    git(subject, "checkout", "-q", "-b", "other")
    put(subject, {"a.py": "theirs\n"})
    git(subject, "commit", "-qam", "theirs")
    git(subject, "checkout", "-q", "main")
    put(subject, {"a.py": "ours\n"})
    git(subject, "commit", "-qam", "ours")
    git(subject, "merge", "other", ok=False)
    put(subject, {"intent.py": "i\n"})
    git(subject, "add", "-N", "intent.py")
    conflicted = (subject / "a.py").read_text()
    assert "<<<<<<<" in conflicted
    expected = {"a.py": conflicted, "b.py": "b\n", "intent.py": "i\n"}
    repo = repository(autosd_home)
    with repo.snapshot(subject) as snapshot:
        assert files_of(snapshot.root) == expected
    git(subject, "update-index", "--split-index")
    with repo.snapshot(subject) as snapshot:
        assert files_of(snapshot.root) == expected
    for broken in (b"", b"DIRCgarbage" * 20):
        (subject / ".git/index").write_bytes(broken)
        with repo.snapshot(subject) as snapshot:
            assert files_of(snapshot.root) == expected
    (subject / ".git/index").unlink()
    with repo.snapshot(subject) as snapshot:
        assert files_of(snapshot.root) == expected


def test_a_file_that_became_a_folder_and_a_folder_that_became_a_link_work(tmp_path: Path, autosd_home: Path) -> None:
    subject = make(tmp_path / "s", {"x": "file\n", "d/y.py": "y\n"})
    (subject / "x").unlink()
    put(subject, {"x/z.py": "z\n", "elsewhere/y.py": "E\n"})
    shutil.rmtree(subject / "d")
    (subject / "d").symlink_to("elsewhere")
    with repository(autosd_home).snapshot(subject) as snapshot:
        assert (snapshot.root / "x/z.py").read_text() == "z\n"
        assert (snapshot.root / "d").is_symlink() and not (snapshot.root / "x").is_file()


def test_ignored_sources_are_visible_to_tests_but_in_no_diff(tmp_path: Path, autosd_home: Path) -> None:
    subject = make(
        tmp_path / "s", {"pkg/__init__.py": "", ".gitignore": "_version.py\n*.so\nbuild/\n.venv/\n*.egg-info/\n.env\n*.json\ngen/\n*.bin\n"}
    )
    generated = {
        "pkg/_version.py": "v = 1\n",
        "pkg/fast.so": "so",
        "pkg.egg-info/entry_points.txt": "[x]\n",
        "gen/deep/t.py": "t\n",
        "data.json": "{}",
    }
    unwanted = {
        "build/lib/x.py": "x",
        ".venv/lib/y.py": "y",
        ".env": "KEY=1",
        "secrets.json": "{}",
        "api_token.json": "{}",
        "pkg/blob.bin": "b",
    }
    put(subject, {**generated, **unwanted})
    repo = repository(autosd_home)
    with repo.snapshot(subject) as snapshot:
        seen = files_of(snapshot.root)
        assert {name: seen.get(name) for name in generated} == generated
        assert not set(unwanted) & set(seen) and not snapshot.dirty
        assert any("ignore" in note for note in snapshot.notes)
        patch = repo.diff(snapshot, {"pkg/__init__.py": "x = 1\n"})
        assert patch.count("diff --git") == 1
        with repo.apply(snapshot, {"pkg/__init__.py": "x = 1\n"}) as root:
            assert (root / "pkg/_version.py").read_text() == "v = 1\n"
    with repository(autosd_home, include_ignored=False).snapshot(subject) as snapshot:
        assert set(files_of(snapshot.root)) == {"pkg/__init__.py", ".gitignore"}


def test_files_that_a_filter_keeps_elsewhere_are_seen_as_they_are_on_disk(tmp_path: Path, autosd_home: Path) -> None:
    """Git LFS commits a pointer and puts the content on disk; we run no filter, so the content is copied."""
    subject = make(tmp_path / "s", {"a.py": "a\n", ".gitattributes": "*.dat filter=lfs -text\n"})
    git(subject, "config", "filter.lfs.clean", "sed s/.*/pointer/")
    git(subject, "config", "filter.lfs.smudge", "sed s/.*/content/")
    put(subject, {"x.dat": "content\n"})
    os.utime(subject / "x.dat", (10**9, 10**9))
    git(subject, "add", "-A")
    git(subject, "commit", "-qm", "data")
    assert git(subject, "show", "HEAD:x.dat") == "pointer\n"
    repo = repository(autosd_home)
    with repo.snapshot(subject) as snapshot:
        assert (snapshot.root / "x.dat").read_text() == "content\n" and not snapshot.dirty
        with repo.apply(snapshot, {"a.py": "b\n"}) as root:
            assert (root / "x.dat").read_text() == "content\n"
        assert repo.diff(snapshot, {"a.py": "b\n"}).count("diff --git") == 1


def test_enormous_untracked_files_are_left_out_and_named(tmp_path: Path, autosd_home: Path) -> None:
    subject = make(tmp_path / "s")
    with (subject / "dump.raw").open("wb") as stream:
        stream.truncate(60_000_000)
    with repository(autosd_home).snapshot(subject) as snapshot:
        assert not (snapshot.root / "dump.raw").exists()
        assert any("dump.raw" in note and "60 MB" in note for note in snapshot.notes)


def test_missing_objects_of_a_partial_clone_are_named(tmp_path: Path, autosd_home: Path) -> None:
    origin = make(tmp_path / "o", {"a.py": "unique content 12345\n"})
    git(origin, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--filter=blob:none", "--no-checkout", f"file://{origin}", "partial")
    with pytest.raises(AutosdError) as refused, repository(autosd_home).snapshot(tmp_path / "partial", clean=True):
        pass
    assert refused.value.code == "AUTOSD-REPO-INCOMPLETE"


def test_a_file_that_goes_away_while_the_folder_is_looked_at_is_no_error(tmp_path: Path) -> None:
    put(tmp_path, {"a.py": "x = 1\n"})
    subject = Subject(path=tmp_path, top=tmp_path, git_dir=None, common_dir=None, head=None)
    _refuse_enormous(subject, [b"a.py", b"gone.py"])
