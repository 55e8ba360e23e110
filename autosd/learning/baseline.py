"""Guide S2's decision whether a patch is kept: its deltas against a rolling baseline of those that were kept before."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from statistics import fmean, pstdev

WINDOW = 10
_SLACK = 1e-9  # what is equal is kept, whatever the last digit of a float says


@dataclass(frozen=True)
class PatchDeltas:
    """After minus before of one patch. Of the ROIs more is better, of the others less."""

    roi: float = 0.0
    errors: float = 0.0
    complexity: float = 0.0
    predicted_roi: float = 0.0
    predicted_errors: float = 0.0


#: Delta -> what is said when it is worse, and whether more is better.
_MEASURES = {
    "roi": ("ROI", True),
    "errors": ("errors", False),
    "complexity": ("complexity", False),
    "predicted_roi": ("predicted ROI", True),
    "predicted_errors": ("predicted errors", False),
}


@dataclass(frozen=True)
class Worse:
    """One delta that is worse than the baseline allows; ``limit`` is the mean less (or plus) one standard deviation."""

    measure: str
    delta: float
    limit: float
    patches: int

    def __str__(self) -> str:
        said, more_is_better = _MEASURES[self.measure]
        against = f"of the last {self.patches} kept" if self.patches else "without a history"
        return f"{said} {self.delta:+.3g}, {'at least' if more_is_better else 'at most'} {self.limit:+.3g} {against}"


@dataclass
class BaselineTracker:
    """The deltas of the last ``window`` kept patches. Those of reverted ones do not belong here: they would lower the bar for the next."""

    window: int = WINDOW
    kept: Iterable[PatchDeltas] = ()  # oldest first
    _deltas: deque[PatchDeltas] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.window < 1:
            raise ValueError("a window holds at least one patch")
        self._deltas = deque(self.kept, maxlen=self.window)

    def __len__(self) -> int:
        return len(self._deltas)

    def update(self, deltas: PatchDeltas) -> None:
        """After a patch was kept, never before the decision."""
        self._deltas.append(deltas)

    def mean(self, measure: str) -> float:
        """0 without a history."""
        return fmean(self._of(measure)) if self._deltas else 0.0

    def std(self, measure: str) -> float:
        """Of the population; 0 without a history."""
        return pstdev(self._of(measure)) if self._deltas else 0.0

    def worse(self, deltas: PatchDeltas) -> tuple[Worse, ...]:
        """Why a patch with ``deltas`` is taken back; empty: it is kept."""
        return tuple(self._worse(deltas))

    def _worse(self, deltas: PatchDeltas) -> Iterator[Worse]:
        for measure, (_, more_is_better) in _MEASURES.items():
            delta = getattr(deltas, measure)
            limit = self.mean(measure) + (-self.std(measure) if more_is_better else self.std(measure))
            if (limit - delta if more_is_better else delta - limit) > _SLACK:
                yield Worse(measure, delta, limit, len(self))

    def _of(self, measure: str) -> list[float]:
        return [getattr(each, measure) for each in self._deltas]
