"""Checks a record of autosd offline. One file, standard library only: copy it to any machine with Python and run it there.

    python verifier.py audit.log.jsonl --key public_key.pem

It recomputes every hash, follows the chain, and checks the signature of the last entry, which by the chain vouches for all before
it. Signed heads (``LOG.heads``, and any heads that were kept elsewhere) prove that the record once reached an entry, so that a tail
that was cut off is noticed. It also lists attempts without an end. Exit code 0: intact; 1: not, with the first bad line.

Rules: it imports nothing of autosd, and believes no key that comes with the log unless nobody gave it a better one, and then says so.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

try:
    import fcntl
except ImportError:  # an auditor's machine need not be one of ours
    fcntl = None  # type: ignore[assignment]

GENESIS = "0" * 64
UNHASHED = ("hash", "key", "signature")
SPKI_PREFIX = bytes.fromhex("302a300506032b6570032100")  # of every Ed25519 public key in PEM form


class Bad(Exception):
    """What is wrong; ``line`` is where (0: the record as a whole)."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line
        self.why = why


@dataclass(frozen=True)
class Head:
    """A signed statement: entry ``seq`` has this hash."""

    seq: int
    hash: str
    key: str
    signature: str


@dataclass(frozen=True)
class Intent:
    """An attempt that was permitted and has no end: it is running, or its process was killed."""

    line: int
    permit: str
    action: str
    project: str


@dataclass(frozen=True)
class Report:
    """``ok`` with what was found, or the first bad line and why."""

    ok: bool
    entries: int
    head: str
    line: int = 0
    why: str = ""
    pinned: bool = False  # whether the key came from elsewhere than the record
    key: str = ""
    unresolved: tuple[Intent, ...] = ()


# ---- the chain ---------------------------------------------------------------------------------------------------------------


def verify_log(log: Path, heads: Iterable[Path] = (), keys: Iterable[bytes] = ()) -> Report:
    """Check ``log`` against its own ``.heads`` and any others, trusting ``keys`` (raw, 32 bytes each)."""
    walk, trusted = _Walk(), [key.hex() for key in keys]
    try:
        with _at_rest(log):
            walk.follow(log)
            signed = _all_heads(log, heads, walk)
        own = trusted or [head.key for head in (walk.last, *signed) if head][:1]
        _check_signed(walk, signed, own)
    except Bad as bad:
        return Report(False, walk.entries, walk.tip, bad.line, bad.why, bool(trusted))
    except OSError as error:
        return Report(False, walk.entries, walk.tip, 0, f"cannot be read: {error}", bool(trusted))
    return Report(True, walk.entries, walk.tip, pinned=bool(trusted), key=own[0] if own else "", unresolved=tuple(walk.open.values()))


@contextmanager
def _at_rest(log: Path) -> Iterator[None]:
    """Keep writers out while the log and its head are read; a writer that does not let go, or a foreign system, is not waited for."""
    with log.open("rb") as held:
        for _ in range(500 if fcntl else 0):
            try:
                fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(0.01)
            except OSError:
                break
        yield


class _Walk:
    """One pass over the log: hashes by entry, open intents, the last entry. Memory grows with the number of entries, not their size."""

    def __init__(self) -> None:
        self.hashes: list[str] = []
        self.open: dict[str, Intent] = {}
        self.last: Head | None = None

    @property
    def entries(self) -> int:
        return len(self.hashes)

    @property
    def tip(self) -> str:
        return self.hashes[-1] if self.hashes else GENESIS

    def follow(self, log: Path) -> None:
        previous = GENESIS
        with log.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.endswith(b"\n"):
                    raise Bad(number, "the line is incomplete: its writer died, or its end was cut off")
                self._take(number, line[:-1], previous)
                previous = hashlib.sha256(line[:-1]).hexdigest()

    def _take(self, number: int, line: bytes, previous: str) -> None:
        entry = _parse(number, line)
        if entry.get("seq") != number:
            raise Bad(number, f"entry {entry.get('seq')!r} stands where {number} belongs: dropped, inserted or moved")
        if entry.get("prev") != previous:
            raise Bad(number, "it does not follow the line before it: one of the two was changed, dropped, inserted or moved")
        self.hashes.append(entry["hash"])
        self.last = _head(number, entry)
        self._intent(number, entry)

    def _intent(self, number: int, entry: dict[str, Any]) -> None:
        permit, kind = str(entry.get("permit_id")), entry.get("kind")
        if kind == "permitted":
            self.open[permit] = Intent(number, permit, str(entry.get("action")), str(entry.get("project_id")))
        elif kind in ("done", "failed"):
            self.open.pop(permit, None)


def _parse(number: int, line: bytes) -> dict[str, Any]:
    try:
        entry = json.loads(line)
        intact = isinstance(entry, dict) and _canonical(entry) == line
    except (ValueError, RecursionError):
        intact = False
    if not intact:
        raise Bad(number, "it is not what was written (no canonical JSON)")
    content = {key: value for key, value in entry.items() if key not in UNHASHED}
    if entry.get("hash") != hashlib.sha256(_canonical(content)).hexdigest():
        raise Bad(number, "its content does not fit its hash: it was changed")
    return dict(entry)


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode("ascii")


# ---- signed heads ------------------------------------------------------------------------------------------------------------


def _head(number: int, entry: dict[str, Any]) -> Head:
    try:
        return Head(int(entry["seq"]), str(entry["hash"]), str(entry["key"]), str(entry["signature"]))
    except (KeyError, TypeError, ValueError):
        raise Bad(number, "it carries no signature") from None


def _all_heads(log: Path, more: Iterable[Path], walk: _Walk) -> list[Head]:
    own = log.with_name(log.name + ".heads")
    if not own.exists() and walk.entries > 1:  # a crash may fall between the first line and its head, but never later
        raise Bad(0, f"its signed head {own.name} is missing: whether a tail was cut off cannot be told")
    files = [*([own] if own.exists() else []), *(path for path in more if path.resolve() != own.resolve())]
    heads = [head for path in files for head in _read_heads(path)]
    if own.exists() and not any(head.seq >= walk.entries - 1 for head in heads):
        raise Bad(walk.entries, f"its signed head {own.name} is old: entries after it are not covered")
    return heads


def _read_heads(path: Path) -> Iterator[Head]:
    for line in path.read_bytes().splitlines():
        try:
            entry = json.loads(line)
            if set(entry) != {"seq", "hash", "key", "signature"} or type(entry["seq"]) is not int:
                raise ValueError
        except (ValueError, TypeError, RecursionError):
            raise Bad(0, f"{path.name} holds a line that is no signed head") from None
        yield _head(0, entry)


def _check_signed(walk: _Walk, heads: Iterable[Head], trusted: list[str]) -> None:
    """Every head, and the last entry, is signed with a trusted key and is part of this chain."""
    checked: set[Head] = set()
    for head in [*([walk.last] if walk.last else []), *heads]:
        if head in checked:
            continue
        checked.add(head)
        line = head.seq if head is walk.last else 0
        if head.key not in trusted:
            raise Bad(line, f"entry {head.seq} is signed with a key that is not trusted ({head.key[:16]}...)")
        if not _signature_holds(head):
            raise Bad(line, f"the signature of head {head.seq} is forged")
        if head.seq > walk.entries:
            raise Bad(walk.entries, f"the record ends at entry {walk.entries}, but a signed head says {head.seq}: its tail was cut off")
        if head.seq < 1 or walk.hashes[head.seq - 1] != head.hash:
            raise Bad(head.seq, f"entry {head.seq} is not the one in its signed head: the record was rewritten")


def _signature_holds(head: Head) -> bool:
    try:
        key, signature = bytes.fromhex(head.key), bytes.fromhex(head.signature)
    except ValueError:
        return False
    return head.key == key.hex() and head.signature == signature.hex() and ed25519_verify(key, _statement(head), signature)


def _statement(head: Head) -> bytes:
    return f"autosd-audit-v1 {head.seq} {head.hash}".encode()


# ---- Ed25519 (RFC 8032), verification only -----------------------------------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
Point = tuple[int, int, int, int]  # extended coordinates: x = X/Z, y = Y/Z, x*y = T/Z
NEUTRAL: Point = (0, 1, 1, 0)


def ed25519_verify(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether ``signature`` is ``key``'s over ``message``. Refuses what is not in canonical form, so no signature has a twin."""
    if len(key) != 32 or len(signature) != 64:
        return False
    public, commitment = _decompress(key), _decompress(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if public is None or commitment is None or s >= L or _same(_times(8, public), NEUTRAL):
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    return _same(_times(s, BASE), _add(commitment, _times(h, public)))


def _add(a: Point, b: Point) -> Point:
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    x, t, z, y = f - e, h - g, h + g, f + e
    return (x * t % P, y * z % P, t * z % P, x * y % P)


def _times(n: int, point: Point) -> Point:
    result = NEUTRAL
    while n:
        if n & 1:
            result = _add(result, point)
        point = _add(point, point)
        n >>= 1
    return result


def _same(a: Point, b: Point) -> bool:
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


def _decompress(data: bytes) -> Point | None:
    number = int.from_bytes(data, "little")
    y, sign = number & (2**255 - 1), number >> 255
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return (x, y, 1, x * y % P)


BASE: Point = _decompress((4 * pow(5, -1, P) % P).to_bytes(32, "little")) or NEUTRAL


# ---- keys and the command line -----------------------------------------------------------------------------------------------


def read_keys(word: str) -> list[bytes]:
    """Public keys given as hex, or as a file of hex lines or PEM blocks. Raises ``ValueError`` when there is none in it."""
    if re.fullmatch(r"[0-9a-fA-F]{64}", word):
        return [bytes.fromhex(word)]
    text = Path(word).read_text(encoding="ascii", errors="replace")
    blocks = re.findall(r"-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----", text)
    spki = [base64.b64decode("".join(block.split())) for block in blocks]
    keys = [der[len(SPKI_PREFIX) :] for der in spki if der.startswith(SPKI_PREFIX) and len(der) == 44]
    keys += [bytes.fromhex(line) for line in re.findall(r"^[0-9a-fA-F]{64}$", text, re.MULTILINE)]
    if not keys:
        raise ValueError(f"{word} holds no Ed25519 public key")
    return keys


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Check a record of autosd offline.")
    parser.add_argument("log", type=Path)
    parser.add_argument("--heads", type=Path, action="append", default=[], metavar="FILE", help="more signed heads, kept elsewhere")
    parser.add_argument("--key", action="append", default=[], metavar="HEX|FILE", help="a public key to trust")
    given = parser.parse_args(arguments)
    try:
        keys = [key for word in given.key for key in read_keys(word)]
    except (OSError, ValueError) as error:
        parser.error(str(error))
    report = verify_log(given.log, given.heads, keys)
    print("\n".join(describe(report, given.log)))  # noqa: T201 - a program of its own
    return 0 if report.ok else 1


def describe(report: Report, log: Path) -> Iterator[str]:
    """The report in words, one line a fact."""
    if not report.ok:
        yield f"BAD {log}" + (f" line {report.line}" if report.line else "") + f": {report.why}"
        return
    yield f"ok {log}: {report.entries} entries, head {report.head}"
    if report.entries and not report.pinned:
        yield f"note: the key {report.key} came from the record itself; give --key to be sure who signed it"
    for intent in report.unresolved:
        yield f"unresolved line {intent.line}: {intent.action} of {intent.project} was permitted ({intent.permit}) and has no end"


if __name__ == "__main__":
    sys.exit(main())
