"""What one patch is worth, from what was measured of it: guide S2's ROI, error and complexity deltas, made of real figures.

Errors are failing tests and what a linter proves. ROI is a weighted sum, so that one number can be held against a baseline; the unit is
"one failing test fixed":

    ROI = 1 x tests fixed + 5 x share of coverage gained + 1 x share of run time saved - 0.05 x complexity added - 0.01 x lines over 30

Run time counts only where a paired comparison shows it beyond doubt and it is at least a twentieth: noise is worth nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from autosd.domain.outcomes import Measures
from autosd.learning.intervals import median_interval, ratios

FREE_LINES = 30  # what a helper needs; growth up to it costs nothing
LEAST_TIME = 0.05


@dataclass(frozen=True)
class Weights:
    """What one unit of each is worth in fixed tests."""

    tests: float = 1.0
    coverage: float = 5.0
    run_time: float = 1.0
    complexity: float = 0.05
    size: float = 0.01


def errors_of(measures: Measures) -> int:
    return measures.failing_tests + measures.lint_errors


def roi_of(before: Measures, after: Measures, *, grown: int, weights: Weights | None = None) -> float:
    """``grown`` is how many lines of code there are more."""
    weights = weights or Weights()
    known = before.coverage is not None and after.coverage is not None
    coverage = (after.coverage or 0.0) - (before.coverage or 0.0) if known else 0.0
    return (
        weights.tests * (before.failing_tests - after.failing_tests)
        + weights.coverage * coverage
        + weights.run_time * time_saved(before, after)
        - weights.complexity * (after.complexity - before.complexity)
        - weights.size * max(0, grown - FREE_LINES)
    )


def time_saved(before: Measures, after: Measures) -> float:
    """The share of the run time that was saved (negative: lost), 0 where that is not beyond doubt or hardly anything."""
    found = median_interval(ratios(before.run_seconds, after.run_seconds))
    share = 1 - math.exp(found.middle)
    return share if (found.above_zero or found.below_zero) and abs(share) >= LEAST_TIME else 0.0
