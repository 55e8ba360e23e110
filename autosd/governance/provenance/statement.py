"""The statement about a change, in its two spellings: an in-toto statement, and the trailers of a commit message.

Each is made from the other without loss. So the message alone carries what was signed, and whoever squashes, rebases or copies the
commit into another clone carries it along.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from autosd.domain.provenance import Part, Provenance
from autosd.governance.chain import canonical_json
from autosd.governance.provenance.parts import digest_of

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:autosd:provenance:1"
MOST_PARTS = 10_000

#: Field -> trailer; the predicate has the fields' own names.
TRAILERS = {
    "change": "Autosd-Id",
    "strategy": "Autosd-Strategy",
    "model": "Autosd-Model",
    "prompt": "Autosd-Prompt",
    "proposal": "Autosd-Proposal",
    "risk": "Autosd-Risk",
    "approvals": "Autosd-Approvals",
    "grant": "Autosd-Grant",
    "base": "Autosd-Base",
    "tests": "Autosd-Tests",
    "gates": "Autosd-Gates",
    "sandbox": "Autosd-Sandbox",
    "overfit": "Autosd-Overfit",
    "evidence": "Autosd-Evidence",
    "cost": "Autosd-Cost",
    "project": "Autosd-Project",
    "repository": "Autosd-Repository",
    "permit": "Autosd-Permit",
    "time": "Autosd-Time",
}
PART, DIGEST, SIGNATURE = "Autosd-Part", "Autosd-Digest", "Autosd-Signature"
_FIELDS = {trailer.lower(): field for field, trailer in TRAILERS.items()}
_LINE = re.compile(r"[ \t>]*(Autosd-[A-Za-z]{1,40}):[ \t]*(.*?)\s*", re.IGNORECASE)
_PART = re.compile(r"([0-9a-f]{64}) (.+)")
_SIGNATURE = re.compile(r"([0-9a-f]{16}) ([0-9a-f]{128})")
_PLAIN = re.compile(r"[!#-\[\]-~]([ !#-\[\]-~]*[!#-\[\]-~])?")


def one_line(value: str) -> str:
    """The one spelling of a value, so that a statement read back is the same bytes."""
    return re.sub(r"\s+", " ", value.encode("utf-8", "replace").decode()).strip()


def of_values(provenance: Provenance) -> Provenance:
    """With every value as ``one_line`` spells it."""
    values = {field: one_line(getattr(provenance, field)) for field in TRAILERS}
    return Provenance(**values, parts=provenance.parts)


def payload_of(provenance: Provenance) -> bytes:
    """The in-toto statement in its one spelling: these are the bytes that are signed."""
    numbered = enumerate(provenance.parts, 1)
    return canonical_json(
        {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": f"{part.path}#{n}", "digest": {"sha256": part.digest}} for n, part in numbered],
            "predicateType": PREDICATE_TYPE,
            "predicate": {
                **{field: value for field in TRAILERS if (value := getattr(provenance, field))},
                "digest": digest_of(provenance.parts),
            },
        }
    )


def provenance_of(payload: bytes) -> Provenance:
    """What a statement says. Raises ``ValueError`` for everything but what ``payload_of`` writes."""
    try:
        value = json.loads(payload)
        predicate = value["predicate"]
        parts = [_subject(number, each) for number, each in enumerate(value["subject"], 1)]
        known = {field: predicate[field] for field in TRAILERS if field in predicate}
        found = Provenance(**known, parts=tuple(parts))
    except (KeyError, TypeError, AttributeError, RecursionError, UnicodeError) as error:
        raise ValueError(f"no statement of a change ({type(error).__name__})") from None
    if not all(isinstance(getattr(found, each.name), str | tuple) for each in fields(found)) or payload_of(found) != payload:
        raise ValueError("not the one spelling of a statement of a change")
    return found


def _subject(number: int, value: Mapping[str, Any]) -> Part:
    name, digest = value["name"], value["digest"]["sha256"]
    if not isinstance(name, str) or not name.endswith(f"#{number}") or not re.fullmatch(r"[0-9a-f]{64}", str(digest)):
        raise ValueError("a subject that is none")
    return Part(name.removesuffix(f"#{number}"), digest)


def trailer_lines(provenance: Provenance, key: str = "", signature: bytes = b"") -> list[str]:
    """What the message carries; with the signature in the last line."""
    lines = [f"{TRAILERS[field]}: {value}" for field in TRAILERS if (value := getattr(provenance, field))]
    lines += [f"{PART}: {part.digest} {_quoted(part.path)}" for part in provenance.parts]
    lines += [f"{DIGEST}: sha256:{digest_of(provenance.parts)}"] if provenance.parts else []
    return lines + ([f"{SIGNATURE}: {key} {signature.hex()}"] if signature else [])


def short(digest: str) -> str:
    """A name for people: the first digits of a change's digest."""
    return digest[:16]


def key_id(public: bytes) -> str:
    return hashlib.sha256(public).hexdigest()[:16]


@dataclass(frozen=True)
class Told:
    """One block of trailers in a message. ``wrong`` says why it is none that was ever signed."""

    provenance: Provenance | None
    key: str = ""
    signature: bytes = b""
    wrong: str = ""


def told_in(message: str) -> tuple[Told, ...]:
    """Every block of our trailers, wherever it stands: a squash puts several messages into one. The same block twice is one."""
    return tuple(dict.fromkeys(_told(block) for block in _blocks(message)))


def _blocks(message: str) -> Iterator[list[tuple[str, str]]]:
    block: list[tuple[str, str]] = []
    for line in message.splitlines():
        found = _LINE.fullmatch(line)
        if not found:
            continue
        name, value = found[1].lower(), found[2]
        if name == TRAILERS["change"].lower() and block:
            yield block
            block = []
        block.append((name, value))
        if name == SIGNATURE.lower():
            yield block
            block = []
    if block:
        yield block


def _told(block: list[tuple[str, str]]) -> Told:
    values: dict[str, str] = {}
    parts: list[Part] = []
    said = ""
    key, signature = "", b""
    try:
        for name, value in block:
            if name == PART.lower():
                parts.append(_part(value))
            elif name == SIGNATURE.lower():
                key, signature = _signature(value)
            elif name == DIGEST.lower():
                said = value
            elif name not in _FIELDS or _FIELDS[name] in values:
                raise ValueError(f"{name} is no trailer of a change, or stands there twice")
            else:
                values[_FIELDS[name]] = one_line(value)
        found = Provenance(**values, parts=tuple(parts))
    except (ValueError, TypeError) as error:
        wrong = str(error) if isinstance(error, ValueError) else f"it has no {TRAILERS['change']}"
        return Told(None, key, signature, wrong)
    if signature and said != f"sha256:{digest_of(parts)}":
        return Told(found, key, signature, f"{DIGEST} is not that of its parts")
    return Told(found, key, signature)


def _part(value: str) -> Part:
    found = _PART.fullmatch(value)
    if not found:
        raise ValueError(f"{PART} is not a digest and a path")
    path = found[2]
    if path.startswith('"'):
        path = json.loads(path)
        if not isinstance(path, str):
            raise ValueError(f"{PART} has no path")
    return Part(path, found[1])


def _signature(value: str) -> tuple[str, bytes]:
    found = _SIGNATURE.fullmatch(value)
    if not found:
        raise ValueError(f"{SIGNATURE} is not a key's id and a signature")
    return found[1], bytes.fromhex(found[2])


def _quoted(path: str) -> str:
    """As it is, where nothing of it could be lost on the way through a message."""
    return path if _PLAIN.fullmatch(path) and "  " not in path else json.dumps(path)
