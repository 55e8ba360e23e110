"""Attacks that use up: processes, memory, CPU, disk, descriptors, output, and time after the end."""

# an attacker has no use for pathlib
# ruff: noqa: PTH123, PTH202

from __future__ import annotations

import errno
import os
import resource
import select
import signal
import struct
import tempfile
import time
from typing import Any

from registry import attack, refused, write


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
