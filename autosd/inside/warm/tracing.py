"""Which lines of the project a test reaches, and what the variables there hold."""

import sys
import threading

DULL = 20000  # line events of one function in a row that told nothing new: it is no longer listened to


class Lines:
    """Lines reached per project file."""

    dull = DULL

    def __init__(self, project):
        self._project = project
        self.lines = {}
        self._codes = {}  # id of a code -> (the code, its local trace function)
        self._earlier = None  # lines reached before the last look

    def start(self):
        threading.settrace(self._enter)
        sys.settrace(self._enter)

    def stop(self):
        sys.settrace(None)
        threading.settrace(None)

    def look_again(self, frame):
        """Begin anew, to see where a test that does not end goes round; ``looped`` puts both halves together."""
        self._earlier = {name: set(lines) for name, lines in self.lines.items()}
        for lines in self.lines.values():
            lines.clear()
        self._codes.clear()
        self._listen(frame)

    def _listen(self, frame):
        while frame is not None:
            trace = self._enter(frame, "call", None)
            if trace is not None:
                frame.f_trace = trace
                frame.f_trace_lines = True
            frame = frame.f_back

    def looped(self):
        """Lines reached since ``look_again``."""
        if self._earlier is None:
            return {}
        found = {name: sorted(lines) for name, lines in self.lines.items() if lines}
        for name, lines in self._earlier.items():
            self.lines[name].update(lines)
        self._earlier = None
        return found

    def _set(self, code):
        name = self._project.name(code.co_filename)
        return None if name is None else self.lines.setdefault(name, set())

    def _enter(self, frame, event, argument):
        code = frame.f_code
        known = self._codes.get(id(code))  # hashing a code is slow
        if known is None:
            reached = self._set(code)
            known = self._codes[id(code)] = (code, None if reached is None else self._tracer(code, reached))
        return known[1]

    def _tracer(self, code, reached):
        dull = 0

        def trace(frame, event, argument):
            nonlocal dull
            if event == "line":
                line = frame.f_lineno
                if line not in reached:
                    reached.add(line)
                    dull = 0
                else:
                    dull += 1
                    if dull > self.dull:
                        return self._ignore(frame)
            return trace

        return trace

    def _ignore(self, frame):
        self._codes[id(frame.f_code)] = (frame.f_code, None)
        frame.f_trace = None  # returning None from a trace function leaves it in place
        frame.f_trace_lines = False


class MonitoredLines(Lines):
    """The same by ``sys.monitoring`` (3.12+): each line costs only its first visit."""

    TOOL = 4

    def start(self):
        monitoring = sys.monitoring
        if monitoring.get_tool(self.TOOL) is None:
            monitoring.use_tool_id(self.TOOL, "autosd")
        monitoring.register_callback(self.TOOL, monitoring.events.LINE, self._line)
        monitoring.register_callback(self.TOOL, monitoring.events.PY_START, self._start)
        monitoring.restart_events()
        monitoring.set_events(self.TOOL, monitoring.events.LINE | monitoring.events.PY_START)

    def _listen(self, frame):
        sys.monitoring.restart_events()

    def stop(self):
        sys.monitoring.set_events(self.TOOL, 0)

    def _line(self, code, line):
        reached = self._set(code)
        if reached is not None:
            reached.add(line)
        return sys.monitoring.DISABLE

    def _start(self, code, offset):
        """3.13 tells no line of a function that is all on the line of its ``def``."""
        reached = self._set(code)
        if reached is not None and {line for _, _, line in code.co_lines() if line} == {code.co_firstlineno}:
            reached.add(code.co_firstlineno)
        return sys.monitoring.DISABLE


class NoTracer:
    lines = {}

    def start(self): ...

    def stop(self): ...

    def looped(self):
        return {}


def lines_tracer(project):
    return MonitoredLines(project) if hasattr(sys, "monitoring") else Lines(project)
