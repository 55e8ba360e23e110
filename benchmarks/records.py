"""Results on disk, one JSON line a case: a run that was broken off goes on where it stopped."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from benchmarks.engine import digest
from benchmarks.isolated import BENCH
from benchmarks.tool import Run


@dataclass(frozen=True)
class Row:
    """One case and what became of it. ``plausible``: proven by the tool; ``correct``: what was kept agrees too."""

    id: str
    result: str
    plausible: bool
    correct: bool
    original: bool  # the fix is the text (as a syntax tree) that was there before the fault
    seconds: float
    evaluated: int
    per_second: float
    suspect: bool
    fault: str = ""
    diff: str = ""
    miss: str = ""  # why not, in a line
    note: str = ""


def row_of(name: str, run: Run, fault: str) -> Row:
    """The row of a run that is not judged yet."""
    seconds, rate = round(run.seconds, 3), round(run.per_second, 1)
    return Row(name, run.result, run.proven, False, False, seconds, run.evaluated, rate, run.suspect, fault, run.diff, "", run.note)


def alike(one: str, other: str) -> bool:
    """Whether two sources differ in nothing but layout and comments."""
    return ast.dump(ast.parse(one)) == ast.dump(ast.parse(other))


class Results:
    """The rows of one set under one set of parameters and one state of the code under measurement."""

    def __init__(self, name: str, **parameters: object) -> None:
        words = "-".join(f"{key}{value}" for key, value in sorted(parameters.items()))
        self.path = BENCH / "results" / f"{name}-{words}-{digest()}.jsonl"
        self.path.parent.mkdir(parents=True, exist_ok=True)

    def forget(self) -> None:
        self.path.unlink(missing_ok=True)

    def rows(self) -> Iterator[Row]:
        """What is there already; a last line that was cut off is dropped."""
        if self.path.is_file():
            for line in self.path.read_text("utf-8").splitlines():
                try:
                    yield Row(**json.loads(line))
                except (ValueError, TypeError):
                    continue

    def add(self, row: Row) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(row)) + "\n")
