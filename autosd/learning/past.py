"""What earlier patches of a project say about the next one: the baseline of those that were kept, and where ROI and errors are going."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from autosd.domain.patches import PatchRecord
from autosd.learning.baseline import WINDOW, BaselineTracker, PatchDeltas
from autosd.learning.forecasts import MOST_POINTS, Point, TrendPredictor


@dataclass(frozen=True)
class KeptPatch:
    """Of one kept patch: its own deltas, and how many errors were left after it."""

    at: datetime
    deltas: PatchDeltas
    errors_after: float


@dataclass(frozen=True)
class Past:
    """``kept`` is in the order of time. The ROI of a project is the sum of what its kept patches were worth."""

    kept: tuple[KeptPatch, ...] = ()

    @property
    def roi(self) -> float:
        return sum(each.deltas.roi for each in self.kept)

    @property
    def predictor(self) -> TrendPredictor:
        points, level = [], 0.0
        for each in self.kept:
            level += each.deltas.roi
            points.append(Point(each.at, level))
        return TrendPredictor(tuple(points), tuple(Point(each.at, each.errors_after) for each in self.kept))

    def baseline(self, window: int = WINDOW) -> BaselineTracker:
        return BaselineTracker(window, [each.deltas for each in self.kept])

    def with_predictions(self, deltas: PatchDeltas, errors_after: float, at: datetime) -> PatchDeltas:
        """What is expected of the next cycle after the patch, less what was expected before it; 0 where nothing was expected before."""
        if len(self.kept) < 2:
            return deltas
        before = self.predictor.predict_future_metrics()
        after = Past((*self.kept, KeptPatch(at, deltas, errors_after))).predictor.predict_future_metrics()
        return replace(deltas, predicted_roi=after.roi - before.roi, predicted_errors=after.errors - before.errors)


def past_of(patches: Iterable[PatchRecord]) -> Past:
    """Patches that were taken back, at once or later, count for nothing: they would lower the bar for the next."""
    kept = sorted((each for each in patches if not each.reverted and each.ts is not None), key=lambda each: (each.ts, each.id))
    past = Past()
    for each in kept[-(MOST_POINTS + WINDOW) :]:
        assert each.ts is not None
        own = PatchDeltas(each.roi_delta or 0.0, each.errors_after - each.errors_before, each.complexity_delta or 0.0)
        past = Past((*past.kept, KeptPatch(each.ts, past.with_predictions(own, each.errors_after, each.ts), each.errors_after)))
    return past
