"""What a rule is, and how a set of them decides: each can only object; what none objects to may be done; what none names may not.

A rule is a pure function of frozen ``Facts``: no clock, no file, no environment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from autosd.domain.changes import Word
from autosd.domain.decisions import Action, Facts, Objection


@dataclass(frozen=True)
class Rule:
    """``actions`` are those it can stop; ``word`` is what a change that it stopped ends with."""

    name: str
    code: str
    sentence: str
    actions: frozenset[Action]
    check: Callable[[Facts], Objection | None]
    word: Word = Word.REFUSED


#: Actions whose rules exist. Listed one by one: an action that is new, or still waits for rules of its own (grants, quotas), is
#: refused as unknown until somebody has thought about it here. No rule that a site adds can lift that.
GOVERNED = frozenset({Action.BUILD, Action.ARTIFACT, Action.COMMIT, Action.PUSH, Action.OPEN_PR, Action.WRITE, Action.ROLLBACK})


def evaluate(rules: Sequence[Rule], facts: Facts) -> tuple[Objection, ...]:
    """Every objection to ``facts``, in the order of the rules. Unknown actions and empty rule sets are refused."""
    return tuple(_unknown(rules, facts)) + tuple(_objections(rules, facts))


def _unknown(rules: Sequence[Rule], facts: Facts) -> Iterator[Objection]:
    known = facts.action in GOVERNED and isinstance(facts.action, Action) and any(facts.action in rule.actions for rule in rules)
    if not known:
        message = f"No rule knows the action {str(facts.action)[:80]!r}."
        yield Objection("AUTOSD-ACTION-UNKNOWN", message, "Use an action that rules govern.", "unknown_action")


def _objections(rules: Sequence[Rule], facts: Facts) -> Iterator[Objection]:
    for rule in rules:
        if facts.action in rule.actions:
            try:
                objection = rule.check(facts)
                objection = objection and replace(objection, rule=rule.name)
            except Exception as error:  # a rule that breaks must not let anything pass, nor hide what the others say
                remedy = f"Correct the rule {rule.name}, or report this as a bug."
                objection = Objection("AUTOSD-RULE-BROKEN", f"Rule {rule.name} failed: {type(error).__name__}.", remedy, rule.name)
            if objection:
                yield objection
