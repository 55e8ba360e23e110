"""``python -m benchmarks.code_index [--lines N]``: what it costs to index real code, to notice a change, and to search.

The code is that of the interpreter's library and of what is installed beside it, copied into one repository in the order of its paths
until there are enough lines (a second round of copies begins when it runs out). Targets at 1,000,000 lines on 2 cores: indexed within
60 s, a changed file noticed within 200 ms, 95 of 100 searches within 30 ms.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import site
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from autosd.adapters.codeindex.index import CodeIndex
from autosd.adapters.codeindex.words import words_of
from autosd.adapters.git.looking import GitLooks
from autosd.testing import TinyRepository
from benchmarks.report import percentile, table


def sources() -> Iterator[Path]:
    roots = [Path(sysconfig.get_paths()["stdlib"]), *map(Path, site.getsitepackages())]
    seen: set[Path] = set()
    for root in roots:
        for file in sorted(root.rglob("*.py")):
            if file not in seen and file.is_file() and file.stat().st_size < 1_000_000:
                seen.add(file)
                yield file


def corpus(folder: Path, lines: int) -> tuple[int, int]:
    """Fill ``folder``; how many files and lines it holds."""
    files = list(sources())
    written = held = copy = 0
    while held < lines:
        for number, file in enumerate(files):
            text = file.read_bytes()
            target = folder / f"part{copy}_{number // 200}" / f"{number % 200:03}_{file.name}"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text if copy == 0 else text + b"\n# copy %d\n" % copy)
            written, held = written + 1, held + text.count(b"\n")
            if held >= lines:
                break
        copy += 1
    return written, held


def questions(folder: Path, count: int) -> list[str]:
    """Half are words of a line of prose, a quarter a name, a quarter a traceback; drawn by seed from the files."""
    dice = random.Random(0)
    files = sorted(folder.rglob("*.py"))
    asked: list[str] = []
    while len(asked) < count:
        file = dice.choice(files)
        lines = file.read_text("utf-8", "replace").splitlines()
        number = dice.randrange(len(lines)) if lines else 0
        words = words_of(lines[number]) if lines else []
        kind = len(asked) % 4
        if kind < 2 and len(words) >= 5:
            asked.append(" ".join(words[:15]))
        elif kind == 2 and words:
            asked.append(dice.choice(words))
        elif kind == 3 and lines:
            asked.append(f'  File "/x/{file.parent.name}/{file.name}", line {number + 1}, in f\nValueError: {" ".join(words)}')
    return asked


def timed(act: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    began = clock()
    act()
    return clock() - began


def cpu() -> float:
    """Seconds of processor that this process and its children took: what a busy machine cannot stretch."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def changes(index: CodeIndex, root: Path, times: int = 15) -> list[float]:
    """Milliseconds to bring the index up to date after one file was changed."""
    files = sorted(root.rglob("*.py"))
    dice = random.Random(1)
    found = []
    for number in range(times):
        file = dice.choice(files)
        file.write_bytes(file.read_bytes() + b"\n\ndef changed_%d():\n    return 1\n" % number)
        time.sleep(0.06)  # so that the next round finds only its own change doubtful
        found.append(1000 * timed(lambda: index.update(root)))
        index.update(root)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--searches", type=int, default=400)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="code-index-") as place:
        root = Path(place) / "project"
        files, lines = corpus(root, options.lines)
        repository = TinyRepository(root)
        repository.git("init", "-q")
        repository.commit("first")
        time.sleep(0.1)
        looks = GitLooks(Path(place) / "home")
        index = CodeIndex(Path(place) / "caches", root, looks.files, looks.head, looks.commits)
        built = timed(lambda: index.update(root))
        used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime + resource.getrusage(resource.RUSAGE_SELF).ru_utime
        size = sum(file.stat().st_size for file in (Path(place) / "caches").iterdir())
        idle = [1000 * timed(lambda: index.update(root)) for _ in range(10)]
        changed = changes(index, root)
        asked = questions(root, options.searches)
        index.search(root, "warm up")
        whole = [1000 * timed(lambda words=words: index.search(root, words)) for words in asked]  # type: ignore[misc]
        alone = [1000 * timed(lambda words=words: index.search(root, words, look=False)) for words in asked]  # type: ignore[misc]
        plain = subprocess.run(["wc", "-c", *root.rglob("*.py")], capture_output=True, text=True).stdout.split()[-2]
    rows = [
        ("lines, files, MB of text", f"{lines:,}, {files:,}, {int(plain) / 1e6:.0f}"),
        ("first index, s (CPU s)", f"{built:.1f} ({used:.1f})"),
        ("lines a second", f"{lines / built:,.0f}"),
        ("index, MB", f"{size / 1e6:.0f}"),
        ("nothing changed, ms (median, worst)", f"{percentile(idle, 0.5):.0f}, {max(idle):.0f}"),
        ("one file changed, ms (median, worst)", f"{percentile(changed, 0.5):.0f}, {max(changed):.0f}"),
        ("search, look for changes included, ms (median, 95 %, worst)", "{:.1f}, {:.1f}, {:.1f}".format(*_spread(whole))),
        ("search, that look left out", "{:.1f}, {:.1f}, {:.1f}".format(*_spread(alone))),
    ]
    print(table(("what", "figure"), rows))


def _spread(values: list[float]) -> tuple[float, float, float]:
    return percentile(values, 0.5), percentile(values, 0.95), max(values)


if __name__ == "__main__":
    main()
