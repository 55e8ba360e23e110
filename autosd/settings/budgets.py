"""A budget as people write it: ``5 usd per day``, ``2 usd per day per project``, ``100000 tokens per hour per strategy=agent``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from autosd.domain.quotas import Account, Budget, Unit, Window
from autosd.settings.kinds import WORDS, Kind

#: What a person's unit is called in the ledger, and how many of the ledger's units it is.
SCALES = {"usd": (Unit.MICRO_USD, 1_000_000), "tokens": (Unit.TOKENS, 1), "seconds": (Unit.MILLISECONDS, 1000)}

_LINE = re.compile(r"(\d{1,12}(?:\.\d{1,6})?) (usd|tokens|seconds) per (run|hour|day)((?: per (?:tenant|project|strategy)(?:=\S+)?)*)")
_PART = re.compile(r" per (tenant|project|strategy)(?:=(\S+))?")


@dataclass(frozen=True)
class BudgetLine:
    """``parts``: whose purse; a part without a name means that each tenant, project or strategy has this budget of its own."""

    text: str
    unit: Unit
    window: Window
    limit: int
    parts: tuple[tuple[str, str], ...] = ()

    def budget_for(self, account: Account) -> Budget | None:
        """The budget that ``account`` has by this line; None when the line speaks of others."""
        said = {part: name or getattr(account, part) for part, name in self.parts}
        purse = Account(**said)
        return Budget(self.text, purse, self.unit, self.window, self.limit) if purse.covers(account) else None


def parse_line(text: str) -> BudgetLine:
    """Raises ``ValueError`` for what is no budget."""
    match = _LINE.fullmatch(" ".join(text.split()))
    if not match:
        raise ValueError(text)
    number, word, window, parts = match.groups()
    unit, scale = SCALES[word]
    return BudgetLine(match[0], unit, Window(window), int(Decimal(number) * scale), tuple(_PART.findall(parts)))


def _parse(raw: object) -> tuple[BudgetLine, ...]:
    return tuple(raw if isinstance(raw, tuple) else map(parse_line, WORDS.parse(raw)))


BUDGETS: Kind[tuple[BudgetLine, ...]] = Kind(
    "list of budgets",
    "budgets such as '5 usd per day per project', with commas between them (usd, tokens, seconds; per run, hour, day; "
    "per tenant, project, strategy, or one by name: per project=shop)",
    _parse,
    lambda lines: ",".join(line.text for line in lines),
)
