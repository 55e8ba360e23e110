"""Which files judge a change, and are therefore out of its reach: tests, their fixtures, what configures or starts the runner, and what
says which packages it is run with."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from autosd.domain.suites import SuiteRun

_TEST_FILE = re.compile(r"^(test_.*|.*_test|tests?|conftest)\.(py|pyi)$|.*\.(test|spec)\.[cm]?[jt]sx?$", re.IGNORECASE)
_TEST_FOLDERS = frozenset({"tests", "test", "__tests__", "__snapshots__"})
_RUNNER_FILES = frozenset({
    "pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml", "tox.ini", "setup.cfg", "setup.py", "pyproject.toml", "noxfile.py",
    "tox.toml", "sitecustomize.py", "usercustomize.py", "entry_points.txt", ".coveragerc", "package.json", "package-lock.json", "makefile",
    "manage.py", ".mocharc.json", ".mocharc.yml",
})  # fmt: skip
_RUNNER_CONFIG = re.compile(r"^(jest|vitest|karma|babel|eslint)\.config\.[cm]?[jt]s$|\.pth$|^\.eslintrc", re.IGNORECASE)
#: What the tests are run with: another package under a known name would judge instead.
_DEPENDENCIES = re.compile(
    r"^(requirements|constraints)([._-].*)?\.(txt|in)$|^(environment|conda)\.ya?ml$|^(pipfile|pdm\.toml|uv\.toml)$", re.IGNORECASE
)
_METADATA = re.compile(r"\.(egg-info|dist-info|egg-link)$", re.IGNORECASE)
#: A new module of such a name would be imported in place of the real one.
_FRAMEWORKS = frozenset({"pytest", "_pytest", "pluggy", "py", "iniconfig", "packaging", "hypothesis", "mock", "nose", "numpy"})


def is_test_file(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return bool(parts) and (bool(_TEST_FILE.match(parts[-1])) or any(part.lower() in _TEST_FOLDERS for part in parts[:-1]))


def is_gating(path: str) -> bool:
    """Whether the file at ``path`` takes part in the judgement by its name or place."""
    parts = PurePosixPath(path).parts
    name = parts[-1].lower() if parts else ""
    if is_test_file(path) or name in _RUNNER_FILES or _RUNNER_CONFIG.search(name) or any(_METADATA.search(part) for part in parts):
        return True
    return bool(_DEPENDENCIES.search(name)) or (name.endswith((".txt", ".in")) and "requirements" in map(str.lower, parts[:-1]))


def files_of_tests(run: SuiteRun) -> frozenset[str]:
    """The files that the run's tests live in, whatever they are called."""
    ids = (*run.collected, *(result.id for result in run.results))
    return frozenset(name for test in ids if (name := test.partition("::")[0]).endswith(".py"))


def shadows(path: str) -> bool:
    """Whether a new file at ``path`` would be imported in place of the standard library or of a test framework."""
    parts = PurePosixPath(path).parts
    if len(parts) > 1 and parts[0] in ("src", "lib"):
        parts = parts[1:]
    name = PurePosixPath(parts[0]).stem if parts else ""
    at_top = len(parts) == 1 or (len(parts) == 2 and parts[1] == "__init__.py")
    return at_top and (name in sys.stdlib_module_names or name in _FRAMEWORKS)


def to_lock(root: Path, run: SuiteRun, changed: Iterable[str], limit: int = 200) -> tuple[str, ...]:
    """The files of ``root`` to mount read-only while the candidate's code runs: those of the tests, conftest, runner configuration."""
    found = set(files_of_tests(run))
    for file in tuple(found):
        folder = PurePosixPath(file).parent
        found.update(str(parent / "conftest.py") for parent in (folder, *folder.parents))
    found.update(name for name in _RUNNER_FILES if name != "manage.py")
    return tuple(sorted(file for file in found if file not in set(changed) and (root / file).is_file()))[:limit]
