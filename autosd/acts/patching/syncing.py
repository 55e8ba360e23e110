"""A kept patch on a branch of its own (guide S2's git sync): only its own files, pushed only with leave, never a default branch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from autosd.acts.allowing.asking import with_yeses
from autosd.acts.changing import FixRequest, facts_of, what_is_known
from autosd.acts.provenance import ensure_kept, signed_landing
from autosd.app import App
from autosd.domain.changes import Candidate, Change
from autosd.domain.decisions import Action
from autosd.domain.errors import AutosdError
from autosd.landing.commit import commit_message
from autosd.landing.evidence import Landing
from autosd.landing.push import push_change
from autosd.landing.write import ApplyRecord, read_record
from autosd.settings import table


@dataclass(frozen=True)
class Synced:
    """``why`` says what was not done, and why; empty when all was."""

    branch: str = ""
    commit: str = ""
    pushed_to: str = ""
    why: str = ""


def sync(app: App, request: FixRequest, change: Change, patch_id: int) -> Synced:
    """As far as ``patches.sync`` and the guard let it. What is refused takes nothing back: the patch stays written."""
    wanted = app.settings[table.PATCH_SYNC]
    record = read_record(Path(change.extra["applied"])) if wanted != "off" and "applied" in change.extra else None
    if record is None:
        return Synced()
    done = Synced()
    try:
        done = _committed(app, request, change, record, f"review/{patch_id}")
        return _pushed(app, request, change, done) if wanted == "push" and done.commit else done
    except AutosdError as error:
        return Synced(done.branch, done.commit, "", str(error))


def _committed(app: App, request: FixRequest, change: Change, record: ApplyRecord, branch: str) -> Synced:
    root = request.path.resolve()
    files = {Path(each.target).relative_to(root).as_posix(): _read(record, each.code) for each in record.files}
    before = {Path(each.target).relative_to(root).as_posix(): _read(record, each.backup) for each in record.files}
    with app.repository.snapshot(request.path, clean=True) as snapshot:
        if snapshot.head is None:
            return Synced(why="the project has no commit that a branch could start from")
        if mixed := [path for path, text in before.items() if _text(snapshot.root / path) != text]:
            return Synced(why=f"{', '.join(mixed)} had uncommitted work in it before the patch: commit that first")
        candidate = Candidate(change.strategy or "helper", files, (), summary=request.proposal.title if request.proposal else "")
        landing = Landing(change, candidate, app.sandbox.report(), proposal=request.proposal)
        facts = facts_of(app, request, Action.COMMIT, **what_is_known(change, candidate))
        facts = with_yeses(app, facts, snapshot, candidate, change)
        with app.guard.permit(facts) as permit:
            told = signed_landing(app, permit, facts, snapshot, landing)
            sha = app.repository.commit(permit, snapshot, files, branch=branch, message=commit_message(told))
            ensure_kept(app, permit, snapshot, sha)
            app.guard.note(permit, commit_ref=sha, change=change.id, observed={"branch": branch})
    return Synced(branch, sha)


def _pushed(app: App, request: FixRequest, change: Change, done: Synced) -> Synced:
    with app.guard.permit(facts_of(app, request, Action.PUSH, lines=0)) as permit:
        seconds = app.settings[table.PUSH_SECONDS]
        to = push_change(permit, app.repository, change.project, request.path, branch=done.branch, sha=done.commit, seconds=seconds)
        app.guard.note(permit, commit_ref=done.commit, change=change.id, observed={"branch": done.branch, "to": to})
    return Synced(done.branch, done.commit, to)


def _read(record: ApplyRecord, name: str | None) -> str | None:
    return None if name is None else (record.place / name).read_bytes().decode("utf-8", "surrogateescape")


def _text(file: Path) -> str | None:
    if file.is_symlink() or not file.is_file():
        return None
    return file.read_bytes().decode("utf-8", "surrogateescape")
