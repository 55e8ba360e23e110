"""Tracebacks in a log, or pasted: one signal for each place in the project that crashes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import log10
from pathlib import Path

from autosd.domain.signals import Signal, SignalKind
from autosd.domain.suites import Frame
from autosd.intake.grouping import normalised
from autosd.intake.sources.code import python_paths

MOST_BYTES = 50_000_000
_BEGIN = re.compile(r"Traceback \(most recent call last\):\s*$")
_FRAME = re.compile(r'^\s*File "(?P<file>[^"\n]+)", line (?P<line>\d+)(?:, in (?P<function>\S+))?\s*$')
_ERROR = re.compile(r"^(?P<kind>[A-Za-z_][\w.]*)(?:: (?P<message>.*))?$")
#: What a logger writes before each line of a text of several lines.
_PREFIX = re.compile(r"^(?P<prefix>.*?)Traceback \(most recent call last\):")


@dataclass
class Crash:
    """One traceback: the way to it, outermost call first, and what was raised."""

    kind: str
    message: str
    frames: tuple[Frame, ...]
    code: tuple[str, ...] = ()  # the text that the traceback shows of each frame


@dataclass(frozen=True)
class Crashes:
    """``text`` is the log. A crash whose frames all lie outside of the project is told, but nothing here can be changed about it."""

    text: str
    name = "crash-log"

    def signals(self, project: str, root: Path, now: datetime) -> Iterator[Signal]:
        paths = list(python_paths(root))
        found: dict[tuple[str, str, str], list[tuple[Crash, Frame | None]]] = {}
        for crash in crashes(self.text):
            frame = _inside(crash.frames, paths)
            place = f"{frame.file}::{frame.function}" if frame else ""
            found.setdefault((place, crash.kind, normalised(crash.message)), []).append((crash, frame))
        for (place, kind, message), cases in found.items():
            yield self._signal(project, root, (place, kind, message), cases, now)

    def _signal(
        self, project: str, root: Path, key: tuple[str, str, str], cases: Sequence[tuple[Crash, Frame | None]], now: datetime
    ) -> Signal:
        place, kind, message = key
        crash, frame = cases[-1]
        times = len(cases)
        evidence = {
            "error": f"{crash.kind}: {crash.message}"[:500],
            "count": times,
            "frames": [f"{each.file}:{each.line} {each.function}" for each in crash.frames[-20:]],
        }
        said = f"{kind} at {place or 'no place of this project'}, {times} time{'s' * (times > 1)}: {crash.message}"[:300]
        severity = round(min(1.0, 0.75 + 0.1 * log10(times)), 4)
        confidence = _confidence(root, crash, frame)
        paths = (frame.file,) if frame else ()
        subject = f"{place or 'elsewhere'} {kind} {message}".strip()
        return Signal(SignalKind.CRASH, project, subject, said, now, severity, confidence, paths, evidence, source=self.name)


def crashes(text: str) -> Iterator[Crash]:
    """In the order of the log. Of a chain of exceptions each is told; whatever stands between them is left out."""
    lines = text[:MOST_BYTES].splitlines()
    at = 0
    while at < len(lines):
        if not _BEGIN.search(lines[at]):
            at += 1
            continue
        begin = _PREFIX.match(lines[at])
        prefix = begin["prefix"] if begin else ""
        crash, at = _read(lines, at + 1, prefix)
        if crash:
            yield crash


def _read(lines: Sequence[str], at: int, prefix: str) -> tuple[Crash | None, int]:
    frames: list[Frame] = []
    code: list[str] = []
    while at < len(lines):
        line = lines[at].removeprefix(prefix)
        if match := _FRAME.match(line):
            frames.append(Frame(match["file"], int(match["line"]), match["function"] or "<module>"))
            code.append("")
        elif line.startswith((" ", "\t")) and frames:
            code[-1] = code[-1] or line.strip()
        else:
            error = _ERROR.match(line.rstrip())
            known = error and frames
            return (Crash(error["kind"], error["message"] or "", tuple(frames), tuple(code)), at + 1) if error and known else (None, at)
        at += 1
    return None, at


def _inside(frames: Sequence[Frame], paths: Sequence[str]) -> Frame | None:
    """The innermost frame in the project, by the end of its path: logs come from other machines."""
    for frame in reversed(frames):
        file = frame.file.replace("\\", "/")
        if "site-packages/" in file:
            ends = [path for path in paths if file.rpartition("site-packages/")[2] in (path, path.removeprefix("src/"))]
        else:
            ends = [path for path in paths if file == path or file.endswith(f"/{path}")]
        if ends:
            return Frame(max(ends, key=len), frame.line, frame.function)
    return None


def _confidence(root: Path, crash: Crash, frame: Frame | None) -> float:
    """Sure when the log shows the very line that stands there now; less when the file has moved on since."""
    if frame is None:
        return 0.3
    shown = next((text for each, text in zip(crash.frames, crash.code, strict=True) if each.line == frame.line and text), "")
    text = (root / frame.file).read_bytes().decode("utf-8", "replace").splitlines()
    there = text[frame.line - 1].strip() if 0 < frame.line <= len(text) else ""
    if shown and shown == there:
        return 1.0
    return 0.8 if shown and any(shown == line.strip() for line in text) else 0.5
