"""Sources that read what was written down: crash logs, requests, S1's rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from autosd.adapters.store.feedback import SqlFeedback
from autosd.domain.signals import Execution, Insight, Signal, SignalKind
from autosd.intake.sources.crashes import Crashes, crashes
from autosd.intake.sources.feedback import FeedbackPatterns
from autosd.intake.sources.requests import Request
from autosd.testing import write_files

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
SHOP = {"src/shop/cart.py": "def total(rows):\n    return sum(row['price'] for row in rows)\n", "src/shop/__init__.py": ""}
TRACE = """Traceback (most recent call last):
  File "/srv/app/main.py", line 3, in main
    run()
  File "/srv/app/src/shop/cart.py", line 2, in total
    return sum(row['price'] for row in rows)
           ~~~^^^^^^^
  File "/usr/lib/python3.11/json/__init__.py", line 9, in loads
    raise it
KeyError: 'price of 17'
"""


def crash_signals(root: Path, text: str) -> list[Signal]:
    write_files(root, SHOP)
    return list(Crashes(text).signals("shop", root, NOW))


def test_a_crash_is_placed_where_the_project_s_code_is_innermost(project: Path) -> None:
    [signal] = crash_signals(project, f"starting\n{TRACE}stopped\n")
    assert signal.kind is SignalKind.CRASH and signal.paths == ("src/shop/cart.py",)
    assert signal.subject == "src/shop/cart.py::total KeyError '…'" and signal.confidence == 1.0


def test_the_same_crash_many_times_is_one_signal_that_counts(project: Path) -> None:
    [signal] = crash_signals(project, TRACE + TRACE.replace("17", "18") + TRACE.replace("line 2,", "line 7,"))
    assert signal.evidence["count"] == 3
    assert signal.confidence == 0.8  # the newest shows a line that stands elsewhere now


def test_lines_that_a_logger_began_are_read_and_chains_are_told_each(project: Path) -> None:
    prefixed = "".join(f"2026-01-02 ERROR web: {line}\n" for line in TRACE.splitlines())
    assert [crash.kind for crash in crashes(prefixed)] == ["KeyError"]
    chain = TRACE + "\nDuring handling of the above exception, another exception occurred:\n\n" + TRACE.replace("KeyError", "shop.Broken")
    assert [crash.kind for crash in crashes(chain)] == ["KeyError", "shop.Broken"]


def test_a_crash_elsewhere_is_told_and_nobody_is_sure_of_it(project: Path) -> None:
    [signal] = crash_signals(project, TRACE.replace("src/shop/cart.py", "src/other/thing.py"))
    assert signal.paths == () and signal.confidence == pytest.approx(0.3) and "no place of this project" in signal.summary


@pytest.mark.parametrize(
    "text", ["", "Traceback (most recent call last):\n", "Traceback (most recent call last):\nKeyError\n", "\0\x1b[31m"]
)
def test_what_is_no_traceback_is_no_signal(project: Path, text: str) -> None:
    assert crash_signals(project, text) == []


def test_a_request_names_its_files_and_who_asked(project: Path) -> None:
    write_files(project, SHOP)
    [signal] = Request("Let  cart.py refuse\nnegative prices.", "ann").signals("shop", project, NOW)
    assert signal.paths == ("src/shop/cart.py",) and signal.evidence["asked_by"] == "ann"
    [again] = Request("let cart.py refuse negative prices", "bob").signals("shop", project, NOW)
    assert again.subject == signal.subject
    assert list(Request("  \n", "ann").signals("shop", project, NOW)) == []


# ---- S1's patterns ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rows:
    """What a store would have; newest ones are an hour old."""

    done: Sequence[Execution] = ()
    learnt: Sequence[Insight] = ()

    def executions(self, since: datetime) -> Sequence[Execution]:
        return [row for row in self.done if row.at >= since]

    def insights(self, since: datetime) -> Sequence[Insight]:
        return [row for row in self.learnt if row.at >= since]


HOUR_AGO = NOW - timedelta(hours=1)


def patterns(done: Sequence[Execution] = (), learnt: Sequence[Insight] = ()) -> list[Signal]:
    return list(FeedbackPatterns(Rows(done, learnt)).signals("shop", Path(), NOW))


def ran(status: str, count: int, ms: float | None = None, at: datetime = HOUR_AGO) -> list[Execution]:
    return [Execution("mailer", status, at, ms, "it broke" if status == "failed" else "")] * count


def test_an_agent_that_fails_in_a_tenth_of_five_executions_and_three_times_is_a_pattern() -> None:
    assert patterns(ran("failed", 2) + ran("completed", 3)) == []  # two failures
    assert patterns(ran("failed", 3) + ran("completed", 1)) == []  # four executions
    assert patterns(ran("failed", 3) + ran("completed", 28)) == []  # 9.7 %
    [signal] = patterns(ran("failed", 3) + ran("completed", 27))
    assert signal.kind is SignalKind.AGENT_FAILURE_RATE and signal.subject == "mailer"
    assert signal.confidence == pytest.approx(0.53) and signal.evidence["expected_value"] == 0.05
    assert signal.evidence["deviation_percent"] == pytest.approx(100.0) and signal.evidence["occurrence_count"] == 3
    [worst] = patterns(ran("failed", 90))
    assert worst.confidence == 0.95
    assert patterns(ran("failed", 9, at=NOW - timedelta(hours=25))) == []  # not in the window


def test_an_agent_that_got_half_as_slow_again_as_in_its_week_is_a_pattern() -> None:
    week = ran("completed", 20, 100, NOW - timedelta(days=3))
    assert patterns(week + ran("completed", 4, 1000)) == []
    assert patterns(ran("completed", 9, 1000)) == []  # no baseline of ten, and not slower than itself
    assert patterns(week + ran("completed", 5, 150)) == []
    [signal] = patterns(week + ran("completed", 5, 1000))
    assert signal.kind is SignalKind.PERFORMANCE_DEGRADATION and signal.confidence == pytest.approx(0.7)
    assert signal.evidence["expected_value"] == pytest.approx(280)


def learnt(count: int, *, applied: bool = False, impact: float = 0.5, confidence: float = 0.9, type: str = "tip") -> list[Insight]:
    return [Insight(type, "retries", HOUR_AGO, confidence, impact, applied, "mailer")] * count


def test_insights_of_weight_that_nobody_applied_are_a_pattern() -> None:
    assert patterns(learnt=learnt(4)) == []
    assert patterns(learnt=learnt(5, impact=0.49)) == []
    assert patterns(learnt=learnt(4) + learnt(9, applied=True)) == []
    [signal] = patterns(learnt=learnt(5) + learnt(9, applied=True))
    assert signal.kind is SignalKind.UNAPPLIED_INSIGHTS and signal.confidence == 0.85 and signal.subject == "tip/retries"


def test_execution_cycles_with_little_confidence_are_a_pattern() -> None:
    def cycles(low: int, high: int) -> list[Insight]:
        some = learnt(low, confidence=0.79, applied=True, type="execution_cycle")
        return some + learnt(high, confidence=0.8, applied=True, type="execution_cycle")

    assert patterns(learnt=cycles(2, 7)) == [] and patterns(learnt=cycles(2, 9)) == []
    [signal] = patterns(learnt=cycles(2, 8))
    assert signal.kind is SignalKind.LOW_CONFIDENCE_CYCLES and signal.confidence == 0.75 and signal.evidence["current_value"] == 0.2


def test_rows_that_other_programs_wrote_are_read_and_no_tables_are_no_rows(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path}/s1.db")
    rows = SqlFeedback(engine)
    assert rows.executions(NOW - timedelta(days=7)) == [] and rows.insights(NOW) == []
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE ai_agent_executions (agent_name, status, execution_time_ms, created_at)"))
        connection.execute(sa.text("CREATE TABLE ai_learning_insights (insight_type, category, confidence, applied, metadata, created_at)"))
        put = "INSERT INTO ai_agent_executions VALUES "
        connection.execute(
            sa.text(f"{put}('a', 'FAILED', '12', '2026-01-02 11:00:00'), ('b', NULL, NULL, '2025-01-01'), ('c', '', 'x', 'soon')")
        )
        put = "INSERT INTO ai_learning_insights VALUES "
        text = (
            """('t', 'c', 0.5, 't', '{"agent_type": "mail"}', '2026-01-02T11:00:00Z'), ('t', 'c', 'no', 0, 'no json', '2026-01-02 11:30')"""
        )
        connection.execute(sa.text(put + text.replace(":00:00Z", "\\:00\\:00Z").replace(":30", "\\:30").replace('": "', '"\\: "')))
    [one] = rows.executions(NOW - timedelta(days=7))
    assert one == Execution("a", "failed", NOW - timedelta(hours=1), 12.0)
    first, second = sorted(rows.insights(NOW - timedelta(days=1)), key=lambda row: row.at)
    assert first.applied and first.agent_type == "mail" and not second.applied and second.confidence == 0.0
