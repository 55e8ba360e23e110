"""Run a body in a forked child under watch: what it says line by line, when it stalls, how it ended."""

import json
import mmap
import os
import select
import signal
import struct
import time
import warnings

from . import wire

DONE, STALLED, CRASHED = "done", "stalled", "crashed"
POLL = 0.05


class Beat:
    """Shared memory in which a child says what it works on and how long that may take at most."""

    _layout = struct.Struct("=qqd")

    def __init__(self):
        self._map = mmap.mmap(-1, mmap.PAGESIZE)
        self._count = 0

    def mark(self, item, seconds):
        self._count += 1
        self._layout.pack_into(self._map, 0, self._count, item, seconds)

    def read(self):
        return self._layout.unpack_from(self._map, 0)


def fork():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # 3.12+ warns when the subject has threads
        return os.fork()


def run(body, on_message, beat, seconds=30.0):
    """Run ``body(say)`` in a child of its own process group. Returns (ending, item it last marked, exit status)."""
    reader, writer = os.pipe()
    beat.mark(-1, seconds)
    pid = fork()
    if pid == 0:
        _child(body, reader, writer)
    os.close(writer)
    try:
        return _watch(pid, wire.Lines(reader), on_message, beat)
    finally:
        os.close(reader)


def _child(body, reader, writer):
    status = 1
    try:
        os.setpgid(0, 0)
        os.close(reader)
        me = os.getpid()

        def say(message):
            if os.getpid() != me:
                os._exit(0)  # a test forked and its copy came back here
            wire.send(writer, message)

        body(say)
        say({"done": 1})
        status = 0
    except BaseException:
        if os.environ.get("AUTOSD_WARM_DEBUG"):
            import traceback

            with open(os.environ["AUTOSD_WARM_DEBUG"], "a", encoding="utf-8") as log:
                traceback.print_exc(file=log)
    finally:
        os._exit(status)


def _watch(pid, lines, on_message, beat):
    count, seen = -1, time.monotonic()
    ending, status = None, 0
    while ending is None:
        ready = select.select([lines.fd], [], [], POLL)[0]
        if ready:
            ending = _deliver(lines, on_message)
            continue
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            pid, ending = 0, CRASHED
            break
        now_count, _, allowed = beat.read()
        if now_count != count:
            count, seen = now_count, time.monotonic()
        elif time.monotonic() - seen > allowed:
            ending = STALLED
    return ending, beat.read()[1], _bury(pid, status, ending)


def _deliver(lines, on_message):
    batch = lines.read()
    if batch is None:
        return CRASHED
    for line in batch:
        message = json.loads(line)
        if "done" in message:
            return DONE
        on_message(message)
    return None


def _bury(pid, status, ending):
    if not pid:
        return status
    if ending != DONE:
        _kill(pid)
        return os.waitpid(pid, 0)[1]
    status = os.waitpid(pid, 0)[1]
    _kill(pid)  # what its tests left running
    return status


def _kill(pid):
    try:
        os.killpg(pid, signal.SIGKILL)
    except OSError:
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            pass
