"""``python -m benchmarks.recall [--few] [--repo-map PYTHON]``: how often a search finds what a release changed.

A case is one line of a changelog and the functions that the release changed; it counts when one of them is among the first 1, 5 or 10
answers. Compared: our index; ``grep`` for each word, as it comes and with the places that most words hit first; and the repository map of
a well-known agent (aider-chat) when the interpreter of a virtual environment that has it is named.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from autosd.adapters.codeindex.index import CodeIndex
from autosd.adapters.codeindex.words import STOP, words_of
from benchmarks.recall_cases import FEW, RELEASES, Case, Function, cases, functions
from benchmarks.report import table

FOLDER = Path(tempfile.gettempdir()) / "autosd-recall"
KS = (1, 5, 10)
REPO_MAP = Path(__file__).with_name("repo_map.py")

Ranked = list[Function | None]  # None: an answer that is no function; it takes its place all the same
Search = Callable[[Case], Ranked]


@lru_cache(maxsize=8)
def lines_of(tree: Path) -> dict[str, list[tuple[int, int, str]]]:
    """First line, last line and name of every function, by path."""
    found = {}
    for file in sorted(tree.rglob("*.py")):
        placed = sorted((first, last, name) for name, (_, first, last) in functions(file).items())
        found[file.relative_to(tree).as_posix()] = placed
    return found


def at(tree: Path, path: str, line: int) -> Function | None:
    inside = [name for first, last, name in lines_of(tree).get(path, ()) if first <= line <= last]
    return (path, inside[-1]) if inside else None


def ours(index: CodeIndex) -> Search:
    def search(case: Case) -> Ranked:
        found = index.search(case.tree, case.words, limit=max(KS))
        return [(each.path, each.symbol) if each.symbol else None for each in found]

    return search


def grep(*, sort: bool) -> Search:
    """``sort``: functions that most of the words hit come first; else as grep prints them, file by file."""

    def search(case: Case) -> Ranked:
        words = {word.lower() for word in words_of(case.words) if len(word) > 2 and word.lower() not in STOP and not word.isdigit()}
        hits: dict[Function, set[str]] = {}
        for path, line, word in _grepped(case.tree, sorted(words)):
            if place := at(case.tree, path, line):
                hits.setdefault(place, set()).add(word)
        places: list[Function | None] = [*hits]
        return sorted(places, key=lambda place: -len(hits[place]) if place else 0) if sort else places

    return search


def _grepped(tree: Path, words: Sequence[str]) -> Iterator[tuple[str, int, str]]:
    if not words:
        return
    options = [option for word in words for option in ("-e", word)]
    done = subprocess.run(["grep", "-rnoiF", "--include=*.py", *options, "."], cwd=tree, capture_output=True, text=True, errors="replace")
    for hit in sorted(done.stdout.splitlines(), key=lambda text: text.partition(":")[0]):
        path, line, word = hit.split(":", 2)
        yield path.removeprefix("./"), int(line), word.lower()


def repo_map(python: Path, wanted: Sequence[Case]) -> Search:
    """All cases are asked in one process, for it takes its time to start."""
    questions = [{"tree": str(case.tree), "words": case.words} for case in wanted]
    done = subprocess.run([python, "-I", REPO_MAP], input=json.dumps(questions), capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"the repository map cannot be had: {done.stderr[-800:]}")
    answers = {(a["tree"], a["words"]): a["tags"] for a in json.loads(done.stdout)}

    def search(case: Case) -> Ranked:
        places = [at(case.tree, path, line) for path, line in answers[str(case.tree), case.words]]
        return list(dict.fromkeys(places))

    return search


def recall(search: Search, wanted: Sequence[Case]) -> Counter[int]:
    """How many cases are met within the first k answers."""
    met: Counter[int] = Counter()
    for case in wanted:
        ranked = search(case)[: max(KS)]
        first = next((rank for rank, place in enumerate(ranked, 1) if place in case.changed), None)
        met.update(k for k in KS if first is not None and first <= k)
    return met


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--few", action="store_true", help="Four libraries only.")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="Where sources are kept.")
    parser.add_argument("--repo-map", type=Path, metavar="PYTHON", help="An interpreter that has aider-chat.")
    parser.add_argument("--show", action="store_true", help="Show each case that our index misses.")
    options = parser.parse_args()
    wanted = cases(options.folder, FEW if options.few else [*RELEASES])
    index = CodeIndex(options.folder / "caches")
    searches = {"autosd": ours(index), "grep, most words first": grep(sort=True), "grep, as it comes": grep(sort=False)}
    if options.repo_map:
        searches["aider-chat, repository map"] = repo_map(options.repo_map, wanted)
    rows = []
    for name, search in searches.items():
        met = recall(search, wanted)
        rows.append((name, *(f"{met[k]} ({met[k] / max(1, len(wanted)):.0%})" for k in KS)))
    releases = {(case.library, case.release) for case in wanted}
    print(f"{len(wanted)} lines of {len(releases)} releases of {len({library for library, _ in releases})} libraries\n")
    print(table(("search", *(f"in the first {k}" for k in KS)), rows))
    if options.show:
        _show_misses(searches["autosd"], wanted)


def _show_misses(search: Search, wanted: Sequence[Case]) -> None:
    for case in wanted:
        ranked = search(case)
        if not case.changed & set(ranked):
            print(f"\n{case.library} {case.release}: {case.words[:300]}", file=sys.stderr)
            print(f"  changed {sorted(case.changed)[:6]}\n  found   {ranked[:6]}", file=sys.stderr)


if __name__ == "__main__":
    main()
