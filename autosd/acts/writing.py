"""A direct write asked for and done: each file by a permit of its own, one at a time in this house, so that the day's cap holds."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import SystemRandom

from autosd.acts.allowing.asking import with_yeses
from autosd.acts.changing import FixRequest, asked, facts_of, what_is_known
from autosd.app import App
from autosd.domain.changes import Candidate, Change, ChangeResult, Word
from autosd.domain.decisions import Action, Objection
from autosd.domain.errors import AutosdError
from autosd.domain.outcomes import Mode, Verdict
from autosd.governance.facts import NormalRun
from autosd.governance.guard import Refused
from autosd.landing.write import write_files, writes_on
from autosd.ports import Snapshot
from autosd.settings import table
from autosd.views.changes import objection_of


def written(app: App, request: FixRequest, snapshot: Snapshot, candidate: Candidate, change: Change) -> Change:
    """``change`` written into the project. With a commit to fall back on, what stood against it is only told."""
    if change.extra.get("tests") == "skipped":
        remedy = "Unset SELF_CODING_SKIP_TESTS, or let it go by a branch that people look at."
        no = Objection("AUTOSD-WRITE-UNPROVEN", "What no test was run on is not written directly.", remedy)
        return replace(change, objections=(*change.objections, no))
    try:
        with _alone(app.settings.home), ExitStack() as stack:
            known = {**what_is_known(change, candidate), "write_draw": SystemRandom().random(), "writes_today": writes_today(app, request)}
            if not request.principal.attended and request.proposal:
                known["normal_run"] = normal_run(app, request.proposal.priority, len(candidate.files))
            permits = {}
            for path in sorted(candidate.files):
                facts = facts_of(app, request, Action.WRITE, **{**known, "target": request.path / path})
                facts = with_yeses(app, facts, snapshot, candidate, change)
                permits[path] = stack.enter_context(app.guard.permit(facts))
            before = {path: _text(snapshot.root / path) for path in candidate.files}
            record = write_files(
                permits, request.path, request.path / app.settings[table.WRITE_ROOT], before, candidate.files,
                change=change.id, project=change.project, request=asked(request), now=app.clock.now(),
            )  # fmt: skip
            for permit in permits.values():
                app.guard.note(permit, change=change.id, observed={"record": str(record.place)})
        return replace(change, result=ChangeResult(Word.WRITTEN), extra={**change.extra, "applied": str(record.place)})
    except Refused as no:
        if not request.commit:
            raise
        return replace(change, objections=no.decision.objections)
    except AutosdError as error:
        if not request.commit:
            raise
        return replace(change, objections=(objection_of(error),))


def writes_today(app: App, request: FixRequest) -> int:
    """In this project and in every other that is registered: the cap is the house's."""
    now = app.clock.now()
    roots = {request.path.resolve(), *(each.path.resolve() for each in app.projects.all_projects())}
    return sum(writes_on(root, now) for root in roots)


def normal_run(app: App, priority: float, files: int) -> NormalRun:
    """What S4's gate asks of a run: how many there were this hour, and when one in normal mode was last lost."""
    now = app.clock.now()
    earlier = [run for run in app.outcomes.runs(since=now - timedelta(hours=1), limit=1000) if run.mode is Mode.NORMAL]
    return NormalRun(priority, sum(run.status != "running" for run in earlier), _last_loss(app, now), files)


def _last_loss(app: App, now: datetime) -> datetime | None:
    since = now - timedelta(seconds=app.settings[table.NORMAL_COOLDOWN])
    return app.outcomes.last_look(Verdict.LOSS, Mode.NORMAL, since=since, limit=1000)


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    folder = home / "locks"
    folder.mkdir(mode=0o700, exist_ok=True)
    with (folder / "direct-write").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _text(file: Path) -> str | None:
    """As the base has it, bytes that are no text included."""
    if not file.is_file():
        return None
    with file.open(encoding="utf-8", errors="surrogateescape", newline="") as text:
        return text.read()
