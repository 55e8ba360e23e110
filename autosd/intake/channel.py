"""Reads what the runner inside the sandbox reported. All of it is untrusted: a line without the nonce counts for nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from autosd.domain.suites import Failure, Frame, Outcome, TestResult


@dataclass
class Report:
    """The account of one or more sandboxes, in order of arrival."""

    results: dict[str, TestResult] = field(default_factory=dict)
    collected: dict[str, str] = field(default_factory=dict)
    notes: set[str] = field(default_factory=set)
    ending: str | None = None  # the end record's word; None: there was no end record
    environment: str = ""
    reached: dict[str, set[int]] = field(default_factory=dict)
    again: dict[str, TestResult] = field(default_factory=dict)
    running: str | None = None
    collecting: str | None = None

    def read(self, stdout: bytes, nonce: str) -> None:
        """Take in the output of one more sandbox."""
        self.ending = self.running = self.collecting = None
        prefix = f"{nonce} ".encode()
        for line in stdout.split(b"\n"):
            if not line.startswith(prefix):
                continue
            try:
                self._take(json.loads(line[len(prefix) :]))
            except (ValueError, KeyError, TypeError, AttributeError):
                self.notes.add("forged:a record of the test process cannot be read")

    def _take(self, record: dict[str, Any]) -> None:
        self.notes.update(str(note)[:200] for note in record.get("notes", ()))
        match record["e"]:
            case "collecting":
                self.collecting = str(record["file"])
            case "collected":
                self.collecting = None
                self.collected.update(zip(map(str, record["ids"]), map(str, record["codes"]), strict=True))
            case "start":
                self.running = str(record["id"])
            case "result":
                self.running = None
                result = _result(record)
                self.results.setdefault(result.id, result)
            case "again":
                self.again.update((result.id, result) for result in map(_result, record["results"]))
            case "reached":
                for file, lines in record["lines"].items():
                    self.reached.setdefault(str(file), set()).update(map(int, lines))
            case "environment":
                self.environment = str(record["detail"])
            case "end":
                self.ending = str(record["ending"])

    def blame(self, outcome: Outcome, failure: Failure) -> str | None:
        """Give the test (or the file) that was at work when the sandbox ended its result; None when nothing was."""
        victim = self.running or self.collecting
        if victim is None or victim in self.results:
            return None
        self.results[victim] = TestResult(victim, outcome, 0.0, failure)
        return victim


def _result(record: dict[str, Any]) -> TestResult:
    told = record.get("failure")
    failure = None
    if told:
        frames = tuple(Frame(str(f["file"]), int(f["line"]), str(f["function"])) for f in told["frames"])
        failure = Failure(str(told["kind"]), str(told["message"]), frames)
    return TestResult(str(record["id"]), Outcome(record["outcome"]), float(record["seconds"]), failure)
