"""Runs that are broken off, killed, or meet each other: nothing is lost, nothing is left, and the next run goes through."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import projects
import pytest

from autosd.testing import TinyRepository

Make = Callable[[Mapping[str, str]], TinyRepository]

_STEPS = "".join(f"    {'abcde'[n % 5]} = ({'abcde'[(n + 1) % 5]} * {n + 3} + {'abcde'[(n + 2) % 5]}) % 1009\n" for n in range(40))
#: A bug that no template repairs in a function that offers many, so that the search is still on when it is broken off.
ENDLESS = {
    "solve.py": f"def solve(a, b, c, d, e):\n{_STEPS}    return a + b + c + d + e\n",
    "test_solve.py": (
        "import hashlib\n\nfrom solve import solve\n\n\n"
        "def test_solve():\n    for n in range(40):\n"
        "        assert solve(n, n + 1, n + 2, n + 3, n + 4) == int(hashlib.sha256(str(n).encode()).hexdigest()[:6], 16)\n"
    ),
}
MOMENTS = ["taking the base", "running the tests", "looking for a fix", "search"]


def started(cli, *words: str | Path, until: str) -> subprocess.Popen[str]:
    """A run that has come as far as the step ``until``."""
    process = cli.start("fix", *words)
    assert process.stderr
    for line in process.stderr:
        if until in line:
            return process
    raise AssertionError(f"it ended before {until!r}: {process.wait()}")


def processes_of(home: Path) -> list[str]:
    """Command lines of processes that mention ``home``: sandboxes, servers, git."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            except OSError:
                continue
            if str(home) in line:
                found.append(line)
    return found


def gone(home: Path, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while processes_of(home) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not processes_of(home)


@pytest.mark.parametrize("moment", ["running the tests", "search"])
def test_ctrl_c_ends_cleanly_with_130_and_one_object(cli, repository: Make, autosd_home: Path, moment: str) -> None:
    repo = repository(ENDLESS)
    before = repo.state(ignore=())
    process = started(cli, repo.path, "--json", "--commit", "--max-seconds", "60", until=moment)
    time.sleep(0.3)

    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)

    assert process.returncode == 130
    assert '"result": "interrupted"' in out and "Traceback" not in err and "AUTOSD-INTERRUPTED" in err
    assert repo.state(ignore=()) == before
    assert not list((autosd_home / "worktrees").glob("*/base")), "its worktree is gone"
    assert gone(autosd_home)
    assert cli("audit", "verify").code == 0 and "no end" not in cli("audit", "verify").stdout


def test_ctrl_c_of_a_terminal_reaches_the_whole_group_and_still_ends_cleanly(cli, repository: Make) -> None:
    process = started(cli, repository(ENDLESS).path, "--max-seconds", "60", until="search")

    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=20)

    assert process.returncode == 130 and "Traceback" not in err


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_run_that_was_killed_is_simply_run_again(cli, repository: Make, autosd_home: Path, moment: str) -> None:
    repo = repository(projects.CLAMP)
    before = repo.state()
    process = started(cli, repo.path, "--commit", "--max-seconds", "60", until=moment)

    process.kill()
    process.communicate(timeout=20)
    assert gone(autosd_home), "what ran in the sandbox died with it"

    ran = cli.fix(repo.path, "--commit")

    assert (ran.code, ran.result) == (0, "committed"), ran.stderr
    assert repo.state() == before
    assert [name for name in repo.branches() if name.startswith("autosd/")] == [ran.object["branch"]]
    assert cli("audit", "verify").code == 0
    assert not list((autosd_home / "worktrees").glob("*/base")), "also what the killed run left is gone"


def test_two_runs_at_once_on_one_repository_both_come_through(cli, repository: Make) -> None:
    repo = repository(projects.CLAMP)
    before = repo.state()

    both = [cli.start("fix", repo.path, "--json", "--commit", "--max-seconds", "90") for _ in range(2)]
    ended = [process.communicate(timeout=150) for process in both]

    assert [process.returncode for process in both] == [0, 0], [err for _, err in ended]
    assert repo.state() == before
    branches = [name for name in repo.branches() if name.startswith("autosd/")]
    assert branches and all(any(f'"branch": "{name}"' in out for out, _ in ended) for name in branches)
    assert cli("audit", "verify").code == 0
