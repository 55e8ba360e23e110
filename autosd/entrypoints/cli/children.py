"""Commands of autosd's own that a worker starts: each in a process of its own, ended when it hangs, heard by what it prints."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autosd.acts.work.working import Came

logger = logging.getLogger(__name__)

ENDING_SECONDS = 15.0
#: Longest that a scan or a check of a worker may take.
ERRAND_SECONDS = 3600.0


def run_errand(words: Sequence[str], stop: threading.Event) -> Mapping[str, Any]:
    """The object that a command of autosd's own prints with ``--json``; empty when it was broken off or said nothing."""
    said, ended = _run([*words, "--json"], stop, ERRAND_SECONDS)
    try:
        value = {} if ended else json.loads(said)
    except ValueError:
        value = {}
    if not value:
        logger.warning("autosd %s ended without a word (%s)", words[0], ended or "no object")
    return value if isinstance(value, dict) else {}


class ChildBuild:
    """A build in a process of its own: one that hangs is ended, and what it left is found by the next."""

    def __init__(self, grant: str, write: bool, seconds: float) -> None:
        self._words = [*(["--preauth-grant", grant] if grant else []), *(["--write"] if write else [])]
        self._seconds = seconds

    def __call__(self, proposal: str, lost: threading.Event) -> Came:
        from autosd.acts.work.working import Came

        said, ended = _run(["build", proposal, "--unattended", "--json", *self._words], lost, self._seconds)
        if ended:
            return Came("error", ended, {"timeout_seconds": self._seconds} if ended == "timeout" else {}, again=ended != "interrupted")
        return came_of(said)


def _run(words: Sequence[str], stop: threading.Event, seconds: float) -> tuple[bytes, str]:
    """What it said, and why it did not end by itself, if so: ``timeout`` or ``interrupted``."""
    argv = [sys.executable, "-m", "autosd", *words]
    with subprocess.Popen(
        argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True, preexec_fn=_die_with_parent
    ) as child:
        heard: list[bytes] = []
        reader = threading.Thread(target=lambda: heard.append(child.stdout.read() if child.stdout else b""), daemon=True)
        reader.start()
        ended = _watched(child, stop, seconds)
        reader.join(ENDING_SECONDS)
    return b"".join(heard), ended


def _watched(child: subprocess.Popen[bytes], stop: threading.Event, seconds: float) -> str:
    """Empty when it ended by itself."""
    until = time.monotonic() + seconds
    while child.poll() is None:
        if stop.wait(0.1) or time.monotonic() > until:
            _end(child)
            return "interrupted" if stop.is_set() else "timeout"
    return "interrupted" if child.returncode in (130, 143, -signal.SIGTERM, -signal.SIGINT) else ""


def came_of(said: bytes) -> Came:
    """The one object that ``autosd build --json`` prints."""
    from autosd.acts.work.working import Came

    try:
        value: dict[str, Any] = json.loads(said)
        reason = str(value["result"])
    except (ValueError, KeyError, TypeError):
        return Came("error", "the build ended without a word", again=True)
    kept = {name: value.get(name) for name in ("change", "branch", "commit", "pull_request", "strategy", "objections")}
    if "status" not in value:  # an error outside the road
        return Came("error", reason, kept, again=True)
    return Came(str(value["status"]), reason, kept, waits=bool(value.get("waits")), again=bool(value.get("again")))


def _end(child: subprocess.Popen[bytes]) -> None:
    """Asked first, so that it can put away what it has open; then without asking."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(child.pid, how)
        except ProcessLookupError:
            return
        try:
            child.wait(ENDING_SECONDS)
            return
        except subprocess.TimeoutExpired:
            continue


def _die_with_parent() -> None:
    """A killed worker takes its build along: nobody would hear what it came to."""
    import ctypes

    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
