"""Notes which lines of some files the suite runs. The judging run has no such tracing: this is a run of its own."""

import os
import sys
import threading


def start(root, files):
    """Begin before the subject is imported; the function that is returned tells the lines of each file so far."""
    wanted = {os.path.realpath(os.path.join(root, file)): (file, set()) for file in files}
    known = {}

    def lines_of(name):
        if name not in known:
            known[name] = wanted.get(os.path.realpath(name), (None, None))[1]
        return known[name]

    def called(frame, event, arg):
        lines = lines_of(frame.f_code.co_filename)
        if lines is None:
            return None

        def line(frame, event, arg):
            if event == "line":
                lines.add(frame.f_lineno)
            return line

        return line

    threading.settrace(called)
    sys.settrace(called)

    def reached():
        sys.settrace(None)
        threading.settrace(None)
        return {file: sorted(lines) for file, lines in wanted.values()}

    return reached
