"""A grant as people and S3's tools read it: the JSON beside the token. It says what the token says, or it is refused."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from autosd.domain.grants import Budgets, Capability, Grant, RequiredGates
from autosd.governance.grants.encoding import canonical, written_time
from autosd.governance.grants.narrowing import effective, path_layers
from autosd.governance.grants.tokens import Claims


def payload_of(claims: Claims, token: str) -> dict[str, Any]:
    """S3's fields, and ours; without the signature."""
    return {**described(claims), "token": token}


def described(claims: Claims) -> dict[str, Any]:
    """What may be shown and recorded: everything but the token, which whoever has it may use."""
    grant, terms = claims.grant, effective(claims.grant.terms)
    return {
        "grant_id": grant.id,
        "parent": grant.ids[-2] if len(grant.ids) > 1 else None,
        "ids": list(grant.ids),
        "issued_at": written_time(claims.written_at),
        "not_before": written_time(terms.not_before) if terms.not_before else None,
        "expires_at": written_time(terms.expires_at) if terms.expires_at else None,
        "issuer": grant.issuer,
        "scope": scope_of(grant),
        "capabilities": {each.value: each in (terms.capabilities or ()) for each in Capability},
        "required_gates": asdict(terms.required_gates or RequiredGates()),
        "budgets": asdict(terms.budgets or Budgets()),
        "telemetry": grant.telemetry,
        "break_glass": grant.break_glass,
        "max_uses": terms.max_uses,
        "max_lines": terms.max_lines,
        "max_risk": terms.max_risk,
    }


def scope_of(grant: Grant) -> dict[str, Any]:
    """``"*"`` and empty lists (of domains, platforms, paths, environments): no limit. ``paths`` are layers: one glob of each has to fit."""
    terms, layers = effective(grant.terms), path_layers(grant.terms)
    return {
        "project_ids": "*" if terms.project_ids is None else sorted(terms.project_ids),
        "domains": _listed(terms.domains),
        "platforms": _listed(terms.platforms),
        "environments": _listed(terms.environments),
        "paths": [list(layer) for layer in layers] if len(layers) > 1 else [*(layers[0] if layers else ())],
    }


def to_sign(payload: dict[str, Any]) -> bytes:
    """S3: the signature is over the JSON with sorted keys and compact separators, without itself."""
    return canonical({name: value for name, value in payload.items() if name != "signature"})


def _listed(words: frozenset[str] | None) -> list[str] | None:
    """S3's empty list is no limit; a limit that leaves nothing is said as ``none``, or it would read as its opposite."""
    return [] if words is None else sorted(words) or ["(none)"]
