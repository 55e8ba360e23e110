"""A proven change, and leave to land it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from autosd.domain.changes import Candidate, Change, ChangeResult, Cost, GateReport, Overfit, TestEvidence, Word
from autosd.domain.decisions import Action, Facts, Permit, Principal
from autosd.domain.grants import GrantUse
from autosd.domain.sandboxing import Missing, SandboxReport
from autosd.governance.guard import Guard
from autosd.governance.rules import Rule
from autosd.landing.evidence import Landing
from autosd.testing import FakeClock

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
FILES: Mapping[str, str | None] = {"pkg/calc.py": "def add(a, b):\r\n    return a + b\r\n"}
Leave = Callable[..., AbstractContextManager[Permit]]


class Record:
    """An ``AuditLog`` that keeps nothing: these tests are not about the record."""

    def append(self, kind: str, fields: Mapping[str, Any], at: datetime, *, seen: Mapping[str, GrantUse] | None = None) -> str:
        return kind

    def use_of(self, grant_id: str, now: datetime) -> GrantUse:
        return GrantUse()


@pytest.fixture
def leave(tmp_path: Path) -> Leave:
    """``leave(action, *paths)``: a live permit of the real guard, under a rule that objects to nothing."""
    numbers = itertools.count()
    rule = Rule("nothing", "AUTOSD-NOTHING", "Nothing is objected to.", frozenset(Action), lambda facts: None)
    guard = Guard(Record(), FakeClock(NOW), lambda: f"permit-{next(numbers)}", [rule])

    def make(action: Action, *paths: str) -> AbstractContextManager[Permit]:
        facts = Facts(action, Principal("ada", True), "calc", tmp_path, NOW, paths=paths or tuple(FILES), enabled=True)
        return guard.permit(facts)

    return make


@pytest.fixture
def landing() -> Landing:
    tests = ("tests/test_calc.py::test_add", "tests/test_calc.py::test_other")
    change = Change(
        id="fix-1",
        project="calc",
        base="b" * 40,
        result=ChangeResult(Word.PROVEN),
        strategy="repair",
        diff="--- a/pkg/calc.py\n+++ b/pkg/calc.py\n@@ -2 +2 @@\n-    return a - b\n+    return a + b\n",
        reports=(GateReport("static", True, None, "nothing new found"), GateReport("suite", True, None, "1 of 2 failing tests pass now")),
        evidence=TestEvidence(tests, tests[1:], (), ("tests/test_calc.py::test_flaky",), 7),
        overfit=Overfit(True, True, "it adds 42"),
        cost=Cost(12, 3.5),
    )
    sandbox = SandboxReport("bubblewrap", (Missing("cgroups", "no controllers"),), ("seccomp",))
    return Landing(change, Candidate("repair", FILES, tests[:1], "use + in add"), sandbox, {"path": "calc"}, tests[1:], "own venv")
