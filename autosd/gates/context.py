"""What a gate is given: the candidate's surroundings, the site's limits, and a way to run the suite."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from autosd.domain.changes import Candidate, ChangeResult, GateReport, Word
from autosd.domain.sandboxing import Limits
from autosd.domain.suites import Diagnosis, SuiteRun
from autosd.gates.diffs import Diff
from autosd.ports import Repository, Sandbox, Snapshot


class Suite(Protocol):
    """Runs the suite cold in a fresh sandbox on ``tree``; the files ``locked`` cannot be written there.

    With ``reach`` it is a run that only notes which lines of these files the tests run.
    """

    def __call__(
        self, tree: Path, tests: Sequence[str] | None = None, locked: Sequence[str] = (), reach: Sequence[str] = ()
    ) -> SuiteRun: ...


@dataclass(frozen=True)
class GatePolicy:
    """The site's limits. Defaults are the guides'."""

    suffixes: tuple[str, ...] = (".py", ".md", ".txt", ".json", ".yml", ".yaml")
    protected: tuple[str, ...] = ()
    write_root: Path | None = None
    max_files: int = 20
    max_lines: int = 1000
    max_deleted_files: int = 0
    severity_block: int = 2
    canaries: tuple[str, ...] = ()  # planted secrets that must never turn up in a change
    max_complexity_delta: int = 30
    ruff: bool = True
    skip_suite: bool = False  # SELF_CODING_SKIP_TESTS: what passes is then no proof, and says so
    targetless: bool = False  # whether a candidate may claim to fix no test, and be proven to change none
    compared: tuple[str, ...] = ()  # strategies for whose changes generated calls may stand in where no test runs a place
    additions: bool = False  # whether new functions that nothing calls yet may wait for a test
    limits: Limits = field(default_factory=Limits)  # of what a gate itself runs in the sandbox


@dataclass(frozen=True)
class GateContext:
    """Everything around one candidate. ``diff`` is git's, over the same base that ``diagnosis`` was made on."""

    snapshot: Snapshot
    repository: Repository
    sandbox: Sandbox
    suite: Suite
    diagnosis: Diagnosis
    diff: Diff
    policy: GatePolicy = field(default_factory=GatePolicy)

    def base_text(self, path: str) -> str:
        """The text of ``path`` in the base; "" where there is none."""
        try:
            return (self.snapshot.root / path).read_text("utf-8", "replace")
        except (OSError, ValueError):
            return ""


#: A gate looks at a candidate and reports. It changes nothing.
Gate = Callable[[Candidate, GateContext], GateReport]


def passed(gate: str, detail: str = "") -> GateReport:
    return GateReport(gate, True, None, detail)


def stopped(gate: str, word: Word, what: str = "", detail: str = "") -> GateReport:
    """``what`` is the detail of the result's word (a path, a rule); ``detail`` is a sentence for people."""
    return GateReport(gate, False, ChangeResult(word, what), detail or what)
