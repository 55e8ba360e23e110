"""What was changed and how it turned out: changes of the store, requests and figures of the patch history, brought together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from autosd.adapters.memory.patch_history import PatchHistoryDB
from autosd.domain.changes import Change, RunSummary
from autosd.domain.errors import AutosdError
from autosd.domain.patches import Contributor, PatchRecord, Source
from autosd.ports import Store
from autosd.views.changes import objections_list
from autosd.views.proposals import plain

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Attempt:
    """A change of the road, a patch of the library, or both in one."""

    change: Change | None
    patch: PatchRecord | None

    @property
    def id(self) -> str:
        return self.change.id if self.change else f"#{self.patch.id if self.patch else 0}"

    @property
    def at(self) -> datetime:
        at = self.change.created_at if self.change else self.patch.ts if self.patch else None
        return at or _NEVER


@dataclass(frozen=True)
class Story:
    """One attempt with everything that is known of it."""

    attempt: Attempt
    requests: Sequence[RunSummary] = ()
    ancestry: Sequence[PatchRecord] = ()
    sources: Sequence[Source] = ()
    contributors: Sequence[Contributor] = ()


def attempts(store: Store, patches: PatchHistoryDB, *, project: str | None, limit: int) -> list[Attempt]:
    """The newest first."""
    changes = store.changes(project, limit=limit)
    known = {change.id: patches.by_change(change.id) for change in changes}
    alone = [patch for patch in patches.list_patches(limit, project=project) if patch.change_id is None]
    found = [Attempt(change, known[change.id]) for change in changes] + [Attempt(None, patch) for patch in alone]
    return sorted(found, key=lambda each: each.at, reverse=True)[:limit]


def story_of(store: Store, patches: PatchHistoryDB, id: str) -> Story:
    """By a change's id, a request's, or a patch's number. Raises ``AUTOSD-HISTORY-UNKNOWN``."""
    request = store.summary(id)
    number = id.removeprefix("#")
    patch = patches.get(int(number)) if number.isdecimal() and len(number) < 18 else None
    change_id = request.references.get("change", "") if request else patch.change_id or "" if patch else id
    change = store.change(change_id)
    if change is not None:
        patch = patches.by_change(change.id) or patch
    if change is None and patch is None:
        if request is not None:
            return Story(Attempt(None, None), (request,))
        message = f"There is no change, request or patch {id!r}."
        raise AutosdError("AUTOSD-HISTORY-UNKNOWN", message, "Look at `autosd history list`.", exit_code=1)
    requests = store.summaries(change=change.id) if change else ()
    if patch is None:
        return Story(Attempt(change, None), requests)
    return Story(
        Attempt(change, patch),
        requests,
        patches.get_ancestry_chain(patch.id)[1:],
        patches.provenance(patch.id),
        patches.contributors(patch.id),
    )


def attempt_object(found: Attempt) -> dict[str, Any]:
    change, patch = found.change, found.patch
    return {
        "id": found.id,
        "at": found.at.isoformat() if found.at > _NEVER else None,
        "project": change.project if change else patch.project if patch else "",
        "result": result_word(found),
        "strategy": (change.strategy if change else patch.strategy if patch else None) or None,
        "commit": (change.commit if change else patch.commit_sha if patch else None) or None,
        "patch": patch_object(patch) if patch else None,
    }


def patch_object(patch: PatchRecord) -> dict[str, Any]:
    """Without the diff, which ``autosd history show`` has."""
    return {name: value for name, value in plain(asdict(patch)).items() if name != "diff"}


def story_object(story: Story) -> dict[str, Any]:
    change, patch = story.attempt.change, story.attempt.patch
    head = attempt_object(story.attempt)
    return {
        "ended": head.pop("result"),
        **head,
        "diff": change.diff if change else patch.diff if patch else "",
        "base": change.base if change else patch.base if patch else None,
        "branch": change.branch if change else None,
        "artifacts": change.artifacts if change else None,
        "gates": [
            {"gate": each.gate, "passed": each.passed, "detail": each.detail, "seconds": each.seconds}
            for each in (change.reports if change else ())
        ],
        "objections": objections_list(change.objections) if change else [],
        "requests": [plain(asdict(each)) for each in story.requests],
        "ancestry": [patch_object(each) for each in story.ancestry],
        "sources": [asdict(each) for each in story.sources],
        "contributors": [asdict(each) for each in story.contributors],
    }


def result_word(found: Attempt) -> str:
    if found.patch and found.patch.reverted:
        return "reverted"
    if found.change:
        return str(found.change.result)
    return str(found.patch.outcome or "-") if found.patch else "-"


def attempt_row(found: Attempt) -> tuple[str, ...]:
    patch = found.patch
    strategy = (found.change.strategy if found.change else patch.strategy if patch else "") or "-"
    file = patch.filename if patch else ""
    return f"{found.at:%Y-%m-%d %H:%M}", found.id, result_word(found), strategy, file or "-", _signed(patch.roi_delta if patch else None)


def patch_row(patch: PatchRecord) -> tuple[str, ...]:
    at = f"{patch.ts:%Y-%m-%d %H:%M}" if patch.ts else "-"
    word = "reverted" if patch.reverted else str(patch.outcome or "-")
    failing = f"{_number(patch.tests_failed_before)} to {_number(patch.tests_failed_after)}"
    return f"#{patch.id}", at, word, patch.filename or "-", _signed(patch.roi_delta), failing, _signed(patch.complexity_delta)


def story_lines(story: Story) -> Iterator[str]:
    change, patch = story.attempt.change, story.attempt.patch
    yield f"{story.attempt.id}: {result_word(story.attempt)}"
    if change:
        places = {"project": change.project, "base": change.base, "branch": change.branch, "commit": change.commit, "in": change.artifacts}
        yield from (f"  {name}: {value}" for name, value in places.items() if value)
        yield from (f"  gate {each.gate}: {'passed' if each.passed else each.result} {each.detail}".rstrip() for each in change.reports)
        yield from (f"  because: {each.message}" for each in change.objections)
    if patch:
        yield f"  patch #{patch.id} of {patch.filename or 'no file'}: {patch.description}"
        failing = f"{_number(patch.tests_failed_before)} to {_number(patch.tests_failed_after)}"
        yield f"  failing tests {failing}, return {_signed(patch.roi_delta)}, complexity {_signed(patch.complexity_delta)}"
    yield from (f"  request {each.id}: {each.purpose or '-'} for {each.principal or '-'}" for each in story.requests)
    yield from (f"  builds on #{each.id}: {each.description}" for each in story.ancestry)
    yield from (f"  made from {each.origin} {each.name}" for each in story.sources)
    yield from (f"  {each.role}: {each.name}" for each in story.contributors)
    diff = change.diff if change else patch.diff if patch else ""
    if diff:
        yield ""
        yield diff.rstrip("\n")


def _signed(value: float | None) -> str:
    return "-" if value is None else f"{value:+.3g}"


def _number(value: int | None) -> str:
    return "-" if value is None else str(value)
