"""When a test does not end: which lines it goes round and round in."""

import signal
import sys

LOOK = 0.05  # seconds of looking


def watch_loop(project, looped):
    """A hook for the first alarm: trace the running frames for a moment, then let the next alarm raise."""

    def trace(frame, event, argument):
        name = project.name(frame.f_code.co_filename)
        if name is None:
            return None
        if event == "line":
            looped.setdefault(name, set()).add(frame.f_lineno)
        return trace

    def before(frame):
        signal.setitimer(signal.ITIMER_REAL, LOOK, 0.5)
        while frame is not None:
            if project.name(frame.f_code.co_filename) is not None:
                frame.f_trace = trace
            frame = frame.f_back
        sys.settrace(trace)
        return True

    return before
