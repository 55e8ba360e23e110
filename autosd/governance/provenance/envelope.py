"""The DSSE envelope around a statement: what is signed, how it is written down, and how it is read back from whoever wrote it."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from autosd.domain.provenance import Provenance, Signed
from autosd.governance.provenance.statement import key_id, payload_of, provenance_of

PAYLOAD_TYPE = "application/vnd.in-toto+json"
#: More than any change's statement needs; what is longer is not looked at.
MOST_BYTES = 2_000_000


def pre_authentication(payload: bytes) -> bytes:
    """DSSE's encoding: the type is signed along, so a signature of ours over something else is never one over a statement."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def signed(provenance: Provenance, sign: Callable[[bytes], bytes], public: bytes) -> Signed:
    payload = payload_of(provenance)
    return Signed(provenance, payload, sign(pre_authentication(payload)), key_id(public))


def written(envelope: Signed) -> bytes:
    """One line of JSON."""
    signature = {"keyid": envelope.key, "sig": base64.b64encode(envelope.signature).decode()}
    value = {"payload": base64.b64encode(envelope.payload).decode(), "payloadType": PAYLOAD_TYPE, "signatures": [signature]}
    return json.dumps(value, sort_keys=True).encode() + b"\n"


def read(data: bytes) -> Signed:
    """An envelope from outside. Raises ``ValueError`` for whatever is none of ours."""
    if len(data) > MOST_BYTES:
        raise ValueError(f"it has {len(data)} bytes, at most {MOST_BYTES} are looked at")
    try:
        value = json.loads(data, object_pairs_hook=_once)
        if value["payloadType"] != PAYLOAD_TYPE or len(value["signatures"]) != 1:
            raise ValueError("it is no envelope with one signature of a statement")
        payload = base64.b64decode(value["payload"], validate=True)
        only = value["signatures"][0]
        key, signature = str(only["keyid"]), base64.b64decode(only["sig"], validate=True)
    except (KeyError, TypeError, RecursionError, UnicodeError, binascii.Error) as error:
        raise ValueError(f"it is no envelope ({type(error).__name__})") from None
    return Signed(provenance_of(payload), payload, signature, key)


def _once(pairs: Iterable[tuple[str, Any]]) -> Mapping[str, Any]:
    """A name that stands there twice is read differently by different readers."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{name!r} stands there twice")
        found[name] = value
    return found


def holds(envelope: Signed, public: bytes) -> bool:
    """Whether this key signed exactly these bytes."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(envelope.signature, pre_authentication(envelope.payload))
    except (InvalidSignature, ValueError):
        return False
    return True
