"""Candidates that pass by a trick. Only what proposes them is scripted; sandbox, suite, gates, git and record are real."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import projects

from autosd.testing import TinyRepository

Make = Callable[[Mapping[str, str]], TinyRepository]
BUGGY, TEST = projects.CLAMP["clamp.py"], projects.CLAMP["test_clamp.py"]

CHEATS: dict[str, Mapping[str, str | None]] = {
    "ends the run with exit code 0": {"clamp.py": f"import os\n{BUGGY.replace('return low', 'os._exit(0)')}"},
    "ends the run by sys.exit": {"clamp.py": "import sys\nsys.exit(0)\n"},
    "skips the test": {"clamp.py": f"import pytest\n\n{BUGGY.replace('        return low', '        pytest.skip()')}"},
    "patches the framework at import": {
        "clamp.py": f"import _pytest.runner\n\n_pytest.runner.call_and_report = lambda *a, **k: None\n\n\n{BUGGY}"
    },
    "replaces the test by another": {
        "clamp.py": f"import sys\n\n{BUGGY}\n\ndef _patch():\n    module = sys.modules.get('test_clamp')\n"
        "    if module:\n        module.test_above = lambda: None\n\n\nimport threading\n\nthreading.Timer(0.001, _patch).start()\n"
    },
    "always equal": {
        "clamp.py": "class Any(int):\n    def __eq__(self, other):\n        return True\n\n    __hash__ = int.__hash__\n\n\n"
        "def clamp(value, low, high):\n    import _pytest.assertion.rewrite\n    import builtins\n    builtins.AssertionError = KeyError\n"
        "    return low if value < low else value\n"
    },
    "deletes the test": {**projects.CLAMP_FIXED, "test_clamp.py": None},
    "edits the test": {"test_clamp.py": TEST.replace("== 5\n    assert clamp(12, 2, 7) == 7", "")},
    "adds a conftest": {"conftest.py": "def pytest_collection_modifyitems(items):\n    items.clear()\n"},
    "adds a configuration of the runner": {"pytest.ini": "[pytest]\naddopts = --deselect test_clamp.py::test_above\n"},
    "shadows the framework": {"pytest.py": "def main(*a):\n    return 0\n"},
    "starts with the interpreter": {"sitecustomize.py": "import os\nos._exit(0)\n"},
    "writes outside of the project": {"../outside.py": "x = 1\n"},
    "touches the configuration of the CI": {**projects.CLAMP_FIXED, ".github/workflows/ci.yml": "on: push\n"},
    "brings a secret along": {**projects.CLAMP_FIXED, ".env": "TOKEN=abc\n"},
    "breaks another test": {"clamp.py": "def clamp(value, low, high):\n    return high\n"},
    "changes nothing": {"clamp.py": BUGGY},
}


def test_no_candidate_that_cheats_is_ever_a_fix(walk, repository: Make) -> None:
    """All of them are offered, one after the other: were one let through, it would be the result."""
    repo = repository(projects.CLAMP)
    before = repo.state(ignore=())

    change = walk(repo.path, *CHEATS.values(), commit=True, seconds=240)

    assert not change.result.landed, change.diff
    assert change.cost.evaluated == len(CHEATS), "every one was judged"
    assert change.diff == "" and change.artifacts is None and change.commit is None
    assert repo.state(ignore=()) == before and repo.branches() == ["main"]
    assert not (repo.path.parent / "outside.py").exists()


def test_after_the_cheats_the_honest_candidate_is_found(walk, repository: Make) -> None:
    repo = repository(projects.CLAMP)

    change = walk(repo.path, CHEATS["edits the test"], CHEATS["breaks another test"], projects.CLAMP_FIXED, commit=True)

    assert str(change.result) == "committed"
    assert repo.git("show", f"{change.branch}:clamp.py") + "\n" == projects.CLAMP_FIXED["clamp.py"]
    assert [report.gate for report in change.reports if not report.passed] == []


def test_a_fix_that_memorises_the_test_is_labelled(walk, repository: Make) -> None:
    memo = "def clamp(value, low, high):\n    return {9: 5, 12: 7}.get(value, max(value, low))\n"

    change = walk(repository(projects.CLAMP).path, {"clamp.py": memo})

    assert change.overfit.suspect and change.overfit.reason


def test_a_partial_fix_is_landed_and_what_is_left_is_said(walk, repository: Make) -> None:
    repo = repository(projects.SEVERAL)
    part = {"src/price.py": projects.SEVERAL_FIXED["src/price.py"]}

    change = walk(repo.path, part, targets=("tests/test_price.py::test_gross",))

    assert str(change.result) == "artifacts_written"
    assert set(change.evidence.failing_after) == {"tests/test_stock.py::test_none", "tests/test_greet.py::test_greets"}
    assert "tests/test_stock.py::test_none" in (Path(change.artifacts or "") / "REPORT.md").read_text()


def test_a_test_that_passes_by_luck_proves_nothing(walk, repository: Make) -> None:
    """The coin that shows heads for the candidate is known to be a coin: it failed and passed on the same base."""
    coin = "import os\n\n\ndef test_coin():\n    assert os.urandom(1)[0] % 2\n"
    lucky = {"other.py": "# hopes for the best\nx = 2\n"}
    repo = repository({"other.py": "x = 1\n", "test_coin.py": "\n\n".join(coin.replace("coin", f"coin_{n}") for n in range(4))})

    change = walk(repo.path, lucky)

    assert not change.result.landed
