"""The boundary gate: which files a change may touch, what it may do to them, and how much. Both sides of a rename count."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from autosd.domain.changes import Candidate, GateReport, Word
from autosd.gates.context import GateContext, passed, stopped
from autosd.gates.diffs import SUBMODULE, SYMLINK, FileDiff
from autosd.gates.gating import files_of_tests, is_gating, shadows
from autosd.governance.paths import has_suffix, inside, is_protected, is_secret

GATE = "boundary"


def boundary(candidate: Candidate, context: GateContext) -> GateReport:
    """Paths first, then kinds of change, then size: the first objection names its path."""
    if report := paths(candidate, context):
        return report
    if not context.diff.files:
        return stopped(GATE, Word.NO_DIFF, "", "the candidate changes nothing")
    for report in (*map(check_kind, context.diff.files), check_size(candidate, context)):
        if report is not None:
            return report
    return passed(GATE, f"{len(context.diff.files)} file(s), {context.diff.lines} lines")


def paths(candidate: Candidate, context: GateContext) -> GateReport | None:
    """The part that needs no diff: asked before a tree is touched with the candidate's paths."""
    touched = touched_paths(candidate, context)
    objections = (*(check_path(path, context) for path in touched), *(check_place(path, context) for path in candidate.files))
    return next((report for report in objections if report is not None), None)


def touched_paths(candidate: Candidate, context: GateContext) -> tuple[str, ...]:
    """Every path the candidate or its diff names, relative to the project; one above the project keeps its ``..``."""
    prefix = context.snapshot.root.relative_to(context.snapshot.top).as_posix()
    names = dict.fromkeys(candidate.files)
    for file in context.diff.files:
        for path in file.paths:
            names[path if prefix == "." else os.path.relpath(path, prefix)] = None
    return tuple(names)


def check_path(path: str, context: GateContext) -> GateReport | None:
    policy = context.policy
    spellings = (path, from_top(path, context))  # a project that is a folder of its checkout is reached by both
    if any(map(is_secret, spellings)):
        return stopped(GATE, Word.PATH_BLOCKED, path, f"{path}: a secret or malformed path is never touched")
    if any(is_protected(spelling, policy.protected) for spelling in spellings):
        return stopped(GATE, Word.PROTECTED_PATH, path, f"{path} belongs to what judges changes")
    if is_gating(path) or path in files_of_tests(context.diagnosis.run):
        return stopped(GATE, Word.PROTECTED_PATH, path, f"{path} takes part in the tests; a fix may not touch it")
    if not has_suffix(path, policy.suffixes):
        return stopped(GATE, Word.SUFFIX_NOT_ALLOWED, path, f"{path}: only {' '.join(policy.suffixes) or 'nothing'} may be changed")
    if policy.write_root is not None and not inside((context.snapshot.source / path).resolve(), policy.write_root.resolve()):
        return stopped(GATE, Word.OUTSIDE_WRITE_ROOT, path, f"{path} lies outside {policy.write_root}")
    return None


def from_top(path: str, context: GateContext) -> str:
    """``path`` as the whole checkout spells it; as it is when it leaves the project."""
    prefix = context.snapshot.root.relative_to(context.snapshot.top).as_posix()
    return path if prefix == "." or path.startswith("../") else f"{prefix}/{path}"


def check_place(path: str, context: GateContext) -> GateReport | None:
    """The base must hold a plain file there, or nothing; and no link on the way there."""
    root = context.snapshot.root
    spot = root / path
    if any(part.is_symlink() for part in (spot, *_between(spot, root))):
        return stopped(GATE, Word.PATH_BLOCKED, path, f"{path} is, or lies behind, a symbolic link")
    if spot.exists() and not spot.is_file():
        return stopped(GATE, Word.PATH_BLOCKED, path, f"{path} is not a plain file")
    if not spot.exists() and shadows(path):
        return stopped(GATE, Word.PROTECTED_PATH, path, f"{path} would be imported in place of a module that judges the change")
    return None


def _between(path: Path, root: Path) -> Iterable[Path]:
    return (parent for parent in path.parents if parent != root and root in parent.parents)


def check_kind(file: FileDiff) -> GateReport | None:
    path = file.paths[-1] if file.paths else "?"
    why = ""
    if SYMLINK in file.modes:
        why = "is a symbolic link"
    elif SUBMODULE in file.modes:
        why = "is a submodule"
    elif file.binary or any("\0" in line for line in file.added):
        why = "is binary"
    elif (len(file.modes) == 2 and file.modes[0] != file.modes[1]) or (file.created and "100755" in file.modes):
        why = "changes its mode"
    return stopped(GATE, Word.PATH_BLOCKED, path, f"{path} {why}") if why else None


def check_size(candidate: Candidate, context: GateContext) -> GateReport | None:
    policy, diff = context.policy, context.diff
    deleted = [path for path, text in candidate.files.items() if text is None]
    if len(deleted) > policy.max_deleted_files:
        return stopped(GATE, Word.PATH_BLOCKED, deleted[0], f"deletes {deleted[0]}")
    if len(diff.files) > policy.max_files:
        return stopped(GATE, Word.TOO_LARGE, f"{len(diff.files)} files", f"{len(diff.files)} files, at most {policy.max_files} may change")
    if diff.lines > policy.max_lines:
        return stopped(GATE, Word.TOO_LARGE, f"{diff.lines} lines", f"{diff.lines} lines, at most {policy.max_lines} may change")
    return None
