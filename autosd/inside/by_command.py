"""Runs one command inside the sandbox on a tree with some files rewritten, and tells its exit code and the lines it reached.

For suites that are only a command line. Request: one JSON object on stdin: ``root``, ``files`` (path -> text), ``argv``, ``trace``,
``nonce``.
Answer: one line on stdout, the nonce and a JSON object: ``code``, ``lines`` (file -> lines), ``tail`` (the end of what it said).
"""

import glob
import json
import os
import subprocess
import sys
import tempfile

TAIL = 6000

#: Started by every Python that the command starts, through the module path; keeps lines of the project's files only.
HOOK = """
import atexit, json, os, sys, threading
_root, _out, _seen = os.environ["AUTOSD_TRACE_ROOT"] + os.sep, os.environ["AUTOSD_TRACE_OUT"], {}
def _line(frame, event, arg):
    if event == "line":
        _seen.setdefault(frame.f_code.co_filename, set()).add(frame.f_lineno)
    return _line
def _call(frame, event, arg):
    name = frame.f_code.co_filename
    return _line if name.startswith(_root) and "site-packages" not in name else None
def _write():
    sys.settrace(None)
    found = {name[len(_root):]: sorted(lines) for name, lines in _seen.items()}
    with open(os.path.join(_out, "%d.json" % os.getpid()), "w") as file:
        json.dump(found, file)
atexit.register(_write)
threading.settrace(_call)
sys.settrace(_call)
"""


def main():
    request = json.loads(sys.stdin.buffer.read().decode("utf-8"))
    for name, text in request["files"].items():
        with open(os.path.join(request["root"], name), "w", encoding="utf-8", newline="") as file:
            file.write(text)
    env = dict(os.environ)
    folder = tempfile.mkdtemp()
    if request["trace"]:
        with open(os.path.join(folder, "sitecustomize.py"), "w") as file:
            file.write(HOOK)
        env["PYTHONPATH"] = os.pathsep.join(filter(None, (folder, env.get("PYTHONPATH"))))
        env["AUTOSD_TRACE_ROOT"], env["AUTOSD_TRACE_OUT"] = os.path.realpath(request["root"]), folder
    done = subprocess.run(
        request["argv"], cwd=request["root"], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    answer = {"code": done.returncode, "lines": reached(folder), "tail": done.stdout[-TAIL:].decode("utf-8", "replace")}
    print(request["nonce"], json.dumps(answer))


def reached(folder):
    lines = {}
    for path in glob.glob(os.path.join(folder, "*.json")):
        with open(path) as file:
            for name, found in json.load(file).items():
                lines.setdefault(name, set()).update(found)
    return {name: sorted(found) for name, found in lines.items()}


if __name__ == "__main__":
    main()
