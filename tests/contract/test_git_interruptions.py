"""Runs beside each other, killed runs, disks that are full or read-only: each is clean, and can simply be run again."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autosd.domain.errors import AutosdError

from .git_kit import digest, files_of, make, put, repository


def test_two_runs_at_once_on_one_repository_have_a_worktree_each(tmp_path: Path, autosd_home: Path) -> None:
    subject = make(tmp_path / "s")
    with repository(autosd_home).snapshot(subject) as one, repository(autosd_home).snapshot(subject) as two:
        assert one.id == two.id and one.top != two.top
        (one.root / "a.py").write_text("mine")
        assert (two.root / "a.py").read_text() != "mine"
    assert list((autosd_home / "worktrees").iterdir()) == []


def _snapshots(home: Path, subject: Path, times: int) -> None:
    for _ in range(times):
        with repository(home).snapshot(subject) as snapshot:
            assert (snapshot.root / "a.py").is_file()


def test_many_processes_at_once_do_not_disturb_each_other(tmp_path: Path, autosd_home: Path) -> None:
    subject = make(tmp_path / "s")
    put(subject, {"b.py": "b\n"})
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_snapshots, args=(autosd_home, subject, 6)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    assert list((autosd_home / "worktrees").iterdir()) == []


HOLDER = """
import sys, time
from pathlib import Path
from autosd.adapters.git.repository import GitRepository
repo = GitRepository(Path(sys.argv[1]))
with repo.snapshot(Path(sys.argv[2])) as snapshot, repo.apply(snapshot, {}) as root:
    (root / "shut").mkdir(); (root / "shut/file").write_text("x"); (root / "shut").chmod(0)
    print(snapshot.top, flush=True)
    time.sleep(60)
"""


def test_what_a_killed_run_left_is_cleaned_by_the_next_one_and_a_living_run_keeps_its_own(tmp_path: Path, autosd_home: Path) -> None:
    subject = make(tmp_path / "s")
    holders = []
    for _ in range(2):
        holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(autosd_home), str(subject)], stdout=subprocess.PIPE, text=True)
        assert holder.stdout
        holders.append((holder, Path(holder.stdout.readline().strip())))
    (dead, left), (living, kept) = holders
    os.kill(dead.pid, signal.SIGKILL)
    dead.wait()
    try:
        assert left.is_dir() and kept.is_dir() and left != kept
        with repository(autosd_home).snapshot(subject) as snapshot:
            assert snapshot.top == left, "the same content gets the same name again"
            assert kept.is_dir() and not (left.parent / "applied-1").exists()
    finally:
        living.kill()
        living.wait()
        for holder, _ in holders:
            holder.stdout.close()  # type: ignore[union-attr]
    with repository(autosd_home).snapshot(subject):
        pass
    assert list((autosd_home / "worktrees").iterdir()) == []


@pytest.mark.parametrize("delay", [0.0, 0.004, 0.008, 0.012, 0.02, 0.03])
def test_a_run_killed_at_any_moment_can_simply_be_run_again(tmp_path: Path, autosd_home: Path, delay: float) -> None:
    subject = make(tmp_path / "s", {f"m{number}.py": "x = 1\n" * 50 for number in range(60)})
    put(subject, {"m1.py": "y\n", "new.py": "n\n"})
    before = digest(subject)
    program = "from tests.contract.test_git_interruptions import _snapshots, Path; print(flush=True); "
    program += f"_snapshots(Path({str(autosd_home)!r}), Path({str(subject)!r}), 50)"
    run = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=Path(__file__).parents[2]
    )
    assert run.stdout
    run.stdout.readline()
    time.sleep(delay)
    run.kill()
    run.wait()
    run.stdout.close()
    with repository(autosd_home).snapshot(subject) as snapshot:
        assert files_of(snapshot.root)["m1.py"] == "y\n" and len(files_of(snapshot.root)) == 61
    assert digest(subject) == before
    deadline = time.monotonic() + 5
    while list((autosd_home / "worktrees").iterdir()) and time.monotonic() < deadline:
        time.sleep(0.05)  # a git process may outlive its killed parent for a moment
        with repository(autosd_home).snapshot(subject):
            pass
    assert list((autosd_home / "worktrees").iterdir()) == []


def test_a_home_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    subject = make(tmp_path / "s")
    (tmp_path / "file").write_text("")
    with pytest.raises((AutosdError, NotADirectoryError)) as refused, repository(tmp_path / "file" / "home").snapshot(subject):
        pass
    assert isinstance(refused.value, AutosdError) and refused.value.code == "AUTOSD-HOME-UNWRITABLE"


FULL_DISK = """
import os, resource, sys
from pathlib import Path
from autosd.adapters.git.repository import GitRepository
from autosd.domain.errors import AutosdError
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    with GitRepository(Path(sys.argv[1])).snapshot(Path(sys.argv[2])):
        print("no error")
except AutosdError as error:
    print(error.code)
"""


def test_a_full_disk_is_one_clear_line_and_leaves_nothing(tmp_path: Path, autosd_home: Path) -> None:
    subject = make(tmp_path / "s")
    (subject / "big.py").write_bytes(os.urandom(400_000))
    before = digest(subject)
    done = subprocess.run([sys.executable, "-c", FULL_DISK, str(autosd_home), str(subject)], capture_output=True, text=True)
    assert done.stdout.strip() == "AUTOSD-DISK-FULL", done.stderr
    assert digest(subject) == before and list((autosd_home / "worktrees").iterdir()) == []
