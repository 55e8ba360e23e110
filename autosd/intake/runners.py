"""Which runner a project's suite has: told by a command line, or read off the tree."""

from __future__ import annotations

import configparser
import re
import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from autosd.domain.errors import AutosdError


class Kind(StrEnum):
    PYTEST = "pytest"
    UNITTEST = "unittest"
    COMMAND = "command"


@dataclass(frozen=True)
class Runner:
    """How to run a suite. ``args`` are the runner's words (for ``command``: the whole line); ``env`` stood before it."""

    kind: Kind
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)


_ASSIGNMENT = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*=")
_PYTHON = re.compile(r"^(.*/)?(python[0-9.]*|py)$")
_TEST_FILE = re.compile(r"^(test_.*|.*_test)\.py$")
_OF_PYTEST = re.compile(r"^\s*(import|from) pytest\b|^(async )?def test", re.M)
_SKIPPED_DIRS = frozenset({".git", ".venv", "venv", "env", "node_modules", "build", "dist", ".tox", ".nox", "__pycache__", ".eggs"})


def runner_of_command(line: str) -> Runner:
    """Recognises pytest and unittest in ``line``; anything else is judged by its exit code alone."""
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise _invalid(f"The test command cannot be read: {error}.", "Quote it as for a shell.") from error
    env: dict[str, str] = {}
    while words and _ASSIGNMENT.match(words[0]):
        name, _, value = words.pop(0).partition("=")
        env[name] = value
    if not words:
        raise _invalid("The test command is empty.", "Give the command that runs the tests.")
    shell = any(mark in line for mark in ("|", "&&", ";", ">", "<", "$("))
    if not shell:
        rich = _rich_runner(words, env)
        if rich is not None:
            return rich
    return Runner(Kind.COMMAND, ("sh", "-c", line) if shell else tuple(words), {} if shell else env)


def _invalid(message: str, remedy: str) -> AutosdError:
    return AutosdError("AUTOSD-TEST-COMMAND-INVALID", message, remedy)


def _rich_runner(words: list[str], env: Mapping[str, str]) -> Runner | None:
    if Path(words[0]).name in ("pytest", "py.test"):
        return Runner(Kind.PYTEST, tuple(words[1:]), env)
    if _PYTHON.match(words[0]) and len(words) > 2 and words[1] == "-m" and words[2] in ("pytest", "unittest"):
        return Runner(Kind(words[2]), tuple(words[3:]), env)
    return None


def detect_runner(root: Path) -> Runner:
    """pytest where anything points to it; else unittest where test files only know that; else pytest."""
    if pytest_config(root) is not None:
        return Runner(Kind.PYTEST)
    files = list(_test_files(root, limit=40))
    texts = [file.read_text("utf-8", "replace") for file in files]
    if any(file.name == "conftest.py" for file in files) or any(map(_OF_PYTEST.search, texts)):
        return Runner(Kind.PYTEST)
    if any(re.search(r"\bunittest\b", text) for text in texts) and _discoverable(root):
        return Runner(Kind.UNITTEST)
    return Runner(Kind.PYTEST)


def pytest_config(root: Path) -> str | None:
    """The name of the file at ``root`` that pytest would take its configuration from."""
    for name in ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini"):
        if (root / name).is_file():
            return name
    if _toml_has_pytest(root / "pyproject.toml"):
        return "pyproject.toml"
    for name, section in (("tox.ini", "pytest"), ("setup.cfg", "tool:pytest")):
        if _ini_has(root / name, section):
            return name
    return None


def _toml_has_pytest(path: Path) -> bool:
    try:
        return "pytest" in tomllib.loads(path.read_text("utf-8")).get("tool", {})
    except (OSError, ValueError):
        return False


def _ini_has(path: Path, section: str) -> bool:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(path.read_text("utf-8"))
    except (OSError, ValueError, configparser.Error):
        return False
    return parser.has_section(section)


def _test_files(root: Path, limit: int) -> list[Path]:
    found: list[Path] = []
    folders = [root]
    while folders and len(found) < limit:
        folder = folders.pop(0)
        for path in sorted(folder.iterdir()):
            if path.is_symlink():
                continue
            if path.is_dir() and path.name not in _SKIPPED_DIRS and not path.name.startswith("."):
                folders.append(path)
            elif path.name == "conftest.py" or _TEST_FILE.match(path.name):
                found.append(path)
    return found[:limit]


def _discoverable(root: Path) -> bool:
    """Whether ``python -m unittest discover`` would find them: files named test*.py in the root or in packages."""
    for path in _test_files(root, limit=40):
        if path.name.startswith("test"):
            folders = [parent for parent in path.parents if parent != root and root in parent.parents]
            if all((folder / "__init__.py").is_file() for folder in folders):
                return True
    return False
