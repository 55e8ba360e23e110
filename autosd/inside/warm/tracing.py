"""Which lines of the project a test reaches, and what the variables there hold."""

import sys
import threading

VISITS = 4  # looks at the variables of a line, per test


class Lines:
    """Lines reached per project file."""

    def __init__(self, project):
        self._project = project
        self.lines = {}
        self._codes = {}
        self._earlier = None  # lines reached before the last look

    def start(self):
        self.lines = {}
        self._codes = {}
        threading.settrace(self._enter)
        sys.settrace(self._enter)

    def stop(self):
        sys.settrace(None)
        threading.settrace(None)

    def look_again(self):
        """Begin anew, to see where a test that does not end goes round; ``looped`` puts both halves together."""
        self._earlier = {name: set(lines) for name, lines in self.lines.items()}
        for lines in self.lines.values():
            lines.clear()

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
        try:
            return self._codes[code]
        except KeyError:
            name = self._project.name(code.co_filename)
            found = self._codes[code] = None if name is None else self.lines.setdefault(name, set())
            return found

    def _enter(self, frame, event, argument):
        reached = self._set(frame.f_code)
        if reached is None:
            return None
        return self._tracer(reached, frame.f_code.co_firstlineno)

    def _tracer(self, reached, first):
        add = reached.add

        def trace(frame, event, argument):
            if event == "line":
                add(frame.f_lineno)
            return trace

        return trace


class MonitoredLines(Lines):
    """The same by ``sys.monitoring`` (3.12+): each line costs only its first visit."""

    TOOL = 4

    def start(self):
        self.lines = {}
        self._codes = {}
        monitoring = sys.monitoring
        if monitoring.get_tool(self.TOOL) is None:
            monitoring.use_tool_id(self.TOOL, "autosd")
        monitoring.register_callback(self.TOOL, monitoring.events.LINE, self._line)
        monitoring.register_callback(self.TOOL, monitoring.events.PY_START, self._start)
        monitoring.restart_events()
        monitoring.set_events(self.TOOL, monitoring.events.LINE | monitoring.events.PY_START)

    def look_again(self):
        super().look_again()
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


def lines_tracer(project):
    return MonitoredLines(project) if hasattr(sys, "monitoring") else Lines(project)
