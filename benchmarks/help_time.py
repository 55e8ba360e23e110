"""``python -m benchmarks.help_time``: how long ``autosd --help`` takes (target: under 150 ms), beside an empty Python."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.report import percentile, table

ROUNDS = 15


def main() -> int:
    command = Path(sys.executable).with_name("autosd")
    runs = {
        "an empty Python": [sys.executable, "-c", "pass"],
        "autosd --help": [str(command), "--help"],
        "autosd fix --help": [str(command), "fix", "--help"],
        "autosd --version": [str(command), "--version"],
    }
    times = {name: milliseconds(words) for name, words in runs.items()}
    empty = times["an empty Python"]
    print(table(("command", "ms (median)", "times an empty Python"), [(n, f"{ms:.0f}", f"{ms / empty:.1f}") for n, ms in times.items()]))
    return 0


def milliseconds(words: Sequence[str]) -> float:
    taken = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        subprocess.run(words, check=True, capture_output=True)
        taken.append((time.perf_counter() - started) * 1000)
    return percentile(taken, 0.5)


if __name__ == "__main__":
    sys.exit(main())
