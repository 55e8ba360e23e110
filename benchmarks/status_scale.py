"""``python -m benchmarks.status_scale [--proposals N] [--lines N] [--days D] [--keep FOLDER]``: ``autosd status`` over many rows.

Fills a home's database (SQLite, in a temporary folder that is removed; the triggers that keep the counts are at work) with proposals in
every status, one judged run for each and lines of evidence over the last days, the newest of them losses in normal mode, which is the
dearest case. Then measures the view in one process, each question that it asks, and the whole command in processes of its own, beside
the same command over an empty home and the interpreter alone. Says whether what the view says is what a recount says.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from autosd.adapters.store import open_store
from autosd.adapters.store.opening import opened_engine
from autosd.adapters.store.sql import SqlStore
from autosd.adapters.store.work_outcomes import SqlOutcomes
from autosd.adapters.store.work_proposals import SqlProposals
from autosd.domain.proposals import ProposalStatus
from autosd.learning.windows import Windows
from autosd.settings import load_settings
from autosd.views.status import guardrail, quality, status_of
from benchmarks.report import percentile, table

AT_ONCE = 250_000
_NUMBERS = "WITH RECURSIVE c(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM c WHERE n + 1 < :last)"
_AT = "strftime('%Y-%m-%dT%H:%M:%f000+00:00', :begin + :seconds * n / :all, 'unixepoch')"
_VERDICT = "CASE n % 3 WHEN 0 THEN 'loss' WHEN 1 THEN 'inconclusive' ELSE 'win' END"
_STATUS = " ".join(f"WHEN {number} THEN '{status}'" for number, status in enumerate(ProposalStatus))

PROPOSALS = f"""{_NUMBERS} INSERT INTO ai_improvement_proposals (id, title, created_at, status, score, fingerprint, stream, project)
SELECT 'p' || n, 'A mutable default', {_AT}, CASE n % {len(ProposalStatus)} {_STATUS} END, (n % 997) / 997.0, 'f' || n,
CASE n % 20 WHEN 0 THEN 'synthetic' ELSE 'production' END, 'shop' FROM c"""
RUNS = f"""{_NUMBERS} INSERT INTO experiment_runs (id, proposal_id, project, mode, strategy, problem, started_at, execution_status, result,
change_id, cost_usd, seconds, propensity, arms, synthetic, evidence_id, verdict, verdict_confidence, pending_recheck, attempts, verified_at)
SELECT 'r' || n, 'p' || n, 'shop', 'normal', 'repair', 'crash', {_AT}, 'completed', 'committed', '', 0.01, 2.5, 1.0, '{{}}', n % 20 = 0,
'e' || n, {_VERDICT}, 0.8, n % 50 = 0, 1, {_AT} FROM c"""
_MEASURES = (
    '{"failing_tests":3,"tests_passed":20,"lint_errors":1,"complexity":4.5,'
    '"run_seconds":[0.5,0.25,0.75],"memory_mb":[12.0],"coverage":0.75}'
)
LINES = f"""{_NUMBERS} INSERT INTO outcome_evidence (id, experiment_id, proposal_id, metrics_before, metrics_after, verdict, confidence,
reasons, ts, attempt, pending_recheck, notes) SELECT 'e' || n, 'r' || (n * :runs / :all), 'p' || (n * :runs / :all), :measures, :measures,
{_VERDICT}, 0.8, '["errors_reduced"]', {_AT}, 1, 0, '' FROM c"""


def fill(store: SqlStore, proposals: int, lines: int, days: float) -> float:
    """Rows a second; the last of them is of this moment."""
    began, seconds = time.perf_counter(), days * 86_400
    begin = time.time() - seconds
    for statement, count in ((PROPOSALS, proposals), (RUNS, proposals), (LINES, lines)):
        for first in range(0, count, AT_ONCE):
            values = {"first": first, "last": min(count, first + AT_ONCE), "begin": begin, "seconds": seconds, "all": count}
            values |= {"runs": proposals, "measures": _MEASURES} if statement is LINES else {}
            with store.engine.begin() as connection:
                connection.execute(sa.text(statement), values)
    return (2 * proposals + lines) / (time.perf_counter() - began)


def recounted(store: SqlStore, since: datetime) -> dict[str, int]:
    """What the counters stand for, counted row by row."""
    text = f"{since:%Y-%m-%dT%H:%M:%S.%f}+00:00"
    asked = {
        "created_7d": "SELECT count(*) FROM ai_improvement_proposals WHERE stream = 'production' AND created_at >= :since",
        "win_7d": "SELECT count(*) FROM experiment_runs WHERE verified_at >= :since AND verdict = 'win' "
        "AND NOT pending_recheck AND NOT synthetic",
        "created": "SELECT count(*) FROM ai_improvement_proposals WHERE stream = 'production'",
        "lines": "SELECT count(*) FROM outcome_evidence",
    }
    with store.engine.connect() as connection:
        return {name: int(connection.execute(sa.text(query), {"since": text}).scalar_one()) for name, query in asked.items()}


def milliseconds(call: Callable[[], object], times: int = 9, spent: Callable[[], float] = time.process_time) -> tuple[float, float, float]:
    """Of the first call, the median of the others, and the least time that the processor took for one: other work hardly moves that."""
    found, cpu = [], []
    for _ in range(times):
        began, before = time.perf_counter(), spent()
        call()
        found.append(1000 * (time.perf_counter() - began))
        cpu.append(1000 * (spent() - before))
    return found[0], percentile(found[1:], 0.5), min(cpu)


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def command(home: Path, *words: str) -> tuple[float, float, float]:
    env = {**os.environ, "AUTOSD_HOME": str(home)}

    def call() -> None:
        subprocess.run([sys.executable, *words], env=env, cwd=home, check=True, stdout=subprocess.DEVNULL)

    return milliseconds(call, spent=_children)


def measured(home: Path, store: SqlStore) -> list[tuple[object, ...]]:
    settings = load_settings({"AUTOSD_HOME": str(home)})
    proposals, outcomes = SqlProposals(store.engine), SqlOutcomes(store.engine)
    now = datetime.now(UTC)
    day, week = now - timedelta(days=1), now - timedelta(days=7)
    found = status_of(settings, proposals, outcomes, windows=Windows(), policy={}, now=now)
    counted = recounted(store, week)
    said = {
        "created_7d": found.proposal_funnel["window_7d"]["created"],
        "win_7d": found.outcome_quality["trend_7d"]["win"],
        "created": found.proposal_funnel["created"],
        "lines": found.outcome_quality["evidence_samples"],
    }
    asked: list[tuple[str, Callable[[], object]]] = [
        ("the whole view", lambda: status_of(settings, proposals, outcomes, windows=Windows(), policy={}, now=now)),
        ("counts of proposals, all", proposals.counts),
        ("counts of proposals, 24 h and 7 d", lambda: (proposals.counts(since=day), proposals.counts(since=week))),
        ("verdicts, all", outcomes.verdicts),
        ("verdicts, 24 h and 7 d", lambda: (outcomes.verdicts(since=day), outcomes.verdicts(since=week))),
        ("lines and waiting runs", lambda: (outcomes.lines(), outcomes.pending())),
        ("outcome quality", lambda: quality(outcomes, now)),
        ("execution guardrail", lambda: guardrail(settings, outcomes, now)),
    ]
    rows = [(what, *milliseconds(call)) for what, call in asked]
    shown = [(what, *(f"{value:.1f}" for value in values)) for what, *values in rows]
    return [*shown, ("same as a recount", said == counted, "", "")]


def main(words: Sequence[str] | None = None) -> int:
    made = argparse.ArgumentParser(prog="python -m benchmarks.status_scale", description=__doc__)
    made.add_argument("--proposals", type=int, default=100_000)
    made.add_argument("--lines", type=int, default=1_000_000)
    made.add_argument("--days", type=float, default=90.0, help="over which all of it was made; 7 is the dearest case of the cohorts")
    made.add_argument("--keep", type=Path, metavar="FOLDER", help="a home that was filled before, or is to be kept")
    given = made.parse_args(words)
    with tempfile.TemporaryDirectory() as folder:
        home, empty = given.keep or Path(folder) / "home", Path(folder) / "empty"
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        empty.mkdir(mode=0o700)
        url = f"sqlite:///{home / 'autosd.db'}"
        with closing(SqlStore(opened_engine(url, durable=False))) as store:
            there = SqlOutcomes(store.engine).lines()
            speed = fill(store, given.proposals, given.lines, given.days) if not there else 0.0
        size = (home / "autosd.db").stat().st_size / 1e9
        with closing(open_store(url)) as store:
            lines = measured(home, store)
        for name, where, argv in (
            ("`autosd status --json`, whole process", home, ("-m", "autosd", "status", "--json")),
            ("the same over an empty home", empty, ("-m", "autosd", "status", "--json")),
            ("`autosd --version`", empty, ("-m", "autosd", "--version")),
        ):
            lines.append((name, *(f"{value:.0f}" for value in command(where, *argv))))
    what = f"{given.proposals:,} proposals and runs, {given.lines:,} lines over {given.days:g} days"
    print(f"{what}; {size:.2f} GB; {speed:,.0f} rows/s put in\n")
    print(table(("what", "first, ms", "median, ms", "processor, ms"), lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
