"""The projects that growth is measured on have the size and the one bug that they are said to have."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from autosd.testing import write_files
from benchmarks.growth import project


@pytest.mark.parametrize(("lines", "tests"), [(1_000, 10), (1_000, 100), (10_000, 100), (10_000, 1_000)])
def test_a_project_is_as_large_as_it_is_called(lines: int, tests: int) -> None:
    files = project(lines, tests)
    source = sum(text.count("\n") for name, text in files.items() if name.startswith("area/"))
    assert lines * 0.9 <= source <= lines * 1.5
    assert sum(text.count("def test_") for text in files.values()) == tests


def test_exactly_one_test_fails(tmp_path: Path) -> None:
    write_files(tmp_path, project(1_000, 20))
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"], cwd=tmp_path, capture_output=True, text=True)
    assert "1 failed, 19 passed" in done.stdout
