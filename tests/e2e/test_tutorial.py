"""The pages that people follow are true: their commands run as written, in order, in one shell."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import lean
import pytest

DOCS = Path(__file__).parents[2] / "docs"


def blocks(page: str) -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```$", (DOCS / page).read_text("utf-8"), re.M | re.S)


def followed(tmp_path: Path, *pages: str | list[str]) -> str:
    """Standard output of all blocks, each announced by its number."""
    commands = [block for page in pages for block in (blocks(page) if isinstance(page, str) else page)]
    script = "set -euo pipefail\n" + "\n".join(f"echo '--- block {number}'\n{block}" for number, block in enumerate(commands))
    env = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "AUTOSD_HOME": str(tmp_path / "autosd"),
        "LANG": "C.UTF-8",
        "AUTOSD_FIX_PYTHON": str(lean.interpreter().python),
    }
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_every_command_of_the_tutorial_works_as_written(tmp_path: Path) -> None:
    said = followed(tmp_path, "tutorial.md")
    assert re.search(r"^[0-9a-f]{7,} .*till", said.split("--- block 6")[-1], re.M), said
    assert '"result": "no_failing_tests"' in said.replace('":"', '": "'), said
    project = tmp_path / "cafe"
    assert "guests >= 6" in (project / "till.py").read_text()
    checked = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"], cwd=project, capture_output=True, check=False
    )
    assert checked.returncode == 0


@pytest.mark.slow
def test_every_command_of_the_unattended_tutorial_works_as_written(tmp_path: Path) -> None:
    said = followed(tmp_path, "tutorial-unattended.md")
    assert "- cents * percent // 100" in (tmp_path / "shop/prices.py").read_text()
    assert '"state": "open"' in said and "win" in said.split("--- block 5")[1].split("--- block 6")[0]
    assert re.search(r"verified +1\b", said), said


@pytest.mark.slow
def test_the_stages_of_the_rollout_do_what_the_page_says(tmp_path: Path) -> None:
    """On the tutorial's project; the later stages find it as the earlier ones left it."""
    start = ["\n".join(blocks("tutorial-unattended.md")[:1]), "autosd projects add . --id shop\n"]
    stages = blocks("how-to/roll-out-learning.md")
    said = followed(tmp_path, start, stages).split("--- block ")[1:]
    shadow, safe, wide, normal, real, off = (text.partition("\n")[2] for text in said[len(start) :])
    assert "0 queued" in shadow and "approved" in shadow, "proposed and approved, and nothing is carried out"
    assert "selfbuild/" in safe
    status = json.loads(wide[wide.index("{") :])
    assert status["result"] == "ok" and status["outcome_quality"]["pending_recheck_runs"] == 0
    assert "real_apply_disabled" in normal
    assert "canary_allowed" in real
    assert "0 queued" in off and json.loads(off[off.index("{") :])["result"] == "ok"
