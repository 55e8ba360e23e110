"""The artifact: a folder with the changed files, the diff, the evidence and a report for people, written whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import shutil
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from autosd.domain.decisions import Action, Permit
from autosd.domain.errors import AutosdError
from autosd.governance.permits import require
from autosd.governance.provenance.envelope import written
from autosd.governance.redaction import redact
from autosd.landing.evidence import Landing, evidence_digest, gate, result_of
from autosd.landing.report import report_text

FOLDER = PurePosixPath("artifacts/selfcoding-pr")
MOST_IN_ONE_MS = 1000
STALE_SECONDS = 3600
_JAVASCRIPT = (".js", ".cjs", ".mjs")


def write_artifact(permit: Permit, project_root: Path, landing: Landing, *, now: datetime) -> Path:
    """Write ``artifacts/selfcoding-pr/<epoch-ms>/`` under ``project_root`` and return it.

    Raises ``AUTOSD-ARTIFACT-WRITE-FAILED`` when the folder cannot be written; nothing half-written stays, and no other place is tried.
    """
    require(permit, Action.ARTIFACT, landing.change.project, landing.candidate.files)
    home = project_root.joinpath(*FOLDER.parts)
    stamp = int(now.timestamp() * 1000)
    with _told(home):
        _refuse_links(project_root, home)
        home.mkdir(parents=True, exist_ok=True)
        _ignore(home)
        _sweep(home)
        draft = home / f".draft-{uuid.uuid4().hex}"
        try:
            _fill(draft, _contents(landing, now, stamp))
            return _publish(draft, home, stamp)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


@contextmanager
def _told(home: Path) -> Iterator[None]:
    """Whatever the disk says, in one line."""
    try:
        yield
    except OSError as error:
        raise _failed(home, error.strerror or str(error)) from error


def _failed(home: Path, why: str) -> AutosdError:
    remedy = "Make the project's folder writable (and the disk not full), then run the same command again."
    return AutosdError("AUTOSD-ARTIFACT-WRITE-FAILED", f"The artifact could not be written to {home}: {why}.", remedy, exit_code=1)


def _refuse_links(root: Path, home: Path) -> None:
    """A link in the way could lead the artifact out of the project."""
    for spot in (home, home.parent):
        if spot.is_symlink() and not spot.resolve().is_relative_to(root.resolve()):
            raise _failed(home, f"{spot.name} is a symbolic link out of the project")


def _ignore(home: Path) -> None:
    """Kept out of git by a file of its own; written once, and never over a person's own."""
    try:
        with (home / ".gitignore").open("x", encoding="utf-8") as file:
            file.write("*\n")
    except FileExistsError:
        pass


def _contents(landing: Landing, now: datetime, stamp: int) -> Mapping[str, str]:
    change = landing.change
    texts = {
        "change.diff": change.diff,
        "metadata.json": json.dumps(redact(metadata(landing, stamp)), indent=2, sort_keys=True, ensure_ascii=False, default=str) + "\n",
        "REPORT.md": report_text(landing, now),
    }
    if landing.signed:
        texts["provenance.json"] = written(landing.signed).decode()
    kept = {path: text for path, text in landing.candidate.files.items() if text is not None}
    texts.update({f"generated/{path}": text for path, text in kept.items()})
    if len(kept) == 1:
        (path, text), *_ = kept.items()
        if path.endswith(_JAVASCRIPT):
            texts["generated.cjs"] = text  # S0 names the one generated script so
    return texts


def metadata(landing: Landing, stamp: int) -> dict[str, Any]:
    """S0's keys first (request, timestamp, testResult, scanResult, metrics), then what an auditor asks next."""
    change, sandbox, evidence = landing.change, landing.sandbox, landing.change.evidence
    return {
        "request": dict(landing.request),
        "timestamp": stamp,
        "testResult": result_of(gate(change, "suite")),
        "scanResult": result_of(gate(change, "static")),
        "metrics": {"candidates": change.cost.evaluated, "seconds": change.cost.seconds, "deltas": result_of(gate(change, "deltas"))},
        "sandbox": {
            "level": sandbox.level,
            "parts": list(sandbox.parts),
            "missing": [{"part": missing.part, "cause": missing.cause} for missing in sandbox.missing],
        },
        "correlationId": change.id,
        "provenance": {
            "strategy": change.strategy, "base": change.base, "project": change.project, "summary": landing.candidate.summary,
            "evidence": f"sha256:{evidence_digest(change)}", "environment": landing.origin,
        },
        "tests": {
            "failing_before": list(evidence.failing_before), "failing_after": list(evidence.failing_after),
            "broken": list(evidence.broken), "flaky": list(evidence.flaky), "total": evidence.total,
        },
        "overfit": {"checked": change.overfit.checked, "suspect": change.overfit.suspect, "reason": change.overfit.reason},
        "notFixed": list(landing.not_fixed),
        "files": {path: "deleted" if text is None else "changed" for path, text in landing.candidate.files.items()},
    }  # fmt: skip


def _fill(draft: Path, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        path = draft / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # the bytes of the candidate, line ends included
        with path.open("wb") as file:
            file.write(text.encode("utf-8", "surrogateescape"))
            file.flush()
            os.fsync(file.fileno())


def _publish(draft: Path, home: Path, stamp: int) -> Path:
    """A rename is atomic, and refuses a folder that holds something: the name of another run's artifact. Then the next one is tried."""
    for number in range(1, MOST_IN_ONE_MS):
        place = home / (str(stamp) if number == 1 else f"{stamp}-{number}")
        try:
            return draft.rename(place)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
    raise _failed(home, "too many artifacts in one millisecond")


def _sweep(home: Path) -> None:
    """Drafts that a killed run left behind. Another run's own draft may be gone by the time it is looked at: it was published."""
    for draft in home.glob(".draft-*"):
        with suppress(FileNotFoundError):
            if time.time() - draft.stat().st_mtime > STALE_SECONDS:
                shutil.rmtree(draft, ignore_errors=True)
