"""A site's own objections in Cedar: every ``forbid`` in ``policy.d/*.cedar`` that matches objects. A ``permit`` gives no leave here.

The files are validated against the shipped schema. What is not valid permits nothing (``AUTOSD-CEDAR-INVALID``), and so does a policy
that fails on a request. ``cedarpy`` is imported only when there are such files.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from functools import lru_cache, partial
from pathlib import Path, PurePosixPath
from typing import Any

from autosd.domain.decisions import Facts, Objection
from autosd.domain.errors import AutosdError
from autosd.domain.policies import RISKS
from autosd.governance.rules import GOVERNED, OWNER, Flip, Rule, Step

FOLDER = "policy.d"
SUFFIX = ".cedar"
MAX_BYTES = 262_144
SCHEMA = Path(__file__).with_name("schema.cedarschema")

#: So that only the site's forbids decide: Cedar denies what nothing permits.
_EVERYBODY = "permit(principal, action, resource);"


@dataclass(frozen=True)
class Forbid:
    """One policy of a site: where it stands and what its annotations say."""

    id: str  # Cedar's, within the set
    name: str  # @id, or its file and number
    file: str
    code: str  # @code
    message: str  # @message
    remedy: str  # @remedy


def site_rules(home: Path) -> tuple[Rule, ...]:
    """One rule for each ``forbid`` of the site; none without such files. Read again when a file changed, and only then."""
    folder = f"{home}/{FOLDER}"
    try:
        found = sorted(entry.path for entry in os.scandir(folder) if entry.name.endswith(SUFFIX))
    except FileNotFoundError:
        if os.path.lexists(folder):
            raise _invalid(folder, "it is a link that leads nowhere") from None
        return ()
    except OSError as error:
        raise _invalid(folder, f"it cannot be read ({error.strerror})") from None
    return _rules(tuple((path, *_stamp(path)) for path in found)) if found else ()


def schema_text() -> str:
    return SCHEMA.read_text("utf-8")


def _stamp(path: str) -> tuple[int, ...]:
    try:
        found = os.stat(path)  # noqa: PTH116 - asked at every decision
    except OSError as error:
        raise _invalid(path, f"it cannot be read ({error.strerror})") from None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


@lru_cache(maxsize=16)
def _rules(files: tuple[tuple[Any, ...], ...]) -> tuple[Rule, ...]:
    site = _Site([Path(file[0]) for file in files])
    return tuple(_rule(site, forbid) for forbid in site.forbids)


def _rule(site: _Site, forbid: Forbid) -> Rule:
    flip = Flip(("action",), (Step("site", f"{forbid.name} of {forbid.file}", by=OWNER),), drops=_name(forbid))
    # the digest makes other words of the same policy another rule to whoever hashes the rules (approvals)
    sentence = f"The site's policy {forbid.name} ({forbid.file}, {site.digest[:12]}) does not forbid it."
    return Rule(_name(forbid), forbid.code, sentence, GOVERNED, partial(site.check, forbid), flip=lambda facts: flip)


def _name(forbid: Forbid) -> str:
    return f"site:{forbid.name}"


class _Site:
    """All files of a site as one set of policies, decided once for each question."""

    def __init__(self, files: Sequence[Path]) -> None:
        try:
            import cedarpy
        except ImportError:
            raise _invalid(files[0].parent, "reading it needs the package cedarpy, which is not installed") from None
        self._cedar = cedarpy
        self._schema = cedarpy.Schema.from_str(schema_text())
        self._entities = cedarpy.Entities.from_json_str("[]")
        texts = {path: _read(path) for path in files}
        self.digest = hashlib.sha256("\0".join(texts.values()).encode()).hexdigest()
        for path, text in texts.items():
            self._validate(path, text)
        self._policies = cedarpy.PolicySet.from_str("\n".join([*texts.values(), _EVERYBODY]))
        self.forbids = self._forbids(texts)
        self._last: tuple[Facts, frozenset[str], str] | None = None

    def _validate(self, path: Path, text: str) -> None:
        """Each file by itself, so that an error names its file and policy."""
        try:
            parsed = json.loads(self._cedar.policies_to_json_str(text))
        except ValueError as error:
            raise _invalid(path, _one_line(str(error))) from None
        if parsed.get("templates"):
            raise _invalid(path, "it holds a template (?principal, ?resource), which nothing here fills in")
        result = self._cedar.validate_policies(text, self._schema)
        if not result.validation_passed:
            first = result.errors[0]
            annotations = parsed["staticPolicies"].get(first.policy_id, {}).get("annotations", {})
            raise _invalid(path, f"policy {annotations.get('id') or first.policy_id}: {_one_line(first.error)}")

    def _forbids(self, texts: Mapping[Path, str]) -> tuple[Forbid, ...]:
        """In the order of the whole set: Cedar numbers policies as they stand in the text."""
        found: list[Forbid] = []
        number = 0
        for path, text in texts.items():
            policies = json.loads(self._cedar.policies_to_json_str(text))["staticPolicies"]
            for place in range(len(policies)):
                policy = policies[f"policy{place}"]
                if policy["effect"] == "forbid":
                    found.append(_forbid(f"policy{number}", path, place, policy.get("annotations", {})))
                number += 1
        names = [forbid.name for forbid in found]
        twice = next((forbid for forbid in found if names.count(forbid.name) > 1), None)
        if twice:
            raise _invalid(next(iter(texts)).with_name(twice.file), f"two policies have the @id {twice.name!r}")
        return tuple(found)

    def check(self, forbid: Forbid, facts: Facts) -> Objection | None:
        last = self._last
        if last is None or last[0] is not facts:
            last = self._last = self._decide(facts)
        if last[2]:
            raise RuntimeError(last[2])  # a policy that fails must not let anything pass: the rule is broken, which objects
        if forbid.id not in last[1]:
            return None
        return Objection(forbid.code, forbid.message, forbid.remedy, detail=forbid.name)

    def _decide(self, facts: Facts) -> tuple[Facts, frozenset[str], str]:
        request = {
            "principal": {"type": "Principal", "id": facts.principal.name},
            "action": {"type": "Action", "id": str(facts.action)},
            "resource": {"type": "Project", "id": facts.project},
            "context": context_of(facts),
        }
        result = self._cedar.is_authorized(request, self._policies, self._entities, self._schema)
        decided = result.decision in (self._cedar.Decision.Allow, self._cedar.Decision.Deny)
        errors = [*result.diagnostics.errors, *([] if decided else ["no decision"])]
        return facts, frozenset(result.diagnostics.reasons), errors[0] if errors else ""


def context_of(facts: Facts) -> dict[str, Any]:
    """The facts as the schema names them."""
    utc = facts.now.astimezone(UTC)
    grant = facts.presented.grant if facts.presented else None
    return {
        "attended": facts.principal.attended,
        "environment": facts.environment,
        "risk": str(facts.risk),
        "risk_level": RISKS.index(facts.risk),
        "paths": list(map(facts.in_project, facts.paths)),
        "suffixes": sorted({PurePosixPath(path).suffix.lower() for path in facts.paths}),
        "files": len(set(facts.paths)),
        "lines": facts.lines,
        "purpose": facts.purpose,
        "scope": facts.scope,
        "tenant": facts.tenant,
        "dry_run": facts.dry_run,
        "self_change": facts.self_change,
        "canary": facts.canary,
        "approvals": facts.approvals_given,
        "gates": sorted(facts.gates_passed),
        "grant": facts.presented.id if facts.presented else "",
        "break_glass": bool(grant and grant.break_glass),
        "hour": utc.hour,
        "weekday": utc.isoweekday(),
        "date": utc.date().isoformat(),
    }


def _forbid(id: str, path: Path, place: int, annotations: Mapping[str, str | None]) -> Forbid:
    said = {key: _one_line(value) for key, value in annotations.items() if value}
    name = said.get("id") or f"{path.stem}-{place + 1}"
    message, remedy = f"The site's policy {name} ({path.name}) forbids it.", "Ask the owner of the site's policies."
    plain = Objection("AUTOSD-SITE-POLICY", message, remedy)
    return Forbid(
        id,
        name,
        path.name,
        said.get("code") or plain.code,
        said.get("message") or plain.message,
        said.get("remedy") or plain.remedy,
    )


def _read(path: Path) -> str:
    try:
        if not path.is_file() or path.stat().st_size > MAX_BYTES:
            raise _invalid(path, f"it is no plain file of at most {MAX_BYTES} bytes")
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _invalid(path, f"it cannot be read ({_one_line(str(error))})") from None


def _one_line(text: str) -> str:
    return " ".join(text.split())[:300]


def _invalid(path: Path | str, why: str) -> AutosdError:
    remedy = "Correct that file, or move it away; `autosd policy schema` shows what a policy may speak of."
    return AutosdError("AUTOSD-CEDAR-INVALID", f"{path}: {why}, so nothing is permitted.", remedy)
