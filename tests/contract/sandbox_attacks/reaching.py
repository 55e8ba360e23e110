"""Attacks that reach for what is not theirs: files, sockets, processes, the kernel."""

# an attacker has no use for pathlib
# ruff: noqa: PTH101, PTH102, PTH110, PTH118, PTH123, PTH208, PTH211

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import socket
import subprocess
from typing import Any

from registry import CALLS, LIBC, MACHINE, attack, connect, raw, read, refused, write


@attack
def read_shadow(_: dict[str, Any]) -> tuple[bool, str]:
    return read("/etc/shadow")


@attack
def read_private_file(bait: dict[str, Any]) -> tuple[bool, str]:
    return read(bait["secret"])


@attack
def read_host_tmp(bait: dict[str, Any]) -> tuple[bool, str]:
    return read(bait["tmp_file"])


@attack
def write_outside(bait: dict[str, Any]) -> tuple[bool, str]:
    reached = [path for path in (bait["secret"], "/usr/autosd-escape", "/etc/autosd-escape", "/autosd-escape") if write(path)[0]]
    return bool(reached), str(reached)


@attack
def write_read_only_mount(bait: dict[str, Any]) -> tuple[bool, str]:
    one, two = write(bait["readonly"] + "/file"), write(bait["readonly"] + "/fresh")
    return one[0] or two[0], one[1] + " " + two[1]


@attack
def symlink_write_through(bait: dict[str, Any]) -> tuple[bool, str]:
    link = os.path.join(bait["worktree"], "link")
    os.symlink(bait["secret"], link)
    return write(link)


@attack
def hardlink_write_through(bait: dict[str, Any]) -> tuple[bool, str]:
    why = refused(lambda: os.link(bait["secret"], os.path.join(bait["worktree"], "hard")))
    return not why, why


@attack
def set_id_file(bait: dict[str, Any]) -> tuple[bool, str]:
    """A set-uid file left in a shared folder would be root's on the host."""
    path = os.path.join(bait["worktree"], "suid")
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o755))
    ways = [
        refused(lambda: os.chmod(path, 0o4755)),
        refused(lambda: os.close(os.open(path + "2", os.O_CREAT | os.O_WRONLY, 0o4755))),
        refused(lambda: os.mknod(path + "3", 0o104755)),
    ]
    return any(not why for why in ways), str(ways)


@attack
def tcp_to_host(bait: dict[str, Any]) -> tuple[bool, str]:
    return connect(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", bait["tcp"]))


@attack
def udp_to_host(bait: dict[str, Any]) -> tuple[bool, str]:
    """Sending works on a private loopback; whether anything arrived is looked up on the host."""
    return False, connect(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", bait["udp"]))[1]


@attack
def abstract_socket(bait: dict[str, Any]) -> tuple[bool, str]:
    return connect(socket.AF_UNIX, socket.SOCK_STREAM, "\0" + bait["abstract"])


@attack
def pathname_socket(bait: dict[str, Any]) -> tuple[bool, str]:
    return connect(socket.AF_UNIX, socket.SOCK_STREAM, bait["socket"])


@attack
def raw_and_netlink_sockets(_: dict[str, Any]) -> tuple[bool, str]:
    ways = {
        "packet": refused(lambda: socket.socket(17, socket.SOCK_RAW).close()),
        "raw": refused(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).close()),
        "nfnetlink": refused(lambda: socket.socket(16, socket.SOCK_RAW, 12).close()),
        "vsock": refused(lambda: socket.socket(40, socket.SOCK_STREAM).close()),
    }
    return any(not why for why in ways.values()), str(ways)


@attack
def kill_host_process(bait: dict[str, Any]) -> tuple[bool, str]:
    why = refused(lambda: os.kill(bait["victim"], 0) if bait["victim"] != os.getpid() else os.kill(-1, 0))
    command = ""
    try:
        with open(f"/proc/{bait['victim']}/cmdline", "rb") as file:
            command = file.read().decode()
    except OSError:
        pass
    if not why and bait["marker"] not in command and os.path.exists("/proc/1"):
        return False, "another process of that number"
    return not why, why


@attack
def kill_parent(bait: dict[str, Any]) -> tuple[bool, str]:
    parent = os.getppid()
    why = refused(lambda: os.kill(parent, signal.SIGKILL)) if parent > 1 else "parent is out of sight"
    return not why, f"{parent} {why}"


@attack
def kill_everything(bait: dict[str, Any]) -> tuple[bool, str]:
    """kill(-1) must find nobody outside; the host checks its victim afterwards."""
    return False, refused(lambda: os.kill(-1, signal.SIGTERM))


@attack
def ptrace_host_process(bait: dict[str, Any]) -> tuple[bool, str]:
    why = raw("ptrace", 16, bait["victim"], 0, 0)
    if not why:
        raw("ptrace", 17, bait["victim"], 0, 0)
    return not why, why


@attack
def read_host_environment(bait: dict[str, Any]) -> tuple[bool, str]:
    found = []
    for name in os.listdir("/proc") if not refused(lambda: os.listdir("/proc")) else [str(bait["victim"])]:
        if name.isdigit():
            try:
                with open(f"/proc/{name}/environ", "rb") as file:
                    if bait["marker"].encode() in file.read():
                        found.append(name)
            except OSError:
                continue
    return bool(found), str(found)


@attack
def see_host_processes(bait: dict[str, Any]) -> tuple[bool, str]:
    seen = []
    for pid in (1, bait["victim"]):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                seen.append(file.read().replace(b"\0", b" ").decode("utf-8", "replace"))
        except OSError:
            continue
    return any(bait["marker"] in command for command in seen), str(seen)


@attack
def nested_namespaces(_: dict[str, Any]) -> tuple[bool, str]:
    ways = {hex(flag): raw("unshare", flag) for flag in (0x10000000, 0x00020000, 0x40000000)}
    ways["mount"] = raw("mount", 0, 0, 0, 0, 0)
    child = ctypes.c_long(LIBC.syscall(ctypes.c_long(56 if MACHINE == "x86_64" else 220), ctypes.c_long(0x10000000 | 17), 0, 0, 0, 0)).value
    if child == 0:
        os._exit(0)
    ways["clone"] = "" if child > 0 else "refused"
    return any(not why for why in ways.values()), str(ways)


@attack
def kernel_settings(_: dict[str, Any]) -> tuple[bool, str]:
    paths = ["/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys/vm/drop_caches", "/proc/sysrq-trigger"]
    ways = {path: write(path)[1] for path in paths}
    return any(not why for why in ways.values()), str(ways)


@attack
def control_groups(_: dict[str, Any]) -> tuple[bool, str]:
    places = ["/sys/fs/cgroup", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/pids", "/sys/fs/cgroup/unified"]
    ways = {place: refused(lambda place=place: os.mkdir(place + "/autosd-escape")) or write(place + "/cgroup.procs")[1] for place in places}
    return any(not why for why in ways.values()), str(ways)


@attack
def dangerous_calls(_: dict[str, Any]) -> tuple[bool, str]:
    ways = {name: raw(name, 0, 0, 0, 0, 0) for name in CALLS if name != "ptrace"}
    return any(why not in ("EPERM", "ENOSYS") for why in ways.values()), str(ways)


@attack
def foreign_system_call_table(_: dict[str, Any]) -> tuple[bool, str]:
    """The x32 numbers of x86_64 reach the same calls past a filter that only knows the usual ones."""
    if MACHINE != "x86_64":
        return False, "no such table here"
    pid = os.fork()
    if pid == 0:
        LIBC.syscall(ctypes.c_long(0x40000000 | 39))
        os._exit(0)
    status = os.waitpid(pid, 0)[1]
    return os.waitstatus_to_exitcode(status) == 0, str(status)


@attack
def environment_secrets(bait: dict[str, Any]) -> tuple[bool, str]:
    extra = set(os.environ) - {"PATH", "HOME", "LANG", "PWD", "TMPDIR", "USER", "GIVEN", "LC_CTYPE"}
    return bool(extra) or bait["marker"] in str(os.environ), str(sorted(extra))


@attack
def inherited_descriptors(_: dict[str, Any]) -> tuple[bool, str]:
    found = [fd for fd in range(3, 256) if not refused(lambda fd=fd: os.fstat(fd))]
    return bool(found), str(found)


@attack
def raw_disk_and_su(bait: dict[str, Any]) -> tuple[bool, str]:
    path = bait["worktree"] + "/disk"
    made = refused(lambda: os.mknod(path, 0o60660, os.makedev(254, 0)))
    opened = made or read(path)[1]
    root = refused(lambda: os.setuid(0)) if os.getuid() else ""
    su = (
        subprocess.run(["su", "-c", "true"], capture_output=True, stdin=subprocess.DEVNULL, timeout=5).returncode
        if os.path.exists("/usr/bin/su")
        else 1
    )
    return not opened or not root or su == 0, f"{made} {opened} {root} {su}"


@attack
def type_into_terminal(_: dict[str, Any]) -> tuple[bool, str]:
    ways = [refused(lambda fd=fd: fcntl.ioctl(fd, 0x5412, b"x")) for fd in range(3)]
    return any(not why for why in ways) or not refused(lambda: os.open("/dev/tty", os.O_RDWR)), str(ways)
