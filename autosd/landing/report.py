"""REPORT.md: the artifact for people, with S0's headings first."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from autosd.domain.changes import Change, GateReport
from autosd.domain.sandboxing import SandboxReport
from autosd.governance.redaction import redact_text
from autosd.landing.evidence import Landing, evidence_digest, fixed_tests, gate

MOST_NAMES = 50
MOST_DIFF = 60_000


def _purpose(landing: Landing) -> str:
    if landing.proposal and not fixed_tests(landing.change):
        return f"{redact_text(landing.proposal.title)}, in `{_inline(landing.change.project)}`"
    return f"Fix failing tests of `{_inline(landing.change.project)}`"


def report_text(landing: Landing, now: datetime) -> str:
    change = landing.change
    sections = [
        "# Self-coding report",
        _section("Purpose", _purpose(landing)),
        _section("Description", landing.candidate.summary or "A candidate of the strategy below; see the diff."),
        _section("Time", now.isoformat()),
        _section("Test", _verdict(gate(change, "suite"))),
        _section("Static Scan", _verdict(gate(change, "static"))),
        _section("Sandbox", _sandbox(landing.sandbox, landing.origin)),
        _section("Evidence", _evidence(landing)),
        _section("Overfit", _overfit(change)),
        _section("Not fixed", _names(landing.not_fixed) or "nothing known"),
        _section("Gates", "\n".join(f"- {report.gate}: {_verdict(report)}" for report in change.reports) or "n/a"),
        _section("Diff", _fenced(change.diff)),
    ]
    return "\n\n".join(sections) + "\n"


def _section(title: str, text: str) -> str:
    return f"## {title}\n\n{redact_text(text) if title != 'Diff' else text}"


def _verdict(report: GateReport | None) -> str:
    if report is None:
        return "n/a"
    if report.passed:
        return f"passed ({report.detail})" if report.detail else "passed"
    return f"{report.result}: {report.detail}"


def _sandbox(report: SandboxReport, origin: str) -> str:
    lines = [f"Level: {report.level}", f"In force: {', '.join(report.parts) or 'n/a'}"]
    lines += [f"Missing: {missing.part} ({missing.cause})" for missing in report.missing]
    lines += [f"Environment of the tests: {origin}"] if origin else []
    return "\n".join(f"- {line}" for line in lines)


def _evidence(landing: Landing) -> str:
    change, evidence = landing.change, landing.change.evidence
    rows = [
        f"- Id: {change.id}",
        f"- Base: {change.base or 'not in git'}",
        f"- Strategy: {change.strategy} ({change.cost.evaluated} candidates in {change.cost.seconds:.1f} s)",
        f"- Digest: sha256:{evidence_digest(change)}",
        f"- Tests: {evidence.total}",
    ]
    fixed = [test for test in evidence.failing_before if test not in set(evidence.failing_after)]
    for title, tests in (
        ("Failing before, passing after", fixed),
        ("Still failing", evidence.failing_after),
        ("Broken by the change", evidence.broken),
        ("Flaky", evidence.flaky),
    ):
        rows.append(f"- {title}: {len(tuple(tests))}")
        rows += [f"  {line}" for line in _names(tests).splitlines()]
    return "\n".join(rows)


def _overfit(change: Change) -> str:
    if change.overfit.suspect:
        return f"**Suspect**: {change.overfit.reason}"
    return "Checked: no sign that the fix only serves its tests." if change.overfit.checked else "Not checked."


def _names(tests: Iterable[str]) -> str:
    names = list(tests)
    lines = [f"- `{_inline(name)}`" for name in names[:MOST_NAMES]]
    return "\n".join([*lines, f"- and {len(names) - MOST_NAMES} more"] if len(names) > MOST_NAMES else lines)


def _inline(text: str) -> str:
    return text.replace("`", "'").replace("\n", " ")


def _fenced(diff: str) -> str:
    """A fence longer than any in the text: a diff cannot end its own block."""
    fence = "```"
    while fence in diff:
        fence += "`"
    shown = diff if len(diff) <= MOST_DIFF else diff[:MOST_DIFF] + "\n[cut: see change.diff]"
    return f"{fence}diff\n{shown.rstrip()}\n{fence}"
