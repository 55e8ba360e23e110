"""Fork the warm process: collect the suite there and serve."""

import os
import signal
import sys
import time

from . import forks, wire


class Warm:
    def __init__(self, pid, writer, reader):
        self.pid = pid
        self._writer = writer
        self.lines = wire.Lines(reader)

    def ask(self, line):
        wire.write(self._writer, line + b"\n")

    def close(self):
        for end in (self._writer, self.lines.fd):
            try:
                os.close(end)
            except OSError:
                pass
        try:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        except OSError:
            pass


def start(request, project):
    """Fork the process that imports the subject."""
    return spawn(lambda reader, writer: _run(request, project, reader, writer))


def spawn(body):
    """Fork ``body(reader, writer)``; its requests and replies are lines on two pipes."""
    to_child, from_parent = os.pipe()
    to_parent, from_child = os.pipe()
    pid = forks.fork()
    if pid == 0:
        status = 1
        try:
            os.close(from_parent)
            os.close(to_parent)
            die_with_parent()
            body(to_child, from_child)
            status = 0
        finally:
            os._exit(status)
    os.close(to_child)
    os.close(from_child)
    return Warm(pid, from_parent, to_parent)


def die_with_parent():
    try:
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        pass  # the sandbox ends all its processes anyway


def _run(request, project, reader, writer):
    from .server import Server

    request = dict(request, started=time.monotonic())

    ran = set()

    def serve(cases, errors):
        sys.settrace(None)
        Server(request, project, cases, errors, reader, writer, ran).serve()

    sys.settrace(lambda frame, event, argument: ran.add(frame.f_code))
    collect(request, project, serve)


def preload(request):
    """The runner's module: imported before the fork, so that warm and cold processes share it."""
    if request.get("runner", "pytest") == "unittest":
        from . import open_unittest as runner
    else:
        from . import open_pytest as runner
    return runner


def collect(request, project, serve):
    preload(request).collect(request, project, serve)
