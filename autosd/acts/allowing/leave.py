"""Giving leave and taking it back: each change of a grant or a key is recorded first, then done."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from autosd.adapters.grants import FileGrants
from autosd.app import ensure_home, open_audit
from autosd.domain.actions import Principal
from autosd.domain.errors import AutosdError
from autosd.domain.grants import Budgets, Grant, Presented, Reason, RequiredGates, Terms
from autosd.governance.grants.encoding import Unreadable
from autosd.governance.grants.limits import end_of, require_narrower, require_sense
from autosd.governance.grants.payload import described
from autosd.governance.grants.tokens import Claims, claims_of, narrowed
from autosd.governance.grants.verdict import SENTENCES
from autosd.ports import AuditLog
from autosd.settings import Settings, table

TELEMETRY: dict[str, object] = {"allowed_modes": ["off"], "retention_max_days": 30, "event_allowlist_ref": "default"}

STATES = {
    None: "active",
    Reason.GRANT_REVOKED: "revoked",
    Reason.GRANT_EXPIRED: "expired",
    Reason.GRANT_NOT_YET_VALID: "not yet valid",
}


@dataclass(frozen=True)
class Made:
    """A grant that now exists. The token is a secret: whoever has it has the leave."""

    claims: Claims
    token: str
    keys_made: bool = False

    @property
    def id(self) -> str:
        return self.claims.grant.id


@dataclass(frozen=True)
class Seen:
    """A grant as it stands. ``fields`` are what its token says; empty when that cannot be told, or not be believed."""

    id: str
    state: str
    reason: Reason | None
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Office:
    """Where leave is given and taken: who acts, where it is kept and recorded, and when (the time is taken once)."""

    grants: FileGrants
    audit: AuditLog
    by: Principal
    now: datetime

    def make_keys(self) -> bool:
        """Whether a pair was made; one that is there stays."""
        with self.grants.locked():
            return self._ensure_keys()

    def rotate_keys(self, *, drop_old: bool = False) -> None:
        """New grants get a new key; old public ones stay valid unless they are dropped."""

        def before(old: str, new: str) -> None:
            self._record("keys_rotated", "rotate_keys", details={"old": old, "new": new, "old_dropped": drop_old})

        with self.grants.locked():
            self._ensure_keys()
            self.grants.keys.rotate(self.now, before, drop_old=drop_old)

    def create(self, terms: Terms, hours: float, *, issuer: str = "owner", break_glass: bool = False) -> Made:
        issued = self._second
        terms = replace(terms, expires_at=end_of(issued, hours, break_glass=break_glass))
        require_sense(terms)
        terms = replace(terms, budgets=terms.budgets or Budgets(), required_gates=terms.required_gates or RequiredGates())
        grant = Grant(str(uuid.uuid4()), (terms,), issued, issuer, break_glass, telemetry=TELEMETRY)
        with self.grants.locked():
            keys_made = self._ensure_keys()
            token = _written(lambda: self.grants.sign(grant))
            return replace(self._keep("granted", "grant", token), keys_made=keys_made)

    def narrow(self, parent: str, terms: Terms, hours: float | None = None) -> Made:
        """A child of ``parent`` (its id, or its token), without the owner's key. What would be wider is refused."""
        presented, read = self.grants.present(parent, self.now), self.grants.read(parent)[0]
        if read.claims is None or presented.reason in (Reason.GRANT_REVOKED, Reason.INVALID_EXPIRY, Reason.GRANT_EXPIRED):
            raise invalid(presented)
        if hours is not None:
            terms = replace(terms, expires_at=end_of(self._second, hours, break_glass=read.claims.grant.break_glass))
        require_narrower(presented.id, read.claims.grant.terms, terms)
        token = _written(lambda: narrowed(read.token, terms, self.now))
        with self.grants.locked():
            return self._keep("narrowed", "narrow", token)

    def revoke(self, id_or_token: str, reason: str = "") -> str:
        """Counts from the next permit on, for all children too. The id; what is not there cannot be revoked.

        The one change that is made also when it cannot be recorded: it only takes away.
        """
        presented, (read, id) = self.grants.present(id_or_token, self.now), self.grants.read(id_or_token)
        if presented.reason is Reason.GRANT_NOT_FOUND or (read.claims is None and id == "token"):
            raise invalid(presented)
        with self.grants.locked():
            try:
                self._record("revoked", "revoke", grant_id=id, details={"reason": reason})
            except AutosdError as error:
                self.grants.revoke(id, reason=reason, by=self.by.name, at=self.now)
                raise AutosdError(error.code, f"Grant {id} is revoked, but not recorded: {error.message}", error.remedy) from None
            self.grants.revoke(id, reason=reason, by=self.by.name, at=self.now)
        return id

    def seen(self, id_or_token: str) -> Seen:
        """How a grant stands now. Raises ``AUTOSD-PREAUTH-INVALID`` when there is none."""
        found = self._seen(id_or_token)
        if found.reason is Reason.GRANT_NOT_FOUND:
            raise invalid(Presented(found.id, reason=found.reason))
        return found

    def all_seen(self, *, active_only: bool = False) -> list[Seen]:
        """Every grant that is kept here, the newest first. A file that is none is shown as invalid."""
        found = [self._seen(id) for id in self.grants.ids()]
        chosen = [each for each in found if each.reason is None or not active_only]
        return sorted(chosen, key=lambda each: str(each.fields.get("issued_at")), reverse=True)

    def _seen(self, id_or_token: str) -> Seen:
        presented, (read, id) = self.grants.present(id_or_token, self.now), self.grants.read(id_or_token)
        fields = described(read.claims) if read.claims and read.reason is None else {}
        revocation = self.grants.revocations.entry((*fields.get("ids", ()), id))
        return Seen(id, STATES.get(presented.reason, "invalid"), presented.reason, {**fields, "revocation": revocation})

    @property
    def _second(self) -> datetime:
        return self.now.astimezone(UTC).replace(microsecond=0)

    def _ensure_keys(self) -> bool:
        return self.grants.keys.ensure(lambda key: self._record("keys_made", "make_keys", details={"key": key}))

    def _keep(self, kind: str, action: str, token: str) -> Made:
        claims = claims_of(token)
        shown = described(claims)
        projects = ",".join(shown["scope"]["project_ids"])
        self._record(kind, action, grant_id=claims.grant.id, project_id=projects, break_glass_used=claims.grant.break_glass, details=shown)
        self.grants.keep(token)
        return Made(claims, token)

    def _record(self, kind: str, action: str, **fields: Any) -> None:
        by: Mapping[str, Any] = {"action": action, "principal": self.by.name, "attended": self.by.attended}
        self.audit.append(kind, {**by, **fields}, self.now)


def open_office(settings: Settings, by: Principal) -> Office:
    from autosd.adapters.clock import SystemClock

    ensure_home(settings)
    return Office(FileGrants(settings[table.PREAUTH_HOME]), open_audit(settings), by, SystemClock().now())


def invalid(presented: Presented, detail: str = "") -> AutosdError:
    """S3: every reason under one code, its word in the text."""
    reason = presented.reason or Reason.INVALID_SIGNATURE
    message = f"{reason}: grant {presented.id[:80]!r} cannot be used: {detail or SENTENCES.get(reason, reason)}."
    return AutosdError("AUTOSD-PREAUTH-INVALID", message, "Run `autosd preauth list --active-only`, then try again with a valid grant.")


def _written(make: Any) -> str:
    """What nobody could read is never given out; people hear which part it was."""
    try:
        return str(make())
    except Unreadable as error:
        message = f"Such a grant cannot be written: {error}."
        raise AutosdError("AUTOSD-GRANT-INVALID", message, "Look at the values of the options.") from None
