"""How much a chance is worth: S4's formula, stretched so that 0 and 1 can both be reached, and S4's words for risk.

priority = 0.40 value + 0.25 novelty + 0.20 confidence - 0.15 risk + 0.15. The last term is all that S4's own formula lacks: without it
nothing comes above 0.85, and thresholds such as 0.9 are never met.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from autosd.domain.actions import Risk
from autosd.domain.proposals import Proposal, ProposalStatus
from autosd.domain.signals import SignalKind

VALUE, NOVELTY, CONFIDENCE, RISK = 0.40, 0.25, 0.20, 0.15

K = SignalKind
#: How surely something can be done about it once it is seen: a red test says when it is done, a smell does not.
ACTIONABILITY: Mapping[SignalKind, float] = {
    K.FAILING_TEST: 1.0,
    K.REGRESSION: 1.0,
    K.LINT_DEFECT: 0.9,
    K.REQUEST: 0.9,
    K.CRASH: 0.85,
    K.UNAPPLIED_INSIGHTS: 0.7,
    K.LOW_CONFIDENCE_CYCLES: 0.7,
    K.AGENT_FAILURE_RATE: 0.7,
    K.PERFORMANCE_DEGRADATION: 0.6,
    K.FLAKY_TEST: 0.7,
    K.DUPLICATION: 0.6,
    K.COMPLEXITY: 0.6,
    K.SLOW_TEST: 0.5,
    K.EXPLORATION: 0.4,
}
#: What changing something of this kind puts at risk, before it is known how much has to change.
RISKINESS: Mapping[SignalKind, float] = {
    K.FAILING_TEST: 0.15,
    K.LINT_DEFECT: 0.15,
    K.UNAPPLIED_INSIGHTS: 0.2,
    K.LOW_CONFIDENCE_CYCLES: 0.2,
    K.REGRESSION: 0.3,
    K.EXPLORATION: 0.3,
    K.CRASH: 0.35,
    K.FLAKY_TEST: 0.35,
    K.SLOW_TEST: 0.45,
    K.DUPLICATION: 0.5,
    K.COMPLEXITY: 0.5,
    K.REQUEST: 0.5,
    K.AGENT_FAILURE_RATE: 0.5,
    K.PERFORMANCE_DEGRADATION: 0.5,
}
#: Kinds that may be approved by autosd itself, as long as the risk is low: a machine can tell whether it was done.
AUTO_APPROVABLE = frozenset({K.FAILING_TEST, K.LINT_DEFECT, K.UNAPPLIED_INSIGHTS, K.LOW_CONFIDENCE_CYCLES})

_MEDIUM, _HIGH, _CRITICAL = 0.45, 0.75, 0.95  # S4's, and S1's fourth word
_BUILDS = frozenset({"pyproject.toml", "setup.py", "setup.cfg", "tox.ini", "noxfile.py", "Makefile", "Dockerfile", "conftest.py"})
_DELICATE = ("auth", "crypto", "secur", "password", "payment", "billing", "migration", "permission", "token")


@dataclass(frozen=True)
class Score:
    """All of it in 0 to 1, so that people can see what a priority is made of."""

    value: float
    novelty: float
    confidence: float
    risk: float

    @property
    def priority(self) -> float:
        raw = VALUE * self.value + NOVELTY * self.novelty + CONFIDENCE * self.confidence - RISK * self.risk + RISK
        return round(unit(raw), 4)

    @property
    def risk_level(self) -> Risk:
        return risk_level(self.risk)

    def __str__(self) -> str:
        return (
            f"{self.priority:.2f} = 0.40 x value {self.value:.2f} + 0.25 x novelty {self.novelty:.2f} "
            f"+ 0.20 x confidence {self.confidence:.2f} + 0.15 x (1 - risk {self.risk:.2f})"
        )


def unit(value: float) -> float:
    return min(1.0, max(0.0, value))


def risk_level(risk: float) -> Risk:
    if risk >= _CRITICAL:
        return Risk.CRITICAL
    if risk >= _HIGH:
        return Risk.HIGH
    return Risk.MEDIUM if risk >= _MEDIUM else Risk.LOW


def value_of(kind: SignalKind, severity: float, paths: Sequence[str]) -> float:
    """Severity, less what cannot be acted on; where nobody can say what to change, little is left."""
    placed = 1.0 if paths or kind not in _NEED_A_PLACE else 0.2
    return round(unit(severity) * ACTIONABILITY[kind] * placed, 4)


_NEED_A_PLACE = frozenset({K.CRASH, K.COMPLEXITY, K.DUPLICATION, K.LINT_DEFECT})


def risk_of(kind: SignalKind, paths: Sequence[str], places: int = 1) -> float:
    """From the kind, from how much has to be touched, and from what lies there."""
    spread = 0.1 * (len(set(paths)) > 3) + 0.2 * (len(set(paths)) > 10) + 0.1 * (places > 20)
    delicate = max(map(_delicacy, paths), default=0.0)
    return round(unit(max(RISKINESS[kind] + spread, delicate)), 4)


def _delicacy(path: str) -> float:
    parts = PurePosixPath(path.lower()).parts
    if any(part.startswith((".git", ".ci", "ci")) and part in (".github", ".gitlab", ".gitlab-ci.yml", ".ci", "ci") for part in parts):
        return _CRITICAL
    if parts and parts[-1] in {name.lower() for name in _BUILDS}:
        return 0.6
    return 0.8 if any(word in part for part in parts for word in _DELICATE) and not is_test_path(path) else 0.0


def is_test_path(path: str) -> bool:
    parts = PurePosixPath(path).parts
    name = parts[-1] if parts else ""
    in_folder = any(part in ("test", "tests", "testing") for part in parts[:-1])
    return in_folder or name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py"


#: How new a chance is that was proposed before, by how that ended.
_AGAIN = {
    ProposalStatus.REJECTED: 0.4,
    ProposalStatus.EXPIRED: 0.7,
    ProposalStatus.VERIFIED: 0.8,
    ProposalStatus.REVERTED: 0.3,
}


def novelty_of(earlier: Sequence[Proposal], like_it: int) -> float:
    """1 for what was never proposed; less after each earlier try, and less where many of its kind are open already."""
    novelty = 1.0
    for proposal in earlier:
        novelty *= _AGAIN.get(proposal.status, 0.5)
    return round(unit(novelty * (1.0 - min(0.4, 0.04 * like_it))), 4)
