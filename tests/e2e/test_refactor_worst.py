"""``autosd refactor-worst`` as a person runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from autosd.testing import make_repository

HARD = """\
def tangled(items):
    found = []
    for a in items:
        if a:
            if a > 3:
                found.append(a)
    return found
"""
TESTS = "from hard import tangled\n\n\ndef test_tangled():\n    assert tangled([0, 1, 5]) == [5]\n"


def autosd(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "autosd", *words], cwd=cwd, capture_output=True, text=True)


def test_the_ranking_is_shown_and_nothing_is_changed(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "p", {"hard.py": HARD, "easy.py": "X = 1\n", "test_hard.py": TESTS})
    before = repository.state()
    told = autosd("refactor-worst", ".", "--list", "--json", cwd=repository.path)
    assert told.returncode == 0, told.stderr
    modules = json.loads(told.stdout)["modules"]
    assert [each["path"] for each in modules] == ["hard.py", "easy.py"] and modules[0]["function"] == "tangled"
    assert "hard.py" in autosd("refactor-worst", ".", "--list", cwd=repository.path).stdout and repository.state() == before


def test_a_project_where_nothing_stands_out_is_told_so(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "p", {"easy.py": "X = 1\n"})
    done = autosd("refactor-worst", ".", cwd=repository.path)
    assert (done.returncode, done.stderr) == (0, "") and done.stdout.startswith("No module stands out")
    wrong = autosd("refactor-worst", "nowhere", cwd=repository.path)
    assert wrong.returncode == 2 and "AUTOSD-PATH-NOT-FOUND" in wrong.stderr and "Traceback" not in wrong.stderr


@pytest.mark.slow
def test_without_a_model_it_says_so_and_leaves_everything_as_it_was(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "p", {"hard.py": HARD, "test_hard.py": TESTS})
    before = repository.state()
    done = autosd("refactor-worst", ".", "--json", cwd=repository.path)
    told = json.loads(done.stdout)
    assert done.returncode == 1 and (told["result"], told["reason"]) == ("no_helper", "no model is configured")
    assert repository.state() == before
