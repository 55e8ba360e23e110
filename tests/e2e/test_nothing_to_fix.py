"""Projects where there is nothing to repair, or nothing to repair with: one clear line, the right word, nothing written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import projects
import pytest

from autosd.testing import TinyRepository

Make = Callable[[Mapping[str, str]], TinyRepository]


def test_a_green_suite_is_told_and_nothing_is_written(cli, repository: Make) -> None:
    repo = repository(projects.GREEN)
    before = repo.state(ignore=())

    ran = cli.fix(repo.path)

    assert (ran.code, ran.result) == (1, "no_failing_tests")
    assert ran.object["tests"] == {"failing_before": [], "failing_after": [], "broken": [], "flaky": [], "total": 1}
    assert ran.object["artifacts"] is None and ran.object["diff"] == ""
    assert repo.state(ignore=()) == before


def test_a_project_without_tests_is_told_how_to_name_them(cli, repository: Make) -> None:
    ran = cli.fix(repository(projects.NO_TESTS).path)

    assert (ran.code, ran.result) == (1, "no_tests")
    [objection] = ran.object["objections"]
    assert objection["code"] == "AUTOSD-NO-TESTS" and "--test-command" in objection["remedy"]


def test_a_flaky_test_is_no_bug_to_repair(cli, repository: Make) -> None:
    flips = "import os\n\n\ndef test_flips():\n    assert os.urandom(1)[0] % 4\n"
    always = "def test_always():\n    assert True\n"

    ran = cli.fix(repository({"test_flips.py": "\n\n".join([always, *(flips.replace("flips", f"flips_{n}") for n in range(24))])}).path)

    assert (ran.code, ran.result) == (1, "no_failing_tests")
    assert set(ran.object["tests"]["flaky"]) <= {f"test_flips.py::test_flips_{n}" for n in range(24)}
    assert ran.object["tests"]["flaky"], "of 24 tests that fail one time in four, some fail at first and pass when run again"


def test_a_test_that_does_not_exist_is_refused_before_the_search(cli, repository: Make) -> None:
    ran = cli.fix(repository(projects.CLAMP).path, "--test", "test_clamp.py::test_nothing")

    assert (ran.code, ran.result) == (2, "refused:test_unknown")
    assert ran.object["objections"][0]["code"] == "AUTOSD-TEST-UNKNOWN"


def test_a_bug_beyond_repair_ends_with_its_price_and_a_way_on(cli, repository: Make) -> None:
    repo = repository({
        "solve.py": "def solve(text):\n    return None\n",
        "test_solve.py": (
            "import hashlib\n\nfrom solve import solve\n\n\n"
            "def test_solve():\n    for n in range(40):\n"
            "        assert solve(str(n)) == hashlib.sha256(str(n * 7919).encode()).hexdigest()\n"
        ),
    })  # fmt: skip

    ran = cli("fix", repo.path, "--max-seconds", "20")

    assert ran.code == 1
    assert "No fix was found" in ran.stdout and "failing before" in ran.stdout and "--max-seconds" in ran.stdout
    assert not (repo.path / "artifacts").exists()


@pytest.mark.parametrize(
    "command, code, result",
    [
        ("no-such-runner --all", 1, "environment_failed"),
        ("'unbalanced", 2, "refused:test_command_invalid"),
    ],
)
def test_a_test_command_that_cannot_work_is_told_by_its_cause(cli, repository: Make, command: str, code: int, result: str) -> None:
    ran = cli.fix(repository(projects.CLAMP).path, "--test-command", command)

    assert (ran.code, ran.result) == (code, result), ran.stderr


def test_an_interpreter_that_is_none_was_asked_for_wrongly(cli, repository: Make, tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)

    ran = cli.fix(repository(projects.CLAMP).path, "--python", str(broken))

    assert (ran.code, ran.result) == (2, "refused:python_invalid")
    assert ran.object["objections"][0]["code"] == "AUTOSD-PYTHON-INVALID"
    assert len(ran.stderr.strip().splitlines()) == 1, "before any work, and nothing but that line"


def test_a_project_whose_requirements_cannot_be_had_says_so_instead_of_guessing(cli, repository: Make) -> None:
    wants = {"requirements.txt": "a-package-that-does-not-exist-anywhere==9.9.9\n", "pip.conf": ""}

    ran = cli.fix(repository({**projects.CLAMP, **wants}).path, env={"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"})

    assert (ran.code, ran.result) == (1, "environment_failed"), ran.stderr
    assert "a-package-that-does-not-exist-anywhere" in ran.stderr


def test_a_suite_of_unittest_is_repaired_too(cli, repository: Make) -> None:
    suite = (
        "import unittest\n\nfrom clamp import clamp\n\n\nclass Clamps(unittest.TestCase):\n"
        "    def test_above(self):\n        self.assertEqual(clamp(9, 1, 5), 5)\n        self.assertEqual(clamp(12, 2, 7), 7)\n\n"
        "    def test_below(self):\n        self.assertEqual(clamp(0, 1, 5), 1)\n"
    )

    ran = cli.fix(repository({"clamp.py": projects.CLAMP["clamp.py"], "test_unit.py": suite}).path)

    assert (ran.code, ran.result) == (0, "artifacts_written"), ran.stderr
    assert ran.object["tests"]["total"] == 2


def test_a_suite_that_is_only_a_command_is_judged_by_its_exit_code(walk, repository: Make) -> None:
    check = "from clamp import clamp\nassert clamp(9, 1, 5) == 5 and clamp(12, 2, 7) == 7\n"
    repo = repository({"clamp.py": projects.CLAMP["clamp.py"], "check.py": check})

    change = walk(repo.path, projects.CLAMP_FIXED, options={"suite.command": "python check.py"})

    assert str(change.result) == "artifacts_written"
    assert change.evidence.failing_before == ("command",) and change.evidence.failing_after == ()
