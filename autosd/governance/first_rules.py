"""The rules the house comes with, in the order in which people read their objections: from the general to the particular.

To add one: write a check and its flip in the module of its kind, and give it a row there with a name, a stable code, a sentence and the
actions it can stop.
"""

from __future__ import annotations

from autosd.governance.rules import GOVERNED, INTEGRATING, LANDING, LASTING, Rule
from autosd.governance.rules_change import CHANGE_RULES, RISK_RULES
from autosd.governance.rules_leave import APPROVAL_RULES, LEAVE_RULES
from autosd.governance.rules_modes import CANARY_RULES, MODE_RULES
from autosd.governance.rules_switches import LANDING_SWITCHES, SWITCH_RULES

__all__ = ["FIRST_RULES", "GOVERNED", "INTEGRATING", "LANDING", "LASTING"]

FIRST_RULES: tuple[Rule, ...] = (
    *SWITCH_RULES,
    *LEAVE_RULES,
    *RISK_RULES,
    *CHANGE_RULES,
    *LANDING_SWITCHES,
    *CANARY_RULES,
    *MODE_RULES,
    *APPROVAL_RULES,
)
