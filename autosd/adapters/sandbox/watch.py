"""Measures what no kernel limit covers on this host, from outside: memory and CPU of a whole tree of processes, size of folders. Light."""

# pathlib would cost more than the rest of a start
# ruff: noqa: PTH118, PTH123, PTH208
from __future__ import annotations

import contextlib
import os
import signal
import time

from autosd.adapters.sandbox import cgroups

TYPING = False
if TYPING:
    from collections.abc import Callable
    from typing import Any

PAGE = os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")
FOLDER_SHARE = 10  # measuring folders may take this part of the time


class Meter:
    """Tells which limit the processes below ``pid`` broke together, if any."""

    def __init__(self, pid: int, group: cgroups.Group, limits: dict[str, Any], folders: list[str]) -> None:
        self.pid, self.group, self.limits, self.folders = pid, group, limits, folders
        self.next_folders = 0.0

    def broken(self) -> str:
        """``memory``, ``cpu``, ``disk``, ``processes`` or nothing."""
        if "memory" in self.group.bounds and self.group.bounds >= {"cpu", "pids"}:
            used = self.group.cpu_seconds()
            return "cpu" if used > self.limits["cpu"] else self._disk()
        tree = [self.pid, *descendants(self.pid)]
        if self.group.cpu_seconds() > self.limits["cpu"] or sum(map(cpu_seconds, tree)) > self.limits["cpu"]:
            return "cpu"
        if len(tree) > self.limits["processes"] + 4:
            return "processes"
        limit = self.limits["memory"]
        if sum(map(resident, tree)) > limit and sum(map(proportional, tree)) > limit:
            return "memory"
        return self._disk()

    def _disk(self) -> str:
        if not self.folders or time.monotonic() < self.next_folders:
            return ""
        began = time.monotonic()
        used = sum(map(folder_bytes, self.folders))
        ended = time.monotonic()
        self.next_folders = ended + (ended - began) * FOLDER_SHARE
        return "disk" if used > self.limits["disk"] * (1 << 20) else ""


def descendants(pid: int) -> list[int]:
    """Every process below ``pid``, itself not counted."""
    found, todo = [], [pid]
    while todo:
        children = _children(todo.pop())
        found += children
        todo += children
    return found


def _children(pid: int) -> list[int]:
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []
    found: list[int] = []
    for task in tasks:
        with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
            found += map(int, file.read().split())
    return found


def resident(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            words = file.read().split()
        return (int(words[1]) - int(words[2])) * PAGE
    except (OSError, IndexError):
        return 0


def proportional(pid: int) -> int:
    """Memory with shared pages split between their users: what forks of one big process really cost."""
    return cgroups.read_number(f"/proc/{pid}/smaps_rollup", "Pss:") * 1024


def cpu_seconds(pid: int) -> float:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            words = file.read().rpartition(")")[2].split()
        return sum(map(int, words[11:15])) / TICKS  # with what its dead children used
    except (OSError, IndexError):
        return 0.0


def folder_bytes(folder: str) -> int:
    total = 0
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                total += (
                    folder_bytes(entry.path) if entry.is_dir(follow_symlinks=False) else entry.stat(follow_symlinks=False).st_blocks * 512
                )
    return total


def end_all(main: int, kill_group: Callable[[], None], uid: int) -> int:
    """Kill and reap everything below this process, a subreaper; returns the exit code of ``main``.

    A process that ended by itself keeps its own exit code. ``uid``: the sandbox's own, if it has one.
    """
    code = os.waitstatus_to_exitcode(os.waitpid(main, os.WNOHANG)[1]) if _ended(main) else None
    kill_group()
    if uid > 0 and descendants(os.getpid()):
        _kill_uid(uid)
    while True:
        for pid in descendants(os.getpid()):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        try:
            pid, raw = os.waitpid(-1, 0)
        except ChildProcessError:
            return -signal.SIGKILL if code is None else code
        if pid == main:
            code = os.waitstatus_to_exitcode(raw)


def _ended(pid: int) -> bool:
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _kill_uid(uid: int) -> None:
    """kill(-1) as ``uid`` reaches every process of that uid at once, so no fork can slip away."""
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(OSError):
            os.setresuid(uid, uid, uid)
            os.kill(-1, signal.SIGKILL)
        os._exit(0)
    os.waitpid(pid, 0)


def return_files(folders: list[str], uid: int) -> None:
    """What a run with a uid of its own wrote into a shared folder belongs to the folder's owner."""
    for top in folders:
        owner = os.lstat(top)
        for folder, names, files in os.walk(top):
            for path in (os.path.join(folder, name) for name in (*names, *files)):
                with contextlib.suppress(OSError):
                    if os.lstat(path).st_uid == uid:
                        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
