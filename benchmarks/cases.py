"""The three own sets of bugs as cases: what the tool is given, and what is kept from it.

Only ``given`` is ever written into the folder that the tool works on; that folder lies outside of this one.
"""

from __future__ import annotations

import ast
import json
import random
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from benchmarks.inject import Fault, faults_of

SETS = Path(__file__).parent / "sets"
JUDGE = Path(__file__).with_name("judge.py")


@dataclass(frozen=True)
class Case:
    """One wrong program with its visible tests; ``reference`` and ``hidden`` decide later whether a fix is right."""

    set: str
    name: str
    program: str
    tests: str
    reference: str
    hidden: str
    fault: str = ""  # what is wrong, in a few words

    @property
    def id(self) -> str:
        return f"{self.set}/{self.name}"

    @property
    def given(self) -> Mapping[str, str]:
        return {"program.py": self.program, "test_program.py": self.tests}


@dataclass(frozen=True)
class Verdict:
    """The judge's answer on one program."""

    passed: int = 0
    failed: tuple[str, ...] = ()
    agree: int = 0
    of: int = 0
    miss: str | None = None

    @property
    def plausible(self) -> bool:
        return not self.failed and self.passed > 0

    @property
    def correct(self) -> bool:
        return self.plausible and self.agree == self.of > 0


def load_set(name: str, *, seed: int = 0) -> list[Case]:
    """The cases of a set; ``seed`` chooses the faults of the set that has them injected."""
    return list({"classics": classics, "functions": lambda: functions(seed), "students": students}[name]())


def classics() -> Iterator[Case]:
    for folder in sorted((SETS / "classics").iterdir()):
        given, kept = folder / "given", folder / "kept"
        if given.is_dir():
            texts = [path.read_text("utf-8") for path in (given / "program.py", given / "test_program.py")]
            yield Case("classics", folder.name, *texts, *((kept / name).read_text("utf-8") for name in ("reference.py", "hidden.py")))


def students() -> Iterator[Case]:
    for folder in sorted((SETS / "students").iterdir()):
        if (folder / "task.py").is_file():
            task = read_task(folder / "task.py")
            for number, path in enumerate(sorted(folder.glob("submission_*.py")), 1):
                yield replace(task, set="students", name=f"{folder.name}_{number}", program=path.read_text("utf-8"))


def functions(seed: int) -> Iterator[Case]:
    """Each task with one injected fault that a visible test and a hidden input both notice."""
    pools = {}
    for path in sorted((SETS / "functions").glob("*.py")):
        pools[path.stem] = (read_task(path), ordered_faults(read_task(path).reference, seed, path.stem))
    left = dict(pools)
    found: dict[str, Case] = {}
    while left:  # one candidate fault of every open task a round, all judged by one process
        tried = [with_fault(task, faults.pop(0)) for task, faults in left.values() if faults]
        for case, verdict in zip(tried, judge(tried, seconds=0.2, brief=True), strict=True):
            if verdict.failed and verdict.agree < verdict.of and not verdict.failed[0].startswith("import"):
                found[case.name] = case
        left = {name: pool for name, pool in left.items() if name not in found and pool[1]}
    return iter([found[name] for name in pools if name in found])


def with_fault(task: Case, fault: Fault) -> Case:
    return replace(task, program=fault.applied(task.reference), fault=f"line {fault.line}: {fault.kind}: {fault.said}")


def ordered_faults(source: str, seed: int, name: str) -> list[Fault]:
    """All faults of ``source`` in an order drawn by kind first, so that common kinds do not crowd out rare ones."""
    dice = random.Random(f"{seed}/{name}")
    by_kind: dict[str, list[Fault]] = {}
    for fault in faults_of(source):
        by_kind.setdefault(fault.kind, []).append(fault)
    for group in by_kind.values():
        dice.shuffle(group)
    ordered: list[Fault] = []
    while by_kind:
        kind = dice.choice(sorted(by_kind))
        ordered.append(by_kind[kind].pop())
        if not by_kind[kind]:
            del by_kind[kind]
    return ordered


def read_task(path: Path) -> Case:
    """A task file is a program followed by ``VISIBLE`` and ``HIDDEN``: lists of arguments for its last function."""
    text = path.read_text("utf-8")
    tree = ast.parse(text)
    start = next(node.lineno for node in tree.body if assigns(node) == "VISIBLE") - 1
    program = "".join(text.splitlines(keepends=True)[:start]).rstrip() + "\n"
    function = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)][-1]
    space: dict[str, Any] = {}
    exec(compile(tree, path.name, "exec"), space)
    hidden = f"CASES = {space['HIDDEN']!r}\n\n\ndef call(program, *words):\n    return program.{function}(*words)\n"
    return Case("functions", path.stem, program, tests_of(function, space), program, hidden)


def assigns(node: ast.stmt) -> str:
    return node.targets[0].id if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) else ""


def tests_of(function: str, space: Mapping[str, Any]) -> str:
    """Visible tests as a person would write them: one call and what it gives, or raises."""
    lines = [f"import pytest\n\nfrom program import {function}\n"]
    for number, words in enumerate(space["VISIBLE"], 1):
        call = f"{function}({', '.join(map(repr, words))})"
        try:
            body = f"assert {call} == {space[function](*words)!r}"
        except Exception as error:
            body = f"with pytest.raises({type(error).__name__}):\n        {call}"
        lines.append(f"\n\ndef test_{function}_{number}():\n    {body}\n")
    text = "".join(lines)
    return text if "pytest." in text else text.replace("import pytest\n\n", "")


@dataclass
class Jobs:
    """Jobs for the judge as it wants them on its stdin."""

    lines: list[str] = field(default_factory=list)

    def add(self, case: Case, *, tests: bool = True, hidden: bool = True, seconds: float = 2.0, brief: bool = False) -> None:
        job = {"id": case.id, "program": case.program, "tests": case.tests if tests else None, "reference": case.reference}
        self.lines.append(json.dumps({**job, "hidden": case.hidden if hidden else None, "seconds": seconds, "brief": brief}))

    def text(self) -> bytes:
        return ("\n".join(self.lines) + "\n").encode()


def judge(cases: Sequence[Case], *, seconds: float = 2.0, brief: bool = False) -> list[Verdict]:
    """Verdicts on programs of our own writing (given, reference, injected), in a process with a time limit.

    What the tool wrote is judged in the sandbox instead: see ``benchmarks.isolated``.
    """
    jobs = Jobs()
    for case in cases:
        jobs.add(case, seconds=seconds, brief=brief)
    done = subprocess.run([sys.executable, "-I", str(JUDGE)], input=jobs.text(), capture_output=True, timeout=120, check=True)
    return verdicts(done.stdout)


def verdicts(stdout: bytes) -> list[Verdict]:
    answers: Iterable[dict[str, Any]] = map(json.loads, stdout.decode().splitlines())
    return [Verdict(a["passed"], tuple(a["failed"]), a["agree"], a["of"], a["miss"]) for a in answers]
