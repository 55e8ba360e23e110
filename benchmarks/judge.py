"""Judges programs: visible tests and extra inputs against a reference. Run as a script, on its own, with jobs on stdin.

A job is one JSON line: ``{"id", "program", "tests", "reference", "hidden", "seconds", "brief"}`` (sources; ``tests`` or ``hidden``
may be null; ``brief`` stops at the first miss). An answer is one JSON line:
``{"id", "passed", "failed": [names], "agree", "of", "miss": text|null}``. Only the standard library and pytest's marks are used.
"""

from __future__ import annotations

import copy
import json
import resource
import signal
import sys
import types
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any


class TooLong(BaseException):
    """A check used up its seconds; no ``except Exception`` of the program swallows it."""


def load(name: str, source: str) -> types.ModuleType:
    module = types.ModuleType(name)
    sys.modules[name] = module
    exec(compile(source, f"{name}.py", "exec"), module.__dict__)
    return module


def within(seconds: float, call: Callable[[], Any]) -> tuple[str, Any]:
    """What ``call`` comes to: its value, its exception's name, or that it took too long (counted in CPU time)."""
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, 0.05)
    try:
        return "value", plain(call())
    except TooLong:
        return "too long", None
    except Exception as error:
        return "raises", type(error).__name__
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def plain(value: Any) -> Any:
    return list(value) if isinstance(value, types.GeneratorType) else value


def tests_of(module: types.ModuleType) -> Iterator[tuple[str, Callable[[], Any]]]:
    """The plain and parametrised test functions of a module; fixtures are beyond this little runner."""
    for name, function in list(vars(module).items()):
        if not name.startswith("test_"):
            continue
        marks = [mark for mark in getattr(function, "pytestmark", ()) if mark.name == "parametrize"]
        if not marks:
            yield name, function
            continue
        names = marks[0].args[0].replace(" ", "").split(",")
        for number, values in enumerate(marks[0].args[1]):
            row = values if len(names) > 1 else (values,)
            yield f"{name}[{number}]", partial(function, **dict(zip(names, row, strict=True)))


def run_tests(job: dict[str, Any], answer: dict[str, Any]) -> None:
    how, tests = within(5, lambda: (load("program", job["program"]), list(tests_of(load("test_program", job["tests"]))))[1])
    if how != "value":
        answer["failed"].append(f"import: {tests}")
        return
    for name, call in tests:
        how, _ = within(job["seconds"], call)
        if how == "value":
            answer["passed"] += 1
        else:
            answer["failed"].append(name)
            if job["brief"]:
                return


def run_hidden(job: dict[str, Any], answer: dict[str, Any]) -> None:
    hidden = load("hidden", job["hidden"])
    reference = load("reference", job["reference"])
    how, program = within(5, lambda: load("program", job["program"]))
    for case in hidden.CASES:
        answer["of"] += 1
        wanted = within(5, partial(hidden.call, reference, *copy.deepcopy(case)))
        got = within(job["seconds"], partial(hidden.call, program, *copy.deepcopy(case))) if how == "value" else ("broken", None)
        if same(wanted, got):
            answer["agree"] += 1
        elif answer["miss"] is None:
            answer["miss"] = f"{case!r}: wanted {wanted[1]!r}, got {got[0]} {got[1]!r}"[:300]
            if job["brief"]:
                return


def same(wanted: tuple[str, Any], got: tuple[str, Any]) -> bool:
    try:
        return bool(wanted == got) and type(wanted[1]) is type(got[1])
    except Exception:
        return False


def judged(job: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = {"id": job["id"], "passed": 0, "failed": [], "agree": 0, "of": 0, "miss": None}
    if job["tests"] is not None:
        run_tests(job, answer)
    if job["hidden"] is not None:
        run_hidden(job, answer)
    return answer


def too_long(*_: object) -> None:
    raise TooLong


def main() -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (1 << 30, 1 << 30))
    signal.signal(signal.SIGVTALRM, too_long)
    out, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        print(json.dumps(judged(json.loads(line))), file=out, flush=True)


if __name__ == "__main__":
    main()
