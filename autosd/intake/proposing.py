"""From what was seen to what is proposed: signals put together, scored, held against what was proposed before and against the limits.

Pure: the signals, the proposals there are and the time come in; new proposals, and the reason of each that was not made, come out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean

from autosd.domain.actions import Risk
from autosd.domain.proposals import OPEN, Proposal, ProposalStatus, fingerprint_of
from autosd.domain.signals import Signal, SignalKind, Stream
from autosd.intake.scoring import AUTO_APPROVABLE, Score, novelty_of, risk_of, value_of
from autosd.intake.wording import Wording, worded

#: After a No the same chance is proposed again only when it is worse by this much.
WORSE_BY = 0.15
#: How sure the signals of a kind have to be; for the others their confidence only weighs in the priority. How often S1's patterns have
#: to be seen, their source knows.
SURE: Mapping[SignalKind, float] = {SignalKind.CRASH: 0.4, SignalKind.COMPLEXITY: 0.5, SignalKind.LINT_DEFECT: 0.5}
#: Kinds whose signals are put together file by file: nobody wants ten requests for one file.
_BY_FILE = frozenset({SignalKind.COMPLEXITY, SignalKind.SLOW_TEST, SignalKind.FLAKY_TEST})


@dataclass(frozen=True)
class Limits:
    """``create``: the priority that a proposal needs; the others count what is open in the project."""

    create: float = 0.62
    most_open: int = 50
    most_of_kind: int = 10
    life: timedelta = timedelta(days=30)


@dataclass(frozen=True)
class Opportunity:
    """Signals that one change would answer."""

    kind: SignalKind
    project: str
    subject: str
    signals: tuple[Signal, ...]

    @property
    def fingerprint(self) -> str:
        """S1's rows name agents, not projects: what they show is proposed once, wherever it is seen first."""
        return fingerprint_of("" if self.kind in IMPROVEMENT_TYPES else self.project, self.name, self.subject)

    @property
    def name(self) -> str:
        """The kind as proposals have it: S1's improvement_type for its patterns."""
        return IMPROVEMENT_TYPES.get(self.kind, str(self.kind))

    @property
    def severity(self) -> float:
        return max(signal.severity for signal in self.signals)

    @property
    def confidence(self) -> float:
        return round(fmean(signal.confidence for signal in self.signals), 4)

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(path for signal in self.signals for path in signal.paths))

    @property
    def tests(self) -> frozenset[str]:
        return frozenset(str(test) for signal in self.signals for test in _list(signal.evidence.get("tests")))


IMPROVEMENT_TYPES: Mapping[SignalKind, str] = {
    SignalKind.AGENT_FAILURE_RATE: "error_handling",
    SignalKind.PERFORMANCE_DEGRADATION: "performance_tune",
    SignalKind.UNAPPLIED_INSIGHTS: "workflow_change",
    SignalKind.LOW_CONFIDENCE_CYCLES: "threshold_adjust",
}


@dataclass(frozen=True)
class NotProposed:
    """What was seen and not proposed, and why: one of the words of ``WHY_NOT``, with its detail."""

    opportunity: Opportunity
    score: Score | None
    reason: str
    detail: str


def opportunities(signals: Iterable[Signal]) -> list[Opportunity]:
    """In the order of their first signal; within each the worst comes first."""
    found: dict[tuple[SignalKind, str, str], list[Signal]] = {}
    for signal in signals:
        found.setdefault((signal.kind, signal.project, _key(signal)), []).append(signal)
    return [
        Opportunity(kind, project, subject, tuple(sorted(members, key=lambda each: -each.severity)))
        for (kind, project, subject), members in found.items()
    ]


def _key(signal: Signal) -> str:
    return signal.paths[0] if signal.kind in _BY_FILE and signal.paths else signal.subject


def propose(
    found: Sequence[Opportunity],
    *,
    earlier: Callable[[str], Sequence[Proposal]],
    there: Sequence[Proposal],
    limits: Limits,
    now: datetime,
    new_id: Callable[[], str],
    tenant: str = "public",
) -> tuple[list[Proposal], list[NotProposed]]:
    """Best first. ``earlier`` gives all proposals of a fingerprint, whatever became of them; ``there`` are the project's open ones."""
    made: list[Proposal] = []
    left: list[NotProposed] = []
    scored = [(opportunity, score_of(opportunity, earlier(opportunity.fingerprint), there)) for opportunity in found]
    for opportunity, score in sorted(scored, key=lambda pair: -pair[1].priority):
        reason = _why_not(opportunity, score, earlier(opportunity.fingerprint), [*there, *made], limits)
        if reason:
            left.append(NotProposed(opportunity, score, *reason))
        else:
            made.append(_proposal(opportunity, score, limits, now, new_id(), tenant))
    return made, left


def score_of(opportunity: Opportunity, earlier: Sequence[Proposal], there: Sequence[Proposal]) -> Score:
    kind, paths = opportunity.kind, opportunity.paths
    like_it = sum(proposal.kind == opportunity.name and proposal.status in OPEN for proposal in there)
    places = sum(len(_list(signal.evidence.get("places"))) for signal in opportunity.signals)
    return Score(
        value=value_of(kind, opportunity.severity, paths),
        novelty=novelty_of(earlier, like_it),
        confidence=opportunity.confidence,
        risk=max(risk_of(kind, paths, places), _said_risk(opportunity)),
    )


def _said_risk(opportunity: Opportunity) -> float:
    """S1: an agent that fails in three of ten executions or more is a high risk."""
    rates = [signal.evidence.get("current_value", 0.0) for signal in opportunity.signals]
    failing = opportunity.kind is SignalKind.AGENT_FAILURE_RATE and any(isinstance(rate, float) and rate >= 0.30 for rate in rates)
    return 0.75 if failing else 0.0


#: Every reason for not proposing something that was seen.
WHY_NOT = ("unsure", "open_already", "rejected", "below_threshold", "limit_of_kind", "limit_of_project")


def _why_not(
    opportunity: Opportunity, score: Score, earlier: Sequence[Proposal], there: Sequence[Proposal], limits: Limits
) -> tuple[str, str] | None:
    sure = SURE.get(opportunity.kind, 0.0)
    if opportunity.confidence < sure:
        return "unsure", f"confidence {opportunity.confidence:.2f} of {sure:.2f}"
    if one := _open_one(opportunity, [*earlier, *there]):
        return "open_already", f"{one.id[:8]} is {one.status}"
    if no := _standing_no(opportunity, earlier):
        return "rejected", f"{no.id[:8]} was rejected{f': {no.notes}' if no.notes else ''}"
    if score.priority < limits.create:
        return "below_threshold", f"priority {score.priority:.2f} of {limits.create:.2f}"
    open_ones = [proposal for proposal in there if proposal.status in OPEN]
    if sum(proposal.kind == opportunity.name for proposal in open_ones) >= limits.most_of_kind:
        return "limit_of_kind", f"{limits.most_of_kind} of this kind are open"
    if len(open_ones) >= limits.most_open:
        return "limit_of_project", f"{limits.most_open} are open in the project"
    return None


def _open_one(opportunity: Opportunity, there: Sequence[Proposal]) -> Proposal | None:
    """Of the same fingerprint; of failing tests also one that speaks of all these tests, since a cause may look different later."""
    for proposal in there:
        if proposal.status not in OPEN:
            continue
        same_tests = proposal.kind == opportunity.name and opportunity.tests and opportunity.tests <= tests_of(proposal)
        if proposal.fingerprint == opportunity.fingerprint or (opportunity.kind is SignalKind.FAILING_TEST and same_tests):
            return proposal
    return None


def tests_of(proposal: Proposal) -> frozenset[str]:
    return frozenset(map(str, _list(proposal.evidence.get("tests"))))


def _standing_no(opportunity: Opportunity, earlier: Sequence[Proposal]) -> Proposal | None:
    """A No stands until it is clearly worse than it was then."""
    noes = [proposal for proposal in earlier if proposal.status is ProposalStatus.REJECTED]
    worst = max(noes, key=lambda proposal: proposal.severity, default=None)
    return worst if worst and opportunity.severity < worst.severity + WORSE_BY else None


def _proposal(opportunity: Opportunity, score: Score, limits: Limits, now: datetime, id: str, tenant: str) -> Proposal:
    words: Wording = worded(opportunity.kind, opportunity.subject, opportunity.signals)
    synthetic = {signal.stream for signal in opportunity.signals} - {Stream.PRODUCTION}
    return Proposal(
        id=id,
        project=opportunity.project,
        kind=opportunity.name,
        title=words.title[:180],
        description=words.description,
        fingerprint=opportunity.fingerprint,
        risk=score.risk_level,
        priority=score.priority,
        confidence=opportunity.confidence,
        created_at=now,
        tenant=tenant,
        severity=opportunity.severity,
        expected_effect=words.effect,
        paths=opportunity.paths,
        steps=words.steps,
        criteria=words.criteria,
        benefits=words.benefits,
        risks=words.risks,
        effort_hours=words.hours,
        evidence=_evidence(opportunity, score),
        stream=min(synthetic) if synthetic else Stream.PRODUCTION,
        auto_approvable=opportunity.kind in AUTO_APPROVABLE and score.risk_level is Risk.LOW,
        expires_at=now + limits.life,
    )


def _evidence(opportunity: Opportunity, score: Score) -> dict[str, object]:
    """What a person needs to see why, and what a build needs to know where: the signals as they were, with the sum behind the priority."""
    evidence: dict[str, object] = {
        "signals": [
            {"kind": str(each.kind), "subject": each.subject, "source": each.source, "at": each.at.isoformat(), "summary": each.summary,
             "severity": each.severity, "confidence": each.confidence, **dict(each.evidence)}
            for each in opportunity.signals[:20]
        ],
        "sources": dict(Counter(signal.source for signal in opportunity.signals)),
        "score": {"value": score.value, "novelty": score.novelty, "confidence": score.confidence, "risk": score.risk, "said": str(score)},
    }  # fmt: skip
    if opportunity.tests:
        evidence["tests"] = sorted(opportunity.tests)
    for name in ("rule", "asked_by", "words", "folder"):
        if name in opportunity.signals[0].evidence:
            evidence[name] = opportunity.signals[0].evidence[name]
    return evidence


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []
