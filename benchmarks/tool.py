"""The tool under measurement: ``autosd fix --json`` on a folder, as anybody would call it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.engine import frozen
from benchmarks.isolated import HOME

PROVEN = {"artifacts_written", "committed", "pushed", "pr_opened", "written", "proven"}
_GIT = ("git", "-c", "user.name=A Person", "-c", "user.email=person@example.org", "-c", "core.hooksPath=/dev/null")


@dataclass(frozen=True)
class Run:
    """What one call of the tool came to."""

    result: str
    diff: str
    seconds: float
    evaluated: int
    per_second: float
    suspect: bool
    reason: str
    note: str = ""

    @property
    def proven(self) -> bool:
        return self.result in PROVEN and bool(self.diff)


def write_project(folder: Path, files: Mapping[str, str]) -> None:
    """``files`` as a git repository with one commit."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    commit_all(folder)


def commit_all(folder: Path) -> None:
    for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "first"]):
        subprocess.run([*_GIT, *words], cwd=folder, check=True, capture_output=True)


def fix(folder: Path, *, seconds: float, seed: int = 0, python: Path | None = None) -> Run:
    """``autosd fix`` on ``folder``; a run that hangs is ended well after its own limit."""
    words = [sys.executable, "-m", "autosd", "fix", str(folder), "--json", "--max-seconds", str(seconds), "--seed", str(seed)]
    words += ["--python", str(python)] if python else []
    started = time.perf_counter()
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=seconds * 2 + 60, env=_environment())
    except subprocess.TimeoutExpired:
        return Run("hangs", "", time.perf_counter() - started, 0, 0.0, False, "", f"no end after {seconds * 2 + 60:.0f} s")
    return _read(done, time.perf_counter() - started)


def _environment() -> dict[str, str]:
    return {**os.environ, "AUTOSD_HOME": str(HOME), "PYTHONPATH": str(frozen()), "NO_COLOR": "1"}


def _read(done: subprocess.CompletedProcess[str], seconds: float) -> Run:
    tail = " ".join(done.stderr.split())[-300:]
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
        cost, overfit = answer["candidates"], answer["overfit"]
        note = "; ".join(f"{o['code']}: {o['message']}" for o in answer["objections"])
        counts = cost["evaluated"], cost["per_second"]
        return Run(answer["result"], answer["diff"] or "", seconds, *counts, overfit["suspect"], overfit["reason"], note)
    except (ValueError, KeyError, TypeError) as error:
        return Run(f"exit {done.returncode}", "", seconds, 0, 0.0, False, "", f"no object on stdout ({error!r}): {tail}")


def apply_diff(folder: Path, diff: str) -> str:
    """Apply ``diff`` to the repository in ``folder``; returns git's complaint, or nothing."""
    done = subprocess.run([*_GIT, "apply", "-"], cwd=folder, input=diff, text=True, capture_output=True)
    return done.stderr.strip()
