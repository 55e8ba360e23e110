"""The attacker: runs inside a sandbox, tries one way out and says whether it got there. Standard library only, bounded.

``python attacks.py NAME``; stdin says as JSON what the host laid out as bait. Prints ``{"out": bool, "detail": str}``.
"""

# an attacker has no use for pathlib
# ruff: noqa: PTH101, PTH102, PTH110, PTH118, PTH123, PTH202, PTH208, PTH211, SIM115

from __future__ import annotations

import ctypes
import errno
import json
import os
import resource
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

LIBC = ctypes.CDLL(None, use_errno=True)
MACHINE = os.uname().machine
ATTACKS: dict[str, Callable[[dict[str, Any]], tuple[bool, str]]] = {}
CALLS = {  # name: x86_64, aarch64
    "bpf": (321, 280), "io_uring_setup": (425, 425), "keyctl": (250, 219), "add_key": (248, 217), "perf_event_open": (298, 241),
    "userfaultfd": (323, 282), "ptrace": (101, 117), "process_vm_readv": (310, 270), "open_by_handle_at": (304, 265), "kexec_load": (246, 104),
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "pidfd_getfd": (438, 438), "fsopen": (430, 430),
}  # fmt: skip


def attack(function: Callable[[dict[str, Any]], tuple[bool, str]]) -> Callable[[dict[str, Any]], tuple[bool, str]]:
    ATTACKS[function.__name__] = function
    return function


def refused(action: Callable[[], Any]) -> str:
    """Why ``action`` failed, empty when it worked."""
    try:
        action()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error)) or "?"
    return ""


def read(path: str) -> tuple[bool, str]:
    why = refused(lambda: open(path, "rb").read(1))
    return not why, why


def write(path: str) -> tuple[bool, str]:
    why = refused(lambda: os.close(os.open(path, os.O_WRONLY | os.O_CREAT)))
    return not why, why


def raw(name: str, *args: int) -> str:
    number = CALLS[name][0 if MACHINE == "x86_64" else 1]
    ctypes.set_errno(0)
    result = LIBC.syscall(ctypes.c_long(number), *(ctypes.c_long(word) for word in args))
    return "" if result >= 0 else errno.errorcode.get(ctypes.get_errno(), "?")


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


def connect(family: int, kind: int, address: Any) -> tuple[bool, str]:
    def go() -> None:
        with socket.socket(family, kind) as sock:
            sock.settimeout(1.0)
            sock.connect(address)
            sock.send(b"escape")

    why = refused(go)
    return not why, why


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
def fork_bomb(bait: dict[str, Any]) -> tuple[bool, str]:
    read_end, write_end = os.pipe()
    count = 0
    try:
        while count < 1500:
            if os.fork() == 0:
                os.read(read_end, 1)
                os._exit(0)
            count += 1
    except OSError as error:
        return count > bait["processes"], f"{count} then {error}"
    finally:
        os.close(write_end)
    return True, str(count)


@attack
def memory_bomb(bait: dict[str, Any]) -> tuple[bool, str]:
    hoard = []
    for count in range(8192 // 16):
        hoard.append(bytearray(os.urandom(4096)) * 4096)
        if (count + 1) * 16 > bait["memory_mb"] * 2:
            return True, f"{(count + 1) * 16} MiB"
    return True, "8 GiB"


@attack
def memory_bomb_by_forks(bait: dict[str, Any]) -> tuple[bool, str]:
    """Each process stays small; together they are not."""
    each = bait["memory_mb"] // 4
    ready, write_end = os.pipe()
    children = []
    for index in range(16):
        pid = os.fork()
        if pid == 0:
            hoard = bytearray(os.urandom(4096)) * (each * 256)
            os.write(write_end, bytes([index]))
            time.sleep(2)
            os._exit(len(hoard) & 0)
        children.append(pid)
    grown = b""
    while len(grown) < 16 and select.select([ready], [], [], 1.0)[0]:
        grown += os.read(ready, 1)
    alive = sum(os.waitpid(children[index], os.WNOHANG) == (0, 0) for index in grown)
    return alive * each > bait["memory_mb"], f"{alive} x {each} MiB at once"


@attack
def shared_memory_bomb(bait: dict[str, Any]) -> tuple[bool, str]:
    return fill("/dev/shm", bait["disk_mb"])


@attack
def cpu_spin(_: dict[str, Any]) -> tuple[bool, str]:
    end = time.monotonic() + 14
    while time.monotonic() < end:
        pass
    return True, "14 s"


@attack
def cpu_spin_by_forks(_: dict[str, Any]) -> tuple[bool, str]:
    """A process limit of CPU time is renewed by each fork; the total must hold."""
    end = time.monotonic() + 14
    while time.monotonic() < end:
        pid = os.fork()
        if pid == 0:
            stop = time.process_time() + 0.2
            while time.process_time() < stop:
                pass
            os._exit(0)
        os.waitpid(pid, 0)
    return True, "14 s"


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
def daemon_outlives(bait: dict[str, Any]) -> tuple[bool, str]:
    """A daemon that left its session and its parents; the host checks whether its clock still ticks after the run."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            for fd in range(3):
                os.close(fd)
            for beat in range(400):
                fd = os.open(bait["worktree"] + "/heartbeat", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
                os.write(fd, str(beat).encode())
                os.close(fd)
                time.sleep(0.02)
        os._exit(0)
    time.sleep(0.2)
    return False, "left"


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


def fill(folder: str, limit_mb: int) -> tuple[bool, str]:
    block, written = os.urandom(1 << 20), 0
    try:
        for number in range(200):
            with open(f"{folder}/fill{number}", "wb", buffering=0) as file:
                for _ in range(15):
                    written += file.write(block)
            if written >> 20 > limit_mb * 3:
                return True, f"{written >> 20} MiB"
    except OSError as error:
        return written >> 20 > limit_mb + 16, f"{written >> 20} MiB then {error}"
    return True, f"{written >> 20} MiB"


@attack
def disk_fill(bait: dict[str, Any]) -> tuple[bool, str]:
    import tempfile

    return fill(tempfile.gettempdir(), bait["disk_mb"])


@attack
def disk_fill_in_scratch(bait: dict[str, Any]) -> tuple[bool, str]:
    return fill(bait["scratch"], bait["disk_mb"])


@attack
def disk_fill_elsewhere(_: dict[str, Any]) -> tuple[bool, str]:
    ways = {folder: write(folder + "/fill")[1] for folder in ("/", "/dev", "/run", "/var", "/etc", "/home", "/root", "/proc")}
    return any(not why for why in ways.values()), str(ways)


@attack
def one_big_file(bait: dict[str, Any]) -> tuple[bool, str]:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    path = bait["worktree"] + "/big"
    with open(path, "wb", buffering=0) as file:
        why = refused(lambda: [file.write(bytes(1 << 20)) for _ in range(64)])
    return os.path.getsize(path) > bait["file_mb"] << 20, why


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
def raise_limits(_: dict[str, Any]) -> tuple[bool, str]:
    def lift(kind: int) -> None:
        soft, hard = resource.getrlimit(kind)
        try:
            resource.setrlimit(kind, (soft, hard + 1))
        except ValueError as error:
            raise OSError(errno.EPERM, str(error)) from error

    kinds = (resource.RLIMIT_CPU, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC, resource.RLIMIT_CORE)
    ways = [refused(lambda kind=kind: lift(kind)) for kind in kinds]
    return any(not why for why in ways), str(ways)


@attack
def type_into_terminal(_: dict[str, Any]) -> tuple[bool, str]:
    import fcntl

    ways = [refused(lambda fd=fd: fcntl.ioctl(fd, 0x5412, b"x")) for fd in range(3)]
    return any(not why for why in ways) or not refused(lambda: os.open("/dev/tty", os.O_RDWR)), str(ways)


@attack
def open_files(bait: dict[str, Any]) -> tuple[bool, str]:
    count = 0
    try:
        while count < 5000:
            os.open("/dev/null", os.O_RDONLY)
            count += 1
    except OSError:
        pass
    return count > bait["open_files"], str(count)


@attack
def output_flood(_: dict[str, Any]) -> tuple[bool, str]:
    block = struct.pack("q", 7) * 8192
    for _ in range(4096):
        os.write(2, block)
        os.write(1, block)
    return True, "256 MiB"


if __name__ == "__main__":
    out, detail = ATTACKS[sys.argv[1]](json.load(sys.stdin))
    json.dump({"out": out, "detail": detail}, sys.stdout)
