"""How long a sandbox takes to start: ``/bin/true`` plain, in bare bubblewrap, and in each rung with everything on, side by side.

``python -m benchmarks.sandbox_start [ROUNDS]``. The rounds are interleaved, so what else the machine does hits all alike; the ratios
are what counts. On a busy machine ``chrt -r 50`` in front (as root) shows what an idle one would.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from autosd.adapters.sandbox import open_sandbox
from autosd.adapters.sandbox.probing import find_bubblewrap
from autosd.domain.errors import AutosdError
from autosd.domain.sandboxing import Access, Command, Mount

BARE = ("--unshare-all", "--die-with-parent", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--", "/bin/true")


def contenders(folder: Path) -> dict[str, Callable[[], object]]:
    """What is compared; each callable is one start and end."""
    work = folder / "work"
    work.mkdir()
    command = Command(("/bin/true",), work, (Mount(work, Access.SCRATCH),))
    bwrap, tools = find_bubblewrap()
    bare = (bwrap.replace("/tmp/bwrap", tools.get("bwrap", "")), *BARE)
    found: dict[str, Callable[[], object]] = {
        "plain process": lambda: subprocess.run(["/bin/true"], capture_output=True, check=True),
        "bare bubblewrap": lambda: subprocess.run(bare, capture_output=True, check=True),
    }
    for level in ("bubblewrap", "landlock"):
        try:
            sandbox = open_sandbox(folder / "home", level)
        except AutosdError as error:
            print(f"{level}: {error.message}")
            continue
        found[f"autosd {level}"] = lambda sandbox=sandbox: sandbox.run(command)  # type: ignore[misc]
    return found


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        starts = contenders(Path(folder))
        times: dict[str, list[float]] = {name: [] for name in starts}
        for _ in range(rounds):
            for name, start in starts.items():
                began = time.perf_counter()
                start()
                times[name].append((time.perf_counter() - began) * 1000)
        unit = statistics.median(times["bare bubblewrap"])
        print(f"{'':22}{'median':>9}{'p10':>9}{'p90':>9}   x bare bubblewrap")
        for name, values in times.items():
            p10, p90 = statistics.quantiles(values, n=10)[0], statistics.quantiles(values, n=10)[-1]
            print(f"{name:22}{statistics.median(values):7.1f}ms{p10:7.1f}ms{p90:7.1f}ms   {statistics.median(values) / unit:.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
