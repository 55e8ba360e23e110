"""``python -m benchmarks.run SET``: the repair power of ``autosd fix``, as plausible and correct.

Sets: classics, functions, students (our own) and libraries (downloaded, faults injected). Results are kept under ``.bench/`` as they
come, so that a run that was broken off goes on where it stopped; ``--fresh`` begins anew.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import report, tool
from benchmarks.cases import Case, load_set
from benchmarks.isolated import folder_of_its_own, judge_fixed
from benchmarks.records import Results, Row, alike, row_of

SETS = ("classics", "functions", "students", "libraries")
Work = tuple[str, Callable[[], Row]]


def main(words: Sequence[str] | None = None) -> int:
    options = parser().parse_args(words)
    results = Results(options.set, max=int(options.max_seconds), seed=options.seed, fast=int(options.in_process))
    if options.fresh:
        results.forget()
    work = chosen(work_of(options), options)
    wanted = {name for name, _ in work}
    rows = {row.id: row for row in results.rows() if row.id in wanted}
    if rows:
        print(f"{len(rows)} of {len(work)} are known from {results.path.name}", file=sys.stderr)
    finished = carry_out([item for item in work if item[0] not in rows], options.jobs, rows, results)
    show(options, [rows[name] for name, _ in work if name in rows])
    return 0 if finished else 130


def parser() -> argparse.ArgumentParser:
    plain = argparse.RawDescriptionHelpFormatter
    made = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__, formatter_class=plain)
    made.add_argument("set", choices=SETS)
    made.add_argument("--sample", type=int, metavar="N", help="only N cases, drawn by the seed")
    made.add_argument("--only", action="append", default=[], metavar="TEXT", help="only cases whose name holds TEXT; may be given again")
    made.add_argument("--jobs", type=int, default=1, metavar="N", help="cases at the same time (default 1)")
    made.add_argument("--max-seconds", type=float, default=60.0, metavar="S", help="what each call may take (default 60)")
    made.add_argument("--seed", type=int, default=0, help="of the injected faults, the sample and the search")
    made.add_argument("--in-process", action="store_true", help="the repair engine alone, in this process: no gates, no artifact")
    made.add_argument("--fresh", action="store_true", help="forget earlier results of this state of the code")
    made.add_argument("--json", type=Path, metavar="FILE", help="write the rows as one JSON list")
    return made


def work_of(options: argparse.Namespace) -> list[Work]:
    if options.set == "libraries":
        from benchmarks import libraries

        return [(fault.id, partial(libraries.attempt, fault, options)) for fault in libraries.faults(options.seed)]
    return [(case.id, partial(attempt, case, options)) for case in load_set(options.set, seed=options.seed)]


def chosen(work: list[Work], options: argparse.Namespace) -> list[Work]:
    if options.only:
        work = [item for item in work if any(text in item[0] for text in options.only)]
    if options.sample and options.sample < len(work):
        drawn = {name for name, _ in random.Random(options.seed).sample(work, options.sample)}
        work = [item for item in work if item[0] in drawn]
    return work


def attempt(case: Case, options: argparse.Namespace) -> Row:
    """Hand the case to the tool, then judge what it made of it."""
    with folder_of_its_own() as folder:
        tool.write_project(folder, case.given)
        if options.in_process:
            from benchmarks.fast import fix

            run = fix(folder, seconds=options.max_seconds, seed=options.seed)
        else:
            run = tool.fix(folder, seconds=options.max_seconds, seed=options.seed)
        row = row_of(case.id, run, case.fault)
        if not run.proven:
            return row
        if complaint := tool.apply_diff(folder, run.diff):
            return replace(row, plausible=False, miss=f"the diff does not apply: {complaint}")
        fixed = replace(case, program=(folder / "program.py").read_text("utf-8"))
    verdict = judge_fixed(fixed)
    miss = f"visible tests still fail: {', '.join(verdict.failed)}" if verdict.failed else verdict.miss or ""
    return replace(row, plausible=verdict.plausible, correct=verdict.correct, original=alike(fixed.program, case.reference), miss=miss)


def carry_out(work: list[Work], jobs: int, rows: dict[str, Row], results: Results) -> bool:
    """Do the work; returns whether all of it was done. Ctrl-C ends it after what is running now."""
    pool = ThreadPoolExecutor(max(1, jobs))
    waiting: dict[Future[Row], str] = {pool.submit(task): name for name, task in work}
    try:
        for number, done in enumerate(as_completed(waiting), 1):
            row = done.result()
            rows[row.id] = row
            results.add(row)
            word = "correct" if row.correct else "plausible" if row.plausible else "-"
            line = f"{number}/{len(work)} {row.id} {row.result} {word} {row.seconds:.2f}s tried {row.evaluated}"
            print(line, file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        print("stopping; run the same command again to go on", file=sys.stderr)
        return False
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return True


def show(options: argparse.Namespace, rows: list[Row]) -> None:
    print(report.details(rows), end="\n\n")
    print(report.summary(options.set, rows), end="\n\n")
    print("misses:\n" + report.misses(rows))
    if options.json:
        value: list[dict[str, Any]] = [asdict(row) for row in rows]
        options.json.write_text(json.dumps(value, indent=1), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
