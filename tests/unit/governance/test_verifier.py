"""The offline verifier: every way to change a record is noticed, and it needs nothing but Python."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from autosd.governance import verifier
from autosd.governance.chain import NOTHING, End, head_of, sealed, slot_of
from autosd.governance.verifier import ed25519_verify, read_keys, verify_log

from .conftest import NOON, Record

pytestmark = pytest.mark.slow
Lines = list[bytes]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Record:
    """A record of six entries; tests work on copies of it."""
    record = Record(tmp_path_factory.mktemp("kept") / "home")
    for number in range(6):
        record.add("done", details={"number": number})
    return record


@pytest.fixture
def copied(kept: Record, tmp_path: Path) -> Record:
    shutil.copytree(kept.home, tmp_path / "home")
    return Record(tmp_path / "home")


def rechained(lines: Lines) -> tuple[Lines, End]:
    """What an attacker can do: number, chain and hash everything anew; only the signature is beyond them."""
    result, end = [], NOTHING
    for line in lines:
        entry = {name: value for name, value in json.loads(line).items() if name not in ("id", "seq", "prev", "hash")}
        made, end = sealed(json.dumps(entry)[:-1].encode(), end, "x")
        result.append(made)
    return result, end


def end_of(entry: dict[str, Any]) -> End:
    return End(entry["seq"], entry["hash"])


def heads(record: Record, now: End, announced: End | None = None, sign: Callable[[bytes], bytes] | None = None) -> bytes:
    """A heads file that speaks of these ends."""
    sign = sign or record.keyring.sign
    return b"".join(slot_of(head_of(end, sign, record.key().hex())) for end in (now, announced or now))


def test_an_untouched_record_is_intact(kept: Record) -> None:
    report = verify_log(kept.path, keys=[kept.key()])
    assert report.ok and report.entries == 6 and report.pinned and report.unresolved == ()
    assert report.head == kept.entries()[-1]["hash"] and report.key == kept.key().hex()


ATTACKS: dict[str, tuple[Callable[[Lines], Lines], int]] = {
    "dropped": (lambda lines: lines[:2] + lines[3:], 3),
    "first dropped": (lambda lines: lines[1:], 1),
    "reordered": (lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]], 3),
    "doubled": (lambda lines: [*lines[:3], lines[2], *lines[3:]], 4),
    "inserted": (lambda lines: [*lines[:3], lines[2].replace(b'"number":2', b'"number":9'), *lines[3:]], 4),
    "content changed": (lambda lines: [*lines[:3], lines[3].replace(b'"number":3', b'"number":4'), *lines[4:]], 4),
    "last changed": (lambda lines: [*lines[:5], lines[5].replace(b'"number":5', b'"number":4')], 6),
    "blank line": (lambda lines: [*lines[:2], b"", *lines[2:]], 3),
    "no JSON": (lambda lines: [*lines[:2], b"[" * 100_000, *lines[3:]], 3),
    "spaces": (lambda lines: [*lines[:2], lines[2].replace(b":", b": "), *lines[3:]], 3),
    "key twice": (lambda lines: [*lines[:2], lines[2].replace(b'{"timestamp":', b'{"timestamp":"x","timestamp":'), *lines[3:]], 3),
    "tail cut off": (lambda lines: lines[:4], 4),
    "last cut off": (lambda lines: lines[:5], 5),
    "all cut off": (lambda lines: [], 0),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_noticed_at_its_line(copied: Record, attack: str) -> None:
    change, line = ATTACKS[attack]
    changed = change(copied.path.read_bytes().splitlines())
    copied.path.write_bytes(b"".join(line + b"\n" for line in changed))
    report = verify_log(copied.path, keys=[copied.key()])
    assert not report.ok and report.line == line and report.why


def test_a_history_rewritten_without_the_key_is_noticed(copied: Record, tmp_path: Path) -> None:
    lines = copied.path.read_bytes().splitlines()
    lines[1] = lines[1].replace(b'"number":1', b'"number":7')
    forged, end = rechained(lines)
    copied.path.write_bytes(b"\n".join(forged) + b"\n")
    assert "not the one in its signed head" in verify_log(copied.path, keys=[copied.key()]).why
    copied.heads.write_bytes(heads(copied, end, sign=Record(tmp_path / "stranger").keyring.sign))
    report = verify_log(copied.path, keys=[copied.key()])
    assert not report.ok and "forged" in report.why


def test_a_history_rewritten_under_another_key_is_noticed_when_the_key_is_known(copied: Record, tmp_path: Path) -> None:
    stranger = Record(tmp_path / "stranger")
    for _ in range(6):
        stranger.add()
    assert verify_log(stranger.path).ok and not verify_log(stranger.path).pinned
    report = verify_log(stranger.path, keys=[copied.key()])
    assert not report.ok and "key that is not trusted" in report.why


def test_numbers_that_do_not_follow_are_noticed_even_when_properly_signed(copied: Record) -> None:
    line, end = sealed(b'{"kind":"noted"', End(7, copied.entries()[-1]["hash"]), "x")
    copied.path.write_bytes(copied.path.read_bytes() + line + b"\n")
    copied.heads.write_bytes(heads(copied, end))
    report = verify_log(copied.path, keys=[copied.key()])
    assert not report.ok and report.line == 7 and "entry 8 stands where 7 belongs" in report.why


def test_another_spelling_of_the_signature_is_noticed(copied: Record) -> None:
    signature = json.loads(copied.heads.read_bytes()[:512])["signature"]
    copied.heads.write_bytes(copied.heads.read_bytes().replace(signature.encode(), signature.upper().encode()))
    assert not verify_log(copied.path, keys=[copied.key()]).ok


def test_even_who_holds_the_key_cannot_rewrite_below_a_head_that_was_kept(copied: Record, tmp_path: Path) -> None:
    kept_elsewhere = tmp_path / "heads.txt"
    kept_elsewhere.write_text(json.dumps(copied.log.signed_head()) + "\n")
    lines = copied.path.read_bytes().splitlines()[:3]
    copied.path.write_bytes(b"\n".join(lines) + b"\n")
    copied.heads.write_bytes(heads(copied, end_of(json.loads(lines[-1]))))
    assert verify_log(copied.path, keys=[copied.key()]).ok  # both were exchanged: nothing here can tell
    report = verify_log(copied.path, [kept_elsewhere], [copied.key()])
    assert not report.ok and "its tail was cut off" in report.why and report.line == 3


def test_a_head_that_was_kept_is_found_again_in_a_record_that_grew(copied: Record, tmp_path: Path) -> None:
    (tmp_path / "heads.txt").write_text("".join(json.dumps(copied.log.signed_head()) + "\n" for _ in range(2) if copied.add()))
    (tmp_path / "head.json").write_text(json.dumps({"result": "ok", "head": copied.log.signed_head()}, indent=2))
    copied.add()
    kept = [tmp_path / "heads.txt", tmp_path / "head.json"]
    assert verify_log(copied.path, kept, [copied.key()]).ok
    copied.path.write_bytes(b"".join(copied.path.read_bytes().splitlines(keepends=True)[:6]))
    copied.heads.write_bytes(heads(copied, end_of(copied.entries()[-1])))
    assert verify_log(copied.path, keys=[copied.key()]).ok
    for path in kept:
        assert "its tail was cut off" in verify_log(copied.path, [path], [copied.key()]).why


def test_an_old_head_is_noticed(copied: Record) -> None:
    copied.heads.write_bytes(heads(copied, end_of(copied.entries()[2])))
    assert "entries after 3 are not covered" in verify_log(copied.path, keys=[copied.key()]).why


def test_a_missing_head_is_noticed(copied: Record) -> None:
    copied.heads.write_bytes(b"")
    assert "is missing" in verify_log(copied.path, keys=[copied.key()]).why
    copied.heads.unlink()
    assert "is missing" in verify_log(copied.path, keys=[copied.key()]).why


def test_an_announced_head_neither_hides_a_cut_nor_has_to_be_reached(copied: Record) -> None:
    first, last = end_of(copied.entries()[4]), end_of(copied.entries()[5])
    copied.heads.write_bytes(heads(copied, first, last))
    assert verify_log(copied.path, keys=[copied.key()]).ok
    copied.path.write_bytes(b"".join(copied.path.read_bytes().splitlines(keepends=True)[:5]))
    assert verify_log(copied.path, keys=[copied.key()]).ok
    copied.heads.write_bytes(heads(copied, last, first))
    assert not verify_log(copied.path, keys=[copied.key()]).ok
    copied.path.write_bytes(b"".join(copied.path.read_bytes().splitlines(keepends=True)[:4]))
    copied.heads.write_bytes(heads(copied, first, last))
    assert "its tail was cut off" in verify_log(copied.path, keys=[copied.key()]).why


@pytest.mark.parametrize(
    "change",
    [
        {"hash": "0" * 64},
        {"seq": 5},
        {"seq": 7},
        {"seq": 0},
        {"seq": -1},
        {"seq": "6"},
        {"seq": True},
        {"signature": "0" * 128},
        {"signature": ""},
        {"signature": "é"},
        {"key": "1" * 64},
        {"key": None},
        {"more": 1},
    ],
    ids=str,
)
def test_a_forged_head_is_noticed(copied: Record, change: dict[str, object]) -> None:
    whole = copied.heads.read_bytes()
    forged = slot_of({**json.loads(whole[:512]), **change})
    for content in (forged + forged, forged + whole[512:], whole[:512] + forged):
        copied.heads.write_bytes(content)
        assert not verify_log(copied.path, keys=[copied.key()]).ok


@pytest.mark.parametrize("content", [b"\x00\xff", b"[1]\n", b"{}\n", b"null\n", b" " * 1024, b" " * 511 + b"\n" + b"x" * 512])
def test_heads_that_are_none_are_noticed(copied: Record, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "kept").write_bytes(content)
    assert not verify_log(copied.path, [tmp_path / "kept"], keys=[copied.key()]).ok or not content.strip()
    copied.heads.write_bytes(content)
    assert not verify_log(copied.path, keys=[copied.key()]).ok


@settings(deadline=None, database=None, max_examples=300)
@given(st.data())
def test_any_single_byte_that_changes_is_noticed(kept: Record, data: st.DataObject) -> None:
    log = bytearray(kept.path.read_bytes())
    place = data.draw(st.integers(0, len(log) - 1))
    log[place] = data.draw(st.integers(0, 255).filter(lambda byte: byte != log[place]))
    assert not _verdict(kept, bytes(log)).ok


@settings(deadline=None, database=None, max_examples=150)
@given(st.data())
def test_any_stretch_that_is_cut_out_or_put_in_is_noticed(kept: Record, data: st.DataObject) -> None:
    log = kept.path.read_bytes()
    start = data.draw(st.integers(0, len(log)))
    end = data.draw(st.integers(start, len(log)))
    put_in = data.draw(st.binary(max_size=5) | st.just(log[start:end]) | st.just(log[start:end] * 2))
    changed = log[:start] + put_in + log[end:]
    assert _verdict(kept, changed).ok == (changed == log)


def _verdict(kept: Record, log: bytes) -> verifier.Report:
    folder = kept.home / "changed"
    folder.mkdir(exist_ok=True)
    (folder / kept.path.name).write_bytes(log)
    shutil.copy(kept.heads, folder)
    return verify_log(folder / kept.path.name, keys=[kept.key()])


def test_every_single_byte_of_the_head_counts(kept: Record) -> None:
    folder = kept.home / "heads"
    folder.mkdir()
    shutil.copy(kept.path, folder)
    heads = kept.heads.read_bytes()
    for place in range(0, len(heads), 3):
        changed = bytearray(heads)
        changed[place] ^= 1
        (folder / kept.heads.name).write_bytes(changed)
        assert not verify_log(folder / kept.path.name, keys=[kept.key()]).ok, place


def test_attempts_without_an_end_are_listed(record: Record) -> None:
    record.add("permitted", permit_id="a")
    record.add("permitted", permit_id="b")
    record.add("permitted", permit_id="c")
    record.add("done", permit_id="a")
    record.add("failed", permit_id="c")
    record.add("refused", permit_id="d")
    report = verify_log(record.path)
    assert [(i.entry, i.permit, i.action, i.project) for i in report.unresolved] == [(2, "b", "test", "shop")]
    assert report.unresolved[0].since == "2026-03-01T12:00:00+00:00"


def test_an_empty_record_has_no_entries(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"")
    report = verify_log(tmp_path / "log")
    assert report.ok and report.entries == 0
    assert not verify_log(tmp_path / "no such log").ok


# ---- one file, alone ---------------------------------------------------------------------------------------------------------


def alone(tmp_path: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """The file copied away and run by a Python that sees no package at all."""
    program = shutil.copy(verifier.__file__, tmp_path / "verifier.py")
    return subprocess.run([sys.executable, "-I", "-S", program, *map(str, words)], capture_output=True, text=True, cwd=tmp_path)


def test_every_bit_of_a_small_record_counts(kept: Record) -> None:
    """Line ends, digits of hashes, names and values: there is no bit that could be another one."""
    (kept.home / "bits").mkdir()
    small = Record(kept.home / "bits")
    small.add("permitted", permit_id="p")
    small.add("done", permit_id="p")
    whole, key = small.path.read_bytes(), small.key()
    assert verify_log(small.path, keys=[key]).ok
    missed = []
    with small.path.open("r+b", buffering=0) as file:
        for bit in range(8 * len(whole)):
            place = bit // 8
            os.pwrite(file.fileno(), bytes([whole[place] ^ 1 << bit % 8]), place)
            if verify_log(small.path, keys=[key]).ok:
                missed.append(bit)
            os.pwrite(file.fileno(), whole[place : place + 1], place)
    assert verify_log(small.path, keys=[key]).ok
    assert not missed


def test_it_imports_nothing_but_the_standard_library() -> None:
    tree = ast.parse(Path(verifier.__file__).read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


def test_it_runs_alone_and_says_what_it_found(copied: Record, tmp_path: Path) -> None:
    copied.log.append("permitted", {"permit_id": "p", "action": "commit", "project_id": "shop"}, NOON)
    done = alone(tmp_path, copied.path, "--key", copied.keyring.public_file)
    first, second = done.stdout.splitlines()
    assert done.returncode == 0 and first == f"ok {copied.path}: 7 entries, head {copied.entries()[-1]['hash']}"
    assert second == "unresolved entry 7: commit of shop was permitted at 2026-03-01T12:00:00+00:00 (p) and has no end"
    assert "came from the record itself" in alone(tmp_path, copied.path).stdout


def test_alone_it_ends_with_1_and_the_first_bad_line(copied: Record, tmp_path: Path) -> None:
    copied.path.write_bytes(copied.path.read_bytes().replace(b'"number":3', b'"number":4'))
    done = alone(tmp_path, copied.path, "--key", copied.key().hex())
    assert done.returncode == 1 and done.stdout.startswith(f"BAD {copied.path} line 4: ") and not done.stderr
    assert alone(tmp_path, tmp_path / "none").returncode == 1


@pytest.mark.parametrize("words", [["--key", "nonsense"], ["--key", "/dev/null"], []])
def test_wrong_usage_ends_with_2(tmp_path: Path, words: list[str]) -> None:
    done = alone(tmp_path, *([tmp_path / "log"] if words else []), *words)
    assert done.returncode == 2 and "Traceback" not in done.stderr


def test_keys_are_read_from_hex_and_from_files(copied: Record, tmp_path: Path) -> None:
    key = copied.key()
    (tmp_path / "keys.txt").write_text(f"# ours\n{key.hex()}\n{'1' * 64}\n")
    assert read_keys(key.hex()) == [key] and read_keys(str(tmp_path / "keys.txt")) == [key, b"\x11" * 32]
    assert read_keys(str(copied.keyring.public_file)) == [key]


# ---- Ed25519 -----------------------------------------------------------------------------------------------------------------

RFC_8032 = [  # section 7.1: public key, message, signature
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("key", "message", "signature"), RFC_8032)
def test_the_vectors_of_the_standard_hold(key: str, message: str, signature: str) -> None:
    public, text, signed = bytes.fromhex(key), bytes.fromhex(message), bytes.fromhex(signature)
    assert ed25519_verify(public, text, signed)
    assert not ed25519_verify(public, text + b"x", signed)
    for place in (0, 31, 32, 63):
        changed = bytearray(signed)
        changed[place] ^= 1
        assert not ed25519_verify(public, text, bytes(changed))


def test_a_signature_has_no_twin() -> None:
    """s and s + L are the same number modulo L; only the first is a signature."""
    key, message, signature = (bytes.fromhex(word) for word in RFC_8032[1])
    twin = int.from_bytes(signature[32:], "little") + verifier.L
    assert not ed25519_verify(key, message, signature[:32] + twin.to_bytes(32, "little"))


@pytest.mark.parametrize("key", [b"\x01" + bytes(31), bytes(32), bytes(31) + b"\x80", (verifier.P + 1).to_bytes(32, "little"), b"short"])
def test_keys_that_sign_anything_are_refused(key: bytes) -> None:
    """Points of small order and other spellings: with them one signature holds for many messages."""
    neutral = b"\x01" + bytes(31)
    assert not ed25519_verify(key, b"anything", neutral + bytes(32))


def test_a_point_has_one_spelling() -> None:
    assert all(verifier._decompress((verifier.P + small).to_bytes(32, "little")) is None for small in range(19))


@settings(deadline=None, database=None, max_examples=25)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=100), st.integers(0, 511))
def test_it_agrees_with_the_library_that_signs(seed: bytes, message: bytes, bit: int) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = private.public_key().public_bytes_raw(), private.sign(message)
    assert ed25519_verify(public, message, signature)
    flipped = bytearray(signature)
    flipped[bit // 8] ^= 1 << bit % 8
    assert not ed25519_verify(public, message, bytes(flipped))
    assert not ed25519_verify(public, hashlib.sha256(message).digest(), signature)
