"""The decision whether a patch is kept, against the patches before it."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autosd.learning.baseline import BaselineTracker, PatchDeltas


def reasons(tracker: BaselineTracker, **deltas: float) -> list[str]:
    return [each.measure for each in tracker.worse(PatchDeltas(**deltas))]


def test_without_a_history_what_is_no_worse_is_kept_and_anything_worse_is_taken_back() -> None:
    assert reasons(BaselineTracker()) == []
    assert reasons(BaselineTracker(), roi=1.0, errors=-1, complexity=-3) == []
    assert reasons(BaselineTracker(), roi=-0.001) == ["roi"]
    assert reasons(BaselineTracker(), errors=1, complexity=0.5) == ["errors", "complexity"]
    assert reasons(BaselineTracker(), predicted_roi=-1, predicted_errors=1) == ["predicted_roi", "predicted_errors"]


def test_a_patch_may_be_one_standard_deviation_worse_than_the_mean_and_no_more() -> None:
    tracker = BaselineTracker(kept=[PatchDeltas(roi=1.0, errors=0, complexity=2), PatchDeltas(roi=3.0, errors=2, complexity=4)])
    assert (tracker.mean("roi"), tracker.std("roi")) == (2.0, 1.0)
    assert reasons(tracker, roi=1.0, errors=2, complexity=4) == []  # just at each limit
    assert reasons(tracker, roi=0.99, errors=2.01, complexity=4.01) == ["roi", "errors", "complexity"]


def test_only_the_last_ten_patches_count() -> None:
    tracker = BaselineTracker(kept=[PatchDeltas(complexity=100)] + [PatchDeltas()] * 10)
    assert len(tracker) == 10 and reasons(tracker, complexity=1) == ["complexity"]


def test_bad_patches_that_were_taken_back_do_not_lower_the_bar_for_the_next() -> None:
    tracker = BaselineTracker()
    for _ in range(20):
        bad = PatchDeltas(roi=-5, errors=4)
        if not tracker.worse(bad):
            tracker.update(bad)
    assert len(tracker) == 0 and reasons(tracker, roi=-0.1) == ["roi"]


def test_what_is_said_names_the_delta_and_its_limit() -> None:
    assert str(BaselineTracker().worse(PatchDeltas(errors=2))[0]) == "errors +2, at most +0 without a history"
    [told] = BaselineTracker(kept=[PatchDeltas(roi=1.0)]).worse(PatchDeltas(roi=0.5))
    assert str(told) == "ROI +0.5, at least +1 of the last 1 kept"
    with pytest.raises(ValueError, match="at least one"):
        BaselineTracker(window=0)


def test_every_delta_is_looked_at() -> None:
    tracker = BaselineTracker()
    for each in fields(PatchDeltas):
        assert any(reasons(tracker, **{each.name: value}) == [each.name] for value in (-1.0, 1.0))


@given(st.floats(-1e6, 1e6), st.integers(1, 25))
def test_the_same_patch_over_and_over_is_always_as_good_as_itself(delta: float, times: int) -> None:
    same = PatchDeltas(delta, delta, delta, delta, delta)
    assert BaselineTracker(kept=[same] * times).worse(same) == ()
