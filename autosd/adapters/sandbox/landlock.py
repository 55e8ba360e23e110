"""The second rung, for hosts without user namespaces: Landlock, seccomp and limits around an ordinary process. Light, no return.

It keeps the host's files, sockets and signals out of reach, but shares its process table, its clock of process ids and its /tmp path.
"""

# pathlib would cost more than the rest of a start
# ruff: noqa: PTH112, PTH116, PTH118, PTH123, PTH208
from __future__ import annotations

import ctypes
import os
import platform
import struct

from autosd.adapters.sandbox import cgroups, confine, kernel, seccomp

TYPING = False
if TYPING:
    from typing import Any

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
MAKE_CHAR, MAKE_BLOCK, REFER, TRUNCATE, IOCTL_DEV = 1 << 6, 1 << 11, 1 << 13, 1 << 14, 1 << 15
FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
RIGHTS_BY_ABI = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}
NETWORK_ABI, SCOPE_ABI, SAFE_TRUNCATE_ABI = 4, 6, 3
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
FACTS = ("/proc/cpuinfo", "/proc/meminfo", "/proc/filesystems", "/proc/version", "/proc/loadavg")
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2
PR_SET_KEEPCAPS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 8, 47, 2
CAPABILITY_VERSION = 0x20080522
_libc = ctypes.CDLL(None, use_errno=True)


def abi() -> int:
    """The kernel's Landlock version; 0 when it has none or a filter hides it."""
    try:
        return kernel.syscall(kernel.LANDLOCK_CREATE, "landlock", None, 0, 1)
    except OSError:
        return 0


def become(plan: dict[str, Any], ids: tuple[int, int], group: cgroups.Group) -> None:
    """Give up everything but what the plan grants, then run the program."""
    own = [*plan["private"]]
    if os.geteuid() == 0:
        for path in own:
            _give(path, ids)
    limits = dict(plan["limits"])
    limits["processes"] += 0 if os.geteuid() == 0 else _processes_of(ids[0])
    confine.set_limits(limits, 0, memory_bound="memory" in group.bounds)
    os.umask(0o022)
    ruleset = _ruleset(abi())
    _grant(ruleset, [*plan["read"], *FACTS], READ_FILE | READ_DIR | EXECUTE)
    _grant(ruleset, DEVICES, READ_FILE | WRITE_FILE)
    _grant(ruleset, plan["write"], RIGHTS_BY_ABI[3] & ~MAKE_CHAR & ~MAKE_BLOCK)
    if os.geteuid() == 0:
        _drop_keeping_sight(ids, writes=bool(plan["shared"]))
    os.chdir(plan["cwd"])
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1, "no_new_privs")
    kernel.syscall(kernel.LANDLOCK_RESTRICT, "landlock_restrict_self", ruleset, 0)
    kernel.load_filter(seccomp.program(platform.machine(), network=False, unix=False))
    os.execvpe(plan["argv"][0], plan["argv"], plan["env"])  # noqa: S606


def _ruleset(version: int) -> int:
    if version < 1:
        raise OSError("this kernel offers no Landlock")
    rights = RIGHTS_BY_ABI.get(version, (1 << 16) - 1)
    attributes = struct.pack("QQQ", rights, 3 if version >= NETWORK_ABI else 0, 3 if version >= SCOPE_ABI else 0)
    size = 8 if version < NETWORK_ABI else 16 if version < SCOPE_ABI else 24
    return kernel.syscall(kernel.LANDLOCK_CREATE, "landlock_create_ruleset", attributes, size, 0)


def _grant(ruleset: int, paths: list[str] | tuple[str, ...], rights: int) -> None:
    known = RIGHTS_BY_ABI.get(abi(), (1 << 16) - 1)
    for path in paths:
        try:
            fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        allowed = rights & known if os.path.isdir(path) else rights & known & FILE_RIGHTS
        kernel.syscall(kernel.LANDLOCK_ADD, f"landlock_add_rule {path}", ruleset, 1, struct.pack("=Qi", allowed, fd), 0)
        os.close(fd)


def _give(path: str, ids: tuple[int, int]) -> None:
    os.chown(path, *ids, follow_symlinks=False)
    for folder, names, files in os.walk(path):
        for name in (*names, *files):
            os.chown(os.path.join(folder, name), *ids, follow_symlinks=False)


def _processes_of(uid: int) -> int:
    """How many processes this user has already: without a namespace the limit counts them all."""
    count = 0
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                count += len(os.listdir(f"/proc/{name}/task")) if os.stat(f"/proc/{name}").st_uid == uid else 0
            except OSError:
                continue
    return count


def _drop_keeping_sight(ids: tuple[int, int], *, writes: bool) -> None:
    """Leave root, but keep reading what Landlock grants: private folders of root are of no use otherwise.

    Only where Landlock also guards truncation, the one change that an older version leaves to the file's permissions.
    """
    permitted = _permitted()
    wanted = CAP_DAC_OVERRIDE if writes or not permitted & (1 << CAP_DAC_READ_SEARCH) else CAP_DAC_READ_SEARCH
    keep = abi() >= SAFE_TRUNCATE_ABI and bool(permitted & (1 << wanted))
    if keep:
        kernel.prctl(PR_SET_KEEPCAPS, 1, "keepcaps")
    confine.drop_to(ids)
    if keep:
        bit = 1 << wanted
        header = struct.pack("Ii", CAPABILITY_VERSION, 0)
        kernel.checked(_libc.capset(header, struct.pack("IIIIII", bit, bit, bit, 0, 0, 0)), "capset")
        raised = _libc.prctl(
            PR_CAP_AMBIENT, ctypes.c_ulong(PR_CAP_AMBIENT_RAISE), ctypes.c_ulong(wanted), ctypes.c_ulong(0), ctypes.c_ulong(0)
        )
        kernel.checked(raised, "ambient capability")


def _permitted() -> int:
    with open("/proc/self/status", encoding="ascii", errors="replace") as file:
        return next((int(line.split()[1], 16) for line in file if line.startswith("CapPrm:")), 0)
