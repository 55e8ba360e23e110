"""The direct write: proven files put into the project itself, inside the write root, with a backup and a record to undo it by.

``artifacts/autonomy-applied/<epoch-ms>/`` holds what was applied, what was there before, and ``metadata.json``. The record is whole
before the first file is touched, so a write that was killed is finished, or undone, by it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from autosd.domain.decisions import Action, Permit
from autosd.domain.errors import AutosdError
from autosd.governance.permits import require
from autosd.governance.redaction import redact

FOLDER = PurePosixPath("artifacts/autonomy-applied")


@dataclass(frozen=True)
class Applied:
    """One file of a record. ``backup`` is None where there was none, ``code`` where the change deletes it; digests are SHA-256."""

    target: str  # absolute, canonical
    code: str | None
    backup: str | None
    applied_digest: str  # "" for a file that is not there
    backup_digest: str
    mode: int = 0o644


@dataclass(frozen=True)
class ApplyRecord:
    """One direct write. ``rolled_back`` names the regression that undid it."""

    place: Path
    change: str
    at: datetime
    files: tuple[Applied, ...]
    rolled_back: str = ""

    def of(self, target: Path) -> Applied | None:
        return next((each for each in self.files if each.target == str(target)), None)


def write_files(
    permits: Mapping[str, Permit], root: Path, write_root: Path, before: Mapping[str, str | None], after: Mapping[str, str | None], *,
    change: str, project: str, request: Mapping[str, Any], now: datetime,
) -> ApplyRecord:  # fmt: skip
    """Write ``after`` (by path in the project) over ``before``, which is what was proven against. Safe to repeat.

    ``permits`` has one for each path. Raises ``AUTOSD-WRITE-CONFLICT`` when a file is no longer what the proof began with,
    ``AUTOSD-WRITE-FAILED`` when the disk says no; then everything is as it was.
    """
    for path in after:
        require(permits[path], Action.WRITE, project, [path])
    targets = {path: _inside(root / path, write_root) for path in after}
    with _told(root):
        known = _unfinished(root, change)
        if known is None:
            _require({str(targets[path]): {_digest(text)} for path, text in before.items()})
        record = known or _recorded(root, targets, before, after, change, request, now)
        _require({each.target: {each.backup_digest, each.applied_digest} for each in record.files})
        try:
            for each in record.files:
                put(Path(each.target), _bytes(record.place, each.code), each.mode)
        except OSError:
            if known is None:
                _as_it_was(record)
            raise
    return record


def records(root: Path) -> tuple[ApplyRecord, ...]:
    """Oldest first; drafts and foreign folders are not among them."""
    found = (read_record(place) for place in root.joinpath(*FOLDER.parts).glob("[0-9]*"))
    return tuple(sorted((each for each in found if each), key=_age))


def _age(record: ApplyRecord) -> tuple[int, int]:
    first, _, second = record.place.name.partition("-")
    return int(first), int(second or 1)


def writes_on(root: Path, day: datetime) -> int:
    """Direct writes since midnight UTC, those that were undone included: counted from what exists."""
    return sum(each.at.astimezone(UTC).date() == day.astimezone(UTC).date() for each in records(root))


def read_record(place: Path) -> ApplyRecord | None:
    try:
        value = json.loads((place / "metadata.json").read_bytes())
        files = tuple(Applied(**each) for each in value["files"])
        int(place.name.partition("-")[0])
        at = datetime.fromtimestamp(value["appliedAt"] / 1000, UTC)
        return ApplyRecord(place, str(value["change"]), at, files, str(value.get("rolledBack") or ""))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def mark_rolled_back(record: ApplyRecord, by: str) -> ApplyRecord:
    file = record.place / "metadata.json"
    value = json.loads(file.read_bytes())
    _replace(file, json.dumps({**value, "rolledBack": by}, indent=2).encode() + b"\n", 0o600)
    return replace(record, rolled_back=by)


def digest_at(target: Path) -> str:
    """Of what is there now; "" for nothing. A link is no file of ours."""
    if target.is_symlink():
        return "link"
    return hashlib.sha256(target.read_bytes()).hexdigest() if target.is_file() else ""


def put(target: Path, content: bytes | None, mode: int) -> None:
    """In one step; None: gone."""
    if content is None:
        with suppress(FileNotFoundError, NotADirectoryError):
            target.unlink()
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        _replace(target, content, mode)


def _replace(file: Path, content: bytes, mode: int) -> None:
    draft = file.with_name(f".{file.name}.{uuid.uuid4().hex}")
    try:
        with draft.open("xb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        draft.chmod(mode)
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


def _inside(target: Path, write_root: Path) -> Path:
    """Asked again here, after the guard: nobody may have put a link in the way meanwhile."""
    spot = target.resolve()
    if target.is_symlink() or not spot.is_relative_to(write_root.resolve()) or spot == write_root.resolve():
        message = f"A direct write to {target} would not be inside the write root {write_root}."
        raise AutosdError("AUTOSD-WRITE-ROOT", message, "Write below SELFCODING_WRITE_ROOT, or set it to the folder you mean.")
    return spot


def _unfinished(root: Path, change: str) -> ApplyRecord | None:
    """The record of this very change, which a killed run may have left before it wrote all of it."""
    return next((each for each in records(root) if each.change == change and not each.rolled_back), None)


def _require(digests: Mapping[str, set[str]]) -> None:
    """Each file is what the proof began with, or (found again) what is to be written."""
    for target, known in digests.items():
        if digest_at(Path(target)) not in known:
            message = f"{target} is no longer what the change was proven against."
            raise AutosdError("AUTOSD-WRITE-CONFLICT", message, "Run again: the proof is made anew.", exit_code=1)


def _as_it_was(record: ApplyRecord) -> None:
    for each in record.files:
        put(Path(each.target), _bytes(record.place, each.backup), each.mode)
    shutil.rmtree(record.place, ignore_errors=True)


def _recorded(
    root: Path, targets: Mapping[str, Path], before: Mapping[str, str | None], after: Mapping[str, str | None], change: str,
    request: Mapping[str, Any], now: datetime,
) -> ApplyRecord:  # fmt: skip
    home = root.joinpath(*FOLDER.parts)
    home.mkdir(parents=True, exist_ok=True)
    if not (home / ".gitignore").exists():
        (home / ".gitignore").write_text("*\n", encoding="utf-8")
    draft = home / f".draft-{uuid.uuid4().hex}"
    draft.mkdir()
    try:
        files = tuple(_kept(draft, number, targets[path], before[path], text) for number, (path, text) in enumerate(after.items()))
        stamp = int(now.timestamp() * 1000)
        first = files[0]
        value = {
            "target": first.target, "request": redact(dict(request)), "appliedAt": stamp,
            "backupPath": first.backup, "codePath": first.code,
            "change": change, "files": [asdict(each) for each in files], "rolledBack": None,
        }  # fmt: skip
        (draft / "metadata.json").write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
        place = home / str(stamp)
        number = 1
        while place.exists():
            number += 1
            place = home / f"{stamp}-{number}"
        draft.rename(place)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return ApplyRecord(place, change, now, files)


def _kept(draft: Path, number: int, target: Path, before: str | None, after: str | None) -> Applied:
    suffix = f"{'' if number == 0 else f'-{number}'}{target.suffix}"
    names = []
    for name, text in ((f"applied{suffix}", after), (f"backup{suffix}", before)):
        if text is not None:
            (draft / name).write_bytes(_encoded(text))
        names.append(name if text is not None else None)
    mode = target.stat().st_mode & 0o777 if target.is_file() else 0o644
    return Applied(str(target), names[0], names[1], _digest(after), _digest(before), mode)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _digest(text: str | None) -> str:
    return "" if text is None else hashlib.sha256(_encoded(text)).hexdigest()


def _bytes(place: Path, name: str | None) -> bytes | None:
    return None if name is None else (place / name).read_bytes()


@contextmanager
def _told(root: Path) -> Iterator[None]:
    """Whatever the disk says, in one line."""
    try:
        yield
    except OSError as error:
        remedy = "Make the project's folder writable (and the disk not full), then run again."
        raise AutosdError("AUTOSD-WRITE-FAILED", f"Writing into {root} failed: {error}.", remedy, exit_code=1) from error
