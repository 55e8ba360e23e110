"""What is said of a change when it lands, and where: the same values for the message, the statement and the pull request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from autosd.domain.changes import Change
from autosd.domain.provenance import FileChange, Provenance
from autosd.governance.provenance.parts import hunks_of, parts_of
from autosd.governance.provenance.statement import of_values
from autosd.governance.redaction import redact_text
from autosd.landing.evidence import Landing, evidence_digest, fixed_tests, tests_skipped


@dataclass(frozen=True)
class Leave:
    """By which leave a change lands, and what it lands in."""

    permit: str
    project: str
    repository: str = ""
    grant: str = ""
    approvals: int = 0
    at: datetime | None = None


def provenance_of(landing: Landing, leave: Leave | None = None, files: tuple[FileChange, ...] = ()) -> Provenance:
    """Without ``leave`` what is known before anybody signs."""
    change, proposal = landing.change, landing.proposal
    found = Provenance(
        change=change.id,
        strategy=change.strategy or "unknown",
        model=change.extra.get("model", ""),
        prompt=change.extra.get("prompt_hash", ""),
        proposal=proposal.id if proposal else "",
        risk=str(proposal.risk) if proposal else "",
        approvals=str(leave.approvals) if leave and leave.approvals else "",
        grant=leave.grant if leave else "",
        base=change.base or "none",
        tests="not run" if tests_skipped(change) else _tests(change),
        gates=", ".join(f"{report.gate} {'passed' if report.passed else report.result}" for report in change.reports),
        sandbox=landing.sandbox.level,
        overfit="suspect" if change.overfit.suspect else "checked" if change.overfit.checked else "unchecked",
        evidence=f"sha256:{evidence_digest(change)}",
        cost=f"{change.cost.usd:.6f} USD, {change.cost.seconds:.1f} s, {change.cost.evaluated} candidates",
        project=leave.project if leave else "",
        repository=leave.repository if leave else "",
        permit=leave.permit if leave else "",
        time=f"{leave.at:%Y-%m-%dT%H:%M:%SZ}" if leave and leave.at else "",
        parts=parts_of(hunks_of(files)),
    )
    values = {name: redact_text(value) for name, value in vars(found).items() if isinstance(value, str)}
    return of_values(Provenance(**values, parts=found.parts))


def _tests(change: Change) -> str:
    evidence = change.evidence
    fixed = len(fixed_tests(change))
    return f"{fixed} fixed, {len(evidence.broken)} broken, {len(evidence.flaky)} flaky, {evidence.total} total"
