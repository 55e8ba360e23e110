"""The large counts: killed at any moment, a run is simply run again. ``make soak`` only; SOAK_KILLS sets how many."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import projects
import pytest

from autosd.testing import TinyRepository

Make = Callable[[Mapping[str, str]], TinyRepository]

KILLS = int(os.environ.get("SOAK_KILLS", "60"))


@pytest.mark.soak
@pytest.mark.parametrize("number", range(KILLS))
def test_killed_at_any_moment_it_is_simply_run_again(cli, repository: Make, autosd_home: Path, number: int) -> None:
    repo = repository(projects.CLAMP)
    before = repo.state()
    process = cli.start("fix", repo.path, "--commit", "--max-seconds", "60")
    try:
        process.communicate(timeout=random.Random(number).uniform(0.05, 9.0))
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate(timeout=20)

    ran = cli.fix(repo.path, "--commit")

    assert (ran.code, ran.result) == (0, "committed"), ran.stderr
    assert repo.state() == before
    assert [name for name in repo.branches() if name.startswith("autosd/")] == [ran.object["branch"]]
    assert cli("audit", "verify").code == 0
    assert not list((autosd_home / "worktrees").glob("*/base"))
