"""Runs Python in autosd's own sandbox: whatever the tool wrote, and libraries with faults in them, never runs outside of it."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from autosd.adapters.sandbox import open_sandbox
from autosd.adapters.toolchains.python import PythonToolchain
from autosd.domain.sandboxing import Access, Command, Completed, Limits, Mount
from autosd.ports import Sandbox, Snapshot, SubjectEnv
from benchmarks.cases import JUDGE, Case, Jobs, Verdict, verdicts

BENCH = Path(__file__).parents[1] / ".bench"
HOME = BENCH / "home"


@cache
def sandbox() -> Sandbox:
    HOME.mkdir(parents=True, exist_ok=True)
    return open_sandbox(HOME)


def environment(folder: Path, python: Path) -> SubjectEnv:
    """What the tests of the project in ``folder`` need to see when ``python`` runs them."""
    snapshot = Snapshot(id="bench", source=folder, head=None, tree="", top=folder, root=folder, dirty=False)
    return PythonToolchain(HOME).prepare(snapshot, python=python)


def run(
    folder: Path, words: Sequence[str], *, python: Path, seconds: float, stdin: bytes = b"", env: Mapping[str, str] | None = None
) -> Completed:
    """``python words`` with ``folder`` as its world; what it writes there stays."""
    subject = environment(folder, python)
    limits = Limits(wall_seconds=seconds, cpu_seconds=seconds)
    variables = {**subject.env, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", **(env or {})}
    mounts = (*subject.mounts, Mount(folder, Access.WRITE))
    return sandbox().run(Command((str(subject.python), *words), folder, mounts, variables, limits, stdin))


@contextmanager
def folder_of_its_own(prefix: str = "autosd-bench-") -> Iterator[Path]:
    """An empty folder far from this repository, so that nothing that is kept from the tool lies above or beside it."""
    folder = Path(tempfile.mkdtemp(prefix=prefix)).resolve()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def judge_fixed(case: Case) -> Verdict:
    """The verdict on a program that the tool wrote."""
    jobs = Jobs()
    jobs.add(case)
    with folder_of_its_own("autosd-judge-") as folder:
        shutil.copy(JUDGE, folder / JUDGE.name)
        done = run(folder, ["-I", JUDGE.name], python=Path(sys.executable), seconds=90, stdin=jobs.text())
    found = verdicts(done.stdout)
    return found[0] if found else Verdict(miss=f"the judge ended early: {done.ending} {done.stderr[-200:]!r}")
