"""Outcomes and what is learnt of them, on each database: evidence is never changed, a run has one verdict, nothing counts twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
import sqlalchemy as sa

from autosd.adapters.store import open_store
from autosd.adapters.store.sql import SqlStore
from autosd.adapters.store.work_learnt import SqlLearnt
from autosd.adapters.store.work_outcomes import SqlOutcomes
from autosd.domain.errors import AutosdError
from autosd.domain.outcomes import Measures, Mode, Tally, Verdict

from .redis_kit import fork_all
from .work_kit import MINUTE, NOON, look, quick_store, run

WIN, LOSS, OPEN = Verdict.WIN, Verdict.LOSS, Verdict.INCONCLUSIVE


@pytest.fixture
def store(store_url: str) -> Iterator[SqlStore]:
    with quick_store(store_url) as made:
        yield made


@pytest.fixture
def outcomes(store: SqlStore) -> SqlOutcomes:
    return SqlOutcomes(store.engine)


@pytest.fixture
def learnt(store: SqlStore) -> SqlLearnt:
    return SqlLearnt(store.engine)


def test_a_run_is_read_back_as_it_was_written_and_ended(outcomes: SqlOutcomes) -> None:
    first = run(mode=Mode.SAFE, arms={"approve_threshold": "0.82"}, propensity=0.25, synthetic=True)
    outcomes.add_run(first)
    outcomes.add_run(replace(first, strategy="changed"))
    assert outcomes.run("r1") == first and outcomes.run("r2") is None
    ended = replace(first, finished_at=NOON + MINUTE, status="completed", result="committed", cost_usd=0.5, seconds=3.25, change_id="c1")
    outcomes.finish_run(ended)
    assert outcomes.run("r1") == ended and list(outcomes.runs()) == [ended]


def test_runs_come_newest_first_by_proposal_and_time(outcomes: SqlOutcomes) -> None:
    for number in range(5):
        outcomes.add_run(run(f"r{number}", proposal_id=f"p{number % 2}", started_at=NOON + number * MINUTE))
    assert [each.id for each in outcomes.runs(proposal="p0", limit=2)] == ["r4", "r2"]
    assert [each.id for each in outcomes.runs(since=NOON + 3 * MINUTE)] == ["r4", "r3"]


def test_evidence_is_read_back_as_it_was_added_and_the_same_again_is_no_second_line(outcomes: SqlOutcomes) -> None:
    outcomes.add_run(run())
    before = Measures(1, 20, 3, 4.5, (0.5, 0.25), (12.0,), 0.75)
    line = look("e1", before=before, after=Measures(), notes="n\x00", reasons=("errors_reduced", "x\udcff"))
    for _ in range(2):
        outcomes.add_evidence(line)
    assert list(outcomes.evidence()) == [line] and outcomes.lines() == 1
    with pytest.raises(AutosdError) as refused:
        outcomes.add_evidence(replace(line, verdict=LOSS))
    assert refused.value.code == "AUTOSD-STORE-CONFLICT" and list(outcomes.evidence()) == [line]


def test_evidence_of_an_unknown_run_is_refused(outcomes: SqlOutcomes) -> None:
    with pytest.raises(AutosdError, match="run_not_found") as refused:
        outcomes.add_evidence(look("e1"))
    assert refused.value.code == "AUTOSD-RUN-UNKNOWN" and outcomes.lines() == 0


@pytest.mark.parametrize("statement", ["UPDATE outcome_evidence SET verdict = 'win'", "DELETE FROM outcome_evidence"])
def test_the_database_itself_refuses_to_change_evidence(outcomes: SqlOutcomes, store: SqlStore, statement: str) -> None:
    outcomes.add_run(run())
    outcomes.add_evidence(look("e1", verdict=LOSS))
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), store.engine.begin() as connection:
        connection.exec_driver_sql(statement)
    assert outcomes.evidence()[0].verdict is LOSS


def test_a_run_has_one_verdict_its_newest_that_is_not_pending(outcomes: SqlOutcomes) -> None:
    outcomes.add_run(run())
    outcomes.add_evidence(look("e1", verdict=OPEN, pending_recheck=True))
    assert outcomes.pending() == 1 and outcomes.verdicts() == {WIN: 0, LOSS: 0, OPEN: 0} == outcomes.verdicts(since=NOON)
    outcomes.add_evidence(look("e2", verdict=OPEN, minutes=5, attempt=2, pending_recheck=True))
    outcomes.add_evidence(look("e3", verdict=LOSS, minutes=10, attempt=3))
    outcomes.add_evidence(look("e0", verdict=WIN, minutes=1))
    assert outcomes.pending() == 0 and outcomes.verdicts() == {WIN: 0, LOSS: 1, OPEN: 0}
    assert outcomes.lines() == 4 and [each.id for each in outcomes.evidence(run="r1", limit=3)] == ["e0", "e3", "e2"]
    outcomes.finish_run(replace(run(), status="completed"))
    assert outcomes.verdicts() == {WIN: 0, LOSS: 1, OPEN: 0}, "the end of a run leaves its verdict alone"


def test_verdicts_are_counted_by_when_they_were_found_without_synthetic_runs(outcomes: SqlOutcomes) -> None:
    for number, verdict in enumerate((WIN, WIN, LOSS, OPEN, WIN)):
        outcomes.add_run(run(f"r{number}", synthetic=number == 4))
        outcomes.add_evidence(look(f"e{number}", f"r{number}", verdict=verdict, minutes=number))
    assert outcomes.verdicts() == {WIN: 2, LOSS: 1, OPEN: 1}
    assert outcomes.verdicts(production=False) == {WIN: 3, LOSS: 1, OPEN: 1}
    assert outcomes.verdicts(since=NOON + MINUTE) == {WIN: 1, LOSS: 1, OPEN: 1}
    assert outcomes.verdicts(since=NOON + 4 * MINUTE, production=False) == {WIN: 1, LOSS: 0, OPEN: 0}


def test_what_wants_another_look_comes_newest_first_once_it_is_old_enough(outcomes: SqlOutcomes) -> None:
    for number in range(5):
        outcomes.add_run(run(f"r{number}"))
        outcomes.add_evidence(look(f"e{number}", f"r{number}", verdict=OPEN, minutes=number, pending_recheck=True))
    outcomes.add_evidence(look("again", "r0", verdict=OPEN, minutes=2.5, attempt=2, pending_recheck=True))
    outcomes.add_evidence(look("done", "r1", minutes=2.75))
    assert [each.id for each in outcomes.pending_rechecks(looked_before=NOON + 3.5 * MINUTE)] == ["e3", "again", "e2"]
    assert [each.id for each in outcomes.pending_rechecks(looked_before=NOON + 9 * MINUTE, limit=1)] == ["e4"]


def test_tallies_add_up_and_one_event_counts_once_in_each_family(learnt: SqlLearnt) -> None:
    assert learnt.count("strategy", "crash", "repair", win=1, at=NOON, once="r1")
    assert not learnt.count("strategy", "crash", "revert", loss=1, at=NOON, once="r1")
    assert learnt.count("focus_policy", "", "learning_first", loss=0.5, at=NOON, once="r1")
    assert learnt.count("strategy", "crash", "repair", win=0.25, loss=0.5, at=NOON + MINUTE, once="r2")
    repair = Tally("strategy", "crash", "repair", 1.25, 0.5, NOON + MINUTE)
    assert list(learnt.tallies("strategy")) == [repair]
    assert list(learnt.tallies()) == [Tally("focus_policy", "", "learning_first", 0.0, 0.5, NOON), repair]


def _count(url: str) -> int:
    with quick_store(url) as store:
        learnt, outcomes = SqlLearnt(store.engine), SqlOutcomes(store.engine)
        for number in range(20):
            outcomes.add_evidence(look(f"e{number}", minutes=number, attempt=number))
        return sum(learnt.count("strategy", "crash", f"arm{n % 3}", win=1, at=NOON, once=f"r{n}") for n in range(60))


def test_writers_at_once_lose_nothing_and_count_nothing_twice(store_url: str) -> None:
    with closing(open_store(store_url)) as store:
        SqlOutcomes(store.engine).add_run(run())
    assert sum(fork_all(_count, 4, store_url)) == 60
    with closing(open_store(store_url)) as store:
        assert [tally.wins for tally in SqlLearnt(store.engine).tallies()] == [20, 20, 20]
        outcomes = SqlOutcomes(store.engine)
        assert outcomes.lines() == 20 == len(outcomes.evidence()) and outcomes.verdicts() == {WIN: 1, LOSS: 0, OPEN: 0}
