"""What an objection makes of a change: the guides' own word where they have one, else ``refused:`` with their reason, or the rule."""

from __future__ import annotations

from collections.abc import Sequence

from autosd.domain.changes import ChangeResult, Word
from autosd.domain.decisions import Objection
from autosd.governance import quotas
from autosd.governance.first_rules import FIRST_RULES

_WORDS = {**{rule.name: rule.word for rule in FIRST_RULES}, **quotas.WORDS}
_WITHOUT_DETAIL = frozenset({Word.SELF_CODING_DISABLED, Word.OUTSIDE_WRITE_ROOT})


def result_of(objections: Sequence[Objection]) -> ChangeResult:
    """The result of a change that was refused: the first objection's (rules are ordered from the general to the particular)."""
    if not objections:
        raise ValueError("nothing objected, so there is no refusal to name")
    first = objections[0]
    word = _WORDS.get(first.rule, Word.REFUSED)
    if word is Word.REFUSED:
        return ChangeResult(word, first.detail or first.rule)
    return ChangeResult(word, "" if word in _WITHOUT_DETAIL else first.detail)
