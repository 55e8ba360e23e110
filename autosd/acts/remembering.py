"""What is kept of every change beside the record, so that the next one is made better: patch history, lessons, events, the day's log."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from autosd.adapters.memory.day_log import SelfCodingLog
from autosd.adapters.memory.event_memory import Event
from autosd.adapters.memory.gpt_memory import ERROR_FIX, IMPROVEMENT_PATH
from autosd.adapters.memory.opening import lessons_in, open_events, open_memory, open_patches
from autosd.adapters.memory.patch_history import PatchHistoryDB
from autosd.domain.changes import Change, Word
from autosd.domain.errors import AutosdError
from autosd.domain.memories import project_tag
from autosd.domain.patches import Contributor, PatchOutcome, PatchRecord, Source
from autosd.gates.diffs import read_diff
from autosd.ports import Clock
from autosd.settings import Settings, table

logger = logging.getLogger(__name__)

#: Ends of an attempt that speak against what was tried. A refusal, a broken environment or a Ctrl-C do not.
FAILED = frozenset(
    {
        Word.SUFFIX_NOT_ALLOWED, Word.PATH_BLOCKED, Word.OUTSIDE_WRITE_ROOT, Word.PROTECTED_PATH, Word.TOO_LARGE, Word.SECRET_FOUND,
        Word.STATIC_SCAN_FAILED, Word.TESTS_FAILED, Word.DELTAS_WORSE, Word.NO_DIFF, Word.APPLY_FAILED, Word.NO_CANDIDATE,
    }
)  # fmt: skip
_LONGEST_LESSON, _LISTED = 4000, 20
_COMPLEXITY = re.compile(r"\bcomplexity ([+-]?\d+)")


class House(Protocol):
    """The part of the house that remembering needs."""

    @property
    def settings(self) -> Settings: ...
    @property
    def clock(self) -> Clock: ...


@dataclass(frozen=True)
class Asked:
    """Who wanted the change, and why; ``request`` is the id of its summary in the store."""

    principal: str = ""
    purpose: str = ""
    title: str = ""
    request: str = ""


def remember(house: House, change: Change, asked: Asked = Asked()) -> None:
    """Keep it. Said again, nothing is doubled; a memory that cannot be written is told in the log and stops nothing."""
    if not (change.result.landed or change.result.word in FAILED or change.result.word is Word.PROVEN):
        return
    now, settings = house.clock.now(), house.settings
    _kept("lessons", lambda: _judge_lessons(settings, change))
    if change.result.word is Word.PROVEN or _kept("patch history", lambda: _add_patch(settings, change, asked)) is False:
        return  # it was only shown, or it is there already
    _kept("events", lambda: _add_event(settings, change, asked))
    if change.result.landed and change.diff:
        _kept("exchanges", lambda: _add_exchange(settings, change, asked))
    if settings[table.SELF_CODING_LOG_FOLDER] is not None and change.diff:
        _kept("day's log", lambda: _write_log(settings, change, asked, now))


def taken_back(house: House, change: Change, reason: str) -> None:
    """It was landed and then reverted: a loss after all, for the patch and for the lessons it was made with."""
    _kept("patch history", lambda: _mark_reverted(house.settings, change, reason))
    _kept("lessons", lambda: _came_out(house.settings, change, won=False))


def attempt_of(change: Change) -> str:
    """What a coder calls the same attempt: the git tree that it works on."""
    return change.extra.get("tree", "")


def patch_of(change: Change, asked: Asked) -> PatchRecord:
    """What is known of it as figures. Errors are failing tests; the return is the share of all tests that it made pass."""
    evidence, landed = change.evidence, change.result.landed
    before = len(evidence.failing_before)
    after = len(evidence.failing_after) + len(evidence.broken) if landed else before
    share = 1 / evidence.total if evidence.total else 0.0
    files = _lines_of_files(change)
    return PatchRecord(
        filename=max(files, key=lambda name: files[name], default=""),
        description=asked.title or _description(change),
        roi_before=_figure(change, "roi_before", 1 - before * share),
        roi_after=_figure(change, "roi_after", 1 - after * share),
        errors_before=before,
        errors_after=after,
        tests_failed_before=before,
        tests_failed_after=after,
        complexity_delta=_complexity(change),
        source_bot=asked.principal,
        code_hash=_hash_of(change),
        reason="" if landed else str(change.result),
        trigger=asked.purpose,
        diff=change.diff,
        summary="; ".join(f"{each.gate} gate: {said}" for each in change.reports if (said := each.detail or str(each.result or ""))),
        outcome=PatchOutcome.SUCCESS if landed else PatchOutcome.FAIL,
        lines_changed=sum(files.values()),
        tests_passed=True if landed else False if change.result.word is Word.TESTS_FAILED else None,
        time_to_completion=change.cost.seconds,
        error_trace_count=before,
        change_id=change.id,
        project=change.project,
        strategy=change.strategy or "",
        base=change.base or "",
        commit_sha=change.commit or "",
        model=change.extra.get("model", ""),
        usd=change.cost.usd,
        ts=change.created_at,
    )


def _add_patch(settings: Settings, change: Change, asked: Asked) -> bool:
    """Whether it is new."""
    record, files = patch_of(change, asked), _lines_of_files(change)
    with open_patches(settings) as patches:
        if patches.same_again(record):
            return False
        id = patches.add(record, files=files, parents=_parents(patches, record))
        people = [Contributor(asked.principal, "asked"), Contributor(record.strategy, "strategy"), Contributor(record.model, "model")]
        patches.record_contributors(id, [each for each in people if each.name])
        patches.record_provenance(id, _sources(settings, change))
        if not change.result.landed:
            patches.record_failed_strategy(f"{record.strategy or 'any'}:{change.result.word}", record.description)
    return True


def _parents(patches: PatchHistoryDB, record: PatchRecord) -> list[int]:
    """The patch whose commit it is made on; else the newest that was kept of the same file."""
    base = [each.id for each in patches.by_commit(record.base)]
    if base or not record.filename:
        return base
    earlier = patches.filter(filename=record.filename, project=record.project, outcome=PatchOutcome.SUCCESS, reverted=False, limit=1)
    return [each.id for each in earlier]


def _sources(settings: Settings, change: Change) -> list[Source]:
    """The exchanges that stood in the prompt it came from."""
    with open_memory(settings) as memory:
        shown = lessons_in(memory, settings).shown_in(attempt_of(change), change.strategy or "")
    return [Source("memory", str(id)) for id in shown]


def _judge_lessons(settings: Settings, change: Change) -> None:
    """A proven diff is a win for what its strategy was shown; none at all is a loss for whatever was."""
    proven = bool(change.strategy and change.diff)
    if proven or change.result.word in FAILED:
        _came_out(settings, change, won=proven)


def _came_out(settings: Settings, change: Change, *, won: bool) -> None:
    if attempt := attempt_of(change):
        with open_memory(settings) as memory:
            lessons_in(memory, settings).came_out(attempt, won=won, strategy=change.strategy or "")


def _mark_reverted(settings: Settings, change: Change, reason: str) -> None:
    with open_patches(settings) as patches:
        found = patches.by_change(change.id)
        if found:
            patches.mark_reverted(found.id, reason)


def _add_exchange(settings: Settings, change: Change, asked: Asked) -> None:
    """What was wrong, and the diff that was proven for it: a lesson to be, in its own project."""
    fixed = change.evidence.failing_before
    prompt = "\n".join(dict.fromkeys([asked.title or _description(change), *fixed[:_LISTED], *_lines_of_files(change)]))
    with open_memory(settings) as memory:
        memory.log_interaction(
            prompt, change.diff[:_LONGEST_LESSON], [ERROR_FIX if fixed else IMPROVEMENT_PATH, project_tag(change.project)]
        )


def _add_event(settings: Settings, change: Change, asked: Asked) -> None:
    payload = {"change": change.id, "project": change.project, "result": str(change.result), "strategy": change.strategy or ""}
    event = "integrated" if change.result.landed else "error"
    with open_events(settings) as events:
        events.remember(Event(event, payload, source=asked.principal or "autosd", request_id=asked.request))


def _write_log(settings: Settings, change: Change, asked: Asked, now: datetime) -> None:
    folder = settings[table.SELF_CODING_LOG_FOLDER]
    assert folder is not None
    said = f"{asked.title or _description(change)} ({change.result})"
    SelfCodingLog(folder).log(now, module_id=change.id, purpose=asked.purpose or "fix", language="diff", description=said, code=change.diff)


def _kept(what: str, keep: Callable[[], object]) -> object:
    try:
        return keep()
    except AutosdError as error:  # memory helps later work; what happened is in the store and in the record already
        logger.warning("the %s could not be kept: %s", what, error)
        return None


def _lines_of_files(change: Change) -> Mapping[str, int]:
    return {each.paths[-1]: len(each.added) + each.removed for each in read_diff(change.diff).files if each.paths}


def _description(change: Change) -> str:
    failing = change.evidence.failing_before
    more = f" and {len(failing) - 3} more" if len(failing) > 3 else ""
    return f"fix {', '.join(failing[:3])}{more}" if failing else "a change"


def _hash_of(change: Change) -> str:
    return hashlib.sha256(change.diff.encode("utf-8", "surrogateescape")).hexdigest() if change.diff else ""


def _complexity(change: Change) -> float | None:
    found = [match for report in change.reports if report.gate == "deltas" and (match := _COMPLEXITY.search(report.detail))]
    return float(found[0][1]) if found else None


def _figure(change: Change, name: str, otherwise: float) -> float:
    """Where whoever made the change measured it better, that holds."""
    try:
        return float(change.extra[name])
    except (KeyError, ValueError):
        return otherwise
