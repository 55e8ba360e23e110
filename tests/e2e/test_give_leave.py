"""The how-to on giving leave is true: its commands run as written, in order, in one shell."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import lean
import pytest

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "give-leave.md"


def blocks() -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S)


@pytest.mark.slow
def test_every_command_of_the_page_works_as_written(tmp_path: Path) -> None:
    script = "set -euo pipefail\n" + "\n".join(f"echo '--- block {number}'\n{block}" for number, block in enumerate(blocks(), 1))
    env = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "AUTOSD_HOME": str(tmp_path / "autosd"),
        "LANG": "C.UTF-8",
        "AUTOSD_FIX_PYTHON": str(lean.interpreter().python),
    }
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=280, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "refused, as it should be" in done.stdout and "AUTOSD-GRANT-WIDER" in done.stderr, said
    assert "the child ended with its parent" in done.stdout and "grant_revoked" in done.stderr, said
    used = done.stdout.split("--- block 5")[1].split("--- block 6")[0]
    assert re.search(r"^[0-9a-f]{7,} .*till", used, re.M), said
