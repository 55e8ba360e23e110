"""Past decisions under other rules: each is made anew on the facts it was made on, as the record kept them.

What no rule said then (a quota that was used up) is not asked again: such an objection stands. So under unchanged rules every decision
is the one that was made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from autosd.domain.decisions import Facts, Risk
from autosd.domain.errors import AutosdError
from autosd.governance.policy.files import read_layer
from autosd.governance.policy.frozen import from_json
from autosd.governance.policy.layers import ORGANISATION, layers_of, met
from autosd.governance.rules import Rule, evaluate
from autosd.settings.sources import from_file

Change = Callable[[Facts], Facts]

DECIDED = {"permitted": True, "refused": False}
SITE = "site:"


@dataclass(frozen=True)
class Replayed:
    """One decision, then and now. ``then`` and ``now`` are the codes of the objections; none: permitted."""

    id: str
    seq: int
    at: str
    facts: Facts
    then: tuple[str, ...]
    now: tuple[str, ...]

    @property
    def different(self) -> bool:
        return bool(self.then) != bool(self.now)


@dataclass(frozen=True)
class Unreadable:
    """A decision whose facts were not kept, or cannot be read."""

    seq: int


def replay(entries: Iterable[Mapping[str, Any]], rules: Sequence[Rule], change: Change) -> Iterator[Replayed | Unreadable]:
    """Every decision among ``entries``, made anew on its facts after ``change``."""
    names = {rule.name for rule in rules} | {"unknown_action"}
    for entry in entries:
        if entry.get("kind") in DECIDED:
            yield _replayed(entry, rules, names, change)


def _replayed(entry: Mapping[str, Any], rules: Sequence[Rule], names: set[str], change: Change) -> Replayed | Unreadable:
    try:
        details = entry["details"]
        facts = from_json(details["facts"])
        then = tuple((str(each["rule"]), str(each["code"])) for each in details.get("objections", ()))
        if DECIDED[entry["kind"]] == bool(then):
            raise ValueError(then)
    except (ValueError, TypeError, KeyError, StopIteration):
        return Unreadable(int(entry.get("seq", 0)))
    kept = tuple(code for rule, code in then if rule not in names and not rule.startswith(SITE))
    changed = change(facts)
    now = (*(each.code for each in evaluate(rules, changed)), *kept)
    when = str(entry.get("timestamp", ""))
    return Replayed(str(entry.get("permit_id", "")), int(entry.get("seq", 0)), when, facts, tuple(code for _, code in then), now)


def decided_since(entries_back: Iterable[Mapping[str, Any]], since: datetime | None) -> Iterator[Mapping[str, Any]]:
    """Entries from the last one back to ``since``."""
    for entry in entries_back:
        if since is not None and datetime.fromisoformat(str(entry["timestamp"])) < since:
            return
        yield entry


def unchanged(facts: Facts) -> Facts:
    return facts


def under_policy(file: Path, home: Path) -> Change:
    """With ``file`` as the organisation's policy; tenants', projects' and repositories' policies are those of today."""
    if not file.is_file():
        raise AutosdError("AUTOSD-POLICY-INVALID", f"There is no file {file}.", "Name a policy.toml.")
    top = read_layer(ORGANISATION, file)

    def change(facts: Facts) -> Facts:
        below = layers_of(home, facts.repo, facts.project, facts.tenant, above=facts.root)[1:]
        return replace(facts, policy=met([top, *below]))

    return change


def under_settings(file: Path) -> tuple[Change, tuple[str, ...]]:
    """With what ``file`` (an autosd.toml) says of settings that decisions rest on; the names of its others come back too."""
    if not file.is_file():
        raise AutosdError("AUTOSD-SETTINGS-UNREADABLE", f"There is no file {file}.", "Name an autosd.toml.")
    said = {given.setting.name: given.value for given in from_file(file, trusted=True)}
    used = {name: value for name, value in said.items() if name in _FACTS}

    def change(facts: Facts) -> Facts:
        for name, value in used.items():
            facts = replace(facts, **_FACTS[name](facts, value))
        return facts

    return change, tuple(sorted(set(said) - set(used)))


Saying = Callable[[Facts, Any], dict[str, Any]]


def _as_it_is(fact: str) -> Saying:
    return lambda facts, value: {fact: value}


def _switch(fact: str, setting: str) -> Saying:
    return lambda facts, value: {
        fact: value is True,
        "switched_off": facts.switched_off | {setting} if value is False else facts.switched_off - {setting},
    }


def _mode(field: str, convert: Callable[[Any], Any] = lambda value: value) -> Saying:
    """Of a run in normal mode; other decisions do not rest on it."""
    return lambda facts, value: {"normal_mode": facts.normal_mode and replace(facts.normal_mode, **{field: convert(value)})}


def _canary(field: str) -> Saying:
    return lambda facts, value: {"write_canary": replace(facts.write_canary, **{field: value})}


#: What a setting says of the facts.
_FACTS: dict[str, Saying] = {
    "enabled": lambda facts, value: {"kill_switch": value is False, "enabled": value is True},
    "dry_run": _as_it_is("dry_run"),
    "governance.allow_high_risk": _as_it_is("allow_high_risk"),
    "governance.require_approval": _as_it_is("require_approval"),
    "governance.allowed_suffixes": _as_it_is("allowed_suffixes"),
    "governance.protected_paths": _as_it_is("protected"),
    "governance.allowed_repos": lambda facts, value: {"allowed_repos": tuple(path.expanduser().resolve() for path in value)},
    "governance.write_root": lambda facts, value: {"write_root": (facts.repo / value).resolve()},
    "governance.direct_write": _switch("allow_direct_write", "governance.direct_write"),
    "landing.push": _switch("allow_push", "landing.push"),
    "landing.pull_request": _switch("allow_pull_request", "landing.pull_request"),
    "governance.canary_apply_rate": _canary("rate"),
    "governance.canary_max_applies_per_day": _canary("per_day"),
    "modes.executor": _mode("executor"),
    "modes.default": _mode("default_mode"),
    "modes.normal_canary": _mode("canary_enabled"),
    "modes.real_apply": _mode("real_apply"),
    "modes.normal_max_per_hour": _mode("max_per_hour"),
    "modes.normal_allowed_risk": _mode("allowed_risks", lambda words: tuple(map(Risk, words))),
    "modes.normal_min_priority": _mode("min_priority"),
}
