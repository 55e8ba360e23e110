"""The statement and the trailers are two spellings of one thing, and nothing is lost between them."""

from __future__ import annotations

import base64
import json
import random
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from autosd.domain.provenance import Part, Provenance
from autosd.governance.provenance.envelope import MOST_BYTES, holds, read, written
from autosd.governance.provenance.statement import TRAILERS, of_values, payload_of, provenance_of, told_in, trailer_lines

from .kit import FOREIGN, NEW, OLD, PUBLIC, change, message, sign, statement

PATHS = (
    "a.py",
    "with blank.py",
    " first.py",
    "two  blanks.py",
    'q"uote.py',
    "back\\slash.py",
    "tab\t.py",
    "new\nline.py",
    "ü.py",
    "\udcff.py",
    "#1",
)


def some(seed: int) -> Provenance:
    rng = random.Random(seed)
    values = {field: "".join(rng.choices("aZ0 :#\"'\\ü€\t", k=rng.randrange(0, 20))) for field in TRAILERS}
    parts = tuple(Part(rng.choice(PATHS), f"{rng.getrandbits(256):064x}") for _ in range(rng.randrange(1, 6)))
    return of_values(Provenance(**{**values, "change": "c1"}, parts=parts))


@pytest.mark.parametrize("seed", range(200))
def test_whatever_is_signed_comes_back_from_the_message_and_from_the_payload(seed: int) -> None:
    envelope = sign(some(seed))
    (told,) = told_in(message(envelope).encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
    assert told.provenance == envelope.provenance and not told.wrong, told
    assert payload_of(told.provenance) == envelope.payload and provenance_of(envelope.payload) == envelope.provenance
    assert (told.key, told.signature) == (envelope.key, envelope.signature)
    assert read(written(envelope)) == envelope


def test_git_reads_the_trailers_too() -> None:
    envelope = sign(statement(change("a.py", OLD, NEW)))
    out = subprocess.run(["git", "interpret-trailers", "--parse"], input=message(envelope), capture_output=True, text=True, check=True)
    assert out.stdout.splitlines() == trailer_lines(envelope.provenance, envelope.key, envelope.signature)


def test_it_is_an_in_toto_statement_in_a_dsse_envelope_that_others_can_check() -> None:
    value = json.loads(written(sign(statement(change("a.py", OLD, NEW)))))
    payload = base64.b64decode(value["payload"])
    said = json.loads(payload)
    assert said["_type"] == "https://in-toto.io/Statement/v1" and said["predicateType"] == "urn:autosd:provenance:1"
    assert [subject["name"] for subject in said["subject"]] == ["a.py#1", "a.py#2"]
    assert said["predicate"]["model"] == "local:small" and "grant" not in said["predicate"]
    kind = value["payloadType"]
    signed = f"DSSEv1 {len(kind)} {kind} {len(payload)} ".encode() + payload
    Ed25519PublicKey.from_public_bytes(PUBLIC).verify(base64.b64decode(value["signatures"][0]["sig"]), signed)


def test_a_squash_that_indents_quotes_and_ends_lines_otherwise_loses_nothing() -> None:
    one, two = sign(statement(change("a.py", OLD, NEW))), sign(statement(change("b.py", None, "x\n"), change="c2"))
    text = f"Both (#7)\r\n\r\n* {message(one)}\n\n* {message(two)}".replace("\nAutosd", "\n    Autosd").replace("\n", "\r\n")
    assert [told.provenance for told in told_in(text + "\n" + message(one))] == [one.provenance, two.provenance]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("Autosd-Model: x\nAutosd-Model: y", "twice"),
        ("Autosd-Colour: red", "no trailer"),
        ("Autosd-Part: nothing", "not a digest and a path"),
        ("Autosd-Part: " + "0" * 64 + ' "unclosed', ""),
        ("Autosd-Part: " + "0" * 64 + ' ["a"]', ""),
    ],
)
def test_what_was_never_written_is_told_as_such(line: str, why: str) -> None:
    (told,) = told_in(f"x\n\nAutosd-Id: c1\n{line}\nAutosd-Signature: {'0' * 16} {'0' * 128}\n")
    assert told.wrong and why in told.wrong


def spoilt_envelopes() -> list[bytes]:
    envelope = sign(statement(change("a.py", OLD, NEW)))
    good = json.loads(written(envelope))
    payload = json.loads(envelope.payload)

    def of(value: object) -> bytes:
        return json.dumps({**good, "payload": base64.b64encode(json.dumps(value).encode()).decode()}).encode()

    turned = dict(reversed(list(payload.items())))
    return [
        b"", b"{}", b"null", b"[]", b"\xff\xfe", b'{"payload":', b"[" * 100_000, b'{"a":' * 50_000, b"0" * (MOST_BYTES + 1),
        json.dumps({**good, "payload": "%%%"}).encode(),
        json.dumps({**good, "payloadType": "text/plain"}).encode(),
        json.dumps({**good, "signatures": []}).encode(),
        json.dumps({**good, "signatures": good["signatures"] * 2}).encode(),
        json.dumps({**good, "signatures": "x"}).encode(),
        json.dumps(good).replace('{"payload"', '{"payload": "", "payload"').encode(),
        of(turned), of({**payload, "more": 1}), of({**payload, "subject": payload["subject"][::-1]}), of({**payload, "subject": [1]}),
        of({**payload, "predicate": {**payload["predicate"], "approvals": 7}}), of({**payload, "predicate": None}), of(7), of("x"),
        of({**payload, "predicate": {**payload["predicate"], "digest": "0" * 64}}),
    ]  # fmt: skip


@pytest.mark.parametrize("number", range(len(spoilt_envelopes())))
def test_whatever_is_no_envelope_of_ours_is_refused_without_harm(number: int) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read(spoilt_envelopes()[number])


def test_any_flipped_byte_of_an_envelope_is_refused_or_does_not_hold() -> None:
    rng, data = random.Random(3), written(sign(statement(change("a.py", OLD, NEW))))
    for _ in range(400):
        at = rng.randrange(len(data))
        spoilt = data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]
        try:
            envelope = read(spoilt)
        except ValueError:
            continue
        assert not holds(envelope, PUBLIC) or (envelope.payload, envelope.signature) == (read(data).payload, read(data).signature)


def test_the_envelopes_own_order_and_blanks_do_not_matter_and_the_payloads_do() -> None:
    value = json.loads(written(sign(statement(change("a.py", OLD, NEW)))))
    turned = json.dumps(dict(reversed(list(value.items()))), indent=4).encode()
    assert holds(read(turned), PUBLIC) and not holds(read(turned), FOREIGN)
