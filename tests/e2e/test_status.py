"""``autosd status`` and its neighbours as people call them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from autosd.adapters.store import open_store
from autosd.adapters.store.work_learnt import SqlLearnt
from autosd.adapters.store.work_outcomes import SqlOutcomes
from autosd.adapters.store.work_proposals import SqlProposals
from autosd.domain.actions import Risk
from autosd.domain.outcomes import Evidence, Measures, Mode, Run, Verdict
from autosd.domain.proposals import Proposal, ProposalStatus
from autosd.domain.signals import Stream

NOW = datetime.now(UTC)
S4 = {
    "proposal_funnel": [
        "created", "pending_approval", "approved", "executed", "verified", "rejected", "conversion", "window_24h", "window_7d",
    ],
    "outcome_quality": [
        "verified_total", "win_rate", "loss_rate", "inconclusive_rate", "verdict_counts", "avg_confidence", "avg_health_delta",
        "avg_error_delta", "avg_latency_delta_ms", "avg_execution_cost_usd", "avg_execution_duration_ms", "evidence_samples",
        "pending_recheck_runs", "retry_exhausted_runs", "trend_24h", "trend_7d",
    ],
    "policy_state": ["approve_threshold", "scan_min_score", "focus_policy"],
    "opportunity_windows": [
        "learning_opportunities", "improvement_opportunities", "windowed_self_check_enabled", "synthetic_opportunities_enabled",
        "no_opportunity_iterations",
    ],
    "execution_guardrail": [
        "canary_enabled", "executor_real_apply_enabled", "runs_last_hour", "max_per_hour", "cooldown_remaining_sec", "last_reason",
    ],
}  # fmt: skip
CONVERSION = ["approval_rate", "execution_rate", "verification_rate", "verified_from_created_rate"]


@dataclass(frozen=True)
class Kept:
    proposals: SqlProposals
    outcomes: SqlOutcomes
    learnt: SqlLearnt

    def proposal(self, number: int, status: ProposalStatus, *, days: float = 0.0, stream: Stream = Stream.PRODUCTION) -> None:
        made = NOW - timedelta(days=days)
        self.proposals.add(
            Proposal(f"p{number}", "shop", "lint", "t", "", f"f{number}", Risk.LOW, 0.5, 1, made, stream=stream, status=status)
        )

    def judged(self, number: int, *verdicts: Verdict, days: float = 0.0, pending: bool = False, **run: Any) -> None:
        at = NOW - timedelta(days=days, minutes=1)
        self.outcomes.add_run(
            Run(**{"id": f"r{number}", "proposal_id": f"p{number}", "project": "shop", "mode": Mode.SAFE, "strategy": "repair",
                   "problem": "lint", "started_at": at, "finished_at": at, "status": "completed", **run})
        )  # fmt: skip
        for attempt, verdict in enumerate(verdicts, 1):
            self.outcomes.add_evidence(
                Evidence(f"e{number}.{attempt}", f"r{number}", f"p{number}", Measures(1), Measures(), verdict, 0.8, ("errors_reduced",),
                         at + timedelta(seconds=attempt), attempt, pending)
            )  # fmt: skip


@pytest.fixture
def kept(autosd_home: Path) -> Iterator[Kept]:
    with closing(open_store(f"sqlite:///{autosd_home}/autosd.db")) as store:
        yield Kept(SqlProposals(store.engine), SqlOutcomes(store.engine), SqlLearnt(store.engine))


def test_the_five_sections_have_the_guides_fields_and_no_data_is_not_success(cli) -> None:  # type: ignore[no-untyped-def]
    found = cli("status", "--json").object
    assert list(found) == ["result", *S4] and found["result"] == "ok"
    assert {section: list(found[section]) for section in S4} == S4
    assert list(found["proposal_funnel"]["conversion"]) == CONVERSION == list(found["proposal_funnel"]["window_7d"]["conversion"])
    assert found["outcome_quality"]["win_rate"] == 0 and found["execution_guardrail"]["last_reason"] == "default_safe_mode"
    text = cli("status").stdout
    for title in ("Proposal Funnel", "Outcome Quality", "Policy State", "Opportunity Windows", "Execution Guardrail"):
        assert title in text
    assert "100" not in text and "no data" in text and "trend_24h" in text and "trend_7d" in text


def test_rates_count_each_run_once_and_leave_out_what_is_synthetic(cli, kept: Kept) -> None:  # type: ignore[no-untyped-def]
    for number, status in enumerate(
        [ProposalStatus.PENDING, ProposalStatus.REJECTED, ProposalStatus.FAILED, ProposalStatus.EXECUTED, ProposalStatus.VERIFIED,
         ProposalStatus.VERIFIED, ProposalStatus.REVERTED]
    ):  # fmt: skip
        kept.proposal(number, status, days=3 if number == 6 else 0)
    kept.proposal(7, ProposalStatus.VERIFIED, stream=Stream.SYNTHETIC)
    kept.judged(4, Verdict.WIN, cost_usd=0.5, seconds=2.0)
    kept.judged(5, Verdict.WIN, Verdict.LOSS, cost_usd=1.5, seconds=4.0)
    kept.judged(6, Verdict.INCONCLUSIVE, days=3)
    kept.judged(3, Verdict.INCONCLUSIVE, pending=True)
    kept.judged(7, Verdict.WIN, synthetic=True)
    found = cli("status", "--json").object
    funnel, quality = found["proposal_funnel"], found["outcome_quality"]
    assert [funnel[word] for word in S4["proposal_funnel"][:6]] == [7, 1, 1, 1, 3, 1]
    assert funnel["conversion"] == {
        "approval_rate": 0.7143, "execution_rate": 0.8, "verification_rate": 0.75, "verified_from_created_rate": 0.4286,
    }  # fmt: skip
    assert (funnel["window_24h"]["created"], funnel["window_7d"]["created"]) == (6, 7)
    assert (quality["verified_total"], quality["win_rate"], quality["loss_rate"]) == (3, 0.3333, 0.3333)
    assert quality["verdict_counts"] == {"win": 1, "loss": 1, "inconclusive": 1} == quality["trend_7d"]
    assert quality["trend_24h"] == {"win": 1, "loss": 1, "inconclusive": 0}
    assert (quality["pending_recheck_runs"], quality["evidence_samples"], quality["avg_health_delta"]) == (1, 6, 20.0)
    assert quality["avg_execution_cost_usd"] == 0.6667 and quality["avg_execution_duration_ms"] == 2000.0


def test_outcomes_are_listed_and_shown_look_by_look(cli, kept: Kept) -> None:  # type: ignore[no-untyped-def]
    assert "No runs yet" in cli("outcomes", "list").stdout
    kept.judged(1, Verdict.INCONCLUSIVE, Verdict.WIN)
    [run] = cli("outcomes", "list", "--json").object["runs"]
    assert run["id"] == "r1" and run["verification"]["verdict"] == "win" and run["verification"]["attempts"] == 2
    assert "errors_reduced" in cli("outcomes", "list").stdout
    whole = cli("outcomes", "show", "p1", "--json").object
    assert whole["result"] == "ok" and [each["attempt"] for each in whole["evidence"]] == [2, 1]
    text = cli("outcomes", "show", "r1").stdout
    assert text.index("look 1") < text.index("look 2") and "too few pairs" in text
    missing = cli("outcomes", "show", "r9")
    assert missing.code == 1 and "AUTOSD-RUN-UNKNOWN" in missing.stderr and "run_not_found" in missing.stderr


def test_strategies_are_shown_and_another_way_of_choosing_is_judged(cli, kept: Kept) -> None:  # type: ignore[no-untyped-def]
    kept.learnt.count("strategy", "lint", "repair", win=1.0, at=NOW, once="x")
    arms = cli("strategies", "show", "--json").object["arms"]
    assert arms[0]["arm"] == "repair" and len(arms) == 10
    assert "reliability_first" in cli("strategies", "show").stdout
    assert cli("strategies", "replay", "uniform", "--json").object == {"result": "ok", "policy": "uniform", "runs": 0}
    for number in range(12):
        strategy = "repair" if number % 2 else "codemod"
        arms_of_run = {"strategy.propensities": json.dumps({"repair": 0.5, "codemod": 0.5})}
        kept.judged(number, Verdict.WIN if number % 2 else Verdict.LOSS, strategy=strategy, propensity=0.5, arms=arms_of_run)
    judged = cli("strategies", "replay", "always:repair", "--json").object
    assert judged["runs"] == 12 and judged["logged"] == 0.5 < judged["value"] <= judged["high"] <= 1
    assert "As they were chosen, these runs brought 0.500." in cli("strategies", "replay", "uniform").stdout
    wrong = cli("strategies", "replay", "best")
    assert wrong.code == 2 and "AUTOSD-POLICY-WORDS" in wrong.stderr
    off = cli("strategies", "show", "--json", env={"ENABLE_POLICY_BANDIT": "false"}).object
    assert off["bandit"] is False and off["arms"][0]["wins"] > 0


def test_experiments_that_wait_are_shown_with_their_files(cli, kept: Kept, autosd_home: Path) -> None:  # type: ignore[no-untyped-def]
    kept.judged(1, Verdict.INCONCLUSIVE, pending=True)
    found = cli("experiments", "show", "--json", env={"VERIFICATION_RETRY_INTERVAL_SECONDS": "600"}).object
    assert found["pending_recheck_runs"] == 1 and found["interval_seconds"] == 600 and found["waiting"][0]["run"] == "r1"
    assert found["files"]["data/memory/outcome_evidence.jsonl"] == str(autosd_home / "data/memory/outcome_evidence.jsonl")
    assert "1 wait" in cli("experiments", "show").stdout
    assert cli("experiments", "show", env={"VERIFICATION_RETRY_INTERVAL_SECONDS": "9"}).code == 2  # the guide's floor is 10


def test_proposals_of_the_first_kind_are_migrated_once(cli, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "data/memory").mkdir(parents=True)
    (tmp_path / "data/memory/improvement_proposals.json").write_text(json.dumps({"proposals": [{"id": "1", "status": "applied"}]}))
    assert cli("migrate", "proposals").stdout == "1 proposals were brought in; 0 were there already.\n"
    assert cli("migrate", "proposals", "--json").object["migrated"] == 0
    assert cli("status", "--json").object["proposal_funnel"]["verified"] == 1
    [entry] = cli("audit", "tail", "--json").object["entries"]
    assert entry["kind"] == "proposals_migrated"
