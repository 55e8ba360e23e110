"""The host's side of the escape tests: lays out bait, runs every attack in a sandbox of one level, and looks at what really happened.

``python worker.py LEVEL FOLDER [NAME...]`` prints one JSON object: attack -> {"out", "detail", "ending", "exit_code", "seconds"}.
Runs as whoever starts it, so the tests start it as root and as an ordinary user.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autosd.adapters.sandbox import open_sandbox
from autosd.adapters.sandbox.probing import interpreter_mounts
from autosd.domain.sandboxing import Access, Command, Completed, Limits, Mount
from autosd.ports import Sandbox

ATTACKS = Path(__file__).with_name("attacks.py")
LIMITS = Limits(wall_seconds=5, cpu_seconds=3, memory_mb=160, processes=48, open_files=128, file_mb=16, disk_mb=48, output_bytes=200_000)
SLOW = {"cpu_spin": {"cpu_seconds": 1.0}, "cpu_spin_by_forks": {"cpu_seconds": 1.0}}


@contextlib.contextmanager
def bait(folder: Path) -> Iterator[dict[str, Any]]:
    """Secrets, listeners and a victim of our own; nothing of the host is ever used as a target but /etc/shadow."""
    marker = f"marker{secrets.token_hex(8)}"
    for name in ("home", "worktree", "readonly", "scratch", "private"):
        (folder / name).mkdir(parents=True, mode=0o700)
    secret = folder / "home" / "id_ed25519"
    secret.write_text("secret")
    (folder / "readonly" / "file").write_text("as it was")
    tmp_file = Path("/tmp", f"autosd-{marker}")
    tmp_file.write_text("secret")
    os.environ["AUTOSD_TEST_TOKEN"] = marker
    leak = os.open(secret, os.O_RDONLY)
    os.set_inheritable(leak, True)
    victim = subprocess.Popen([sys.executable, "-I", "-S", "-c", "import time; time.sleep(300)", marker], env={"VICTIM": marker})
    tcp, udp = socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    udp.setblocking(False)
    abstract, unix = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    abstract.bind("\0" + marker)
    unix.bind(str(folder / "private" / "s"))
    for server in (abstract, unix):
        server.listen()
    try:
        yield {
            "marker": marker, "secret": str(secret), "tmp_file": str(tmp_file), "victim": victim.pid, "abstract": marker,
            "worktree": str(folder / "worktree"), "readonly": str(folder / "readonly"), "scratch": str(folder / "scratch"),
            "socket": str(folder / "private" / "s"), "tcp": tcp.getsockname()[1], "udp": udp.getsockname()[1], "udp_socket": udp,
            "victim_process": victim, "processes": LIMITS.processes, "memory_mb": LIMITS.memory_mb, "disk_mb": LIMITS.disk_mb,
            "file_mb": LIMITS.file_mb, "open_files": LIMITS.open_files,
        }  # fmt: skip
    finally:
        victim.kill()
        victim.wait()
        for server in (tcp, udp, abstract, unix):
            server.close()
        os.close(leak)
        tmp_file.unlink()


def try_one(sandbox: Sandbox, name: str, context: dict[str, Any]) -> dict[str, Any]:
    told = {key: value for key, value in context.items() if isinstance(value, int | str)}
    mounts = (
        *interpreter_mounts(),
        Mount(ATTACKS.parent),
        Mount(Path(context["worktree"]), Access.WRITE),
        Mount(Path(context["readonly"])),
        Mount(Path(context["scratch"]), Access.SCRATCH),
    )
    argv = (sys.executable, "-I", "-S", str(ATTACKS), name)
    limits = Limits(**{**vars(LIMITS), **SLOW.get(name, {})})
    done = sandbox.run(Command(argv, Path(context["worktree"]), mounts, {"GIVEN": "yes"}, limits, json.dumps(told).encode()))
    said: dict[str, Any] = {"out": False, "detail": done.stderr.decode("utf-8", "replace")[-300:]}
    with contextlib.suppress(ValueError):
        said = json.loads(done.stdout)
    marks = host_marks(context, done)
    return {
        "out": bool(said["out"] or marks),
        "detail": f"{said['detail']} {marks}"[:600],
        "ending": done.ending,
        "exit_code": done.exit_code,
        "seconds": done.seconds,
    }


def host_marks(context: dict[str, Any], done: Completed) -> list[str]:
    """What an attack changed outside, whatever it says itself."""
    marks = []
    if Path(context["secret"]).read_text() != "secret":
        marks.append("secret changed")
    if [path.name for path in Path(context["readonly"]).iterdir()] != ["file"] or Path(
        context["readonly"], "file"
    ).read_text() != "as it was":
        marks.append("read-only mount changed")
    if any(Path(context["scratch"]).iterdir()):
        marks.append("scratch was not thrown away")
    if context["victim_process"].poll() is not None:
        marks.append("victim killed")
    with contextlib.suppress(BlockingIOError):
        marks.append(f"udp arrived: {context['udp_socket'].recv(100)!r}")
    if any(path.lstat().st_mode & 0o6000 for path in Path(context["worktree"]).iterdir()):
        marks.append("set-id file on the host")
    heart = Path(context["worktree"], "heartbeat")
    if heart.exists():
        before = heart.read_text()
        time.sleep(0.15)
        if heart.read_text() != before:
            marks.append("daemon lives")
    if len(done.stdout) + len(done.stderr) > LIMITS.output_bytes:
        marks.append("output over the cap")
    return marks


def main(level: str, folder: Path, names: list[str]) -> dict[str, Any]:
    every = re.findall(r"@attack\ndef (\w+)", "".join(path.read_text() for path in ATTACKS.parent.glob("*.py")))
    sandbox = open_sandbox(folder / "home-of-autosd", level)
    results: dict[str, Any] = {}
    for name in names or every:
        with bait(folder / name) as context:
            results[name] = try_one(sandbox, name, context)
    results["report"] = {"level": sandbox.report().level, "missing": [gap.part for gap in sandbox.report().missing], "uid": os.getuid()}
    return results


if __name__ == "__main__":
    json.dump(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:]), sys.stdout)
