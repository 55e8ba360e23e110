"""What earlier patches say about the next one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from autosd.domain.patches import PatchRecord
from autosd.learning.baseline import PatchDeltas
from autosd.learning.past import Past, past_of

START = datetime(2026, 1, 1, tzinfo=UTC)


def patch(number: int, roi: float, errors: int = 0, *, reverted: bool = False) -> PatchRecord:
    at = START + timedelta(hours=number)
    return PatchRecord(
        "a.py", roi_delta=roi, errors_before=5, errors_after=5 + errors, complexity_delta=0.0, reverted=reverted, ts=at, id=number
    )


def test_patches_that_were_taken_back_count_for_nothing() -> None:
    past = past_of([patch(1, 1.0), patch(2, -9.0, 7, reverted=True), patch(3, 2.0)])
    assert [each.deltas.roi for each in past.kept] == [1.0, 2.0] and past.roi == 3.0
    assert past.baseline().mean("roi") == 1.5


def test_the_order_is_that_of_time() -> None:
    past = past_of([patch(3, 3.0), patch(1, 1.0), patch(2, 2.0)])
    assert [each.deltas.roi for each in past.kept] == [1.0, 2.0, 3.0]
    assert past.predictor.predict_future_metrics().roi == pytest.approx(8.3333, rel=1e-3)  # of the levels 1, 3, 6


def test_a_patch_that_bends_the_trend_down_is_seen_in_the_prediction() -> None:
    past = past_of([patch(number, 1.0) for number in range(1, 5)])
    as_before = past.with_predictions(PatchDeltas(roi=1.0), 5, START + timedelta(hours=9))
    worse = past.with_predictions(PatchDeltas(roi=-1.0, errors=3), 8, START + timedelta(hours=9))
    assert as_before.predicted_roi == pytest.approx(1.0) and as_before.predicted_errors == pytest.approx(0.0)
    assert worse.predicted_roi < as_before.predicted_roi and worse.predicted_errors > 0


def test_nothing_is_expected_after_fewer_than_two_patches() -> None:
    for past in (Past(), past_of([patch(1, 4.0)])):
        assert past.with_predictions(PatchDeltas(roi=2.0), 1, START) == PatchDeltas(roi=2.0)
