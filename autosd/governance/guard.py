"""The one guard: every effect asks it first, and the record has both ends of what it let pass."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from autosd.domain.changes import ChangeResult
from autosd.domain.decisions import Action, Decision, Facts, Objection, Permit
from autosd.domain.errors import AutosdError
from autosd.domain.grants import GrantUse
from autosd.governance.first_rules import FIRST_RULES
from autosd.governance.permits import _alive
from autosd.governance.policy.frozen import to_json
from autosd.governance.results import result_of
from autosd.governance.rules import Rule, evaluate
from autosd.ports import AuditLog, Clock, RecordMoved

logger = logging.getLogger(__name__)


class Refused(AutosdError):
    """The guard said no. ``decision`` holds every objection; code and remedy are the first one's."""

    def __init__(self, decision: Decision) -> None:
        first = decision.objections[0]
        super().__init__(first.code, " ".join(o.message for o in decision.objections), first.remedy)
        self.decision = decision

    @property
    def result(self) -> ChangeResult:
        return result_of(self.decision.objections)


#: Counts what no rule objects to; its objection is the last one. Asked once for a permit.
Charge = Callable[[Facts], Objection | None]

#: How often a decision is made anew because the grant's use in the record had moved on meanwhile.
TRIES = 100


class Guard:
    """Decides on frozen facts and makes permits that live for one block.

    ``audit`` is asked before the effect: what cannot be recorded is not done (``AUTOSD-AUDIT-UNAVAILABLE``). ``charge`` counts quotas,
    after the rules: whoever is refused has not spent anything. ``rules`` may be a function, asked for every decision.
    """

    def __init__(
        self,
        audit: AuditLog,
        clock: Clock,
        new_id: Callable[[], str],
        rules: Sequence[Rule] | Callable[[], Sequence[Rule]] = FIRST_RULES,
        charge: Charge | None = None,
    ) -> None:
        self._audit = audit
        self._clock = clock
        self._new_id = new_id
        self._rules = rules if callable(rules) else lambda: rules
        self._charge = charge
        self._notes: dict[str, dict[str, Any]] = {}

    @property
    def rules(self) -> Sequence[Rule]:
        """As they are now: a site may change its own while work is running."""
        return self._rules()

    def decide(self, facts: Facts) -> Decision:
        """What the answer would be; nothing is recorded and nothing permitted."""
        return Decision(self._new_id(), facts, evaluate(self.rules, facts))

    @contextmanager
    def permit(self, facts: Facts) -> Iterator[Permit]:
        """Leave for ``facts`` within the block. Raises ``Refused`` with all objections; both ends are recorded."""
        decision = self._admitted(facts)
        facts = decision.facts
        assert isinstance(facts.action, Action)  # what is none is refused as unknown
        if _grant_columns(facts).get("break_glass_used"):
            logger.warning("BREAK-GLASS: %s on %s by %s", facts.action, facts.project, facts.principal.name)
        permit = Permit(decision.id, facts.action, facts.project, facts.principal, facts.paths)
        self._notes[permit.id] = {}
        try:
            with _alive(permit):
                yield permit
        except BaseException as error:  # Ctrl-C too: the record has to have its end
            self._record_failure(decision, error)
            raise
        self._record("done", decision, self._notes.pop(permit.id))

    def _admitted(self, facts: Facts) -> Decision:
        """The decision, charged and recorded as permitted. A grant's use is counted from the record, so it must not have moved since."""
        charged = False
        for _ in range(TRIES):
            decision = self.decide(facts)
            if decision.permitted and self._charge and not charged:
                charged = True
                objection = self._charge(facts)
                decision = replace(decision, objections=(objection,) if objection else ())
            if not decision.permitted:
                raise self._refuse(decision)
            try:
                self._record("permitted", decision)
                return decision
            except RecordMoved:
                facts = self._seen_again(facts)
        message = "The record moves on faster than the uses of this grant can be counted."
        raise AutosdError("AUTOSD-AUDIT-BUSY", message, "Run again in a moment.", exit_code=1)

    def _seen_again(self, facts: Facts) -> Facts:
        assert facts.presented is not None
        grant = facts.presented.grant
        uses = tuple(self._audit.use_of(id, self._clock.now()) for id in (grant.ids if grant else ()))
        return replace(facts, presented=replace(facts.presented, use=uses[0] if uses else GrantUse(), uses=uses))

    def note(self, permit: Permit, **fields: Any) -> None:
        """Add to the record of a running permit: ``commit_ref``, ``tag_ref``, ``gates_run``, ``grant_id``, or any detail by name."""
        self._notes[permit.id].update(fields)

    def _refuse(self, decision: Decision) -> Refused:
        refused = Refused(decision)
        objections = [{"rule": o.rule, "code": o.code, "message": o.message} for o in decision.objections]
        try:
            self._record("refused", decision, {"objections": objections})
        except AutosdError as error:  # a No stands also when it cannot be written down
            refused.add_note(f"The refusal could not be recorded: {error}")
        return refused

    def _record_failure(self, decision: Decision, error: BaseException) -> None:
        code = getattr(error, "code", None)
        reason = {"error": type(error).__name__, "message": str(error)[:500], **({"code": code} if isinstance(code, str) else {})}
        try:
            self._record("failed", decision, {**self._notes.pop(decision.id, {}), **reason})
        except AutosdError as unrecorded:  # the first failure is what people need to see
            error.add_note(f"The failure could not be recorded: {unrecorded}")

    def _record(self, kind: str, decision: Decision, notes: Mapping[str, Any] | None = None) -> None:
        facts = decision.facts
        asked = {"facts": to_json(facts)}  # what it was decided on, so that it can be decided again under other rules
        known = {key: value for key, value in (notes or {}).items() if key in AUDIT_COLUMNS}
        more = {key: value for key, value in (notes or {}).items() if key not in AUDIT_COLUMNS}
        fields = {
            "permit_id": decision.id,
            "project_id": facts.project,
            "action": str(facts.action),
            "principal": facts.principal.name,
            "attended": facts.principal.attended,
            **(_grant_columns(facts) if kind != "refused" else {}),
            **known,
            "details": {**(asked if kind in ("permitted", "refused") else {}), **more},
        }
        ids = fields.get("grant_ids", ())
        counted = kind == "permitted" and facts.presented and facts.presented.uses
        seen = dict(zip(ids, facts.presented.uses, strict=False)) if counted and facts.presented else None
        self._audit.append(kind, fields, self._clock.now(), seen=seen)


#: What may be done with any valid grant and leaves nothing but an artifact: no use of the grant is counted for it.
WORK = frozenset({Action.BUILD, Action.ARTIFACT})


def _grant_columns(facts: Facts) -> dict[str, Any]:
    """The grant that stood behind a permit, with those it comes from: the record is what its uses are counted from."""
    grant = facts.presented.grant if facts.presented else None
    if grant is None:
        return {}
    if facts.action in WORK:
        return {"break_glass_used": grant.break_glass}
    return {"grant_id": grant.id, "grant_ids": list(grant.ids), "break_glass_used": grant.break_glass}


#: What a note may set of the record's own columns (S3); everything else becomes a detail.
AUDIT_COLUMNS = frozenset({"grant_id", "gates_run", "commit_ref", "tag_ref", "break_glass_used"})
