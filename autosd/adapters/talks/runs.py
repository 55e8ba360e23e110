"""Runs of conversations in autosd's home: a killed run's replies are found again, a finished run leaves only its transcript.

``talks/<key>/`` belongs to one request. Whoever works on it holds its lock; a second process with the same request gets a run of its
own beside it, which nobody takes up later. All files are the owner's alone.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import re
import shutil
import threading
import uuid
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from autosd.adapters.talks.pruning import prune
from autosd.adapters.talks.transcript import Transcript
from autosd.domain.models import Reply
from autosd.domain.talks import Kept, reply_from_dict, reply_to_dict

logger = logging.getLogger(__name__)

MOST_BYTES = 8_000_000  # of one kept reply
_NAME = re.compile(r"[0-9a-f]{16,64}")


@dataclass
class FileTalkRun:
    """Satisfies ``TalkRun``."""

    id: str
    folder: Path
    transcript: Transcript
    lock: int = -1
    _turns: Counter[str] = field(default_factory=Counter)
    _mutex: threading.Lock = field(default_factory=threading.Lock)

    def turn(self, prompt: str) -> int:
        """See ``TalkRun``."""
        with self._mutex:
            self._turns[prompt] += 1
            return self._turns[prompt] - 1

    def kept(self, prompt: str, turn: int) -> Kept | None:
        """See ``TalkRun``. What cannot be read was never kept."""
        value = _read(self._file(prompt, turn))
        try:
            reply = reply_from_dict(value["reply"]) if value and value["reply"] else None
            return Kept(value["tries"], reply, value["reservation"], value["amounts"]) if value else None
        except (KeyError, TypeError, ValueError):
            return None

    def keep(self, prompt: str, turn: int, kept: Kept) -> None:
        """See ``TalkRun``."""
        reply = reply_to_dict(kept.reply) if kept.reply else None
        _write(self._file(prompt, turn), {**asdict(kept), "reply": reply})

    def answer(self, prompt: str) -> Reply | None:
        """See ``TalkRun``."""
        file = _answers(self.folder) / f"{_safe(prompt)}.json"
        with self._mutex:
            value = _read(file)
            if value is None:
                return None
            file.unlink(missing_ok=True)
        try:
            return reply_from_dict(value)
        except ValueError:
            return None

    def write(self, line: Mapping[str, Any]) -> None:
        """See ``TalkRun``."""
        self.transcript.write(line)

    def _file(self, prompt: str, turn: int) -> Path:
        return self.folder / "replies" / f"{_safe(prompt)}.{turn}.json"

    def unlock(self) -> None:
        if self.lock >= 0:
            os.close(self.lock)
            self.lock = -1


class FileTalkRuns:
    """Satisfies ``TalkRuns``. ``days`` and ``megabytes`` bound what lies in ``talks/`` and ``transcripts/``."""

    def __init__(self, home: Path, *, days: float, megabytes: int) -> None:
        self._talks, self._transcripts = home / "talks", home / "transcripts"
        self._days, self._bytes = days, megabytes * 1_000_000
        self._mine: dict[str, FileTalkRun] = {}
        self._mutex = threading.Lock()

    def take(self, key: str) -> FileTalkRun:
        """See ``TalkRuns``."""
        with self._mutex:
            run = self._mine.get(key)
            if run is None:
                if not self._mine:
                    self._prune()
                run = self._mine[key] = self._opened(self._talks / _safe(key))
            return run

    def end(self, key: str) -> None:
        """See ``TalkRuns``."""
        with self._mutex:
            run = self._mine.pop(key, None)
            folder = run.folder if run else self._talks / _safe(key)
            if run is None and not folder.is_dir():
                return
            lock = run.lock if run else _locked(folder)
            if lock < 0:
                return  # somebody else's
            shutil.rmtree(folder / "replies", ignore_errors=True)
            (folder / "run.json").unlink(missing_ok=True)
            if "+" in folder.name or not any(_answers(folder).glob("*.json")):
                shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)

    def put_answer(self, key: str, prompt: str, reply: Reply) -> None:
        """See ``TalkRuns``."""
        _write(_answers(self._talks / _safe(key)) / f"{_safe(prompt)}.json", reply_to_dict(reply))

    def close(self) -> None:
        """The runs that have not ended wait for the next process."""
        with self._mutex:
            for run in self._mine.values():
                run.unlock()
            self._mine.clear()

    def _opened(self, folder: Path) -> FileTalkRun:
        lock, id = _locked(folder), uuid.uuid4().hex
        if lock < 0:
            folder = folder.with_name(f"{folder.name}+{id[:8]}")
            lock = _locked(folder)
        known = _read(folder / "run.json") or {}
        if isinstance(known.get("id"), str) and _NAME.fullmatch(known["id"]):
            id = known["id"]
        else:
            shutil.rmtree(folder / "replies", ignore_errors=True)
            _write(folder / "run.json", {"id": id})
        return FileTalkRun(id, folder, Transcript(self._transcripts / f"{id}.jsonl"), lock)

    def _prune(self) -> None:
        """What is too old goes, then the oldest until the rest is small enough. What somebody works on stays."""
        prune((self._talks, self._transcripts), days=self._days, most=self._bytes)


def _answers(folder: Path) -> Path:
    return folder.with_name(folder.name.partition("+")[0]) / "answers"


def _locked(folder: Path) -> int:
    """A descriptor that holds the folder; -1 when another process does. The kernel lets go of it when its process dies."""
    for _ in range(100):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileNotFoundError):  # removed in between by whoever ended its run
            descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.path.samestat(os.fstat(descriptor), (folder / "lock").stat()):
                    return descriptor
            except BlockingIOError:
                os.close(descriptor)
                return -1
            except FileNotFoundError:
                pass
            os.close(descriptor)
    return -1


def _safe(name: str) -> str:
    """Hashes only: no name of ours leads out of its folder."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a hash: {name[:80]!r}")
    return name


def _read(file: Path) -> dict[str, Any] | None:
    try:
        value = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


def _write(file: Path, value: Mapping[str, Any]) -> None:
    """Whole or not at all whenever the process dies. It is not waited for the disk: after a power failure it may be gone, or unreadable."""
    content = json.dumps(value).encode()
    if len(content) > MOST_BYTES:
        logger.warning("%s is too large to be kept", file.name)
        return
    draft = file.with_name(f".{file.name}.{uuid.uuid4().hex[:8]}")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(draft, "xb", opener=_private) as out:
            out.write(content)
        draft.replace(file)
    except OSError as error:
        draft.unlink(missing_ok=True)
        logger.warning("%s cannot be kept: %s", file.name, error.strerror)
