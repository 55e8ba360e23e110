"""Runs and evidence as S4's files have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from autosd.domain.outcomes import Evidence, Measures, Mode, Run
from autosd.learning.signals import delta_of, health, negatives, positives, success_rate
from autosd.learning.verdicts import exhausted

MOST_RUNS = 3000


def evidence_line(evidence: Evidence, run: Run) -> dict[str, Any]:
    """One line of ``outcome_evidence.jsonl``."""
    delta = delta_of(evidence.before, evidence.after)
    return {
        "id": evidence.id,
        "experiment_id": evidence.run_id,
        "proposal_id": evidence.proposal_id,
        "metrics_before": _metrics(evidence.before),
        "metrics_after": _metrics(evidence.after),
        "delta": {
            "health_score": round(delta.health_score, 4),
            "open_issues": delta.open_issues,
            "total_errors": delta.total_errors,
            "avg_duration_ms": round(delta.avg_duration_ms, 3),
            "success_rate": round(delta.success_rate, 4),
            "proposal_throughput": 1,
            "verified_count": int(not evidence.pending_recheck),
        },
        "verdict": str(evidence.verdict),
        "confidence": evidence.confidence,
        "signals": {
            "positives": len(positives(delta)),
            "negatives": len(negatives(delta)),
            "reasons": list(evidence.reasons),
            "execution_success": run.status != "failed",
            "execution_status": run.status,
            "run_duration_ms": round(1000 * run.seconds),
        },
        "notes": evidence.notes,
        "ts": _time(evidence.at),
        "execution": _execution(run),
        "pending_recheck": evidence.pending_recheck,
        "attempt": evidence.attempt,
    }


def run_record(run: Run, looks: Sequence[Evidence]) -> dict[str, Any]:
    """One entry of ``experiment_runs_v2.json``; ``looks`` are its evidence, newest first."""
    record: dict[str, Any] = {
        "id": run.id,
        "proposal_id": run.proposal_id,
        "mode": str(run.mode),
        "started_at": _time(run.started_at),
        "finished_at": run.finished_at and _time(run.finished_at),
        "actions": ["collect_baseline", "apply_change", "verify_checks"],
        "execution_status": run.status,
        "artifacts": {
            "proposal": run.proposal_id,
            "change": run.change_id,
            "strategy": run.strategy,
            "arms": dict(run.arms),
            "dry_run": run.mode is Mode.SAFE,
            "result": run.result,
            "estimated_cost_usd": run.cost_usd,
            "duration_ms": round(1000 * run.seconds),
            "execution_success": run.status != "failed",
            "synthetic": run.synthetic,
        },
    }
    return record if not looks else {**record, "verification": _verification(looks[0])}


def _verification(newest: Evidence) -> dict[str, Any]:
    done = {"retry_exhausted": True, "finalized_reason": "max_retries_exhausted"} if exhausted(newest) else {}
    return {
        "evidence_id": newest.id,
        "verdict": str(newest.verdict),
        "confidence": newest.confidence,
        "pending_recheck": newest.pending_recheck,
        "attempts": newest.attempt,
        "verified_at": _time(newest.at),
        **done,
    }


def with_run(file: Mapping[str, Any], record: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The file with this run in it, once, and with the last 3000 of all."""
    there = file.get("runs")
    others = [each for each in there if isinstance(each, dict) and each.get("id") != record["id"]] if isinstance(there, list) else []
    return {"runs": [*others, dict(record)][-MOST_RUNS:], "updated_at": _time(now)}


def _metrics(measures: Measures) -> dict[str, Any]:
    seconds = measures.run_seconds
    return {
        "health_score": health(measures),
        "open_issues": measures.failing_tests + measures.lint_errors,
        "total_errors": measures.failing_tests,
        "avg_duration_ms": round(1000 * sum(seconds) / len(seconds), 3) if seconds else 0.0,
        "success_rate": round(success_rate(measures), 4),
        "measures": {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(measures).items()},
    }


def _execution(run: Run) -> dict[str, Any]:
    return {
        "status": run.status,
        "duration_ms": round(1000 * run.seconds),
        "estimated_cost_usd": run.cost_usd,
        "result": run.result,
    }


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
