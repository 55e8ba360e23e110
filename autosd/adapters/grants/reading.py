"""From the bytes of a grant's file, or a token's text, to what may be believed of it. Pure but for cryptography."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, replace
from typing import Any

from autosd.domain.grants import Reason
from autosd.governance.grants.encoding import Unreadable, read_time
from autosd.governance.grants.payload import payload_of, to_sign
from autosd.governance.grants.tokens import Claims, claims_of, verified

OWNERS, HOLDERS = "ed25519", "biscuit"  # how a file's readable half is signed: by the owner (S3), or by its token alone


@dataclass(frozen=True)
class Read:
    """What is known of a grant apart from the time. ``claims`` are believed only without a ``reason``."""

    claims: Claims | None = None
    reason: Reason | None = None
    token: str = ""


def read_token(token: str, keys: tuple[bytes, ...]) -> Read:
    missing = None if keys else Reason.PUBLIC_KEY_MISSING
    try:
        claims = claims_of(token)
    except Unreadable:
        return Read(None, missing or Reason.INVALID_SIGNATURE)
    found = verified(token, keys)
    return Read(found[0], None, token) if found else Read(claims, missing or Reason.INVALID_SIGNATURE, token)


def read_file(data: bytes, id: str, keys: tuple[bytes, ...]) -> Read:
    """The token in the file decides; a file that says other than its token, in name or word, is no grant."""
    try:
        payload = json.loads(data)
    except (ValueError, RecursionError):
        payload = None
    if not isinstance(payload, dict) or not isinstance(payload.get("token"), str):
        return Read(None, Reason.INVALID_SIGNATURE if keys else Reason.PUBLIC_KEY_MISSING)
    try:
        read_time(payload.get("expires_at"))
    except Unreadable:
        return Read(None, Reason.INVALID_EXPIRY)
    read = read_token(payload["token"], keys)
    if read.reason or read.claims is None or _says_the_same(payload, read.claims, id, keys):
        return read
    return replace(read, reason=Reason.INVALID_SIGNATURE)


def _says_the_same(payload: dict[str, Any], claims: Claims, id: str, keys: tuple[bytes, ...]) -> bool:
    signature = payload.get("signature")
    expected = payload_of(claims, payload["token"])
    if claims.grant.id != id or {name: value for name, value in payload.items() if name != "signature"} != expected:
        return False
    if not isinstance(signature, dict) or set(signature) != {"algorithm", "value"}:
        return False
    if expected["parent"] is not None:
        return signature == holders_signature(claims)
    return signature["algorithm"] == OWNERS and any(_signed_by(key, signature["value"], to_sign(expected)) for key in keys)


def holders_signature(claims: Claims) -> dict[str, str]:
    """A child is made without the owner's key: its last block's signature stands in its file."""
    return {"algorithm": HOLDERS, "value": base64.b64encode(claims.last_signature).decode()}


def _signed_by(key: bytes, value: object, data: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(key).verify(base64.b64decode(str(value), validate=True), data)
    except (InvalidSignature, ValueError):
        return False
    return base64.b64encode(base64.b64decode(str(value))).decode() == value
