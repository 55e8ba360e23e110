"""``python -m benchmarks.growth``: time and memory against the size of the project and of its suite.

Projects are generated: many modules of small functions, one of which has a bug; each test calls one function. What the failing
tests do not reach must cost next to nothing, so the columns of the search should stay flat while the suite's own time grows.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks import tool
from benchmarks.isolated import folder_of_its_own
from benchmarks.report import table

LINES = (1_000, 10_000, 100_000)
TESTS = (10, 100, 1_000)
FUNCTION = '''def area_{n}(width, height, border={n}):
    """The area inside of a border."""
    inner_width = width - 2 * border
    inner_height = height - 2 * border
    if inner_width < 0 or inner_height < 0:
        return 0
    return inner_width {sign} inner_height


'''
PER_MODULE = 50


def main(words: Sequence[str] | None = None) -> int:
    made = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    made.add_argument("--max-seconds", type=float, default=300.0)
    made.add_argument("--quick", action="store_true", help="leave out the largest of each")
    options = made.parse_args(words)
    last = -1 if options.quick else None
    rows = [row(lines, 100, options.max_seconds) for lines in LINES[:last]]
    rows += [row(10_000, tests, options.max_seconds) for tests in TESTS[:last]]
    head = ("lines", "tests", "result", "one plain run, s", "whole fix, s", "ratio", "tried", "tried/s", "peak memory, MB")
    print(table(head, rows))
    return 0


def row(lines: int, tests: int, seconds: float) -> tuple[object, ...]:
    with folder_of_its_own() as folder:
        tool.write_project(folder, project(lines, tests))
        plain = plain_run(folder)
        with watched() as peak:
            run = tool.fix(folder, seconds=seconds)
    print(f"{lines} lines, {tests} tests: {run.result} {run.seconds:.1f}s {run.note}", file=sys.stderr, flush=True)
    times = f"{plain:.2f}", f"{run.seconds:.2f}", f"{run.seconds / plain:.1f}"
    return lines, tests, run.result, *times, run.evaluated, f"{run.per_second:.0f}", f"{peak[0] / 1e6:.0f}"


def project(lines: int, tests: int) -> Mapping[str, str]:
    """About ``lines`` lines of source in a package, ``tests`` tests, and one wrong operator in the middle."""
    count = max(PER_MODULE, lines // FUNCTION.count("\n"))
    modules = -(-count // PER_MODULE)
    wrong = (modules // 2) * PER_MODULE + 7
    files = {"area/__init__.py": ""}
    for module in range(modules):
        numbers = range(module * PER_MODULE, min(count, (module + 1) * PER_MODULE))
        files[f"area/part_{module}.py"] = "".join(FUNCTION.format(n=n, sign="+" if n == wrong else "*") for n in numbers)
    reached = [wrong, *(n for n in spread(count, tests) if n != wrong)][:tests]
    for start in range(0, len(reached), PER_MODULE):
        files[f"tests/test_{start // PER_MODULE}.py"] = "".join(test_texts(reached[start : start + PER_MODULE]))
    files["conftest.py"] = ""
    return files


def spread(count: int, tests: int) -> Iterator[int]:
    step = max(1, count // tests)
    for number in range(tests * 2):
        yield number * step % count


def test_texts(numbers: Sequence[int]) -> Iterator[str]:
    for n in sorted(set(numbers)):
        yield f"from area.part_{n // PER_MODULE} import area_{n}\n"
    for place, n in enumerate(numbers):
        size = 2 * n + 5
        yield f"\n\ndef test_{n}_{place}():\n    assert area_{n}({size}, {size + 1}) == 30\n    assert area_{n}(0, {size}, 1) == 0\n"


def plain_run(folder: Path) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"], cwd=folder, capture_output=True)
    return time.perf_counter() - started


@contextmanager
def watched() -> Iterator[list[float]]:
    """Samples the memory of this process' descendants; the one number in the list is the largest sum so far."""
    peak, stop = [0.0], threading.Event()

    def watch() -> None:
        while not stop.wait(0.05):
            peak[0] = max(peak[0], float(sum(map(resident, descendants(os.getpid())))))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        stop.set()
        thread.join()


def descendants(parent: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "stat").read_text().rpartition(")")[2].split()
                children.setdefault(int(words[1]), []).append(int(entry.name))
            except (OSError, IndexError):
                continue
    found, waiting = [], [parent]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def resident(process: int) -> int:
    """Its share of memory: what forks have in common is counted once over all of them."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    except (OSError, IndexError, ValueError):
        return 0


if __name__ == "__main__":
    sys.exit(main())
