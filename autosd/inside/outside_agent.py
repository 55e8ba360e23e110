"""Runs an outside agent inside the sandbox: its command, a loopback port through which it asks for a model, and what it changed.

The sandbox has no network. What comes to the port goes, one JSON object a line, to what was stdout, and the answers come back on stdin; so
nothing of the host can be reached but whoever holds these pipes. The first line on stdin says what to do (``_request`` in
``autosd/coding/command/running.py``), further ones are answers, or ``{"stop": true}``. Lines out: ``{"ask": ...}`` for each request, then
``{"done": ...}``, a ``{"file": ...}`` for each change, ``{"end": ...}``. ``failed`` says that nothing was run, and why.
"""

import base64
import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TAIL = 6000


class Line:
    """The way out and back: lines out one at a time, each answer to the thread that waits for it."""

    def __init__(self):
        self.out = os.dup(1)
        os.dup2(2, 1)
        self.lock = threading.Lock()
        self.waiting = {}
        self.number = 0
        self.process = None

    def say(self, message):
        data = json.dumps(message).encode("ascii") + b"\n"
        with self.lock:
            while data:
                data = data[os.write(self.out, data) :]

    def ask(self, request):
        with self.lock:
            self.number += 1
            number = self.number
            place = self.waiting[number] = [threading.Event(), None]
        self.say({"ask": dict(request, id=number)})
        place[0].wait()
        return place[1]

    def listen(self):
        for line in sys.stdin.buffer:
            answer = json.loads(line.decode("utf-8"))
            if "stop" in answer:
                end(self.process)
                continue
            with self.lock:
                place = self.waiting.pop(answer["id"])
            place[1] = answer
            place[0].set()


def end(process):
    """It, and all that it left running in its group."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except OSError:
        pass


def handler(line, most):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self):
            size = self.headers.get("content-length") or "0"
            if not size.isdigit() or int(size) > most or self.headers.get("transfer-encoding"):
                return self.give(413, "application/json", b'{"error": {"message": "no length, or too long"}}', close=True)
            body = self.rfile.read(int(size)).decode("utf-8", "replace")
            key = self.headers.get("x-api-key") or self.headers.get("authorization", "")
            answer = line.ask({"method": self.command, "path": self.path, "key": key, "body": body})
            return self.give(answer["status"], answer["type"], answer["body"].encode("utf-8"))

        do_GET = do_POST = pass_on

        def give(self, status, kind, body, close=False):
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            if close:
                self.send_header("Connection", "close")
                self.close_connection = True
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words):
            pass

    return Handler


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        pass


def state(root):
    """What tells that a file was touched: nobody inside can set the time of its last change of state."""
    found = {}
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name != ".git"]
        for name in names:
            path = os.path.join(folder, name)
            try:
                info = os.lstat(path)
            except OSError:
                continue
            found[os.path.relpath(path, root)] = (info.st_mode, info.st_size, info.st_mtime_ns, info.st_ctime_ns)
    return found


def run(line, request):
    """Exit code (None: it was ended), the end of what it said."""
    environment = dict(os.environ, **request["env"])
    process = line.process = subprocess.Popen(
        request["argv"], cwd=request["root"], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True,
    )  # fmt: skip
    tail = bytearray()

    def feed():
        try:
            process.stdin.write(request["stdin"].encode("utf-8", "replace"))
            process.stdin.close()
        except OSError:
            pass

    def read():
        while True:
            chunk = process.stdout.read1(65536)
            if not chunk:
                return
            tail.extend(chunk)
            del tail[: max(0, len(tail) - TAIL)]

    threads = [threading.Thread(target=job, daemon=True) for job in (feed, read)]
    for thread in threads:
        thread.start()
    code = None
    try:
        code = process.wait(request["seconds"])
    except subprocess.TimeoutExpired:
        pass
    end(process)  # what it left running must not go on writing
    threads[1].join(2.0)
    return code, bytes(tail).decode("utf-8", "replace")


def tell_changes(line, request, before):
    root, told, left_out = request["root"], 0, 0
    after = state(root)
    for path in sorted(set(before) | set(after), key=lambda name: (name not in before, name)):  # what is new comes last
        if before.get(path) == after.get(path) or path in request["hide"]:
            continue
        try:
            shown = path.encode("utf-8").decode("utf-8")
        except UnicodeError:
            left_out += 1
            continue
        info = after.get(path)
        plain = info is None or (stat.S_ISREG(info[0]) and info[1] <= request["most_bytes"])
        if not plain or told >= request["most_files"]:
            left_out += 1
            continue
        told += 1
        data = None
        try:
            if info is not None:
                with open(os.path.join(root, path), "rb") as file:
                    data = base64.b64encode(file.read(request["most_bytes"])).decode("ascii")
        except OSError:  # something that still runs took it away
            left_out += 1
            continue
        line.say({"file": {"path": shown, "data": data}})
    return left_out


def put_task(request):
    """The task in a file of its own; its path stands where the words have the mark."""
    path = os.path.join(tempfile.gettempdir(), "autosd-task.md")
    with open(path, "wb") as file:
        file.write(request["task"].encode("utf-8", "replace"))
    request["argv"] = [word.replace(request["mark"], path) for word in request["argv"]]
    request["env"] = {name: value.replace(request["mark"], path) for name, value in request["env"].items()}


def main():
    request = json.loads(sys.stdin.buffer.readline().decode("utf-8"))
    line = Line()
    for path in request["hide"]:
        os.unlink(os.path.join(request["root"], path))
    before = state(request["root"])
    put_task(request)
    if request["port"]:
        try:
            server = Server(("127.0.0.1", request["port"]), handler(line, request["most_request"]))
        except OSError as error:
            line.say({"failed": "no port of its own inside the sandbox: %s" % error})
            return
        threading.Thread(target=server.serve_forever, daemon=True).start()
        threading.Thread(target=line.listen, daemon=True).start()
    began = time.monotonic()
    try:
        code, tail = run(line, request)
    except OSError as error:
        line.say({"failed": "the command cannot be started: %s" % error})
        return
    line.say({"done": {"code": code, "tail": tail, "seconds": time.monotonic() - began}})
    line.say({"end": {"left_out": tell_changes(line, request, before)}})


if __name__ == "__main__":
    main()
    sys.stderr.flush()
    os._exit(0)
