"""Faults injected into real libraries, half of the covering tests held out: what the tool fixes, and whether it is right.

A fault is drawn by seed from the covered lines, kept when a test that passed fails by it, and remembered under ``.bench/``.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks import tool
from benchmarks.catalogue import LIBRARIES, LIBRARIES_FOLDER, Library, ensure, interpreter
from benchmarks.heldout import function_of, names_in, without
from benchmarks.inject import Fault, faults_of
from benchmarks.isolated import folder_of_its_own, run
from benchmarks.records import Row, alike, row_of

EACH = 13  # faults a library: 7 libraries make 91
TRIES = 12  # candidates looked at for each fault wanted
MOST_COVERING = 80  # a line that nearly every test reaches says little about localisation, and costs time
PROBE = Path(__file__).with_name("probe.py")


@dataclass(frozen=True)
class LibraryFault:
    """A fault in one library's file; ``held_out`` says where the test functions are written that the tool does not get to see."""

    id: str
    library: str
    file: str
    fault: Fault
    held_out: tuple[str, ...]
    killers_visible: int
    killers_hidden: int


def faults(seed: int) -> list[LibraryFault]:
    """All faults of ``seed``, drawn on first use: a few minutes, then remembered."""
    found: list[LibraryFault] = []
    for library in LIBRARIES:
        store = LIBRARIES_FOLDER / f"{library.name}-faults-{seed}.json"
        if not store.is_file():
            print(f"drawing faults for {library.name}", file=sys.stderr, flush=True)
            drawn = [asdict(fault) for fault in draw(library, seed)]
            store.write_text(json.dumps(drawn, indent=1))
        for entry in json.loads(store.read_text()):
            found.append(LibraryFault(**{**entry, "fault": Fault(**entry["fault"]), "held_out": tuple(entry["held_out"])}))
    return found


def draw(library: Library, seed: int) -> list[LibraryFault]:
    known, dice = baseline(library), random.Random(f"{seed}/{library.name}")
    candidates = list(shuffled(library, known["lines"], dice))
    accepted: list[LibraryFault] = []
    with folder_of_its_own() as folder:
        project = folder / library.name
        shutil.copytree(library.folder, project)
        for file, fault in candidates[: EACH * TRIES]:
            covering = functions_on(known["lines"][file], fault)
            if not 2 <= len(covering) <= MOST_COVERING:
                continue
            killers = killed_by(project, file, fault, covering, known["passing"])
            if killers:
                name = f"libraries/{library.name}-{len(accepted) + 1:02d}"
                accepted.append(split(name, library, file, fault, covering, killers, dice))
                if len(accepted) == EACH:
                    break
    return accepted


def shuffled(library: Library, lines: dict[str, dict[str, list[str]]], dice: random.Random) -> Iterator[tuple[str, Fault]]:
    """Faults on covered lines, the kind drawn first, so that rare omissions come as often as constants."""
    kinds: dict[str, list[tuple[str, Fault]]] = {}
    for file in sorted(lines):
        for fault in faults_of((library.folder / file).read_text("utf-8"), {int(line) for line in lines[file]}):
            kinds.setdefault(fault.kind, []).append((file, fault))
    for group in kinds.values():
        dice.shuffle(group)
    while kinds:
        kind = dice.choice(sorted(kinds))
        yield kinds[kind].pop()
        if not kinds[kind]:
            del kinds[kind]


def functions_on(lines: dict[str, list[str]], fault: Fault) -> list[str]:
    """The test functions that reach the faulty line."""
    return sorted({function_of(test) for test in lines.get(str(fault.line), ())})


def killed_by(project: Path, file: str, fault: Fault, covering: Sequence[str], passing: set[str]) -> set[str]:
    """The functions among ``covering`` that pass without ``fault`` and fail with it; empty also when the run does not end."""
    path = project / file
    source = path.read_text("utf-8")
    path.write_text(fault.applied(source), encoding="utf-8")
    try:
        ended = outcomes(project, [*covering], seconds=40)["ended"]
    finally:
        path.write_text(source, encoding="utf-8")
    return {function_of(test) for test, how in ended.items() if how == "failed"} & passing


def split(
    name: str, library: Library, file: str, fault: Fault, covering: Sequence[str], killers: set[str], dice: random.Random
) -> LibraryFault:
    """Hold out half of the covering functions, but never all that notice the fault."""
    defined = {test: definition(library, test) for test in covering}
    telling = {defined[test] for test in killers if test in defined}
    movable = sorted({place for place in defined.values() if place})
    dice.shuffle(movable)
    seen = next((place for place in movable if place in telling), "")
    rest = [place for place in movable if place != seen]
    rest.sort(key=lambda place: place not in telling)  # if there is a second one that notices, it is among the held out
    held = rest[:1] + dice.sample(rest[1:], max(0, min(len(rest) - 1, len(movable) // 2 - 1)))
    hidden = sum(defined.get(test) in held for test in killers)
    return LibraryFault(name, library.name, file, fault, tuple(sorted(held)), len(killers) - hidden, hidden)


def definition(library: Library, test: str) -> str:
    """``file::Class::function`` where ``test`` is written down, which may be a base class in another file; empty when unclear."""
    file, _, name = test.partition("::")
    written = written_tests(library)
    if name in written.get(file, ()):
        return f"{file}::{name}"
    function = name.rpartition("::")[2]
    places = [f"{path}::{each}" for path, names in written.items() for each in names if each.endswith(f"::{function}")]
    return places[0] if len(places) == 1 else ""


@cache
def written_tests(library: Library) -> dict[str, list[str]]:
    files = {test.partition("::")[0] for test in baseline(library)["passing"]}
    return {file: names_in((library.folder / file).read_text("utf-8")) for file in sorted(files)}


@cache
def baseline(library: Library) -> dict[str, Any]:
    """How the pristine tests end in the sandbox, and which lines each one reaches."""
    ensure(library)
    store = LIBRARIES_FOLDER / f"{library.name}-baseline.json"
    if not store.is_file():
        with folder_of_its_own() as folder:
            project = folder / library.name
            shutil.copytree(library.folder, project)
            store.write_text(json.dumps(outcomes(project, ["--cover", library.package], seconds=300)))
    known: dict[str, Any] = json.loads(store.read_text())
    known["passing"] = functions_that_pass(known["ended"])
    return known


def functions_that_pass(ended: dict[str, str]) -> set[str]:
    """Test functions of which something passed and nothing failed."""
    by_end = {wanted: {function_of(test) for test, how in ended.items() if how == wanted} for wanted in ("passed", "failed")}
    return by_end["passed"] - by_end["failed"]


def outcomes(project: Path, words: Sequence[str], *, seconds: float) -> dict[str, Any]:
    """What ``probe.py`` saw of the project's tests; nothing ended when it was cut off."""
    shutil.copy(PROBE, project / "autosd_probe.py")
    out = project / "autosd_probe.json"
    out.unlink(missing_ok=True)
    run(project, ["autosd_probe.py", out.name, *words], python=interpreter(), seconds=seconds)
    seen: dict[str, Any] = json.loads(out.read_text()) if out.is_file() else {"code": -1, "ended": {}, "lines": {}}
    for name in (out, project / "autosd_probe.py"):
        name.unlink(missing_ok=True)
    return seen


def attempt(fault: LibraryFault, options: argparse.Namespace) -> Row:
    """Hand the faulty library with its visible tests to the tool; judge the fix by all tests."""
    library = next(each for each in LIBRARIES if each.name == fault.library)
    with folder_of_its_own() as folder:
        project = folder / library.name
        shutil.copytree(ensure(library), project)
        source = (project / fault.file).read_text("utf-8")
        (project / fault.file).write_text(fault.fault.applied(source), encoding="utf-8")
        hold_out(project, fault.held_out)
        tool.commit_all(project)
        answer = tool_of(options)(project, seconds=options.max_seconds, seed=options.seed, python=interpreter())
        row = row_of(fault.id, answer, f"{fault.file}:{fault.fault.line}: {fault.fault.kind}: {fault.fault.said}")
        if not answer.proven:
            return row
        if complaint := tool.apply_diff(project, answer.diff):
            return replace(row, plausible=False, miss=f"the diff does not apply: {complaint}")
        same = alike((project / fault.file).read_text("utf-8"), source)
        return judged(row, library, project, fault, same)


def tool_of(options: argparse.Namespace) -> Any:
    if options.in_process:
        from benchmarks import fast

        return fast.fix
    return tool.fix


def hold_out(project: Path, held: Sequence[str]) -> None:
    by_file: dict[str, set[str]] = {}
    for test in held:
        file, _, name = test.partition("::")
        by_file.setdefault(file, set()).add(name)
    for file, names in by_file.items():
        path = project / file
        path.write_text(without(path.read_text("utf-8"), names), encoding="utf-8")


def judged(row: Row, library: Library, project: Path, fault: LibraryFault, same: bool) -> Row:
    """Plausible when every visible test passes, correct when the held-out ones pass too."""
    for file in {test.partition("::")[0] for test in baseline(library)["passing"]}:
        shutil.copy(library.folder / file, project / file)
    ended = outcomes(project, [], seconds=300)["ended"]
    broken = baseline(library)["passing"] - functions_that_pass(ended)
    seen = [test for test in broken if definition(library, test) not in fault.held_out]
    miss = f"fails {', '.join(sorted(broken)[:4])}" if broken else ""
    return replace(row, plausible=not seen, correct=not broken, original=same, miss=miss)
