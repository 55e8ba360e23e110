"""Ten real libraries: what a scan proposes while they are clean, and whether it finds a fault put into each, once, and has it fixed.

``python -m benchmarks.scanning [--only NAME ...] [--faults N] [--seconds N]``
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.catalogue import LIBRARIES, Library, ensure, interpreter
from benchmarks.inject import Fault, faults_of
from benchmarks.isolated import folder_of_its_own

#: Besides the seven of the repair benchmark.
MORE = (
    Library("cachetools", "8.0.2", "30ac523adfc118b51d2b2e7bad8a0ddb31370dfe2700c7f10ca224f36ccf81e0", "cachetools"),
    Library("parse", "1.22.4", "706d458feed5a81b02768d3156e8070baf6cee7d150a3a3c0cd43101a875c3b5", "parse"),
    Library("toolz", "1.0.0", "2c86e3d9a04798ac556793bced838816296a2f085017664e4995cb40a1047a02", "toolz", kept=("tlz",)),
)
TRIES = 40
#: A proposal of one of these kinds says that something is broken; the other kinds speak of how code looks, and may well be right.
OF_FAULTS = frozenset({"failing_test", "flaky_test", "crash", "regression"})


@dataclass(frozen=True)
class Row:
    library: str
    clean: Counter[str]  # kinds of proposals on the clean library
    found: int = 0  # faults whose failing tests were proposed
    again: int = 0  # proposed a second time
    improved: int = 0  # built by ``autosd improve``
    fixed: int = 0  # proven by ``autosd fix``
    faults: int = 0


@dataclass(frozen=True)
class Subject:
    """A library as a repository, with a home of autosd's own."""

    path: Path
    home: Path
    seconds: str

    def autosd(self, *words: str) -> dict[str, Any]:
        argv = [sys.executable, "-m", "autosd", *words, "--json"]
        own = {"AUTOSD_HOME": str(self.home), "AUTOSD_FIX_PYTHON": str(interpreter()), "AUTOSD_FIX_MAX_SECONDS": self.seconds}
        env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(self.home), **own}
        done = subprocess.run(argv, env=env, capture_output=True, text=True)
        value: dict[str, Any] = json.loads(done.stdout)
        return value

    def git(self, *words: str) -> None:
        who = ("-c", "user.name=a", "-c", "user.email=a@b")
        subprocess.run(["git", *who, *words], cwd=self.path, check=True, capture_output=True)


def measured(library: Library, folder: Path, faults: int, seconds: str) -> Row:
    path = folder / library.name
    shutil.copytree(ensure(library), path)
    subject = Subject(path, folder / "home", seconds)
    subject.git("init", "-q", "-b", "main")
    subject.git("add", "-A")
    subject.git("commit", "-q", "-m", "clean")
    row = Row(library.name, Counter(each["kind"] for each in subject.autosd("scan", str(path))["proposals"]))
    for number, (file, fault) in enumerate(breaking(path, library, faults)):
        row = one_fault(replace(subject, home=folder / f"home-{number}"), row, file, fault)
    return row


def one_fault(subject: Subject, row: Row, file: Path, fault: Fault) -> Row:
    subject.git("checkout", "-q", "-B", "broken", "main")
    file.write_text(fault.applied(file.read_text("utf-8")), encoding="utf-8")
    subject.git("commit", "-q", "-am", "work")
    came = {"found": 0, "again": 0, "improved": 0, "fixed": 0}
    first = [each for each in subject.autosd("scan", str(subject.path))["proposals"] if each["kind"] == "failing_test"]
    second = [each for each in subject.autosd("scan", str(subject.path))["proposals"] if each["kind"] == "failing_test"]
    came["found"], came["again"] = bool(first), len(second)
    fixed = subject.autosd("fix", str(subject.path))
    came["fixed"] = fixed["result"] == "artifacts_written"
    built = subject.autosd("improve", str(subject.path), "--yes", "--max", "1").get("built", [])
    came["improved"] = any(each["proposal_status"] in ("self_build_completed", "pr_opened") for each in built)
    subject.git("checkout", "-q", "-f", "main")
    return replace(row, faults=row.faults + 1, **{name: getattr(row, name) + int(value) for name, value in came.items()})


def breaking(path: Path, library: Library, wanted: int) -> list[tuple[Path, Fault]]:
    """Faults that make a test fail and let the suite be collected, drawn by the library's name."""
    dice = random.Random(library.name)
    files = [path / library.package] if library.package.endswith(".py") else sorted((path / library.package).rglob("*.py"))
    every = [(file, fault) for file in files if "tests" not in file.parts for fault in faults_of(file.read_text("utf-8"))]
    dice.shuffle(every)
    found: list[tuple[Path, Fault]] = []
    for file, fault in every[:TRIES]:
        text = file.read_text("utf-8")
        file.write_text(fault.applied(text), encoding="utf-8")
        try:
            if suite_fails(path):
                found.append((file, fault))
        finally:
            file.write_text(text, encoding="utf-8")
        if len(found) == wanted:
            break
    return found


def suite_fails(path: Path) -> bool:
    argv = [str(interpreter()), "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
    try:
        return subprocess.run(argv, cwd=path, capture_output=True, timeout=120).returncode == 1
    except subprocess.TimeoutExpired:
        return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--faults", type=int, default=1)
    parser.add_argument("--seconds", default="120")
    given = parser.parse_args()
    print("library          clean: proposals by kind                        found  again  fixed  improved  of")
    for library in (*LIBRARIES, *MORE):
        if given.only and library.name not in given.only:
            continue
        with folder_of_its_own() as folder:
            row = measured(library, folder, given.faults, given.seconds)
        clean = ", ".join(f"{kind} {count}" for kind, count in sorted(row.clean.items())) or "none"
        false = sum(count for kind, count in row.clean.items() if kind in OF_FAULTS)
        said = f"{clean}; of faults: {false}"
        print(f"{row.library:16} {said:47} {row.found:5} {row.again:6} {row.fixed:6} {row.improved:9} {row.faults:3}", flush=True)


if __name__ == "__main__":
    main()
