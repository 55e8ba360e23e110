"""Runs a suite once, cold, inside the sandbox: a supervisor that loads nothing of the subject, and children that do.

The request is one JSON object on stdin. Answers go, one JSON object a line behind the request's nonce, to what was stdout; only the
supervisor holds that descriptor. Each child runs the subject's own runner and reports over a pipe of its own, behind a nonce of its own and
counted: a line that does not fit was written by somebody else, and the run says so. When a child dies, hangs or stops early, its running
test is blamed and the rest is run by the next child. What comes after a child's end record is never read.
"""

import json
import os
import select
import signal
import sys
import time

GRACE = 1.0  # seconds between the soft limit of a test (an exception in it) and the hard one (SIGKILL)
COLLECT_FACTOR = 4  # importing one test file may take this many times the limit of a test
MAX_CHILDREN = 24
MAX_LINE = 8_000_000


class Supervisor:
    """Keeps the account of one run: what was collected, what is running, what is done."""

    def __init__(self, request, channel):
        self.request = request
        self.channel = channel
        self.nonce = request.pop("nonce")
        self.deadline = time.monotonic() + request["seconds"]
        self.done = list(request["skip"])
        self.ignored = list(request["ignore"])
        self.timeouts = 0
        self.collected = None
        self.running = self.collecting = self.limit_at = None

    def emit(self, record):
        data = ("%s %s\n" % (self.nonce, json.dumps(record))).encode("utf-8", "replace")
        while data:
            data = data[os.write(self.channel, data) :]

    def run(self):
        ending = "crashed"
        for _ in range(MAX_CHILDREN):
            before = len(self.done) + len(self.ignored)
            ending = self.run_child()
            if ending in ("complete", "deadline", "forged", "environment"):
                break
            if len(self.done) + len(self.ignored) == before:
                break  # no progress: another child would die in the same place
        self.emit({"e": "end", "ending": ending})

    def run_child(self):
        reading, writing = os.pipe()
        hearing, answering = os.pipe()
        nonce = os.urandom(16).hex()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            os.close(answering)
            become_child(self, (writing, hearing), nonce)
        os.close(writing)
        os.close(hearing)
        self.running = self.collecting = self.limit_at = None
        finished = "died"
        try:
            finished = Child(self, pid, (reading, answering), nonce).watch()
        finally:
            os.close(reading)
            os.close(answering)
            status = reap(pid, patience=2.0 if finished in ("died", "environment") else 0.0)
        return self.conclude(finished, status)

    def conclude(self, finished, status):
        """The word for how a child ended; blames what it was doing when it did not end by itself."""
        if finished in ("forged", "environment"):
            return finished
        if finished == "done":
            missing = set(self.collected or ()) - set(self.done)
            return "crashed" if missing else "complete"
        late = finished in ("deadline", "hung")
        self.blame("timeout" if late else "crashed", describe(finished, status))
        return "deadline" if finished == "deadline" else "crashed"

    def blame(self, outcome, failure):
        if self.running is not None:
            self.done.append(self.running)
            self.emit({"e": "result", "id": self.running, "outcome": outcome, "seconds": 0.0, "failure": failure})
        elif self.collecting is not None:
            self.ignored.append(self.collecting)
            self.emit({"e": "result", "id": self.collecting, "outcome": outcome, "seconds": 0.0, "failure": failure})

    def take(self, record):
        """Account for one record of a child and pass it on."""
        kind = record.get("e")
        now = time.monotonic()
        if kind == "collecting":
            self.collecting, self.limit_at = record["file"], now + self.request["test_seconds"] * COLLECT_FACTOR
        elif kind == "collected":
            self.collecting = self.limit_at = None
            if self.collected is not None:
                return
            self.collected = record["ids"]
        elif kind == "start":
            self.running, self.limit_at = record["id"], now + record["limit"] + GRACE
        elif kind == "result":
            if record["id"] in self.ignored:
                return
            self.running = self.limit_at = None
            self.done.append(record["id"])
            self.timeouts += record["outcome"] == "timeout"
        self.emit(record)


class Child:
    """One child's lines, read until it is done, dead, late or lying."""

    def __init__(self, supervisor, pid, pipes, nonce):
        self.supervisor, self.pid = supervisor, pid
        self.reading, self.answering = pipes
        self.prefix = (nonce + " ").encode()
        self.buffer = b""
        self.count = 0

    def watch(self):
        while True:
            now = time.monotonic()
            limit_at = self.supervisor.limit_at
            if now >= self.supervisor.deadline:
                return "deadline"
            if limit_at is not None and now >= limit_at:
                return "hung"
            wait = min(self.supervisor.deadline, limit_at or self.supervisor.deadline) - now
            ready = select.select([self.reading], [], [], max(0.0, min(wait, 0.25)))[0]
            if not ready:
                if exited(self.pid):
                    return "died"
                continue
            data = os.read(self.reading, 1 << 16)
            if not data:
                return "died"
            ending = self.feed(data)
            if ending:
                return ending

    def feed(self, data):
        lines = (self.buffer + data).split(b"\n")
        self.buffer = lines.pop()
        if len(self.buffer) > MAX_LINE:
            return "forged"
        for line in lines:
            ending = self.feed_line(line)
            if ending:
                return ending
        return None

    def feed_line(self, line):
        self.count += 1
        if not line.startswith(self.prefix):
            return "forged"
        record = json.loads(line[len(self.prefix) :].decode("utf-8"))
        if record.pop("n", None) != self.count:
            return "forged"
        if record["e"] == "done":
            return "done"
        if record["e"] == "environment":
            self.supervisor.emit(record)
            return "environment"
        self.supervisor.take(record)
        if record["e"] in ("start", "collecting"):
            self.answer()
        return None

    def answer(self):
        """What comes next may kill us: the child waits until the record of it is out."""
        try:
            os.write(self.answering, b".")
        except OSError:
            pass  # it is gone; the reading end says so


def exited(pid):
    """Whether the child is gone (its pipe may be held open by a grandchild); it stays to be reaped."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def reap(pid, patience):
    """End the child and its process group; how it ended. Its pipe can close a moment before it is gone: hence the patience."""
    until = time.monotonic() + patience
    while not exited(pid) and time.monotonic() < until:
        time.sleep(0.005)
    try:
        os.killpg(pid, signal.SIGKILL)
    except OSError:
        os.kill(pid, signal.SIGKILL)  # it has not made its group yet
    return os.waitpid(pid, 0)[1]


def describe(finished, status):
    if finished in ("deadline", "hung"):
        return {"kind": "Timeout", "message": "did not end in its time and was killed", "frames": []}
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        return {"kind": "Killed", "message": "the test process was killed by %s" % name, "frames": []}
    return {"kind": "ProcessExit", "message": "the test process ended with exit code %d" % os.WEXITSTATUS(status), "frames": []}


def become_child(supervisor, pipes, nonce):
    """Never returns. Leaves nothing of the supervisor's secrets within reach of the subject's code."""
    try:
        os.setsid()
        os.close(supervisor.channel)
        request = dict(supervisor.request, skip=supervisor.done, ignore=supervisor.ignored, timeouts=supervisor.timeouts)
        supervisor.__dict__.clear()
        sys.argv[:] = [request["runner"]]
        here = sys.path.pop(0)
        run_child(request, pipes, nonce, here)
    except BaseException:
        import traceback

        traceback.print_exc()
        os._exit(70)
    os._exit(0)


def run_child(request, pipes, nonce, here):
    sys.path.insert(0, here)
    import cold_report

    sink = cold_report.Sink(pipes, nonce, request["root"])
    try:
        if request["runner"] == "pytest":
            import cold_pytest as runner
        else:
            import cold_unittest as runner
    except ImportError as error:
        sink.send({"e": "environment", "detail": "the runner cannot be imported: %s" % error})
        return
    reached = None
    if request.get("reach"):
        import cold_reach

        reached = cold_reach.start(request["root"], request["reach"])
    sys.path.remove(here)
    sys.path.insert(0, request["root"])
    runner.run(request, sink)
    sys.stdout.flush()
    if reached is not None:
        sink.send({"e": "reached", "lines": reached()})
    sink.send({"e": "done"})


def main():
    request = json.loads(sys.stdin.buffer.read().decode("utf-8"))
    channel = os.dup(1)
    os.dup2(2, 1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    Supervisor(request, channel).run()


if __name__ == "__main__":
    main()
