"""What a rule is, and how a set of them decides: each can only object; what none objects to may be done; what none names may not.

A rule is a pure function of frozen ``Facts``: no clock, no file, no environment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from autosd.domain.changes import Word
from autosd.domain.decisions import Action, Facts, Objection


@dataclass(frozen=True)
class Step:
    """One thing to change. ``kind`` says where: a setting, a policy's key, a grant, an option, an approval, a command, the change itself.

    ``name`` and ``value`` are written as that place writes them; ``by`` is who has to do it, when that is not whoever asks.
    """

    kind: str
    name: str
    value: str = ""
    by: str = ""


@dataclass(frozen=True)
class Flip:
    """The smallest change that lifts a rule's objection: what to do, and what the facts are once it is done.

    ``because`` names the facts that the objection rests on. ``asks_anew`` marks a flip that changes the question itself (another
    environment): the rest of the answer may then be another too. ``drops`` names a site's rule that has to go.
    """

    because: tuple[str, ...]
    steps: tuple[Step, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)
    asks_anew: bool = False
    drops: str = ""


@dataclass(frozen=True)
class Rule:
    """``actions`` are those it can stop; ``word`` is what a change that it stopped ends with; ``flip`` is asked only when it objects."""

    name: str
    code: str
    sentence: str
    actions: frozenset[Action]
    check: Callable[[Facts], Objection | None]
    word: Word = Word.REFUSED
    flip: Callable[[Facts], Flip] | None = None


#: Actions whose rules exist. Listed one by one: an action that is new is refused as unknown until somebody has thought about it
#: here. No rule that a site adds can lift that.
GOVERNED = frozenset(
    {
        Action.BUILD,
        Action.ARTIFACT,
        Action.COMMIT,
        Action.PUSH,
        Action.OPEN_PR,
        Action.MERGE_PR,
        Action.WRITE,
        Action.DEPLOY,
        Action.ROLLBACK,
        Action.PROMOTE,
        Action.HEAL,
        Action.SPEND,
        Action.PUBLISH,
    }
)
LANDING = frozenset({Action.ARTIFACT, Action.COMMIT, Action.PUSH, Action.OPEN_PR, Action.MERGE_PR, Action.WRITE})
INTEGRATING = LANDING - {Action.ARTIFACT}  # what an approval is waited for
LASTING = GOVERNED - {Action.BUILD, Action.ARTIFACT, Action.SPEND}  # leaves more behind than an artifact

#: Who has to do what an installation, not a project, decides.
OWNER = "the owner of this installation"


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
