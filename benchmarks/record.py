"""``python -m benchmarks.record [--entries N ...]``: appends a second, the verifier's speed and memory, the cost of counting uses.

Entries are what a permit writes (about 600 bytes). The verifier runs in a process of its own, as an auditor runs it, so its memory is
its own. ``use_of`` is asked by a newcomer (who reads what was kept, and the lines since) and by one who knows the record already.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autosd.adapters.keyring import FileKeyring
from autosd.governance import verifier
from autosd.governance.audit import FileAuditLog
from autosd.ports import RecordMoved
from benchmarks.report import percentile, table

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FIELDS: dict[str, Any] = {
    "permit_id": "0193a5b2c3d4e5f60718293a4b5c6d7e",
    "project_id": "/srv/projects/shop",
    "action": "commit",
    "principal": "ada",
    "attended": True,
    "grant_id": "5f0c9b1e-6a53-4a3c-9a3b-3f1d7a9f0c11",
    "details": {
        "risk": "low",
        "paths": ["src/price.py", "tests/test_price.py"],
        "repo": "/srv/projects/shop",
        "decided_at": NOW.isoformat(),
    },
}
GRANT = FIELDS["grant_id"]


@contextmanager
def a_home() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="record-"))
    try:
        yield home / "home"
    finally:
        shutil.rmtree(home)


def opened(home: Path, *, durable: bool = False) -> FileAuditLog:
    return FileAuditLog(home / "audit.log.jsonl", FileKeyring(home), durable=durable)


def one_by_one(count: int, *, durable: bool, seen: bool = False) -> list[float]:
    """Seconds of each append."""
    with a_home() as home:
        log, times = opened(home, durable=durable), []
        log.append("noted", FIELDS, NOW)
        for _ in range(count):
            began = time.perf_counter()
            log.append("permitted", FIELDS, NOW, seen={GRANT: log.use_of(GRANT, NOW)} if seen else None)
            times.append(time.perf_counter() - began)
    return times


def together(count: int, size: int, *, durable: bool) -> float:
    """Entries a second when ``size`` are written at once."""
    with a_home() as home:
        log = opened(home, durable=durable)
        began = time.perf_counter()
        for _ in range(count // size):
            log.append_all([("permitted", FIELDS, NOW)] * size)
        return count / (time.perf_counter() - began)


def _write(home: Path, count: int, durable: bool, ready: Any) -> None:
    log = opened(home, durable=durable)
    ready.wait()
    for _ in range(count):
        log.append("permitted", FIELDS, NOW)


def by_many(writers: int, count: int, *, durable: bool) -> float:
    """Entries a second of several processes on one record."""
    with a_home() as home:
        opened(home).append("noted", FIELDS, NOW)
        context = multiprocessing.get_context("fork")
        ready = context.Barrier(writers + 1)
        processes = [context.Process(target=_write, args=(home, count // writers, durable, ready)) for _ in range(writers)]
        for process in processes:
            process.start()
        ready.wait()
        began = time.perf_counter()
        for process in processes:
            process.join()
        return count // writers * writers / (time.perf_counter() - began)


def lengths(entries: Sequence[int]) -> Iterator[tuple[object, ...]]:
    """One record that grows: at each length, the verifier alone and the counts."""
    with a_home() as home:
        log, written = opened(home), 0
        for length in sorted(entries):
            while written < length:
                step = min(1000, length - written)
                log.append_all([("permitted" if n % 2 else "done", FIELDS, NOW) for n in range(step)])
                written += step
            seconds, peak = verified(home, length)
            newcomer = median(lambda: opened(home).use_of(GRANT, NOW))
            knows = median(lambda: log.use_of(GRANT, NOW))
            appended = median(lambda: counted(log))
            written = int((log.signed_head() or {})["seq"])
            yield (
                f"{length:,}",
                f"{log.path.stat().st_size / 1e6:.0f}",
                f"{seconds:.2f}",
                f"{length / seconds:,.0f}",
                f"{peak / 1024:.0f}",
                *(f"{1000 * each:.3f}" for each in (newcomer, knows, appended)),
            )


def counted(log: FileAuditLog) -> None:
    try:
        log.append("permitted", FIELDS, NOW, seen={GRANT: log.use_of(GRANT, NOW)})
    except RecordMoved:
        raise AssertionError("nobody else writes here") from None


def median(call: Any, rounds: int = 15) -> float:
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return percentile(times, 0.5)


_ALONE = """
import importlib.util, json, resource, sys, time
spec = importlib.util.spec_from_file_location("verifier", sys.argv[1])
made = sys.modules["verifier"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(made)
began = time.perf_counter()
report = made.verify_log(made.Path(sys.argv[2]), keys=made.read_keys(sys.argv[3]))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([report.ok, report.entries, time.perf_counter() - began, peak]))
"""


def verified(home: Path, length: int) -> tuple[float, int]:
    """Seconds and peak memory (KiB) of the verifier by itself."""
    words = [sys.executable, "-I", "-S", "-c", _ALONE, verifier.__file__, str(home / "audit.log.jsonl"), str(home / "keys/public_key.pem")]
    ok, entries, seconds, peak = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    assert ok and entries >= length
    return float(seconds), int(peak)


def main(words: Sequence[str] | None = None) -> int:
    made = argparse.ArgumentParser(prog="python -m benchmarks.record", description=__doc__)
    made.add_argument("--entries", type=int, nargs="*", default=[10_000, 100_000], help="lengths to verify (default 10000 100000)")
    made.add_argument("--appends", type=int, default=5_000, help="appends of each row (default 5000; a tenth of it with sync)")
    options = made.parse_args(words)
    print(shown_appends(options.appends))
    head = ("entries", "MB", "verify s", "lines/s", "peak MB", "use_of, newcomer ms", "use_of ms", "counted append ms")
    print()
    print(table(head, list(lengths(options.entries))))
    return 0


def shown_appends(count: int) -> str:
    rows: list[tuple[object, ...]] = []
    for name, durable, seen in (
        ("fsync always", True, False),
        ("fsync os", False, False),
        ("fsync os, a grant's use counted", False, True),
    ):
        times = one_by_one(count // 10 if durable else count, durable=durable, seen=seen)
        rows.append(
            (name, f"{len(times) / sum(times):,.0f}", f"{1000 * percentile(times, 0.5):.3f}", f"{1000 * percentile(times, 0.99):.3f}")
        )
    rows.append(("fsync os, 100 at once", f"{together(count, 100, durable=False):,.0f}", "-", "-"))
    rows.append(("fsync always, 100 at once", f"{together(count, 100, durable=True):,.0f}", "-", "-"))
    rows.append(("fsync os, 8 processes", f"{by_many(8, count, durable=False):,.0f}", "-", "-"))
    rows.append(("fsync always, 8 processes", f"{by_many(8, count // 10, durable=True):,.0f}", "-", "-"))
    return table(("append", "entries/s", "median ms", "99 % ms"), rows)


if __name__ == "__main__":
    sys.exit(main())
