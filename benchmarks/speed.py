"""``python -m benchmarks.speed``: candidates per second beside a mutation tester that starts a test process per mutant.

Same package, same tests, same machine, one after the other, one worker each. The mutation tester is cosmic-ray, installed by pip into
an environment of its own on first use. Three rows a package: the mutation tester; our warm server on mutants, each against the
whole suite up to its first failure (the same work); our warm server in repair, each candidate against the failing tests.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.catalogue import LIBRARIES, Library, ensure, interpreter, pip
from benchmarks.inject import Fault, faults_of
from benchmarks.isolated import BENCH, folder_of_its_own
from benchmarks.libraries import LibraryFault, faults
from benchmarks.report import table
from benchmarks.warm import Rate, broken_and_seconds, opened, rate, trials_of

TESTER = "cosmic-ray==8.7.0"


@dataclass(frozen=True)
class Line:
    package: str
    what: str
    rate: Rate
    test_seconds: float = 0.0  # the test that kills most candidates, by itself


def main(words: Sequence[str] | None = None) -> int:
    made = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    made.add_argument("--library", action="append", choices=[library.name for library in LIBRARIES], help="default: inflection and schema")
    made.add_argument("--seconds", type=float, default=30.0, help="how long the mutation tester may run for each package (default 30)")
    made.add_argument("--mutants", type=int, default=600, help="how many candidates the warm server gets (default 600)")
    options = made.parse_args(words)
    lines: list[Line] = []
    for name in options.library or ["inflection", "schema"]:
        library = next(each for each in LIBRARIES if each.name == name)
        print(f"{name}: mutation tester", file=sys.stderr, flush=True)
        lines.append(Line(name, "mutation tester, a process per mutant", mutation_tester(library, options.seconds)))
        print(f"{name}: warm server", file=sys.stderr, flush=True)
        lines.append(warm_mutants(library, options.mutants))
        lines.append(warm_repair(library, options.mutants))
    print(shown(lines))
    return 0


def shown(lines: Sequence[Line]) -> str:
    base = {line.package: line.rate.per_second for line in lines if line.what.startswith("mutation")}
    head = ("package", "what", "candidates", "per second", "times the mutation tester", "share of the physical limit")
    rows = []
    for line in lines:
        times = line.rate.per_second / base[line.package] if base.get(line.package) else 0.0
        share = f"{line.rate.per_second * line.test_seconds:.0%}" if line.test_seconds else "-"
        rows.append((line.package, line.what, line.rate.tried, f"{line.rate.per_second:.1f}", f"{times:.0f}", share))
    return table(head, rows)


def mutation_tester(library: Library, seconds: float) -> Rate:
    """Let it work for ``seconds`` on a copy of the package and count what it finished."""
    python = tester_python()
    with folder_of_its_own() as folder:
        project = folder / library.name
        shutil.copytree(ensure(library), project)
        (project / "tester.toml").write_text(
            f'[cosmic-ray]\nmodule-path = "{library.package}"\ntimeout = 20.0\nexcluded-modules = []\n'
            f'test-command = "{python} -m pytest -x -q -p no:cacheprovider"\n[cosmic-ray.distributor]\nname = "local"\n'
        )
        words = [str(python.with_name("cosmic-ray"))]
        subprocess.run([*words, "init", "tester.toml", "session.sqlite"], cwd=project, check=True, capture_output=True)
        started = time.perf_counter()
        with suppress(subprocess.TimeoutExpired):
            subprocess.run([*words, "exec", "tester.toml", "session.sqlite"], cwd=project, capture_output=True, timeout=seconds)
        spent = time.perf_counter() - started
        return Rate(finished(project / "session.sqlite"), spent, finished(project / "session.sqlite", "WHERE test_outcome = 'KILLED'"))


def finished(session: Path, where: str = "") -> int:
    with sqlite3.connect(session) as base:
        (count,) = base.execute(f"SELECT count(*) FROM work_results {where}").fetchone()
    return int(count)


def tester_python() -> Path:
    folder = BENCH / "tester"
    python = folder / "bin" / "python"
    if not (folder / ".installed").is_file():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        pip(python, "install", TESTER, "pytest", "freezegun")
        (folder / ".installed").touch()
    return python


def warm_mutants(library: Library, most: int) -> Line:
    """The package's own mutants, each against the whole suite up to its first failure."""
    with folder_of_its_own() as folder:
        project = folder / library.name
        shutil.copytree(ensure(library), project)
        file, source = largest_module(project, library)
        with opened(project, interpreter()) as (warm, found):
            tests = [test.id for test in found.tests]
            broken, _ = broken_and_seconds(warm, tests)
            passing = [test for test in tests if test not in broken]
            measured = rate(warm, trials_of(file, drawn(faults_of(source), most)), passing)
    return Line(library.name, "warm server, mutants, whole suite", measured)


def warm_repair(library: Library, most: int) -> Line:
    """Candidates on a fault, on the lines that its failing tests reach, each against those tests."""
    fault = next(each for each in faults(0) if each.library == library.name)
    with folder_of_its_own() as folder:
        project = folder / library.name
        shutil.copytree(ensure(library), project)
        faulty = faulted(project, fault)
        with opened(project, interpreter()) as (warm, found):
            broken, seconds = broken_and_seconds(warm, [test.id for test in found.tests])
            quickest = sorted(broken, key=lambda test: seconds[test])
            reached = {line for seen in warm.observe(quickest[:3]) for line in seen.lines.get(fault.file, ())}
            measured = rate(warm, trials_of(fault.file, drawn(faults_of(faulty, reached), most)), quickest)
    return Line(library.name, "warm server, repair, failing tests", measured, seconds[quickest[0]])


def drawn(faults: Sequence[Fault], most: int) -> list[Fault]:
    """At most ``most`` of them, from everywhere in the file, the same ones every time."""
    return random.Random(0).sample(list(faults), min(most, len(faults)))


def faulted(project: Path, fault: LibraryFault) -> str:
    path = project / fault.file
    path.write_text(fault.fault.applied(path.read_text("utf-8")), encoding="utf-8")
    return path.read_text("utf-8")


def largest_module(project: Path, library: Library) -> tuple[str, str]:
    path = max((project / library.package).rglob("*.py"), key=lambda each: each.stat().st_size)
    return path.relative_to(project).as_posix(), path.read_text("utf-8")


if __name__ == "__main__":
    sys.exit(main())
