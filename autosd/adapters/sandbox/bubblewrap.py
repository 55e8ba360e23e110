"""The first rung: bubblewrap's namespaces with our limits around them."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from autosd.adapters.sandbox import layout
from autosd.adapters.sandbox.pump import Budget, Reader, Writer, pump
from autosd.adapters.sandbox.session import PipeSession
from autosd.domain.sandboxing import Access, Command, Completed, Ending, Limits, SandboxReport
from autosd.ports import Session

MIB = 1 << 20
INSIDE_ID = "60123"


class Process:
    """A started sandbox: its pipes, and how it ended."""

    def __init__(self, bwrap: Path, command: Command) -> None:
        info_read, info_write = os.pipe()
        block_read, block_write = os.pipe()
        self._popen = subprocess.Popen(
            [str(bwrap), *arguments(command, info_write, block_read), "--", *command.argv],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0, env={}, cwd="/",
            pass_fds=(info_write, block_read), start_new_session=True,
        )
        os.close(info_write)
        os.close(block_read)
        try:
            told = b"".join(iter(lambda: os.read(info_read, 4096), b""))
            if told:
                apply_limits(json.loads(told)["child-pid"], command.limits)
        finally:
            os.close(info_read)
            with contextlib.suppress(BrokenPipeError):
                os.write(block_write, b"1")
            os.close(block_write)
        assert self._popen.stdin and self._popen.stdout and self._popen.stderr
        self.stdin, self.stdout, self.stderr = (os.dup(f.fileno()) for f in (self._popen.stdin, self._popen.stdout, self._popen.stderr))
        for stream in (self._popen.stdin, self._popen.stdout, self._popen.stderr):
            stream.close()
        for fd in (self.stdin, self.stdout, self.stderr):
            os.set_blocking(fd, False)

    def wait(self, seconds: float) -> tuple[int, Ending] | None:
        try:
            code = self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        if code > 128:
            return 128 - code, Ending.SIGNALLED
        return code, Ending.SIGNALLED if code < 0 else Ending.EXITED

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._popen.pid, signal.SIGKILL)

    def close(self) -> None:
        self.kill()
        self._popen.wait()
        for fd in (self.stdin, self.stdout, self.stderr):
            with contextlib.suppress(OSError):
                os.close(fd)


def arguments(command: Command, info: int, block: int) -> list[str]:
    limits = command.limits
    args = ["--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"]
    args += ["--uid", INSIDE_ID, "--gid", INSIDE_ID, "--hostname", "sandbox"]
    args += layout.system_args()
    args += ["--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys", "--dev", "/dev", "--size", str(limits.disk_mb * MIB), "--tmpfs", "/tmp"]
    for mount in layout.ordered(command.mounts):
        path = str(mount.path)
        if mount.access is Access.SCRATCH and mount.path.is_dir():
            args += ["--overlay-src", path, "--tmp-overlay", path]
        else:
            args += ["--bind" if mount.access is Access.WRITE else "--ro-bind", path, path]
    for name, value in {"PATH": "/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8", **command.env}.items():
        args += ["--setenv", name, value]
    return [*args, "--chdir", str(command.cwd), "--remount-ro", "/", "--info-fd", str(info), "--block-fd", str(block)]


def apply_limits(pid: int, limits: Limits) -> None:
    cpu = max(1, round(limits.cpu_seconds))
    for what, soft, hard in (
        (resource.RLIMIT_CPU, cpu, cpu + 2),
        (resource.RLIMIT_DATA, limits.memory_mb * MIB, limits.memory_mb * MIB),
        (resource.RLIMIT_FSIZE, limits.file_mb * MIB, limits.file_mb * MIB),
        (resource.RLIMIT_NOFILE, limits.open_files, limits.open_files),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        resource.prlimit(pid, what, (soft, hard))


class BubblewrapSandbox:
    def __init__(self, home: Path, bwrap: Path) -> None:
        self._home, self._bwrap = home, bwrap

    def report(self) -> SandboxReport:
        return SandboxReport("bubblewrap")

    def run(self, command: Command) -> Completed:
        layout.check_cwd(command)
        began = time.monotonic()
        process = Process(self._bwrap, command)
        try:
            return collect(process, command, began)
        finally:
            process.close()

    @contextlib.contextmanager
    def session(self, command: Command) -> Iterator[Session]:
        layout.check_cwd(command)
        process = Process(self._bwrap, command)
        session = PipeSession(process, command.limits)
        try:
            yield session
        finally:
            session.close()


def collect(process: Process, command: Command, began: float) -> Completed:
    """Feed stdin, read both outputs to their end or a limit, and say how it ended."""
    budget = Budget(command.limits.output_bytes)
    out, err = Reader(process.stdout, budget), Reader(process.stderr, budget)
    writer = Writer(process.stdin, memoryview(command.stdin))
    process.stdin = -1
    deadline = began + command.limits.wall_seconds
    ending: Ending | None = None
    while out.open or err.open:
        if not writer.data:
            writer.close()
        if not pump([out, err], writer, deadline):
            ending = Ending.TIMEOUT
        elif budget.left < 0:
            ending = Ending.OUTPUT
        if ending:
            process.kill()
            break
    writer.close()
    ended = process.wait(max(0.1, deadline - time.monotonic()))
    if ended is None:
        process.kill()
        ending = Ending.TIMEOUT
    code, natural = ended or (-signal.SIGKILL, Ending.TIMEOUT)
    return Completed(code, ending or natural, bytes(out.data), bytes(err.data), time.monotonic() - began)
