"""Checks a record of autosd offline. One file, standard library only: copy it to any machine with Python and run it there.

    python verifier.py audit.log.jsonl --key public_key.pem

It recomputes every hash and follows the chain over all segments (``LOG.<first>-<last>``) and the log. The signed head in ``LOG.heads``,
and any that were kept elsewhere, vouch for the last entry and by the chain for all before it; so a tail that was cut off is noticed.
It also lists attempts without an end. Exit code 0: intact; 1: not, with the first bad line.

Rules: it imports nothing of autosd, and believes no key that comes with the record unless nobody gave it a better one, and then says so.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import re
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

try:
    import fcntl
except ImportError:  # an auditor's machine need not be one of ours
    fcntl = None  # type: ignore[assignment]

GENESIS = "0" * 64
TAIL = 76  # ``,"hash":"<64 hex digits>"}`` and the line end; the hash is over everything before it
SLOT = 512  # the heads file has two slots: the head, and the one that was announced
SEGMENT = re.compile(r"\.(\d{12,18})-(\d{12,18})\Z")
SPKI_PREFIX = bytes.fromhex("302a300506032b6570032100")  # of every Ed25519 public key in PEM form
_parse = json.JSONDecoder().raw_decode


class Bad(Exception):
    """What is wrong; ``line`` is where in ``file`` (0: the record as a whole)."""

    def __init__(self, line: int, why: str, file: str = "") -> None:
        super().__init__(why)
        self.line, self.why, self.file = line, why, file


class Head(NamedTuple):
    """A signed statement: entry ``seq`` has this hash."""

    seq: int
    hash: str
    key: str
    signature: str


@dataclass(frozen=True)
class Intent:
    """An attempt that was permitted and has no end: it is running, or its process was killed."""

    entry: int
    permit: str
    action: str
    project: str
    since: str


@dataclass(frozen=True)
class Report:
    """``ok`` with what was found, or the first bad line, its file, and why."""

    ok: bool
    entries: int
    head: str
    line: int = 0
    why: str = ""
    pinned: bool = False  # whether the key came from elsewhere than the record
    key: str = ""
    unresolved: tuple[Intent, ...] = ()
    file: str = ""
    first: int = 1  # entry that was looked at
    segments: int = 0


def verify_log(log: Path, heads: Iterable[Path] = (), keys: Iterable[bytes] = (), *, partial: bool = False) -> Report:
    """Check ``log`` and its segments against its own ``.heads`` and any others, trusting ``keys`` (raw, 32 bytes each).

    ``partial``: the oldest segments are kept elsewhere; the record is checked from the first one that is there.
    """
    walk, trusted = _Walk(), [key.hex() for key in keys]
    try:
        with _at_rest(log):
            now, announced = _own_heads(log)
            elsewhere = [head for path in heads for head in _read_heads(path)]
            walk.wanted = {head.seq for head in (now, announced, *elsewhere) if head}
            _follow_all(walk, log, partial)
        _require_covered(walk, f"{log.name}.heads", now, announced)
        signed = [head for head in (*walk.carried, now, *elsewhere) if head]
        own = trusted or [head.key for head in (*signed, announced) if head][:1]
        _check_signed(walk, signed, announced, own)
    except Bad as bad:
        return Report(False, walk.seq, walk.tip, bad.line, bad.why, bool(trusted), file=bad.file or walk.file, first=walk.first)
    except OSError as error:
        return Report(False, walk.seq, walk.tip, 0, f"cannot be read: {error}", bool(trusted))
    key, intents, segments = own[0] if own else "", tuple(walk.open.values()), max(0, walk.files - 1)
    return Report(True, walk.seq, walk.tip, 0, "", bool(trusted), key, intents, "", walk.first, segments)


@contextmanager
def _at_rest(log: Path) -> Iterator[None]:
    """Keep writers out while the record is read; a writer that does not let go, or a foreign system, is not waited for."""
    missing = 0
    for _ in range(500):
        try:
            held = log.open("rb")
        except FileNotFoundError:
            missing += 1
            if missing > 20 or not _segments(log):
                break  # gone; or its writer died between a rotation and the next entry
        else:
            missing = 0
            with held:
                if _is_ours(held.fileno(), log):
                    yield
                    return
        time.sleep(0.01)
    yield


def _is_ours(file: int, log: Path) -> bool:
    try:
        if fcntl:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return log.stat().st_ino == os.fstat(file).st_ino
    except OSError as error:
        return not isinstance(error, BlockingIOError | FileNotFoundError)  # no locks there, so no writers either


def _segments(log: Path) -> list[tuple[int, int, Path]]:
    found = []
    for path in log.parent.iterdir() if log.parent.is_dir() else ():
        match = SEGMENT.fullmatch(path.name[len(log.name) :]) if path.name.startswith(log.name + ".") else None
        if match:
            found.append((int(match[1]), int(match[2]), path))
    return sorted(found)


def _follow_all(walk: _Walk, log: Path, partial: bool) -> None:
    parts = _segments(log)
    if partial:
        walk.begin_at(parts[0][2] if parts else log)
    for first, last, path in parts:
        if first != walk.seq + 1:
            raise Bad(0, f"it begins with entry {first}, but {walk.seq + 1} comes next: a segment is missing", path.name)
        walk.follow(path)
        if walk.seq != last:
            raise Bad(0, f"it ends at entry {walk.seq}, not at the {last} in its name", path.name)
    if log.exists() or not parts:
        walk.follow(log)


class _Walk:
    """One pass over the lines. What it remembers: the hashes that heads speak of, and attempts without an end."""

    def __init__(self) -> None:
        self.seq, self.tip, self.first, self.files, self.file = 0, GENESIS, 1, 0, ""
        self.wanted: set[int] = set()
        self.hashes, self.open = dict[int, str](), dict[str, Intent]()
        self.carried: list[Head] = []  # the head that a record without its oldest segments begins with

    def begin_at(self, path: Path) -> None:
        """Go on from the head that the first file carries in its first entry; its signature is checked with the others."""
        with path.open("rb") as lines:
            entry = _entry(1, lines.readline())
        if entry.get("kind") == "rotated":
            head = _head(entry.get("details", {}).get("head"), path.name)
            self.seq, self.tip, self.first, self.carried = head.seq, head.hash, head.seq + 1, [head]
            self.hashes[head.seq] = head.hash

    def follow(self, path: Path) -> None:
        self.file, self.files = path.name, self.files + 1
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                self._take(number, line)

    def _take(self, number: int, line: bytes) -> None:
        body, seq = line[:-TAIL], self.seq + 1
        hash = hashlib.sha256(body).hexdigest()
        if line[-TAIL:] != b',"hash":"%b"}\n' % hash.encode():
            torn = "the line is incomplete: its writer died, or its end was cut off"
            raise Bad(number, "its content does not fit its hash: it was changed" if line.endswith(b"\n") else torn)
        if not body.endswith(b',"seq":%d,"prev":"%b"' % (seq, self.tip.encode())):
            raise Bad(number, self._why_apart(number, line))
        entry = _entry(number, line)
        self.seq, self.tip = seq, hash
        if seq in self.wanted:
            self.hashes[seq] = hash
        kind = entry.get("kind")
        if kind == "permitted":
            told = [str(entry.get(name)) for name in ("permit_id", "action", "project_id", "timestamp")]
            self.open[told[0]] = Intent(seq, *told)
        elif kind in ("done", "failed"):
            self.open.pop(str(entry.get("permit_id")), None)

    def _why_apart(self, number: int, line: bytes) -> str:
        if (seq := _entry(number, line).get("seq")) != self.seq + 1:
            return f"entry {seq!r} stands where {self.seq + 1} belongs: dropped, inserted or moved"
        return "it does not follow the line before it: one of the two was changed, dropped, inserted or moved"


def _entry(number: int, line: bytes) -> dict[str, Any]:
    try:
        text = line.decode("ascii")
        entry, end = _parse(text)
    except (ValueError, RecursionError):
        entry, text, end = None, "", 0
    if isinstance(entry, dict) and text[end:] == "\n":
        return entry
    raise Bad(number, "it is not what was written (no JSON object)")


def _own_heads(log: Path) -> tuple[Head | None, Head | None]:
    """What lies beside the log: the head that holds, and the one that was announced."""
    path = log.with_name(log.name + ".heads")
    content = path.read_bytes() if path.exists() else b""
    if len(content) not in (0, 2 * SLOT):
        raise Bad(0, "it does not hold two slots", path.name)
    return _slot(content[:SLOT], path.name), _slot(content[SLOT:], path.name)


def _slot(slot: bytes, name: str) -> Head | None:
    if slot in (b"", b" " * (SLOT - 1) + b"\n"):
        return None
    head = _head(_json(slot), name)
    if slot != json.dumps(head._asdict(), sort_keys=True, separators=(",", ":")).encode().ljust(SLOT - 1) + b"\n":
        raise Bad(0, "it holds a slot that is no signed head", name)
    return head


def _read_heads(path: Path) -> Iterator[Head]:
    """Heads kept elsewhere: one JSON object a line, as `autosd audit head` prints them, or with `--json`."""
    content = path.read_bytes()
    whole = _json(content)
    found = [whole.get("head", whole)] if isinstance(whole, dict) else [_json(line) for line in content.splitlines() if line.strip()]
    for head in found:
        yield _head(head, path.name)


def _json(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _head(value: object, name: str) -> Head:
    if isinstance(value, dict) and set(value) == set(Head._fields) and type(value["seq"]) is int:
        return Head(value["seq"], str(value["hash"]), str(value["key"]), str(value["signature"]))
    raise Bad(0, "it holds something that is no signed head", name)


def _require_covered(walk: _Walk, name: str, now: Head | None, announced: Head | None) -> None:
    """The last entry is the one that the head vouches for, or the one that was announced when its writer died."""
    if walk.seq and not now and not announced:
        raise Bad(0, "it is missing: whether a tail was cut off cannot be told", name)
    reached = now.seq if now else 0
    if walk.seq > reached and not (announced and announced.seq == walk.seq):
        raise Bad(walk.seq, f"entries after {reached} are not covered by the signed head: it is old, they are forged, or their writer died")
    if announced and announced.seq < reached:
        raise Bad(0, "the announced head is older than the head", name)


def _check_signed(walk: _Walk, heads: Iterable[Head], announced: Head | None, trusted: list[str]) -> None:
    """Every head is signed with a trusted key and, but for one that was only announced, is part of this chain."""
    for head in dict.fromkeys([*heads, *([announced] if announced else [])]):
        if head.key not in trusted:
            raise Bad(0, f"head {head.seq} is signed with a key that is not trusted ({head.key[:16]}...)")
        if not _signature_holds(head):
            raise Bad(0, f"the signature of head {head.seq} is forged")
        if (head == announced and head not in heads and head.seq > walk.seq) or 0 < head.seq < walk.first - 1:
            continue  # its line was never written; or its segment is kept elsewhere
        if head.seq > walk.seq:
            raise Bad(walk.seq, f"the record ends at entry {walk.seq}, but a signed head says {head.seq}: its tail was cut off")
        if walk.hashes.get(head.seq) != head.hash:
            raise Bad(head.seq, f"entry {head.seq} is not the one in its signed head: the record was rewritten")


def _signature_holds(head: Head) -> bool:
    if not re.fullmatch("[0-9a-f]{64}", head.key) or not re.fullmatch("[0-9a-f]{128}", head.signature):
        return False
    statement = f"autosd-audit-v2 {head.seq} {head.hash}".encode()
    return ed25519_verify(bytes.fromhex(head.key), statement, bytes.fromhex(head.signature))


# Ed25519 (RFC 8032), verification only
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
        result = _add(result, point) if n & 1 else result
        point, n = _add(point, point), n >> 1
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


def read_keys(word: str) -> list[bytes]:
    """Public keys given as hex, or as a file of hex lines or PEM blocks. Raises ``ValueError`` when there is none in it."""
    if re.fullmatch(r"[0-9a-fA-F]{64}", word):
        return [bytes.fromhex(word)]
    text = Path(word).read_text("ascii", "replace")
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
    parser.add_argument("--heads", type=Path, action="append", default=[], metavar="FILE", help="signed heads that were kept elsewhere")
    parser.add_argument("--key", action="append", default=[], metavar="HEX|FILE", help="a public key to trust")
    parser.add_argument("--partial", action="store_true", help="the oldest segments are kept elsewhere: check what is here")
    given = parser.parse_args(arguments)
    try:
        keys = [key for word in given.key for key in read_keys(word)]
    except (OSError, ValueError) as error:
        parser.error(str(error))
    report = verify_log(given.log, given.heads, keys, partial=given.partial)
    print("\n".join(describe(report, given.log)))  # noqa: T201 - a program of its own
    return 0 if report.ok else 1


def describe(report: Report, log: Path) -> Iterator[str]:
    """The report in words, one line a fact."""
    if not report.ok:
        file = log.with_name(report.file) if report.file else log
        yield f"BAD {file}" + (f" line {report.line}" if report.line else "") + f": {report.why}"
        return
    parts = f" in {report.segments + 1} files" if report.segments else ""
    yield f"ok {log}: {report.entries - report.first + 1} entries{parts}" + (f", head {report.head}" if report.head else "")
    if report.first > 1:
        yield f"note: it was checked from entry {report.first}; the segments before it are not here"
    if report.entries and not report.pinned:
        yield f"note: the key {report.key} came from the record itself; give --key to be sure who signed it"
    for it in report.unresolved:
        yield f"unresolved entry {it.entry}: {it.action} of {it.project} was permitted at {it.since} ({it.permit}) and has no end"


if __name__ == "__main__":
    sys.exit(main())
