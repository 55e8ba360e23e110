"""What the memory costs as it grows: an exchange kept, a search, lessons for a prompt, a compaction, and opening the file.

``python -m benchmarks.memory [SIZES ...]``: the number of exchanges (default 1000 10000). In a temporary folder. Whole-word searches are
answered by the index; one for a part of a word reads all rows, and says so in its line.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from autosd.adapters.memory.gpt_memory import GPTMemoryManager
from autosd.adapters.memory.lessons import LessonBook

PARTS = ("ba", "ce", "di", "fo", "gu", "ha", "ke", "li", "mo", "nu", "pa", "re", "si", "to", "vu", "wa")
WORDS = [f"{one}{two}{three}" for one in PARTS for two in PARTS for three in PARTS]
OFTEN = [1 / (rank + 10) for rank in range(len(WORDS))]  # as words of a language are


def measured(act: Callable[[int], object], count: int) -> str:
    times = []
    for number in range(count):
        began = time.perf_counter()
        act(number)
        times.append((time.perf_counter() - began) * 1000)
    cuts = statistics.quantiles(times, n=100)
    return f"p50 {statistics.median(times):8.3f} ms   p95 {cuts[94]:8.3f} ms   max {max(times):8.2f} ms"


def text(lots: Random, words: int) -> str:
    return " ".join(lots.choices(WORDS, OFTEN, k=words))


def main() -> None:
    parser = argparse.ArgumentParser(description="What the memory costs as it grows.")
    parser.add_argument("sizes", type=int, nargs="*", default=[1000, 10_000])
    for size in parser.parse_args().sizes:
        with tempfile.TemporaryDirectory() as folder:
            of_size(Path(folder) / "memory.db", size)


def of_size(file: Path, size: int) -> None:
    lots = Random(size)
    with GPTMemoryManager(file) as memory:
        print(f"{size} exchanges of 120 words")
        print(
            f"  {'keep one':34}{measured(lambda n: memory.log_interaction(f'{n} {text(lots, 20)}', text(lots, 100), ['error_fix']), size)}"
        )
        print(f"  {'search, three words':34}{measured(lambda _: memory.search_context(text(lots, 3), 5), 200)}")
        print(f"  {'search, a part of a word (all rows)':34}{measured(lambda n: memory.search_context(f'ekeli{n}'), 20)}")
        book = LessonBook(memory)
        for number in range(200):
            book.shown([book.tally(entry) for entry in memory.entries(3)], attempt=str(number), strategy="edit")
            book.came_out(str(number), won=number % 2 == 0, strategy="edit")
        print(f"  {'lessons for a prompt of 30 words':34}{measured(lambda n: book.lessons_for(text(lots, 30), attempt=str(n)), 200)}")
    print(f"  {'open and close':34}{measured(lambda _: GPTMemoryManager(file).close(), 50)}")
    with GPTMemoryManager(file) as memory:
        began = time.perf_counter()
        gone = memory.compact({"error_fix": size // 2})
        print(f"  {'compact half of it':34}{(time.perf_counter() - began) * 1000:8.0f} ms for {gone}; {file.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
