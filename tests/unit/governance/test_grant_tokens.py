"""Tokens: what is signed comes back, what is appended only narrows, and whatever else is done to them makes them nothing."""

from __future__ import annotations

import base64
import json
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from biscuit_auth import Algorithm, AuthorizerBuilder, Biscuit, BiscuitBuilder, BlockBuilder, KeyPair, PrivateKey, PublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from autosd.domain.grants import Capability, Reason, Terms
from autosd.governance.grants import tokens
from autosd.governance.grants.encoding import Unreadable, canonical, read_terms, written_terms
from autosd.governance.grants.tokens import MAX_BLOCKS, claims_of, is_grant_id, narrowed, verified
from autosd.governance.grants.verdict import refusal

from .conftest import NOON
from .grant_kit import ID, KEY, OWNER, TERMS, facts, grant, random_terms, shown, token_of

OTHER = Ed25519PrivateKey.from_private_bytes(b"\5" * 32)


def opened(token: str) -> Biscuit:
    return Biscuit.from_base64(token, PublicKey.from_bytes(KEY, Algorithm.Ed25519))


def with_block(token: str, datalog: str) -> str:
    """What a holder can do with the library alone: append anything."""
    return opened(token).append(BlockBuilder(datalog)).to_base64()


def block(terms: dict[str, Any], **more: Any) -> str:
    payload = {"issued_at": "2026-03-01T12:00:00Z", "terms": terms, **more}
    return f'autosd_grant("v1", hex:{canonical(payload).hex()})'


def accepted(token: str) -> bool:
    return verified(token, [KEY]) is not None


def test_what_is_signed_comes_back() -> None:
    token = token_of(grant(paths=("src/**",), max_uses=3))
    found = verified(token, [OTHER.public_key().public_bytes_raw(), KEY])
    assert found is not None
    claims, key = found
    assert key == KEY and claims.grant.id == ID and claims.grant.ids == (ID,)
    assert claims.grant.terms == (replace(TERMS, paths=("src/**",), max_uses=3),)


@pytest.mark.parametrize("seed", range(100))
def test_any_terms_survive_being_written(seed: int) -> None:
    terms = random_terms(random.Random(seed))
    assert read_terms(json.loads(canonical(written_terms(terms)))) == terms
    child = verified(narrowed(token_of(grant()), terms, NOON), [KEY])
    assert child is not None and child[0].grant.terms == (TERMS, terms)


def test_a_childs_id_follows_from_its_signature_and_nobody_can_choose_it() -> None:
    parent = token_of(grant())
    one, other = (claims_of(narrowed(parent, Terms(max_uses=1), NOON)).grant for _ in range(2))
    assert one.ids[0] == other.ids[0] == ID and one.id != other.id
    assert is_grant_id(one.id)
    assert not accepted(with_block(parent, block({}, id=ID)))


def test_only_the_owners_key_counts() -> None:
    foreign = token_of(grant(), OTHER)
    assert not accepted(foreign) and claims_of(foreign).grant.id == ID
    assert verified(token_of(grant()), []) is None


HOSTILE = {
    "nothing": "",
    "a wider fact of our name": block({"capabilities": sorted(Capability)}) + ";\n" + block({}),
    "terms and a fact besides": block({"max_uses": 1}) + ';\nright("everything")',
    "terms and a rule": block({"max_uses": 1}) + ';\nautosd_grant("v1", $x) <- autosd_grant("v1", $x)',
    "a rule alone": "project($x) <- project($x)",
    "terms and a check that always fails": block({"max_uses": 1}) + ";\ncheck if false",
    "terms that lack their checks": block({"project_ids": ["shop"]}),
    "checks for other terms": block({"project_ids": ["shop"]}) + ';\ncheck if project("blog")',
    "another version": f'autosd_grant("v2", hex:{canonical({"issued_at": "2026-03-01T12:00:00Z", "terms": {}}).hex()})',
    "text instead of bytes": 'autosd_grant("v1", "{}")',
    "no object": 'autosd_grant("v1", hex:00)',
    "an owner's block": block({}, id=ID, issuer="owner", break_glass=False, telemetry={}, key="00" * 32),
    "unknown terms": block({"max_files": 3}),
    "capabilities that do not exist": block({"capabilities": ["auto_everything"]}),
    "a number that is a flag": block({"max_uses": True}),
    "a negative number": block({"max_uses": -1}),
    "a huge number": block({"max_uses": 10**30}),
    "a path that climbs": block({"paths": ["../**"]}),
    "unsorted words": block({"environments": ["prod", "dev"]}),
    "a time of another spelling": block({"expires_at": "2026-03-01T13:00:00+00:00"}),
    "a time that never was": block({"expires_at": "2026-02-31T13:00:00Z"}),
    "terms that are a list": block([]),  # type: ignore[arg-type]
    "a huge block": 'x("' + "a" * 60_000 + '")',
    "quotes that close": 'autosd_grant("v1", "x\\");\\nautosd_grant(\\"v1\\", hex:00")',
    "a fact that claims the owner's place": 'block(0); authority("root"); trusting("authority")',
    "a check that trusts a key": block({"max_uses": 1}) + ";\ncheck if true trusting authority",
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_a_block_that_is_not_what_autosd_would_write_makes_the_token_nothing(what: str) -> None:
    hostile = with_block(token_of(grant()), HOSTILE[what])
    assert not accepted(hostile)
    with pytest.raises(Unreadable):
        claims_of(hostile)


def test_a_block_signed_by_somebody_else_is_refused() -> None:
    parent, stranger = opened(token_of(grant())), KeyPair()
    third = parent.third_party_request().create_block(stranger.private_key, BlockBuilder(block({})))
    assert not accepted(parent.append_third_party(stranger.public_key, third).to_base64())


def test_an_honest_block_made_with_the_library_alone_is_as_good_as_ours() -> None:
    child = verified(with_block(token_of(grant()), block({"max_uses": 1})), [KEY])
    assert child is not None and child[0].grant.terms[1] == Terms(max_uses=1)


@pytest.mark.parametrize("name", ["capabilities", "expires_at"])
def test_an_owners_block_without_an_end_or_rights_is_no_leave(name: str) -> None:
    terms = written_terms(TERMS)
    del terms[name]
    head = {"id": ID, "issued_at": "2026-03-01T12:00:00Z", "issuer": "owner", "break_glass": False, "telemetry": {}, "key": KEY.hex()}
    text = tokens._source({**head, "terms": terms})
    token = BiscuitBuilder(text).build(PrivateKey.from_bytes(OWNER.private_bytes_raw(), Algorithm.Ed25519)).to_base64()  # type: ignore[call-arg, attr-defined]
    found = verified(token, [KEY])
    assert found is None or refusal(shown(found[0].grant), facts())[0] is Reason.INVALID_EXPIRY  # type: ignore[index]


def test_a_chain_has_an_end() -> None:
    token = token_of(grant())
    for _ in range(MAX_BLOCKS - 1):
        token = narrowed(token, Terms(max_uses=1), NOON)
    assert accepted(token)
    with pytest.raises(Unreadable):
        narrowed(token, Terms(max_uses=1), NOON)


@pytest.mark.parametrize("text", ["", "x", "a" * 200, "-" * 70_000, "é" * 200, "\0" * 200, "../" * 50])
def test_what_is_no_token_is_told_apart_without_a_crash(text: str) -> None:
    assert not accepted(text)
    with pytest.raises(Unreadable):
        claims_of(text)


def test_no_bit_of_a_token_is_free() -> None:
    """Every bit of a child's token, flipped alone; and other spellings of the same bytes."""
    token = narrowed(token_of(grant()), Terms(max_uses=1), NOON)
    raw = base64.urlsafe_b64decode(token)
    step = 7  # coprime to 8: every bit position is met
    for bit in range(0, len(raw) * 8, step):
        flipped = bytearray(raw)
        flipped[bit // 8] ^= 1 << bit % 8
        assert not accepted(base64.urlsafe_b64encode(flipped).decode()), bit
    for spelling in (token + "=", token.rstrip("=") + "==="[: 1 - token.count("=")], " " + token, token + "\n", token[:-4]):
        assert spelling == token or not accepted(spelling)


@pytest.mark.parametrize("seed", range(300))
def test_what_was_cut_spliced_or_scrambled_is_no_token(seed: int) -> None:
    dice = random.Random(seed)
    one, other = (base64.urlsafe_b64decode(token_of(grant(max_uses=n + 1))) for n in range(2))
    cut = dice.randrange(len(one))
    made = dice.choice((one[:cut] + other[cut:], one[:cut], one[cut:], one[:cut] + dice.randbytes(9) + one[cut:], one + dice.randbytes(3)))
    assert made in (one, other) or not accepted(base64.urlsafe_b64encode(made).decode())


@pytest.mark.parametrize(
    ("project", "capability", "at", "expected"),
    [
        ("shop", "auto_push", NOON, True),
        ("blog", "auto_push", NOON, False),
        ("shop", "auto_heal", NOON, False),
        ("shop", "auto_push", NOON + timedelta(hours=2), False),
    ],
)
def test_another_biscuit_tool_comes_to_the_same_answer(project: str, capability: str, at: datetime, expected: bool) -> None:
    """The checks in the blocks are real Datalog: project, capability and time."""
    token = narrowed(token_of(grant()), Terms(capabilities=frozenset({Capability.AUTO_PUSH})), NOON)
    code = "time({at}); project({project}); capability({capability}); allow if true"
    judge = AuthorizerBuilder(code, {"at": at.astimezone(UTC), "project": project, "capability": capability}).build(opened(token))
    try:
        judge.authorize()
        allowed = True
    except Exception:
        allowed = False
    assert allowed is expected
