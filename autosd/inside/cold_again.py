"""A second run of the tests that were asked for, in a fork that was made before the first one began: it costs no second start.

It runs after the first one, in the same sandbox, so it finds what that one left in the tree. What it says can therefore only confirm a
failure; whatever else it says is asked again in a fresh sandbox.
"""

import json
import os
import select
import signal
import threading
import time

MOST_BYTES = 4_000_000


class Again:
    def __init__(self):
        self.child = 0
        self.results = None

    def fork(self):
        """Whether this is the fork: it waits here until the first run is over. No fork is made beside threads, which it would lose."""
        if threading.active_count() > 1:
            return False
        hearing, self.go = os.pipe()
        self.answer, telling = os.pipe()
        self.child = os.fork()
        if self.child:
            os.close(hearing)
            os.close(telling)
            return False
        os.setpgid(0, 0)  # a test that ends its group does not end the first run's
        os.close(self.go)
        os.close(self.answer)
        if not os.read(hearing, 1):
            os._exit(0)
        self.telling = telling
        self.results = []
        return True

    def result(self, test, outcome, seconds, failure):
        self.results.append({"id": test, "outcome": outcome, "seconds": round(seconds, 6), "failure": failure})

    def tell(self):
        """The end of the fork."""
        data = json.dumps(self.results).encode("ascii") + b"\n"
        while data:
            data = data[os.write(self.telling, data) :]
        os._exit(0)

    def told(self, seconds):
        """What the fork said, within that time; None when it said nothing that can be read."""
        if not self.child:
            return None
        os.write(self.go, b".")
        os.close(self.go)
        until, data = time.monotonic() + seconds, b""
        while len(data) < MOST_BYTES and not data.endswith(b"\n"):  # what its tests left running may hold the pipe open
            if not select.select([self.answer], [], [], max(0.0, until - time.monotonic()))[0]:
                break
            piece = os.read(self.answer, 1 << 16)
            if not piece:
                break
            data += piece
        for kill in (os.kill, os.killpg):
            try:
                kill(self.child, signal.SIGKILL)
            except OSError:
                pass
        os.waitpid(self.child, 0)
        try:
            return json.loads(data.decode("ascii"))
        except ValueError:
            return None
