"""What a yes to a candidate is bound to: its bytes, hunk by hunk, the rules it was judged under, and how the gates answered.

A hunk's id is made of the path, the old lines with their context, the new lines, and which of equal places in the file it is; no line
numbers. So a rebase over changes elsewhere keeps it, and one changed byte, another place or another file does not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from difflib import SequenceMatcher
from typing import Any

from autosd.domain.approvals import Seal
from autosd.domain.changes import GateReport
from autosd.domain.policies import Policy
from autosd.governance.chain import canonical_json
from autosd.governance.rules import Rule

CONTEXT = 3


def seal_of(
    before: Mapping[str, str | None],
    after: Mapping[str, str | None],
    *,
    base_tree: str,
    reports: Iterable[GateReport],
    rules: str,
) -> Seal:
    """``before`` and ``after``: the whole text of every touched file on the base and in the candidate (None: no such file)."""
    return Seal(
        hunks=tuple(sorted(id for path in after for id in _hunks(path, before.get(path), after[path]))),
        base_tree=base_tree,
        rules=rules,
        gates=tuple(sorted((report.gate, report.passed) for report in reports)),
        touched=tuple(sorted((path, _digest([before.get(path)])) for path in after)),
    )


def rules_hash(rules: Sequence[Rule], policy: Policy) -> str:
    """Another rule, or another word of the resolved policy, is another hash."""
    named = [[rule.name, rule.code, rule.sentence, sorted(map(str, rule.actions))] for rule in rules]
    return _digest([named, asdict(policy)])


def holds(approved: Seal, now: Seal) -> bool:
    """Whether a yes to ``approved`` is one to ``now``. A base that changed elsewhere keeps it, if the gates answer as they did."""
    return (approved.hunks, approved.rules, approved.gates) == (now.hunks, now.rules, now.gates) and bool(now.hunks)


def _hunks(path: str, before: str | None, after: str | None) -> list[str]:
    if before is None or after is None:
        return [_digest([path, before, after])]
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return [_hunk(path, old, new, group) for group in matcher.get_grouped_opcodes(CONTEXT)]


def _hunk(path: str, old: list[str], new: list[str], group: Sequence[tuple[str, int, int, int, int]]) -> str:
    start, end = group[0][1], group[-1][2]
    block = old[start:end]
    places = [at for at in range(len(old) - len(block) + 1) if old[at : at + len(block)] == block]
    changed = [[tag, old[a:b], new[c:d]] for tag, a, b, c, d in group]
    return _digest([path, changed, places.index(start), len(places)])


def _digest(value: Any) -> str:
    return hashlib.sha256(canonical_json(value)).hexdigest()
