"""What a landed change tells of itself, as data: the same values for the artifact's metadata and the commit's trailers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from autosd.domain.changes import Candidate, Change, GateReport
from autosd.domain.proposals import Proposal
from autosd.domain.provenance import Signed
from autosd.domain.sandboxing import SandboxReport


@dataclass(frozen=True)
class Landing:
    """One proven change on its way out: what was asked, what was made, how it was judged, under which protection."""

    change: Change
    candidate: Candidate
    sandbox: SandboxReport
    request: Mapping[str, Any] = field(default_factory=dict)
    not_fixed: tuple[str, ...] = ()
    origin: str = ""  # which environment the tests ran in
    proposal: Proposal | None = None  # what it was built for
    signed: Signed | None = None  # the statement about it


def proof_of(change: Change) -> str:
    """What was proven, in one sentence. Where no failing test was turned, the proof is that the suite says the same."""
    fixed, evidence = len(fixed_tests(change)), change.evidence
    broken = f"{len(evidence.broken)} that passed before broken" if evidence.broken else "nothing that passed before is broken"
    turned = f"{fixed} failing test(s) pass now" if fixed else "No test says anything else than before"
    return f"{turned}, {broken}, {evidence.total} in all."


def fixed_tests(change: Change) -> list[str]:
    after = set(change.evidence.failing_after)
    return [test for test in change.evidence.failing_before if test not in after]


def tests_skipped(change: Change) -> bool:
    return change.extra.get("tests") == "skipped"


def gate(change: Change, name: str) -> GateReport | None:
    return next((report for report in change.reports if report.gate == name), None)


def result_of(report: GateReport | None) -> dict[str, Any] | None:
    """In S0's words: ``{passed, reason?, details?}``; None when the gate was not asked."""
    if report is None:
        return None
    if report.passed:
        return {"passed": True, "details": report.detail}
    return {"passed": False, "reason": str(report.result), "details": report.detail}


def evidence_digest(change: Change) -> str:
    """Over what was proven of which bytes on which base: who has the artifact can compute it again."""
    proven = {"base": change.base, "diff": change.diff, "tests": asdict(change.evidence), "strategy": change.strategy}
    return hashlib.sha256(json.dumps(proven, sort_keys=True, default=list).encode("utf-8", "surrogateescape")).hexdigest()
