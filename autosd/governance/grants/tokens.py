"""A grant as a Biscuit token: signed by the owner, narrowed by whoever holds it, widened by nobody.

Each block says its terms once for autosd (``autosd_grant("v1", <bytes of canonical JSON>)``) and, as far as Datalog can say them,
once as checks for other Biscuit tools. A block that is not to the letter what autosd would write for its terms makes the whole token
unreadable: a holder may append anything, so what is not understood is refused.

What a block says of itself is never believed where it would matter: the id of a child is made from its block's signature, and all
blocks count together, so that an appended one can only take away.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from biscuit_auth import (
    Algorithm,
    Biscuit,
    BiscuitBuilder,
    BlockBuilder,
    PrivateKey,
    PublicKey,
    UnverifiedBiscuit,
)

from autosd.domain.grants import Grant, Terms
from autosd.governance.grants.encoding import Unreadable, canonical, read_canonical, read_terms, read_time, written_terms, written_time

VERSION = "v1"
MAX_TOKEN = 65_536
MAX_BLOCKS = 16

_FACT = re.compile(r'autosd_grant\("v1", hex:((?:[0-9a-f]{2})+)\);')
_TOKEN = re.compile(r"[A-Za-z0-9_-]+={0,2}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ROOT_NAMES = {"id", "issued_at", "issuer", "break_glass", "telemetry", "key", "terms"}
_CHILD_NAMES = {"issued_at", "terms"}


@dataclass(frozen=True)
class Claims:
    """What a token says. It is worth something only after ``verified``; before that it serves for words of refusal."""

    grant: Grant
    key: str  # of the owner, hex: a hint to anybody who has no key
    written_at: datetime  # the last block's word on when it was added
    last_signature: bytes


def is_grant_id(text: str) -> bool:
    """A UUID in its canonical form, and so never a path."""
    return _UUID.fullmatch(text) is not None


def looks_like_token(text: str) -> bool:
    return 100 < len(text) <= MAX_TOKEN and _TOKEN.fullmatch(text) is not None


def signed(grant: Grant, private: bytes, public: bytes) -> str:
    """The token of a root grant, signed with the raw Ed25519 key ``private``."""
    (terms,) = grant.terms
    head = {
        "id": grant.id,
        "issued_at": written_time(grant.issued_at),
        "issuer": grant.issuer,
        "break_glass": grant.break_glass,
        "telemetry": grant.telemetry,
        "key": public.hex(),
        "terms": written_terms(terms),
    }
    token = BiscuitBuilder(_source(head)).build(_private_key(private)).to_base64()
    claims_of(token)  # what we could not read ourselves is never given out
    return token


def narrowed(token: str, terms: Terms, at: datetime) -> str:
    """``token`` with one more block. Needs no key of the owner: the public one that the token names is enough to open it."""
    claims = claims_of(token)
    opened = _opened(token, bytes.fromhex(claims.key))
    child = opened.append(BlockBuilder(_source({"issued_at": written_time(at), "terms": written_terms(terms)}))).to_base64()
    claims_of(child)
    return child


def verified(token: str, keys: Iterable[bytes]) -> tuple[Claims, bytes] | None:
    """What ``token`` says and the one of ``keys`` that signed it; None when none of them did."""
    for key in keys:
        try:
            return _claims(_opened(token, key)), key
        except Unreadable:
            continue
    return None


def claims_of(token: str) -> Claims:
    """What ``token`` says, signature unchecked. Raises ``Unreadable``."""
    return _claims(_parsed(token))


def _parsed(token: str) -> UnverifiedBiscuit:
    if not looks_like_token(token):
        raise Unreadable("it is no token")
    with _library("it is no token"):
        parsed = UnverifiedBiscuit.from_base64(token)
        key_id = parsed.root_key_id()
    if key_id is not None:  # an unsigned hint that autosd never writes
        raise Unreadable("it is not written as it was signed")
    return parsed


def _opened(token: str, key: bytes) -> Biscuit:
    """Signatures checked by the library; and the text is the only spelling of these bytes, so no bit of it is free."""
    _parsed(token)
    with _library("its signature does not hold"):
        opened = Biscuit.from_base64(token, _public_key(key))
        exact = opened.to_base64() == token
    if not exact:
        raise Unreadable("it is not written as it was signed")
    return opened


def _public_key(raw: bytes) -> PublicKey:
    return PublicKey.from_bytes(raw, Algorithm.Ed25519)  # type: ignore[call-arg, attr-defined]  # the library's stub is behind it


def _private_key(raw: bytes) -> PrivateKey:
    return PrivateKey.from_bytes(raw, Algorithm.Ed25519)  # type: ignore[call-arg, attr-defined]


@contextmanager
def _library(what: str) -> Iterator[None]:
    """The token library has errors of many kinds, and panics that are no ``Exception``: all mean that this is no token."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        raise Unreadable(f"{what}: {str(error)[:200]}") from None


def _claims(token: Biscuit | UnverifiedBiscuit) -> Claims:
    count, signatures = token.block_count(), [bytes.fromhex(each) for each in token.revocation_ids]
    if not 1 <= count <= MAX_BLOCKS or len(signatures) != count:
        raise Unreadable(f"it has {count} blocks, at most {MAX_BLOCKS} are read")
    root, *children = [_block(token, number) for number in range(count)]
    if set(root) != _ROOT_NAMES or any(set(child) != _CHILD_NAMES for child in children):
        raise Unreadable("a block does not say what belongs there")
    ids = (_root_id(root["id"]), *map(child_id, signatures[1:]))
    grant = Grant(
        id=ids[-1],
        terms=tuple(read_terms(block["terms"]) for block in (root, *children)),
        issued_at=read_time(root["issued_at"]),
        issuer=_text(root["issuer"]),
        break_glass=_flag(root["break_glass"]),
        ids=ids,
        telemetry=_telemetry(root["telemetry"]),
    )
    if grant.terms[0].capabilities is None:
        raise Unreadable("the owner's block names no capabilities")
    return Claims(grant, _key(root["key"]), [read_time(block["issued_at"]) for block in (root, *children)][-1], signatures[-1])


def child_id(signature: bytes) -> str:
    """A UUID (version 8) that a holder cannot choose: nobody can pass a child off as another grant."""
    digest = bytearray(hashlib.sha256(b"autosd-grant-child" + signature).digest()[:16])
    digest[6], digest[8] = digest[6] & 0x0F | 0x80, digest[8] & 0x3F | 0x80
    return str(UUID(bytes=bytes(digest)))


def _block(token: Biscuit | UnverifiedBiscuit, number: int) -> dict[str, Any]:
    if isinstance(token, Biscuit) and token.block_external_key(number) is not None:
        raise Unreadable("a block was signed by somebody else")
    with _library("a block cannot be read"):
        source = token.block_source(number)
    match = _FACT.match(source)
    if match is None:
        raise Unreadable("a block is none of autosd's")
    payload = read_canonical(bytes.fromhex(match[1]))
    text = _source(payload)
    with _library("a block cannot be read"):
        expected = str(BlockBuilder(text))
    if expected != source:  # printed by the same library, so that its spelling may change
        raise Unreadable("a block says more, or less, than its terms")
    return payload


def _source(payload: dict[str, Any]) -> str:
    """The one Datalog text for a block."""
    terms = read_terms(payload.get("terms"))
    lines = [f'autosd_grant("{VERSION}", hex:{canonical(payload).hex()})']
    if terms.not_before is not None:
        lines.append(f"check if time($time), $time >= {written_time(terms.not_before)}")
    if terms.expires_at is not None:
        lines.append(f"check if time($time), $time < {written_time(terms.expires_at)}")
    if terms.project_ids is not None:
        lines.append(_one_of("project", terms.project_ids))
    if terms.capabilities is not None:
        lines.append(_one_of("capability", terms.capabilities))
    return ";\n".join([*lines, ""])


def _one_of(name: str, words: Iterable[str]) -> str:
    """Words come from closed alphabets (project ids, capabilities), so that none of them needs quoting."""
    return "check if " + (" or ".join(f'{name}("{word}")' for word in sorted(words)) or "false")


def _root_id(value: object) -> str:
    if not isinstance(value, str) or not is_grant_id(value):
        raise Unreadable("its id is no UUID")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 200 or not value.isprintable():
        raise Unreadable("its issuer cannot be read")
    return value


def _flag(value: object) -> bool:
    if type(value) is not bool:
        raise Unreadable("break_glass is neither true nor false")
    return value


def _telemetry(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise Unreadable("its telemetry cannot be read")
    return value


def _key(value: object) -> str:
    if not isinstance(value, str) or re.fullmatch(r"[0-9a-f]{64}", value) is None:
        raise Unreadable("its key cannot be read")
    return value
