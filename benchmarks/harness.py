"""``python -m benchmarks.harness``: what the proof costs. From "go" to the verdict on a fix of one candidate, against the least
that anybody needs: ``git worktree add`` and two plain runs of the tests (before and after).
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from autosd.app import open_app
from autosd.domain.decisions import Principal
from autosd.pipeline import FixRequest
from autosd.pipeline import fix as fix_road
from autosd.settings import load_settings
from autosd.testing import ScriptedCoder
from benchmarks import tool
from benchmarks.cases import load_set
from benchmarks.fast import Silent
from benchmarks.isolated import HOME, folder_of_its_own
from benchmarks.report import percentile, table

MODULE = "import time\n\n\ndef double(x):\n    return x + x + 1\n"
FIXED = MODULE.replace(" + 1", "")


def tests_of(seconds: float) -> str:
    """A suite that takes about ``seconds``, in ten tests."""
    one = "def test_{n}():\n    time.sleep({wait})\n    assert double({n}) == {n} * 2\n\n\n"
    return "import time\n\nfrom program import double\n\n\n" + "".join(one.format(n=n, wait=seconds / 10) for n in range(10))


def main(words: Sequence[str] | None = None) -> int:
    made = argparse.ArgumentParser(prog="python -m benchmarks.harness", description=__doc__)
    made.add_argument("--rounds", type=int, default=3, help="the median of so many is shown  [default: 3]")
    made.add_argument("--long", action="store_true", help="a suite of 5 s too: some minutes")
    made.add_argument("--command", action="store_true", help="the whole command too, with a real search")
    options = made.parse_args(words)
    gcd = next(case for case in load_set("classics") if case.name == "gcd")
    rows = [measured("gcd of the classics", gcd.given, {"program.py": gcd.reference}, options)]
    for seconds in (1.0, 5.0) if options.long else (1.0,):
        given = {"program.py": MODULE, "test_program.py": tests_of(seconds)}
        rows.append(measured(f"a suite of {seconds:.0f} s", given, {"program.py": FIXED}, options))
    print(table(("project", "worktree + two plain runs, s", "go to verdict, s", "ratio (target: at most 2)", "command, s"), rows))
    return 0


def measured(name: str, given: Mapping[str, str], fixed: Mapping[str, str], options: argparse.Namespace) -> tuple[object, ...]:
    plain, ours = [], []
    for number in range(1, options.rounds + 1):
        with folder_of_its_own() as folder:
            project = folder / "project"
            tool.write_project(project, given)
            plain.append(plain_way(project, folder / "copy", fixed))
            ours.append(our_way(project, fixed))
        told(f"{name}, round {number} of {options.rounds}: {plain[-1]:.2f} s plain, {ours[-1]:.2f} s to the verdict")
    one, other = percentile(plain, 0.5), percentile(ours, 0.5)
    return name, f"{one:.2f}", f"{other:.2f}", f"{other / one:.2f}", whole_command(name, given) if options.command else "-"


def whole_command(name: str, given: Mapping[str, str]) -> str:
    """The command as a person types it, its search included; once, since its time says more about the search."""
    with folder_of_its_own() as folder:
        tool.write_project(folder / "project", given)
        run = tool.fix(folder / "project", seconds=60)
    told(f"{name}, the command: {run.seconds:.2f} s, {run.result}")
    return f"{run.seconds:.2f}"


def told(text: str) -> None:
    """Progress, on stderr: the table alone is the result."""
    print(text, file=sys.stderr, flush=True)


def plain_way(project: Path, copy: Path, fixed: Mapping[str, str]) -> float:
    """A worktree, the tests before, the change, the tests after."""
    started = time.perf_counter()
    subprocess.run(["git", "worktree", "add", "-q", "--detach", str(copy)], cwd=project, check=True, capture_output=True)
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    subprocess.run(words, cwd=copy, capture_output=True)
    for file, text in fixed.items():
        (copy / file).write_text(text, encoding="utf-8")
    subprocess.run(words, cwd=copy, capture_output=True)
    seconds = time.perf_counter() - started
    subprocess.run(["git", "worktree", "remove", "--force", str(copy)], cwd=project, check=True, capture_output=True)
    shutil.rmtree(copy, ignore_errors=True)
    return seconds


def our_way(project: Path, fixed: Mapping[str, str]) -> float:
    """The whole road with a coder that offers the one right candidate at once: what is left is the harness."""
    settings = load_settings({"AUTOSD_HOME": str(HOME)}, project=project, options={})
    coder: Any = ScriptedCoder((fixed,))
    with open_app(settings, coders=(coder,)) as app:
        started = time.perf_counter()
        change = fix_road(app, FixRequest(project, Principal("bench", attended=True)), Silent())
        seconds = time.perf_counter() - started
    if not change.result.landed:
        raise SystemExit(f"the harness did not land the right fix: {change.result}")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
