"""The launcher: a small single-threaded process that starts every sandbox, so that the caller may have threads and stay large.

It reads runs from a socket and forks a *warden* for each. The warden makes the control group, forks the process that becomes the
sandbox, watches it, and when it ends, or when the caller goes away in whatever manner, kills everything and says how it ended.
Runs as ``python -I -S``: nothing heavy is imported here.
"""

from __future__ import annotations

import contextlib
import gc
import os
import resource
import select
import signal
import socket
import time

from autosd.adapters.sandbox import cgroups, confine, kernel, staging, watch
from autosd.adapters.sandbox.wire import read_message, receive_fds, send_message

TYPING = False
if TYPING:
    from typing import Any

FDS = 4  # control, stdin, stdout, stderr
TICK, FOLDER_TICK = 0.05, 0.01
GRACE = 5.0  # the caller keeps the wall clock; the warden ends what the caller forgot


def main(fd: int) -> None:
    """Serve until the socket's other end closes, as it does when the caller dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal group: the caller decides what it means
    server = socket.socket(fileno=fd)
    gc.disable()
    gc.freeze()  # what forks share stays shared
    usable, _ = cgroups.parents()
    cgroups.clean_stale(usable)
    roost = Roost(server, usable)
    while True:
        fds = receive_fds(server, FDS)
        if not fds:
            return
        roost.hand_over(fds)


class Roost:
    """Keeps one warden ready: joining a control group waits for the kernel (10 ms and more), which nobody should have to watch."""

    def __init__(self, server: socket.socket, usable: dict[str, str]) -> None:
        self.server, self.usable = server, usable
        self.namespaces = staging.UserNamespaces()
        self.free = list(range(63, -1, -1))
        self.wardens: dict[socket.socket, int] = {}
        self.spare = self._hatch()

    def hand_over(self, fds: list[int]) -> None:
        try:
            socket.send_fds(self.spare, [b"r"], fds)
        except OSError:  # somebody killed it while it waited
            self.spare = self._hatch()
            socket.send_fds(self.spare, [b"r"], fds)
        for fd in fds:  # before the next fork: a copy there would keep the run's pipes open
            os.close(fd)
        self.spare = self._hatch()

    def _hatch(self) -> socket.socket:
        self._recycle()
        slot = self.free.pop() if self.free else 64 + len(self.wardens)
        uid = confine.run_uid(os.getpid(), slot) if os.geteuid() == 0 else -1
        if uid > 0 and confine.may_mount():
            self.namespaces.prepare((uid, uid))
        ours, theirs = socket.socketpair()
        if os.fork() == 0:
            for other in [self.server, ours, *self.wardens]:
                other.close()
            _warden(theirs, uid, self.usable, self.namespaces)
        theirs.close()
        self.wardens[ours] = slot
        return ours

    def _recycle(self) -> None:
        """The slot (and so the uid) of a warden that ended may be used again: its socket is then at its end."""
        if self.wardens:
            for warden in select.select(list(self.wardens), [], [], 0)[0]:
                warden.close()
                self.free.append(self.wardens.pop(warden))
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _warden(parent: socket.socket, uid: int, usable: dict[str, str], namespaces: staging.UserNamespaces) -> None:
    try:
        os.setsid()
        kernel.prctl(kernel.PR_SET_SUBREAPER, 1, "subreaper")
        Warden(parent, uid, usable, namespaces).serve()
    finally:  # a forked child must never return into the server's loop
        os._exit(0)


class Warden:
    """Watches one sandbox from before its start to the death of its last process."""

    def __init__(self, parent: socket.socket, uid: int, usable: dict[str, str], namespaces: staging.UserNamespaces) -> None:
        self.parent, self.uid = parent, uid
        owner = os.getppid()
        self.group = cgroups.Group(usable, f"{cgroups.PREFIX}{owner}-{cgroups.start_time(owner)}-{os.getpid()}")
        self.channel, theirs = socket.socketpair()
        self.failures, told = os.pipe2(os.O_CLOEXEC)
        self.status, status = os.pipe2(os.O_CLOEXEC)
        self.pid = os.fork()
        if self.pid == 0:
            for fd in (self.failures, self.status, self.channel.detach(), parent.detach()):
                os.close(fd)
            confine.become(theirs, uid, self.group, namespaces, told, status)
        for fd in (told, status, theirs.detach()):
            os.close(fd)

    def serve(self) -> None:
        """Wait for a run; without one, when the launcher is gone, leave nothing behind."""
        try:
            fds = receive_fds(self.parent, FDS)
            if fds:
                self._run(socket.socket(fileno=fds[0]), fds[1:])
        finally:
            self._end()
            self.group.remove()

    def _run(self, control: socket.socket, pipes: list[int]) -> None:
        try:
            plan = read_message(control)
            self.group.limit(plan["limits"]["memory"], plan["limits"]["processes"] + confine.OWN_PROCESSES)
            send_plan(self.channel, plan, pipes)
            for fd in pipes:
                os.close(fd)
            result = self._supervise(plan, control)
        except EOFError:
            return
        except Exception as error:  # told to the caller, who decides
            result = {"failed": f"{type(error).__name__}: {error}"}
        self.group.remove()
        with contextlib.suppress(OSError):
            send_message(control, result)

    def _supervise(self, plan: dict[str, Any], control: socket.socket) -> dict[str, Any]:
        """Wait, kill what is left, and tell how it ended."""
        cause = self._wait(plan, control)
        code = self._end()
        if self.uid > 0:
            watch.return_files(plan.get("shared", []), self.uid)
        if cause == "" and self._out_of_memory(code, plan["limits"]["memory"]):
            cause = "memory"
        return {
            "code": code,
            "cause": cause,
            "failed": _drain(self.failures),
            "started": plan["level"] != "bubblewrap" or '"exit-code"' in _drain(self.status),
        }

    def _wait(self, plan: dict[str, Any], control: socket.socket) -> str:
        """Until the sandbox ends by itself (an empty cause), breaks a limit, or the caller wants it ended."""
        ended = os.pidfd_open(self.pid)
        tick = FOLDER_TICK if plan.get("folders") else TICK
        meter = watch.Meter(self.pid, self.group, plan["limits"], plan.get("folders", []))
        deadline = time.monotonic() + plan["limits"]["wall"] + GRACE
        while True:
            ready = select.select([ended, control.fileno()], [], [], tick)[0]
            if ended in ready:
                return ""
            if ready:
                return "killed"
            if time.monotonic() > deadline:
                return "timeout"
            if cause := meter.broken():
                return cause

    def _end(self) -> int:
        """Kill everything below; the exit code of the sandbox itself."""
        if self.pid == 0:
            return 0
        pid, self.pid = self.pid, 0
        return watch.end_all(pid, self.group.kill, self.uid)

    def _out_of_memory(self, code: int, limit: int) -> bool:
        """It failed, and the group's killer says why; without a group: its biggest process was at the limit."""
        if code == 0:
            return False
        if "memory" in self.group.bounds:
            return self.group.out_of_memory()
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 > 0.85 * limit


def _drain(fd: int) -> str:
    """What a closed pipe still holds. Never blocks: a survivor could hold the other end."""
    os.set_blocking(fd, False)
    try:
        return os.read(fd, 65536).decode("utf-8", "replace")
    except BlockingIOError:
        return ""
    finally:
        os.close(fd)


def send_plan(channel: socket.socket, plan: dict[str, Any], pipes: list[int]) -> None:
    """To the child that waits: its three pipes and the plan. A child that died has told why on its own pipe."""
    with contextlib.suppress(OSError):
        socket.send_fds(channel, [b"r"], pipes)
        send_message(channel, plan)
