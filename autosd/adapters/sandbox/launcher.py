"""The launcher: a small single-threaded process that starts every sandbox, so that the caller may have threads and stay large.

It reads runs from a socket and forks a *warden* for each. The warden makes the control group, forks the process that becomes the
sandbox, watches it, and when it ends, or when the caller goes away in whatever manner, kills everything and says how it ended.
Runs as ``python -I -S``: nothing heavy is imported here.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import socket
import struct
import sys
import time

from autosd.adapters.sandbox import cgroups, confine, kernel, staging, watch

TYPING = False
if TYPING:
    from typing import Any

FDS = 4  # control, stdin, stdout, stderr
TICK = 0.05
GRACE = 5.0  # the caller keeps the wall clock; the warden ends what the caller forgot


def main(fd: int) -> None:
    """Serve until the socket's other end closes, as it does when the caller dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal group: the caller decides what it means
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    server = socket.socket(fileno=fd)
    usable, _ = cgroups.parents()
    cgroups.clean_stale(usable)
    namespaces = staging.UserNamespaces()
    free = list(range(64))
    wardens: dict[int, int] = {}  # control descriptor kept open here -> slot
    while True:
        data, fds, _, _ = socket.recv_fds(server, 1, FDS, socket.MSG_CMSG_CLOEXEC)
        if not data:
            return
        _recycle(wardens, free)
        slot = free.pop(0) if free else 64 + len(wardens)
        watcher, held = os.pipe2(os.O_CLOEXEC)
        if os.fork() == 0:
            os.close(watcher)
            server.close()
            _warden(fds, slot, usable, namespaces)
        os.close(held)
        wardens[watcher] = slot
        for received in fds:
            os.close(received)


def _recycle(wardens: dict[int, int], free: list[int]) -> None:
    """Slots (and so uids) of wardens that ended may be used again: the pipe that a warden holds is then at its end."""
    if wardens:
        for watcher in select.select(list(wardens), [], [], 0)[0]:
            os.close(watcher)
            free.append(wardens.pop(watcher))


def _warden(fds: list[int], slot: int, usable: dict[str, str], namespaces: staging.UserNamespaces) -> None:
    control = socket.socket(fileno=fds[0])
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        plan = read_message(control)
        send_message(control, Warden(plan, control, fds[1:], slot, usable, namespaces).supervise())
    except BaseException as error:  # noqa: BLE001  a forked child must never return into the server's loop
        try:
            send_message(control, {"failed": f"{type(error).__name__}: {error}"})
        except OSError:
            os._exit(1)
    os._exit(0)


class Warden:
    """Watches one sandbox from its start to the death of its last process."""

    def __init__(self, plan: dict[str, Any], control: socket.socket, pipes: list[int], slot: int, usable: dict[str, str], namespaces: staging.UserNamespaces) -> None:
        self.plan, self.control, self.pipes, self.slot = plan, control, pipes, slot
        self.limits: dict[str, Any] = plan["limits"]
        self.namespaces = namespaces
        owner = os.getppid()
        self.group = cgroups.Group(usable, f"{cgroups.PREFIX}{owner}-{cgroups.start_time(owner)}-{os.getpid()}")
        self.uid = confine.run_uid(owner, slot) if os.geteuid() == 0 else -1
        self.cause = ""

    def supervise(self) -> dict[str, Any]:
        """Start, wait, kill what is left, and tell how it ended."""
        try:
            self.group.limit(self.limits["memory"], self.limits["processes"] + confine.OWN_PROCESSES)
            kernel.prctl(kernel.PR_SET_SUBREAPER, 1, "subreaper")
            pid, failures, status = self._start()
            code = self._wait(pid)
            self.group.kill()
            watch.kill_descendants(self.uid)
            if self.cause == "" and self._out_of_memory(code):
                self.cause = "memory"
            result = {"code": code, "cause": self.cause, "failed": _drain(failures).decode("utf-8", "replace"), "status": _drain(status).decode("ascii", "replace")}
        finally:
            self.group.remove()
        return result

    def _start(self) -> tuple[int, int, int]:
        failures, told = os.pipe2(os.O_CLOEXEC)
        status, status_write = os.pipe2(os.O_CLOEXEC)
        pid = os.fork()
        if pid == 0:
            os.close(failures)
            os.close(status)
            confine.become(self.plan, self.pipes, self.uid, self.group, self.namespaces, told, status_write)
        for fd in (told, status_write, *self.pipes):
            os.close(fd)
        return pid, failures, status

    def _wait(self, pid: int) -> int:
        """Until the sandbox ends by itself, breaks a limit, or the caller wants it ended."""
        ended = os.pidfd_open(pid)
        meter = watch.Meter(pid, self.group, self.limits, self.plan.get("folders", []))
        deadline = time.monotonic() + self.limits["wall"] + GRACE
        while True:
            ready, _, _ = select.select([ended, self.control], [], [], TICK)
            if ended in ready:
                break
            if self.control in ready:
                self.cause = "killed"
            elif time.monotonic() > deadline:
                self.cause = "timeout"
            else:
                self.cause = meter.broken()
            if self.cause:
                os.kill(pid, signal.SIGKILL)
                break
        os.close(ended)
        _, raw = os.waitpid(pid, 0)
        return os.waitstatus_to_exitcode(raw)

    def _out_of_memory(self, code: int) -> bool:
        """The group's killer says so; without one, a failed run whose biggest process was at the limit."""
        if "memory" in self.group.bounds:
            return self.group.out_of_memory()
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
        return code != 0 and peak > 0.85 * self.limits["memory"]


def _drain(fd: int) -> bytes:
    """What a closed pipe still holds. Never blocks: a survivor could hold the other end."""
    os.set_blocking(fd, False)
    try:
        return os.read(fd, 65536)
    except BlockingIOError:
        return b""
    finally:
        os.close(fd)


def send_message(sock: socket.socket, message: dict[str, Any]) -> None:
    data = json.dumps(message).encode()
    sock.sendall(struct.pack("!I", len(data)) + data)


def read_message(sock: socket.socket) -> dict[str, Any]:
    """One length-prefixed message. Raises ``EOFError`` when the other end is gone."""
    size = struct.unpack("!I", _exactly(sock, 4))[0]
    message: dict[str, Any] = json.loads(_exactly(sock, size))
    return message


def _exactly(sock: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        chunk = sock.recv(min(size - len(data), 1 << 16))
        if not chunk:
            raise EOFError("the other end closed")
        data += chunk
    return bytes(data)


if __name__ == "__main__":
    main(int(sys.argv[1]))
