"""One patch by the one road: written by a coder, proven, weighed against those kept before, then put into the project or not at all."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import count
from pathlib import Path
from typing import NamedTuple, Self

from autosd import pipeline
from autosd.acts.allowing.questions import project_key
from autosd.acts.changing import PATCH, FixRequest
from autosd.acts.patching.patches import AGAIN, ROLLED_BACK
from autosd.acts.patching.syncing import Synced, sync
from autosd.acts.patching.weighing import GATE, Weighing, with_figures
from autosd.adapters.memory.patch_history import PatchHistoryDB
from autosd.app import App
from autosd.coding.helper.coder import NAME, HelperCoder
from autosd.coding.helper.parts import Helper, Origin
from autosd.domain.actions import Principal, Risk
from autosd.domain.changes import Change, Word
from autosd.domain.decisions import Objection
from autosd.domain.patches import PatchOutcome, PatchRecord
from autosd.domain.proposals import Proposal, ProposalStatus, fingerprint_of
from autosd.gates.diffs import read_diff
from autosd.learning.past import Past, past_of
from autosd.ports import Progress

_IDS = uuid.UUID("0f0b8a5e-93fb-4e6c-8d6c-0d7f2f1f6b3a")
ENOUGH = 200  # patches of a project that its past is read from


class PatchStatus(StrEnum):
    """What a patch came to."""

    KEPT = "kept"  # it is in the project
    REVERTED = "reverted"  # measured, and worse than those kept before: the project is as it was
    NOT_PROVEN = "not_proven"  # a gate stopped it: the project is as it was
    NO_HELPER = "no_helper"  # nothing was written that could be tried
    PROVEN = "proven"  # no worse than those kept before, and left as an artifact, as it was asked for
    REFUSED = "refused"  # the guard did not let it be written; an artifact may be there
    FAILED = "failed"  # the project's tests could not be run, or the disk said no


class _Three(NamedTuple):
    patch_id: int | None
    reverted: bool
    roi_delta: float


class PatchResult(_Three):
    """The guide's three, with what they leave open: ``status`` and why."""

    status: PatchStatus
    change: Change
    helper: Helper
    weighing: Weighing | None
    synced: Synced

    def __new__(
        cls, patch_id: int | None, reverted: bool, roi_delta: float, *, status: PatchStatus, change: Change, helper: Helper,
        weighing: Weighing | None = None, synced: Synced | None = None,
    ) -> Self:  # fmt: skip
        self = super().__new__(cls, patch_id, reverted, roi_delta)
        self.status, self.change, self.helper = status, change, helper
        self.weighing, self.synced = weighing, synced or Synced()
        return self

    @property
    def kept(self) -> bool:
        return self.status is PatchStatus.KEPT

    @property
    def reason(self) -> str:
        """Why it is not in the project; empty when it is."""
        if self.status in (PatchStatus.KEPT, PatchStatus.PROVEN):
            return ""
        if self.status is PatchStatus.NO_HELPER:
            return self.helper.reason or "nothing was written"
        stopped = next((each for each in self.change.reports if not each.passed), None)
        said = [each.message for each in self.change.objections] or ([stopped.detail] if stopped else [])
        return "; ".join([str(self.change.result), *said])

    @property
    def objections(self) -> tuple[Objection, ...]:
        return self.change.objections


@dataclass(frozen=True)
class PatchOrder:
    """What is wanted of which file, by whom. ``path`` lies in the project's folder ``root``."""

    root: Path
    path: str
    description: str
    principal: Principal
    grant: str = ""
    risk: Risk = Risk.LOW
    trigger: str = ""
    reason: str = ""
    parent: int | None = None
    source: str = ""  # the guide's bot: in whose name
    write: bool = True  # off: no more than an artifact
    seconds: float = 0.0


def request_of(app: App, order: PatchOrder, past: Past) -> FixRequest:
    key = project_key(app, order.root)
    id = str(uuid.uuid5(_IDS, "\0".join((key, order.path, order.description))))
    print_of = fingerprint_of(key, PATCH, f"{order.path}\0{order.description}")
    now = app.clock.now()
    proposal = Proposal(
        id, key, PATCH, f"{order.description} ({order.path})", order.description, print_of, order.risk, 1.0, 1.0, now,
        paths=(order.path,), status=ProposalStatus.APPROVED, approved_at=now, approver=order.principal.name,
    )  # fmt: skip
    return FixRequest(
        order.root, order.principal, grant=order.grant, purpose=order.trigger or "apply_patch", proposal=proposal, write=order.write,
        seconds=order.seconds, past=past,
    )  # fmt: skip


def patch(
    app: App, order: PatchOrder, coder_of: Callable[[App, FixRequest], HelperCoder], history: PatchHistoryDB, progress: Progress
) -> PatchResult:
    began = app.clock.now()
    key = project_key(app, order.root)
    past = past_of(history.filter(project=key, strategy=NAME, outcome=PatchOutcome.SUCCESS, reverted=False, limit=ENOUGH))
    request = request_of(app, order, past)
    coder = coder_of(app, request)
    change = pipeline.fix(replace(app, coders=(coder,)), request, progress)
    helper = Helper(degraded=True, reason=str(change.result)) if coder.made is None else coder.made
    weighing = Weighing.of(change)
    status = status_of(change, helper)
    if weighing is None or status not in (PatchStatus.KEPT, PatchStatus.REVERTED):
        if status is PatchStatus.NOT_PROVEN:
            history.record_failed_strategy(f"{coder.name}:{order.path}", str(change.result))
        return PatchResult(None, False, 0.0, status=status, change=change, helper=helper, weighing=weighing)
    record = record_of(order, change, helper, began, app.clock.now())
    id = history.add(replace(record, change_id=_again(history, change.id)))
    synced = sync(app, request, change, id) if status is PatchStatus.KEPT else Synced()
    return PatchResult(
        id, record.reverted, weighing.deltas.roi, status=status, change=change, helper=helper, weighing=weighing, synced=synced
    )  # fmt: skip


def _again(history: PatchHistoryDB, change: str) -> str:
    """The change's id; one that was kept, rolled back and kept again is a patch of its own each time."""
    tries = (change if number == 1 else f"{change}{AGAIN}{number}" for number in count(1))
    return next(each for each in tries if (there := history.by_change(each)) is None or there.reason != ROLLED_BACK)


def status_of(change: Change, helper: Helper) -> PatchStatus:
    word = change.result.word
    if word is Word.WRITTEN:
        return PatchStatus.KEPT
    if word is Word.DELTAS_WORSE and change.result.detail == GATE:
        return PatchStatus.REVERTED
    if any(each.rule for each in change.objections) or word is Word.REFUSED:
        return PatchStatus.REFUSED
    if word is Word.ARTIFACTS_WRITTEN:
        return PatchStatus.PROVEN
    if word is Word.NO_CANDIDATE and not helper:
        return PatchStatus.NO_HELPER
    if word in (Word.FAILED, Word.ENVIRONMENT_FAILED, Word.SANDBOX_FAILED, Word.SUITE_FAILED, Word.SUITE_TIMEOUT):
        return PatchStatus.FAILED
    return PatchStatus.NOT_PROVEN


def record_of(order: PatchOrder, change: Change, helper: Helper, began: datetime, now: datetime) -> PatchRecord:
    record = PatchRecord(
        filename=order.path,
        description=order.description,
        ts=now,
        source_bot=order.source,
        code_id=helper.snippet or None,
        parent_patch_id=order.parent,
        reason=order.reason,
        trigger=order.trigger or "apply_patch",
        diff=change.diff,
        summary=f"{helper.origin}: {order.description}",
        lines_changed=read_diff(change.diff).lines,
        tests_passed=not change.evidence.broken,
        start_time=began,
        time_to_completion=(now - began).total_seconds(),
        change_id=change.id,
        project=change.project,
        strategy=change.strategy or NAME,
        base=change.base or "",
        model=helper.model if helper.origin is Origin.MODEL else "",
        usd=helper.usd,
    )
    return with_figures(record, change)
