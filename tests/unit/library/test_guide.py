"""Every snippet of the page for Python runs as it is written there: guide S2's own, with the imports of this house."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import lean
import pytest

import autosd.library
from autosd.library import CodeDB, CodeRecord, PatchHistoryDB
from autosd.testing import make_repository

PAGE = (Path(__file__).parents[3] / "docs/how-to/use-from-python.md").read_text()
NORMAL = "def normalize_text(text):\n    return ' '.join(text.lower().split())\n"
STRIP = "def strip_quotes(text):\n    return text.strip('\"')\n"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.M | re.S)


@pytest.mark.slow
def test_the_python_of_the_page_runs_from_top_to_bottom(tmp_path: Path) -> None:
    files = {"utils.py": "X = 1\n", "test_utils.py": "import utils\n\n\ndef test_x():\n    assert utils.X == 1\n", ".gitignore": "*.db*\n"}
    project = make_repository(tmp_path / "project", files).path
    with CodeDB(project / "code.db") as code:
        code.add(CodeRecord(NORMAL, summary="normalize text"))
        code.add(CodeRecord(STRIP, summary="strip quotes"))
    env = {
        **os.environ, "SELF_IMPROVE_AUTO": "1", "SELFCODING_WRITE_ROOT": ".", "AUTOSD_PATCHES_MEASURE_SECONDS": "0",
        "AUTOSD_FIX_PYTHON": str(lean.interpreter().python),
        "PATCH_HISTORY_DB_PATH": str(tmp_path / "patches.db"),
    }  # fmt: skip
    done = subprocess.run([sys.executable, "-c", "\n".join(blocks("python"))], cwd=project, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "kept \nTrue False\nPrediction(roi=0.0, errors=0.0)\n(2.0, 5.0, 10.0)\n"
    assert (project / "utils.py").read_text() == f"X = 1\n\n\n{NORMAL}\n\n{STRIP}"
    with PatchHistoryDB(tmp_path / "patches.db") as patches:
        assert [each.description for each in patches.list_patches()] == ["strip quotes", "normalize text"]


def test_the_shell_of_the_page_runs_with_real_roots(tmp_path: Path) -> None:
    for name in ("main", "alt"):
        (tmp_path / name).mkdir()
    (tmp_path / "alt" / "code.db").touch()
    [block] = blocks("bash")
    script = block.replace("/repo/", f"{tmp_path}/").replace("python -", f"{sys.executable} -")
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(tmp_path / "alt" / "code.db")


def test_every_name_of_the_library_is_there_and_the_guides_are_among_them() -> None:
    for name in autosd.library.__all__:
        assert getattr(autosd.library, name) is not None
    guides = {
        "SelfCodingEngine", "CodeDB", "MenaceMemoryManager", "ContextBuilder", "GPTMemoryManager", "create_ephemeral_env", "resolve_path",
        "CodeRecord", "PatchHistoryDB", "TrendPredictor", "SafetyMonitor", "SandboxSettings", "LLMResult",
    }  # fmt: skip
    assert guides <= set(autosd.library.__all__) and set(autosd.library.__all__) <= set(dir(autosd.library))
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        autosd.library.Nothing  # noqa: B018


def test_nothing_heavy_is_imported_before_it_is_asked_for() -> None:
    code = "import sys, autosd.library; sys.exit('autosd.app' in sys.modules or 'sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
