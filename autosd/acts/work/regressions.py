"""Regressions that somebody reports of what was written directly: an event file a report, and the rollback that answers it (guide S0)."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePosixPath

from autosd.acts.allowing.questions import Asker, project_key, question
from autosd.acts.remembering import taken_back
from autosd.adapters.private_files import write_beside
from autosd.app import App
from autosd.domain.actions import Action, Principal
from autosd.domain.errors import AutosdError
from autosd.domain.proposals import ProposalStatus
from autosd.governance.guard import Refused
from autosd.landing.revert import generation, roll_back
from autosd.ports import Projects

FOLDER = PurePosixPath("artifacts/autonomy-regressions")
PROCESSED = "processed"


@dataclass(frozen=True)
class Regression:
    file: Path
    target: Path
    reason: str
    at: int  # epoch milliseconds
    result: str = ""  # what came of it; empty: it waits


def root_of(projects: Projects, target: Path) -> Path:
    """The project that ``target`` lies in: the innermost that autosd was told of, else the repository around it."""
    known = [each.path.resolve() for each in projects.all_projects() if target.is_relative_to(each.path.resolve())]
    if known:
        return max(known, key=lambda path: len(path.parts))
    for folder in target.parents:
        if (folder / ".git").exists() or folder.joinpath("artifacts", "autonomy-applied").is_dir():
            return folder
    remedy = "Name a file of a project that autosd was told of (`autosd projects list`)."
    raise AutosdError("AUTOSD-PROJECT-UNKNOWN", f"{target} lies in no project.", remedy)


def emit(projects: Projects, target: Path, reason: str, now: datetime) -> Regression:
    """Written whole or not at all; the file's name is free, or the next millisecond's."""
    target = canonical(target)
    folder = root_of(projects, target).joinpath(*FOLDER.parts)
    try:
        (folder / PROCESSED).mkdir(parents=True, exist_ok=True)
        if not (folder / ".gitignore").exists():
            (folder / ".gitignore").write_text("*\n", encoding="utf-8")
        stamp = int(now.timestamp() * 1000)
        while True:
            file = folder / f"regress-{stamp}.json"
            value = {"target": str(target), "reason": reason, "timestamp": stamp}
            draft = write_beside(file, json.dumps(value, indent=2).encode() + b"\n")
            try:
                if not (folder / PROCESSED / file.name).exists():
                    file.hardlink_to(draft)
                    return Regression(file, target, reason, stamp)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
            stamp += 1
    except OSError as error:
        remedy = "Make the project's folder writable (and the disk not full), then run again."
        raise AutosdError("AUTOSD-REGRESSION-WRITE-FAILED", f"{folder}: {error}.", remedy, exit_code=1) from error


def canonical(target: Path) -> Path:
    """Absolute, without links: the same file however it was named, also one that is gone."""
    return Path(os.path.realpath(target))


def waiting(root: Path) -> tuple[Regression, ...]:
    """Oldest first."""
    return _read_all(root.joinpath(*FOLDER.parts))


def ended(root: Path) -> tuple[Regression, ...]:
    return _read_all(root.joinpath(*FOLDER.parts) / PROCESSED)


def _read_all(folder: Path) -> tuple[Regression, ...]:
    found = (_read(file) for file in folder.glob("regress-*.json"))
    return tuple(sorted((each for each in found if each), key=lambda each: (each.at, each.file.name)))


def _read(file: Path) -> Regression | None:
    """None for what is no event of this form: it is left where it is."""
    try:
        value = json.loads(file.read_bytes())
        target, reason = Path(str(value["target"])), str(value.get("reason") or "regression")
        return Regression(file, target, reason, int(value.get("timestamp", 0)), str(value.get("result") or ""))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def process(app: App, root: Path, principal: Principal, *, grant: str = "") -> tuple[Regression, ...]:
    """Answer every event of a project, oldest first. One that may not be answered now waits; the others are moved away."""
    done = []
    for event in waiting(root):
        result = answered(app, root, event, principal, grant)
        if result:
            done.append(_moved(event, result))
    return tuple(done)


def answered(app: App, root: Path, event: Regression, principal: Principal, grant: str) -> str:
    """What came of it; empty while the guard says no."""
    target = canonical(event.target if event.target.is_absolute() else root / event.target)
    record = generation(root, target, event.file.name)
    if record is None:
        return "nothing_to_roll_back"
    facts = question(app, Asker(principal, root, grant, "regression"), Action.ROLLBACK)
    try:
        with app.guard.permit(facts) as permit:
            roll_back(permit, project_key(app, root), record, event.file.name)
            app.guard.note(permit, change=record.change, observed={"target": str(target), "record": str(record.place)}, reason=event.reason)
    except Refused:
        return ""
    except AutosdError as error:
        return f"failed: [{error.code}] {error.message}"
    _taken_back(app, root, record.change)
    return "rolled_back"


def _taken_back(app: App, root: Path, change: str) -> None:
    """The proposal behind it was reverted, and what is remembered of it was a loss."""
    if known := app.store.change(change):
        taken_back(app, known, "rolled back after a regression")
    project = project_key(app, root)
    for proposal in app.proposals.find(project=project, status=[ProposalStatus.EXECUTED, ProposalStatus.VERIFIED]):
        if proposal.change_id == change:
            app.proposals.replace(proposal, replace(proposal, status=ProposalStatus.REVERTED))


def _moved(event: Regression, result: str) -> Regression:
    """With its result: first there, then gone from here, so that a kill in between only answers it again."""
    there = event.file.parent / PROCESSED / event.file.name
    value = {"target": str(event.target), "reason": event.reason, "timestamp": event.at, "result": result}
    there.parent.mkdir(exist_ok=True)
    write_beside(there, json.dumps(value, indent=2).encode() + b"\n").replace(there)
    event.file.unlink(missing_ok=True)
    return Regression(there, event.target, event.reason, event.at, result)
