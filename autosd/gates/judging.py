"""Judges a candidate: every gate in order of cost, until one stops it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from autosd.domain.changes import Candidate, ChangeResult, GateReport, Overfit, TestEvidence
from autosd.domain.suites import Diagnosis
from autosd.gates.boundary import boundary, paths
from autosd.gates.context import Gate, GateContext, GatePolicy, Suite
from autosd.gates.deltas import deltas
from autosd.gates.diffs import read_diff
from autosd.gates.overfit import label_of, overfit
from autosd.gates.secret_scan import secrets
from autosd.gates.static import static
from autosd.gates.suite import prove
from autosd.gates.unchanged import prove_unchanged
from autosd.ports import Repository, Sandbox, Snapshot

#: The gates that need no run of the suite, cheapest first.
CHEAP: tuple[Gate, ...] = (boundary, secrets, static, deltas, overfit)


@dataclass(frozen=True)
class Verdict:
    """What the gates found. ``stopped_by`` is None for a proven candidate, and for one whose tests were not to be run (``skipped``)."""

    reports: tuple[GateReport, ...]
    diff: str
    evidence: TestEvidence
    overfit: Overfit
    skipped: bool = False

    @property
    def proven(self) -> bool:
        """Or let pass without a proof, where somebody switched the tests off."""
        return all(report.passed for report in self.reports) and (self.skipped or any(report.gate == "suite" for report in self.reports))

    @property
    def stopped_by(self) -> ChangeResult | None:
        return next((report.result for report in self.reports if not report.passed), None)


def judge(
    candidate: Candidate,
    *,
    snapshot: Snapshot,
    repository: Repository,
    sandbox: Sandbox,
    suite: Suite,
    diagnosis: Diagnosis,
    policy: GatePolicy | None = None,
) -> Verdict:
    """The base's run is the diagnosis'; the candidate's is made here, in a tree of its own."""
    context = GateContext(snapshot, repository, sandbox, suite, diagnosis, read_diff(""), policy or GatePolicy())
    evidence = TestEvidence(failing_before=diagnosis.failing, failing_after=diagnosis.failing, flaky=diagnosis.flaky)
    if refused := paths(candidate, context):
        return Verdict((refused,), "", evidence, candidate.overfit)
    diff = read_diff(repository.diff(snapshot, candidate.files) if candidate.files else "")
    context = replace(context, diff=diff)
    reports: list[GateReport] = []
    for gate in CHEAP:
        began = time.monotonic()
        reports.append(replace(gate(candidate, context), seconds=time.monotonic() - began))
        if not reports[-1].passed:
            return Verdict(tuple(reports), diff.text, evidence, candidate.overfit)
    if context.policy.skip_suite:
        return Verdict(tuple(reports), diff.text, evidence, candidate.overfit, skipped=True)
    with repository.apply(snapshot, candidate.files) as tree:
        proof = (prove if candidate.targets or not context.policy.targetless else prove_unchanged)(candidate, context, tree)
    return Verdict((*reports, proof.report), diff.text, proof.evidence, label_of(candidate, context))
