"""Candidates and changes: a diff with its maker and cost, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from autosd.domain.decisions import Objection


@dataclass(frozen=True)
class TextEdit:
    """Replace characters ``start``..``end`` (offsets into the decoded text) of ``file`` by ``text``."""

    file: str  # POSIX path, relative to the project's root
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Overfit:
    """Whether a fix may only serve its tests. ``suspect`` with ``reason`` is shown, never hidden."""

    checked: bool = False
    suspect: bool = False
    reason: str = ""


@dataclass(frozen=True)
class Cost:
    """What it took: candidates tried, wall seconds, money."""

    evaluated: int = 0
    seconds: float = 0.0
    usd: float = 0.0


@dataclass(frozen=True)
class Candidate:
    """A proposed diff: the whole new text of each changed file (None: deleted), never trusted before the gates."""

    strategy: str
    files: Mapping[str, str | None]
    targets: tuple[str, ...]  # failing tests it claims to fix
    summary: str = ""
    overfit: Overfit = Overfit()
    cost: Cost = Cost()


class Word(StrEnum):
    """Result words of a change. Some carry a detail after a colon (``diff_path_blocked:<path>``)."""

    ARTIFACTS_WRITTEN = "artifacts_written"
    COMMITTED = "committed"
    PUSHED = "pushed"
    PR_OPENED = "pr_opened"
    WRITTEN = "written"
    # or why not:
    WORKTREE_NOT_CLEAN = "worktree_not_clean"
    SUFFIX_NOT_ALLOWED = "diff_suffix_not_allowed"
    PATH_BLOCKED = "diff_path_blocked"
    OUTSIDE_WRITE_ROOT = "path_outside_write_root"
    PROTECTED_PATH = "protected_path"
    TOO_LARGE = "too_large"
    SECRET_FOUND = "secret_found"  # noqa: S105 - a result word, no password
    STATIC_SCAN_FAILED = "static_scan_failed"
    TESTS_FAILED = "tests_failed"
    SANDBOX_FAILED = "sandbox_failed"
    DELTAS_WORSE = "deltas_worse"
    NO_DIFF = "no_unified_diff_returned"
    DIFF_HAS_NO_FILES = "diff_has_no_files"
    APPLY_FAILED = "git_apply_failed"
    AI_CORE_UNAVAILABLE = "ai_core_unavailable"
    NO_CANDIDATE = "no_candidate_found"
    QUOTA_EXCEEDED = "quota_exceeded"
    SELF_CODING_DISABLED = "self_coding_engine_disabled"
    REPO_NOT_ALLOWED = "repo_path_not_allowed"
    RISK_BLOCKED = "risk_blocked"
    REFUSED = "refused"
    # and the ends of a run that had nothing to change:
    NO_FAILING_TESTS = "no_failing_tests"
    NO_TESTS = "no_tests"
    SUITE_TIMEOUT = "suite_timeout"
    ENVIRONMENT_FAILED = "environment_failed"
    SUITE_FAILED = "suite_failed"  # the suite could not be run to its end; the detail says what stopped it
    PROVEN = "proven"  # a proven fix that was only shown, as a dry run asks for
    FAILED = "failed"  # something outside the road broke (a full disk ...); the detail is the error's code
    INTERRUPTED = "interrupted"


#: Results that stand for a landed, proven change.
LANDED = frozenset({Word.ARTIFACTS_WRITTEN, Word.COMMITTED, Word.PUSHED, Word.PR_OPENED, Word.WRITTEN})


@dataclass(frozen=True)
class ChangeResult:
    """One word of the closed list, with its detail where it has one."""

    word: Word
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.word}:{self.detail}" if self.detail else str(self.word)

    @property
    def landed(self) -> bool:
        return self.word in LANDED


@dataclass(frozen=True)
class TestEvidence:
    """The proof in numbers: the same base before and after."""

    __test__ = False

    failing_before: tuple[str, ...] = ()
    failing_after: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()  # passed before, fail after
    flaky: tuple[str, ...] = ()
    total: int = 0


@dataclass(frozen=True)
class GateReport:
    """One gate's verdict. ``result`` is the word a change ends with when the gate did not pass."""

    gate: str
    passed: bool
    result: ChangeResult | None = None
    detail: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Change:
    """One attempt, append-only: what was tried on which base, how it was judged, where it landed."""

    id: str
    project: str
    base: str | None
    result: ChangeResult
    strategy: str | None = None
    diff: str = ""
    branch: str | None = None
    commit: str | None = None
    artifacts: str | None = None
    reports: tuple[GateReport, ...] = ()
    evidence: TestEvidence = TestEvidence()
    overfit: Overfit = Overfit()
    cost: Cost = Cost()
    objections: tuple[Objection, ...] = ()
    created_at: datetime | None = None
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RunSummary:
    """One request from its question to its end: who asked for what, what each gate and rule decided, what to undo it by."""

    id: str  # the request's
    project: str
    principal: str
    purpose: str
    decisions: Mapping[str, str] = field(default_factory=dict)  # gate or action -> its word
    artifacts: str | None = None
    references: Mapping[str, str] = field(default_factory=dict)  # "change", "commit", "branch", "rollback" ...
    seconds: Mapping[str, float] = field(default_factory=dict)  # step -> how long it took
    created_at: datetime | None = None
