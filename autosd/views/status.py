"""How proposals, outcomes and learning stand: S4's five sections, with its fields, from counts that the store keeps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import fmean
from typing import Any

from autosd.domain.actions import Action, Principal, Risk
from autosd.domain.decisions import Facts, NormalMode
from autosd.domain.outcomes import Evidence, Mode, Run, Verdict
from autosd.domain.proposals import ProposalStatus as S
from autosd.governance.rules_modes import MODE_RULES
from autosd.learning.choosing import FAMILIES, FIRST
from autosd.learning.signals import delta_of
from autosd.learning.verdicts import exhausted
from autosd.learning.windows import Windows
from autosd.ports import Outcomes, Proposals
from autosd.settings import Settings, table

#: Averages are over the last so many looks (S4).
RECENT = 500
DAY, WEEK, HOUR = timedelta(days=1), timedelta(days=7), timedelta(hours=1)

#: S4's five words, from ours. What is built, waits for its merge or may be approved again has S4's status ``approved``.
_APPROVED = (S.APPROVED, S.QUEUED, S.COMPLETED, S.PR_OPENED, S.FAILED)
_WORDS = {"pending_approval": (S.PENDING,), "approved": _APPROVED, "executed": (S.EXECUTED,), "verified": (S.VERIFIED, S.REVERTED)}


@dataclass(frozen=True)
class Status:
    """JSON objects, as ``autosd status --json`` prints them."""

    proposal_funnel: dict[str, Any]
    outcome_quality: dict[str, Any]
    policy_state: dict[str, Any]
    opportunity_windows: dict[str, Any]
    execution_guardrail: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        return {"result": "ok", **vars(self)}


def status_of(
    settings: Settings, proposals: Proposals, outcomes: Outcomes, *, windows: Windows, policy: Mapping[str, Any], now: datetime
) -> Status:
    """``policy`` is S4's file of what was selected. Nothing of it reads more than the last looks; the rest are counts."""
    return Status(
        funnel(proposals, now),
        quality(outcomes, now),
        selected(policy, on=settings[table.BANDIT]),
        opportunities(settings, windows),
        guardrail(settings, outcomes, now),
    )


def funnel(proposals: Proposals, now: datetime) -> dict[str, Any]:
    """All time, and of those made in the last day and week. Synthetic and non-production ones are left out."""
    return {
        **_stages(proposals.counts()),
        "window_24h": _stages(proposals.counts(since=now - DAY)),
        "window_7d": _stages(proposals.counts(since=now - WEEK)),
    }


def _stages(counts: Mapping[S, int]) -> dict[str, Any]:
    stages = {word: sum(counts.get(status, 0) for status in statuses) for word, statuses in _WORDS.items()}
    created = sum(counts.values())
    executed = stages["executed"] + stages["verified"]
    approved = stages["approved"] + executed
    return {
        "created": created,
        **stages,
        "rejected": counts.get(S.REJECTED, 0),
        "conversion": {
            "approval_rate": rate(approved, created),
            "execution_rate": rate(executed, approved),
            "verification_rate": rate(stages["verified"], executed),
            "verified_from_created_rate": rate(stages["verified"], created),
        },
    }


def rate(part: int, whole: int) -> float:
    """To 4 digits; 0 where there is nothing to take a part of."""
    return round(part / whole, 4) if whole else 0.0


def quality(outcomes: Outcomes, now: datetime) -> dict[str, Any]:
    """Each run counts once, with its newest verdict; runs that wait for another look are counted apart."""
    counts = outcomes.verdicts()
    total = sum(counts.values())
    runs = {run.id: run for run in outcomes.runs(limit=RECENT) if not run.synthetic}
    looks = _one_a_run(outcomes.evidence(limit=RECENT), runs)
    return {
        "verified_total": total,
        "win_rate": rate(counts[Verdict.WIN], total),
        "loss_rate": rate(counts[Verdict.LOSS], total),
        "inconclusive_rate": rate(counts[Verdict.INCONCLUSIVE], total),
        "verdict_counts": _words(counts),
        **_averages(looks, [runs[look.run_id] for look in looks]),
        "evidence_samples": outcomes.lines(),
        "pending_recheck_runs": outcomes.pending(),
        "retry_exhausted_runs": sum(map(exhausted, looks)),
        "trend_24h": _words(outcomes.verdicts(since=now - DAY)),
        "trend_7d": _words(outcomes.verdicts(since=now - WEEK)),
    }


def _one_a_run(newest_first: Iterable[Evidence], runs: Mapping[str, Run]) -> list[Evidence]:
    found: dict[str, Evidence] = {}
    for look in newest_first:
        if look.run_id in runs and not look.pending_recheck:
            found.setdefault(look.run_id, look)
    return list(found.values())


def _averages(looks: Sequence[Evidence], runs: Sequence[Run]) -> dict[str, float]:
    deltas = [delta_of(look.before, look.after) for look in looks]
    return {
        "avg_confidence": _mean([look.confidence for look in looks]),
        "avg_health_delta": _mean([delta.health_score for delta in deltas]),
        "avg_error_delta": _mean([delta.total_errors for delta in deltas]),
        "avg_latency_delta_ms": _mean([delta.avg_duration_ms for delta in deltas]),
        "avg_execution_cost_usd": _mean([run.cost_usd for run in runs]),
        "avg_execution_duration_ms": _mean([1000 * run.seconds for run in runs]),
    }


def _mean(values: Sequence[float]) -> float:
    return round(fmean(values), 4) if values else 0.0


def _words(counts: Mapping[Verdict, int]) -> dict[str, int]:
    return {str(verdict): counts.get(verdict, 0) for verdict in Verdict}


def selected(policy: Mapping[str, Any], *, on: bool) -> dict[str, Any]:
    """The arm of each family that holds now; with the bandit off, S4's first ones."""
    file = policy.get("selected") if on else None
    arms = {**FIRST, **(file if isinstance(file, dict) else {})}
    return {family: _number(arms[family] if arms[family] in FAMILIES[family] else FIRST[family]) for family in FAMILIES}


def _number(arm: str) -> float | str:
    return float(arm) if arm[0].isdigit() else arm


def opportunities(settings: Settings, windows: Windows) -> dict[str, Any]:
    return {
        "learning_opportunities": windows.learning_opportunities,
        "improvement_opportunities": windows.improvement_opportunities,
        "windowed_self_check_enabled": settings[table.WINDOWED],
        "synthetic_opportunities_enabled": settings[table.SYNTHETIC],
        "no_opportunity_iterations": windows.no_opportunity_iterations,
    }


def guardrail(settings: Settings, outcomes: Outcomes, now: datetime) -> dict[str, Any]:
    """``last_reason`` is what the gate would say now to the most urgent run of a risk that it allows."""
    cooldown = timedelta(seconds=settings[table.NORMAL_COOLDOWN])
    loss = last_loss(outcomes, now - cooldown)
    recent = sum(run.mode is Mode.NORMAL for run in outcomes.runs(since=now - HOUR, limit=RECENT))
    left = (loss + cooldown - now).total_seconds() if loss else 0.0
    return {
        "canary_enabled": settings[table.NORMAL_CANARY],
        "executor_real_apply_enabled": settings[table.REAL_APPLY],
        "runs_last_hour": recent,
        "max_per_hour": settings[table.NORMAL_PER_HOUR],
        "cooldown_remaining_sec": max(0, round(left)),
        "last_reason": _reason(settings, recent, loss and loss + cooldown, now),
    }


def last_loss(outcomes: Outcomes, since: datetime) -> datetime | None:
    """When a run in normal mode was last judged a loss: the store remembers it over any restart."""
    return outcomes.last_look(Verdict.LOSS, Mode.NORMAL, since=since, limit=RECENT)


def _reason(settings: Settings, recent: int, cooldown_until: datetime | None, now: datetime) -> str:
    allowed: tuple[str, ...] = settings[table.NORMAL_RISKS]
    risks = tuple(map(Risk, allowed))
    mode = NormalMode(
        executor=settings[table.EXECUTOR],
        default_mode=settings[table.DEFAULT_MODE],
        canary_enabled=settings[table.NORMAL_CANARY],
        real_apply=settings[table.REAL_APPLY],
        cooldown_until=cooldown_until,
        runs_last_hour=recent,
        max_per_hour=settings[table.NORMAL_PER_HOUR],
        allowed_risks=risks,
        priority=1.0,
        min_priority=settings[table.NORMAL_PRIORITY],
    )
    risk = risks[0] if risks else Risk.LOW
    facts = Facts(Action.BUILD, Principal("status", attended=False), "", Path(), now, risk=risk, normal_mode=mode)
    objections = (rule.check(facts) for rule in MODE_RULES)
    return next((objection.detail for objection in objections if objection), "canary_allowed")
