"""Which runner a suite has is read off a command line, or off the tree."""

from __future__ import annotations

from pathlib import Path

import pytest

from autosd.domain.errors import AutosdError
from autosd.intake.runners import Kind, detect_runner, pytest_config, runner_of_command
from autosd.testing import write_files


@pytest.mark.parametrize(
    ("line", "kind", "args"),
    [
        ("pytest", Kind.PYTEST, ()),
        ("pytest -k 'a b' tests", Kind.PYTEST, ("-k", "a b", "tests")),
        ("py.test x", Kind.PYTEST, ("x",)),
        (".venv/bin/pytest -q", Kind.PYTEST, ("-q",)),
        ("python -m pytest tests", Kind.PYTEST, ("tests",)),
        ("python3.11 -m unittest discover -s t", Kind.UNITTEST, ("discover", "-s", "t")),
        ("make test", Kind.COMMAND, ("make", "test")),
        ("python check.py", Kind.COMMAND, ("python", "check.py")),
        ("pytest && make lint", Kind.COMMAND, ("sh", "-c", "pytest && make lint")),
    ],
)
def test_a_command_line_tells_its_runner(line: str, kind: Kind, args: tuple[str, ...]) -> None:
    runner = runner_of_command(line)
    assert (runner.kind, runner.args) == (kind, args)


def test_variables_before_a_command_are_its_environment() -> None:
    runner = runner_of_command("TZ=UTC A='b c' pytest -x")
    assert runner.kind is Kind.PYTEST and runner.env == {"TZ": "UTC", "A": "b c"} and runner.args == ("-x",)


@pytest.mark.parametrize("line", ["", "  ", "A=b", "pytest 'x"])
def test_a_command_that_is_none_is_refused_in_one_line(line: str) -> None:
    with pytest.raises(AutosdError, match="AUTOSD-TEST-COMMAND-INVALID"):
        runner_of_command(line)


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ({}, Kind.PYTEST),
        ({"pytest.ini": "[pytest]\n"}, Kind.PYTEST),
        ({"test_a.py": "def test_a(): pass\n"}, Kind.PYTEST),
        ({"tests/conftest.py": "", "tests/test_a.py": "import unittest\n"}, Kind.PYTEST),
        ({"test_a.py": "import unittest\nclass A(unittest.TestCase): pass\n"}, Kind.UNITTEST),
        ({"tests/__init__.py": "", "tests/test_a.py": "import unittest\n"}, Kind.UNITTEST),
        ({"tests/test_a.py": "import unittest\n"}, Kind.PYTEST),
        ({"test_a.py": "import unittest\nimport pytest\n"}, Kind.PYTEST),
    ],
)
def test_the_tree_tells_its_runner(tmp_path: Path, files: dict[str, str], kind: Kind) -> None:
    write_files(tmp_path, files)
    assert detect_runner(tmp_path).kind is kind


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"pytest.ini": "", "tox.ini": "[pytest]\n"}, "pytest.ini"),
        ({"pyproject.toml": "[tool.pytest.ini_options]\n", "tox.ini": "[pytest]\n"}, "pyproject.toml"),
        ({"pyproject.toml": "[project]\n", "tox.ini": "[pytest]\n"}, "tox.ini"),
        ({"tox.ini": "[tox]\n", "setup.cfg": "[tool:pytest]\n"}, "setup.cfg"),
        ({"pyproject.toml": "not = [toml", "setup.cfg": "no section"}, None),
    ],
)
def test_the_configuration_is_the_one_that_pytest_would_take(tmp_path: Path, files: dict[str, str], found: str | None) -> None:
    write_files(tmp_path, files)
    assert pytest_config(tmp_path) == found
