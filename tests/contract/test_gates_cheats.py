"""No way to look like a fix without being one is taken for a proven fix; an honest fix is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import lean
import pytest

from autosd.adapters.git.repository import GitRepository
from autosd.adapters.sandbox import open_sandbox
from autosd.domain.changes import Candidate, Word
from autosd.domain.suites import Diagnosis
from autosd.gates.context import GateContext, GatePolicy
from autosd.gates.diffs import read_diff
from autosd.gates.judging import Verdict, judge
from autosd.gates.suite import prove
from autosd.intake.diagnosing import diagnose
from autosd.intake.runners import Kind, Runner
from autosd.intake.running import ColdSuite, SuiteLimits
from autosd.ports import Sandbox, Snapshot
from autosd.testing import make_repository

from .cheats import ANYTHING, BASE, CALC, CHEATS, FIXED, MEMORISED, TARGETS, Cheat


@dataclass(frozen=True)
class Court:
    """A base that was diagnosed once, and everything that judges candidates over it."""

    snapshot: Snapshot
    repository: GitRepository
    sandbox: Sandbox
    suite: ColdSuite
    diagnosis: Diagnosis

    def judge(self, files: dict[str, str | None], policy: GatePolicy | None = None) -> Verdict:
        return judge(
            Candidate("test", files, TARGETS),
            snapshot=self.snapshot, repository=self.repository, sandbox=self.sandbox, suite=self.suite, diagnosis=self.diagnosis,
            policy=policy,
        )  # fmt: skip


@pytest.fixture(scope="module")
def court(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Court]:
    home = tmp_path_factory.mktemp("home")
    subject = make_repository(tmp_path_factory.mktemp("subject") / "calc", BASE)
    sandbox = open_sandbox(home)
    env = lean.subject_env()
    repository = GitRepository(home)
    suite = ColdSuite(sandbox, env, Runner(Kind.PYTEST), SuiteLimits(seconds=40, test_seconds=1.5))
    with repository.snapshot(subject.path, clean=False) as snapshot:
        diagnosis = diagnose(sandbox, env, snapshot.root, runner=suite.runner, limits=suite.limits)
        assert diagnosis.failing == TARGETS, diagnosis
        yield Court(snapshot, repository, sandbox, suite, diagnosis)


def test_an_honest_fix_is_proven(court: Court) -> None:
    verdict = court.judge({"calc.py": FIXED})
    assert verdict.proven and verdict.stopped_by is None, verdict.reports
    assert [report.gate for report in verdict.reports] == ["boundary", "secrets", "static", "deltas", "overfit", "suite"]
    assert verdict.evidence.failing_before == TARGETS and verdict.evidence.failing_after == ()
    assert verdict.evidence.broken == () and verdict.evidence.total == 5


@pytest.mark.parametrize("cheat", CHEATS, ids=lambda cheat: cheat.name)
def test_no_cheat_is_taken_for_a_proven_fix(court: Court, cheat: Cheat) -> None:
    verdict = court.judge(dict(cheat.files))
    assert not verdict.proven, f"{cheat.name} was taken for a fix"
    assert verdict.stopped_by is not None


@pytest.mark.slow
@pytest.mark.parametrize("cheat", [cheat for cheat in CHEATS if cheat.run_sees_it], ids=lambda cheat: cheat.name)
def test_the_proof_alone_refuses_it_where_no_rule_stands_in_the_way(court: Court, cheat: Cheat) -> None:
    diff = read_diff(court.repository.diff(court.snapshot, cheat.files))
    context = GateContext(court.snapshot, court.repository, court.sandbox, court.suite, court.diagnosis, diff)
    with court.repository.apply(court.snapshot, cheat.files) as tree:
        proof = prove(Candidate("test", cheat.files, TARGETS), context, tree)
    assert not proof.report.passed, f"{cheat.name}: {proof}"
    assert proof.report.result is not None and proof.report.result.word in (Word.TESTS_FAILED, Word.SANDBOX_FAILED)


def test_a_candidate_without_targets_proves_nothing(court: Court) -> None:
    verdict = judge(
        Candidate("test", {"calc.py": FIXED}, ()),
        snapshot=court.snapshot, repository=court.repository, sandbox=court.sandbox, suite=court.suite, diagnosis=court.diagnosis,
    )  # fmt: skip
    assert not verdict.proven


def test_a_fix_that_breaks_another_test_is_told_which(court: Court) -> None:
    verdict = court.judge({"calc.py": FIXED.replace("number * factor", "number + factor")})
    assert verdict.stopped_by is not None and str(verdict.stopped_by) == "tests_failed:broken"
    assert "tests/test_calc.py::test_scale[1]" in verdict.evidence.broken


def test_a_fix_that_knows_the_answers_is_labelled(court: Court) -> None:
    verdict = court.judge(dict(MEMORISED))
    assert verdict.overfit.suspect and "42" in verdict.overfit.reason
    assert not court.judge({"calc.py": FIXED}).overfit.suspect


def test_a_real_equality_may_be_added(court: Court) -> None:
    honest = ANYTHING.replace("return True", "return isinstance(other, Anything)")
    assert court.judge({"calc.py": honest + FIXED}).proven


def test_the_denylist_stands_alone_where_there_is_no_linter(court: Court) -> None:
    policy = replace(GatePolicy(), ruff=False)
    assert court.judge({"calc.py": CALC.replace("a - b", "eval('a + b')")}, policy).stopped_by is not None
    assert court.judge({"calc.py": "def add(:\n"}, policy).stopped_by is not None
    assert court.judge({"calc.py": FIXED}, policy).proven
