"""Questions asked ahead, side by side (guide S3's parallel prompts), and used only while nothing they depend on has changed.

Each task names the files that its prompt depends on. What changes elsewhere does not make its answer stale.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from types import TracebackType

from autosd.coding.models.asks import prompt_fingerprint
from autosd.domain.models import Ask, Reply
from autosd.ports import Talk

#: What a file says now, by its path; None where there is none.
Read = Callable[[str], bytes | None]


@dataclass(frozen=True)
class Ahead:
    """A task whose question may be asked ahead. ``make`` builds it from what the ``files`` say at that moment."""

    task: str
    make: Callable[[], Ask]
    files: tuple[str, ...]


@dataclass(frozen=True)
class PrefetchReport:
    """``saved`` is the time that the used answers took, less what was waited for them. ``wasted`` answers came and were not used."""

    asked: int = 0
    hits: int = 0
    stale: int = 0
    failed: int = 0
    wasted: int = 0
    wasted_usd: float = 0.0
    saved: float = 0.0

    def __str__(self) -> str:
        return f"{self.asked} asked ahead: {self.hits} used, {self.stale} stale, {self.wasted} wasted, {self.saved:.1f} s saved"


@dataclass(frozen=True)
class _Flying:
    """Asked ahead: from which files, with which words."""

    files: str
    prompt: str
    future: Future[Reply]


class Prefetch:
    """``with Prefetch(talk, read, workers=4) as ahead: ahead.begin(tasks); ...; ahead.reply(task)``.

    Leaving the block waits for the calls that are under way and begins no other.
    """

    def __init__(self, talk: Talk, read: Read, *, workers: int, allow_stale: bool = False) -> None:
        self._talk, self._read, self._allow_stale = talk, read, allow_stale
        self._workers = workers
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="ahead")
        self._flying: dict[str, _Flying] = {}
        self._report = PrefetchReport()

    def __enter__(self) -> Prefetch:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def begin(self, tasks: Iterable[Ahead]) -> None:
        """Ask ahead for ``tasks``, in this order. One worker, or a single task, is no gain: nothing is asked then."""
        tasks = [each for each in tasks if each.task not in self._flying]
        if self._workers < 2 or len(tasks) < 2:
            return
        for each in tasks:
            files = fingerprint_of(self._read, each.files)
            ask = each.make()
            if fingerprint_of(self._read, each.files) != files:
                continue  # it was written while the question was made: nobody knows which text it holds
            self._flying[each.task] = _Flying(files, prompt_fingerprint(ask), self._pool.submit(self._talk.reply, ask))
            self._report = replace(self._report, asked=self._report.asked + 1)

    def reply(self, task: Ahead, *, attempt: int = 1) -> Reply:
        """The answer for ``task``: the one asked ahead if this is its first attempt and it still fits, else one to a question made now."""
        flying = self._flying.get(task.task) if attempt == 1 else None
        ask = task.make()
        if flying is None:
            return self._talk.reply(ask)
        if not self._fits(task, ask, flying) and not self._allow_stale:
            self._report = replace(self._report, stale=self._report.stale + 1)
            return self._talk.reply(ask)
        began = time.monotonic()
        try:
            reply = flying.future.result()
        except Exception:  # it rises again below, if it still holds
            self._report = replace(self._report, failed=self._report.failed + 1)
            del self._flying[task.task]
            return self._talk.reply(ask)
        del self._flying[task.task]
        saved = max(0.0, reply.seconds - (time.monotonic() - began))
        self._report = replace(self._report, hits=self._report.hits + 1, saved=self._report.saved + saved)
        return reply

    def report(self) -> PrefetchReport:
        """So far; what was asked ahead and not used counts as wasted once it has come."""
        unused = [each.future for each in self._flying.values() if each.future.done() and not each.future.cancelled()]
        came = [each.result() for each in unused if each.exception() is None]
        return replace(self._report, wasted=len(came), wasted_usd=sum(each.usd for each in came))

    def _fits(self, task: Ahead, ask: Ask, flying: _Flying) -> bool:
        """The same files and the same words: the second also holds where a task forgot to name a file."""
        return fingerprint_of(self._read, task.files) == flying.files and prompt_fingerprint(ask) == flying.prompt


def fingerprint_of(read: Read, files: Sequence[str]) -> str:
    """SHA-256 over names and contents; a file that is not there counts as that."""
    whole = hashlib.sha256()
    for name in sorted(set(files)):
        content = read(name)
        state = b"-" if content is None else hashlib.sha256(content).digest()
        whole.update(hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest() + state)
    return whole.hexdigest()
