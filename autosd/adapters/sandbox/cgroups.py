"""One control group a run, on cgroup v1 and v2: memory, pids and CPU of everything inside together. Imported by the launcher: light.

A group is named after the process that made it, so that the next start can tell what a killed run left behind.
"""

# pathlib would cost more than the rest of a start
# ruff: noqa: PTH102, PTH106, PTH110, PTH118, PTH123, PTH208
from __future__ import annotations

import contextlib
import os
import signal
import time

PREFIX = "autosd-"
NEEDED = ("memory", "pids", "cpuacct")
BOUNDS = {
    "memory": (("memory", "memory.limit_in_bytes"), ("unified", "memory.max")),
    "pids": (("pids", "pids.max"), ("unified", "pids.max")),
    "cpu": (("cpuacct", "cpuacct.usage"), ("unified", "cpu.stat")),
}


def start_time(pid: int) -> str:
    """The start time of ``pid`` in clock ticks, empty when there is no such process; tells a reused id apart."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def mounts() -> dict[str, str]:
    """Where each controller is mounted: v1 names, and ``unified`` for v2."""
    found: dict[str, str] = {}
    with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as file:
        for line in file:
            left, _, right = line.partition(" - ")
            kind, _, options = right.split()[:3]
            point = left.split()[4]
            if kind == "cgroup2":
                found["unified"] = point
            elif kind == "cgroup":
                found.update({word: point for word in options.split(",") if word in NEEDED})
    return found


def own_paths() -> dict[str, str]:
    found: dict[str, str] = {}
    with open("/proc/self/cgroup", encoding="utf-8", errors="replace") as file:
        for line in file:
            _, controllers, path = line.rstrip("\n").split(":", 2)
            found.update(dict.fromkeys(controllers.split(",") if controllers else ["unified"], path))
    return found


def parents() -> tuple[dict[str, str], dict[str, str]]:
    """The folder to make groups in, for each controller that we may use, and the cause for each that we may not."""
    points, own = mounts(), own_paths()
    usable: dict[str, str] = {}
    causes: dict[str, str] = {}
    for name in (*NEEDED, "unified"):
        if name not in points:
            causes[name] = "no cgroup v1 hierarchy for it is mounted"
            continue
        folder = _writable_from(points[name], own.get(name, "/"), unified=name == "unified")
        if folder:
            usable[name] = folder
        else:
            causes[name] = f"no group under {points[name]} may be made by uid {os.geteuid()}"
    return usable, causes


def _writable_from(point: str, path: str, *, unified: bool) -> str:
    """Our own group, else the nearest one above it, in which a child group can be made and can hold a process."""
    parts = [part for part in path.split("/") if part]
    fallback = ""
    for depth in range(len(parts), -1, -1):
        folder = os.path.join(point, *parts[:depth])
        kind = _try_child(folder)
        if kind == "full" or (kind and not unified):
            return folder
        fallback = fallback or (folder if kind else "")
    return fallback


def _try_child(folder: str) -> str:
    """``full`` when a child of ``folder`` has memory and pids limits, ``bare`` when it can only hold (and kill) processes."""
    child = os.path.join(folder, f"{PREFIX}{os.getpid()}-{start_time(os.getpid())}-probe")
    try:
        os.mkdir(child)
    except OSError:
        return ""
    try:
        full = all(os.access(os.path.join(child, name), os.W_OK) for name in ("memory.max", "pids.max"))
        return "full" if full else "bare" if os.access(os.path.join(child, "cgroup.procs"), os.W_OK) else ""
    finally:
        os.rmdir(child)


def clean_stale(usable: dict[str, str]) -> int:
    """Kill and remove groups whose maker is gone (kill -9, power loss). Returns how many."""
    removed = 0
    for folder in set(usable.values()):
        with contextlib.suppress(OSError):
            for name in os.listdir(folder):
                words = name.split("-")
                if name.startswith(PREFIX) and len(words) >= 3 and words[1].isdigit() and start_time(int(words[1])) != words[2]:
                    removed += remove(os.path.join(folder, name))
    return removed


def kill_all(folder: str) -> None:
    try:
        write(os.path.join(folder, "cgroup.kill"), "1")
    except OSError:
        for pid in members(folder):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)


def members(folder: str) -> list[int]:
    try:
        with open(os.path.join(folder, "cgroup.procs"), encoding="ascii") as file:
            return [int(word) for word in file.read().split() if word != "0"]
    except OSError:
        return []


def remove(folder: str, seconds: float = 2.0) -> bool:
    """Kill what is inside and remove the group; False when it would not go (the next start tries again)."""
    end = time.monotonic() + seconds
    while True:
        try:
            os.rmdir(folder)
            return True
        except FileNotFoundError:
            return False
        except OSError:
            if time.monotonic() > end:
                return False
        kill_all(folder)
        time.sleep(0.001)


def write(path: str, value: str) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(fd, value.encode())
    finally:
        os.close(fd)


def read_number(path: str, key: str = "") -> int:
    """A number in a control file: the whole file, or the value after ``key``. 0 when it is not there."""
    try:
        with open(path, encoding="ascii") as file:
            text = file.read()
    except OSError:
        return 0
    if not key:
        return int(text.strip() or 0)
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith(key + " ")), 0)


class Group:
    """The groups of one run, one folder a hierarchy; ``usable`` comes from ``parents``."""

    def __init__(self, usable: dict[str, str], name: str) -> None:
        self.folders = {key: os.path.join(folder, name) for key, folder in usable.items()}
        for folder in set(self.folders.values()):
            os.mkdir(folder)
        self.bounds = {
            bound
            for bound, files in BOUNDS.items()
            for key, file in files
            if key in self.folders and os.path.exists(os.path.join(self.folders[key], file))
        }

    def limit(self, memory: int, processes: int) -> None:
        for key, file, value in (
            ("memory", "memory.limit_in_bytes", memory),
            ("memory", "memory.memsw.limit_in_bytes", memory),
            ("pids", "pids.max", processes),
            ("unified", "memory.max", memory),
            ("unified", "memory.swap.max", 0),
            ("unified", "pids.max", processes),
        ):
            path = os.path.join(self.folders[key], file) if key in self.folders else ""
            if path and os.path.exists(path):
                write(path, str(value))

    def join(self) -> None:
        """Move the calling process, which has one thread, in; what it starts stays in.

        By ``tasks`` where there is one (v1): a thread that moves itself needs no lock, ``cgroup.procs`` waits for the whole kernel.
        """
        for folder in set(self.folders.values()):
            tasks = os.path.join(folder, "tasks")
            write(tasks if os.path.exists(tasks) else os.path.join(folder, "cgroup.procs"), "0")

    def out_of_memory(self) -> bool:
        v1 = self.folders.get("memory", "")
        v2 = self.folders.get("unified", "")
        return bool(
            (v1 and read_number(os.path.join(v1, "memory.oom_control"), "oom_kill"))
            or (v2 and read_number(os.path.join(v2, "memory.events"), "oom_kill"))
        )

    def cpu_seconds(self) -> float:
        if "cpuacct" in self.folders:
            return read_number(os.path.join(self.folders["cpuacct"], "cpuacct.usage")) / 1e9
        if "unified" in self.folders:
            return read_number(os.path.join(self.folders["unified"], "cpu.stat"), "usage_usec") / 1e6
        return 0.0

    def kill(self) -> None:
        for folder in set(self.folders.values()):
            kill_all(folder)

    def remove(self) -> None:
        for folder in set(self.folders.values()):
            remove(folder)
