"""The child of the launcher on its way to become the sandbox: limits, control group, mounts, uid, then exec. Light, no return."""

# pathlib would cost more than the rest of a start
# ruff: noqa: PTH123
from __future__ import annotations

import os
import platform
import resource
import socket

from autosd.adapters.sandbox import cgroups, kernel, seccomp, staging
from autosd.adapters.sandbox.wire import read_message, receive_fds

TYPING = False
if TYPING:
    from typing import Any

OWN_PROCESSES = 2  # bubblewrap's own two
FIRST_UID = 1_600_000_000  # far above users and the ranges handed to containers
CAP_SYS_ADMIN = 1 << 21


def run_uid(launcher: int, slot: int) -> int:
    """A uid that no other running sandbox has: process limits are counted by uid over the whole machine."""
    with open("/proc/self/uid_map", encoding="ascii") as file:
        ranges = [(int(line.split()[0]), int(line.split()[2])) for line in file]
    wanted = FIRST_UID + launcher % (1 << 22) * 64 + slot
    if any(start <= wanted < start + count for start, count in ranges):
        return wanted
    start, count = max(ranges)  # inside a container that maps few ids: the upper half of what it has
    return start + count - 1 - (launcher * 64 + slot) % max(count // 2, 1)


def may_mount() -> bool:
    """Whether this process holds the capability that mounting on the host needs."""
    with open("/proc/self/status", encoding="ascii", errors="replace") as file:
        effective = next((int(line.split()[1], 16) for line in file if line.startswith("CapEff:")), 0)
    return os.geteuid() == 0 and bool(effective & CAP_SYS_ADMIN)


def become(channel: socket.socket, uid: int, group: cgroups.Group, namespaces: staging.UserNamespaces, told: int, status: int) -> None:
    """Get ready, wait for the plan, turn into the sandbox. Whatever goes wrong is written to ``told``; exec closes it."""
    try:
        os.setsid()
        group.join()
        pipes = receive_fds(channel, 3)
        if not pipes:
            os._exit(0)
        plan = read_message(channel)
        for target, fd in enumerate(pipes):
            os.dup2(fd, target)
        ids = (uid, uid) if uid > 0 else (os.geteuid(), os.getegid())
        if plan["level"] == "bubblewrap":
            _bubblewrap(plan, ids, group, namespaces, status)
        else:
            from autosd.adapters.sandbox import landlock

            landlock.become(plan, ids, group)
    except BaseException as error:  # this child must never return into the warden's code
        os.write(told, f"{type(error).__name__}: {error}".encode()[:4000])
    os._exit(125)


def _bubblewrap(plan: dict[str, Any], ids: tuple[int, int], group: cgroups.Group, namespaces: staging.UserNamespaces, status: int) -> None:
    root = may_mount()
    if os.geteuid() == 0 and not root:
        drop_to(ids)
    staging.enter_namespace(*ids, root=root)
    staging.build(plan, ids, namespaces if root else None)
    set_limits(plan["limits"], OWN_PROCESSES, memory_bound="memory" in group.bounds)
    if root:
        drop_to(ids)
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1, "no_new_privs")
    filter_fd = os.memfd_create("filter", 0)
    os.write(filter_fd, seccomp.program(platform.machine()))
    os.lseek(filter_fd, 0, os.SEEK_SET)
    os.set_inheritable(status, True)
    words = [*plan["words"], "--json-status-fd", str(status), "--seccomp", str(filter_fd)]
    arguments = os.memfd_create("arguments", 0)
    os.write(arguments, "\0".join(words).encode("utf-8", "surrogateescape"))
    os.lseek(arguments, 0, os.SEEK_SET)
    os.chdir("/")
    argv = [plan["bwrap"], "--args", str(arguments), "--", *plan["argv"]]  # the environment stays out of the process list
    os.execve(argv[0], argv, {})  # noqa: S606


def drop_to(ids: tuple[int, int]) -> None:
    """Leave root for good."""
    uid, gid = ids
    try:
        os.setgroups([])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
    except OSError as error:
        raise OSError(error.errno, "this root may not change to another uid") from error


def set_limits(limits: dict[str, Any], extra: int, *, memory_bound: bool) -> None:
    """Per-process limits. Where a control group bounds memory it decides, so that its verdict is told apart from a crash."""
    cpu = max(1, round(limits["cpu"]))
    data = limits["memory"] * (4 if memory_bound else 1)
    for what, soft, hard in (
        (resource.RLIMIT_CPU, cpu, cpu + 1),
        (resource.RLIMIT_DATA, data, data),  # not AS: V8 and sanitizers reserve terabytes that they never touch
        (resource.RLIMIT_FSIZE, limits["file"], limits["file"]),
        (resource.RLIMIT_NOFILE, limits["files"], limits["files"]),
        (resource.RLIMIT_NPROC, limits["processes"] + extra, limits["processes"] + extra),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_MEMLOCK, 1 << 16, 1 << 16),
        (resource.RLIMIT_MSGQUEUE, 819200, 819200),
    ):
        ceiling = resource.getrlimit(what)[1]
        if ceiling != resource.RLIM_INFINITY:  # an ordinary user may only lower
            soft, hard = min(soft, ceiling), min(hard, ceiling)
        resource.setrlimit(what, (soft, hard))
