"""Was there anything to learn or to improve? Counts the cycles that had a chance, and says when to make one (S4's opportunity windows)."""

from __future__ import annotations

from dataclasses import dataclass, replace

WARN_STREAK = 8


@dataclass(frozen=True)
class Cycle:
    """What one pass saw and did."""

    scanned: bool = False
    kept: int = 0  # of what the scan found
    reviewed: int = 0
    proposals_seen: int = 0
    created: int = 0
    approved: int = 0
    applied: int = 0
    verified: int = 0
    wins: int = 0
    losses: int = 0

    @property
    def learning_window(self) -> bool:
        return self.scanned or self.reviewed > 0

    @property
    def improvement_window(self) -> bool:
        return self.proposals_seen > 0 or self.created > 0 or self.approved > 0

    @property
    def learned_now(self) -> bool:
        return self.kept > 0 or self.reviewed > 0

    @property
    def improved_now(self) -> bool:
        return self.applied > 0 or self.wins > 0 or (self.verified > 0 and not self.losses)


@dataclass(frozen=True)
class Windows:
    """How passes went so far, under S4's names."""

    learning_opportunities: int = 0
    improvement_opportunities: int = 0
    no_learning_streak: int = 0
    no_improvement_streak: int = 0
    no_opportunity_iterations: int = 0
    synthetic_window_open: bool = False
    learned_now: bool = False
    improved_now: bool = False
    learning_window_open: bool = False
    improvement_window_open: bool = False

    @property
    def warnings(self) -> tuple[str, ...]:
        said = []
        if self.no_learning_streak >= WARN_STREAK:
            said.append(f"nothing was learnt in {self.no_learning_streak} passes")
        if self.no_improvement_streak >= WARN_STREAK:
            said.append(f"nothing was improved in {self.no_improvement_streak} passes")
        return tuple(said)


@dataclass(frozen=True)
class Habits:
    windowed: bool = True  # ENABLE_WINDOWED_SELF_CHECK
    synthetic: bool = True  # ENABLE_SYNTHETIC_OPPORTUNITIES
    threshold: int = 3  # SYNTHETIC_OPPORTUNITY_THRESHOLD


def after(before: Windows, cycle: Cycle, habits: Habits = Habits()) -> Windows:
    """The state after one more pass. With ``synthetic_window_open`` something should be explored; the idle count begins anew with it.

    Each open window is counted once a pass: S4's original counted improvements twice.
    """
    idle = 0 if cycle.learning_window or cycle.improvement_window else before.no_opportunity_iterations + 1
    made = habits.synthetic and idle >= habits.threshold
    learning, improving = cycle.learning_window or made, cycle.improvement_window or made
    return replace(
        before,
        learning_opportunities=before.learning_opportunities + cycle.learning_window,
        improvement_opportunities=before.improvement_opportunities + cycle.improvement_window,
        no_learning_streak=_streak(before.no_learning_streak, cycle.learned_now, learning or not habits.windowed),
        no_improvement_streak=_streak(before.no_improvement_streak, cycle.improved_now, improving or not habits.windowed),
        no_opportunity_iterations=0 if made else idle,
        synthetic_window_open=made,
        learned_now=cycle.learned_now,
        improved_now=cycle.improved_now,
        learning_window_open=learning,
        improvement_window_open=improving,
    )


def _streak(streak: int, success: bool, counted: bool) -> int:
    if not counted:
        return streak
    return 0 if success else streak + 1
