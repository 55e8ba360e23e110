"""The files that S4's runbook keeps for audit: lines that are only added to, and states that are replaced whole, both under a lock."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autosd.adapters.private_files import write_private

EVIDENCE = "data/memory/outcome_evidence.jsonl"
RUNS = "data/experiments/experiment_runs_v2.json"
STATE = "data/state/learning_state.json"
POLICY = "data/state/learning_policy_state.json"
#: So much of the end of a file of lines is looked at for a line that is there already.
_TAIL_BYTES = 262_144


class GuideFiles:
    """``home`` is AUTOSD_HOME."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def append(self, name: str, line: Mapping[str, Any]) -> bool:
        """Add one line, unless one of its ``id`` is among the last ones: so a killed caller may do it again."""
        with self._locked(name) as file:
            text = json.dumps(line, ensure_ascii=False, sort_keys=False)
            if self._there(file, str(line["id"])):
                return False
            descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "ab") as out:
                out.write((b"\n" if self._broken_off(file) else b"") + text.encode("utf-8", "backslashreplace") + b"\n")
                out.flush()
                os.fsync(out.fileno())
        return True

    def read(self, name: str) -> dict[str, Any]:
        """Empty when there is no such file; one that cannot be read counts as none."""
        try:
            value = json.loads((self._home / name).read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return value if isinstance(value, dict) else {}

    def update(self, name: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
        """Replace the file by what ``change`` makes of it; nobody else writes meanwhile, and readers see the old one or the new."""
        with self._locked(name) as file:
            value = change(self.read(name))
            write_private(file, json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace"))
        return value

    @contextmanager
    def _locked(self, name: str) -> Iterator[Path]:
        file = self._home / name
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(file.with_name(f".{file.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield file
        finally:
            os.close(descriptor)

    @staticmethod
    def _there(file: Path, id: str) -> bool:
        try:
            with file.open("rb") as lines:
                lines.seek(max(0, file.stat().st_size - _TAIL_BYTES))
                return f'"id": {json.dumps(id)}'.encode() in lines.read()
        except FileNotFoundError:
            return False

    @staticmethod
    def _broken_off(file: Path) -> bool:
        """Whether a power cut left a line without its end."""
        with file.open("rb") as lines:
            if not file.stat().st_size:
                return False
            lines.seek(-1, os.SEEK_END)
            return lines.read(1) != b"\n"
