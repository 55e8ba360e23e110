"""The first rules, in the order in which people read their objections: from the general to the particular.

To add one: write a check, give it a row in ``FIRST_RULES`` with a name, a stable code, a sentence and the actions it can stop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from autosd.domain.changes import Word
from autosd.domain.decisions import Action, Facts, Objection, Risk
from autosd.governance import paths
from autosd.governance.rules import GOVERNED, Rule

LANDING = frozenset({Action.ARTIFACT, Action.COMMIT, Action.PUSH, Action.OPEN_PR, Action.WRITE})
LASTING = GOVERNED - {Action.BUILD, Action.ARTIFACT}  # leaves more behind than an artifact


def _kill_switch(facts: Facts) -> Objection | None:
    if not facts.kill_switch:
        return None
    message = "Self-coding is switched off for everybody."
    return Objection("AUTOSD-KILL-SWITCH", message, "Unset SELFCODING_ENABLED, or set it to 1, when work may go on.")


def _enabled(facts: Facts) -> Objection | None:
    if facts.principal.attended or facts.enabled:
        return None
    message = f"Unattended work is off, and {facts.principal.name!r} is no person at a terminal."
    return Objection("AUTOSD-NOT-ENABLED", message, "Set SELFCODING_ENABLED=1 (or ENABLE_SELF_CODING_ENGINE=true) for unattended work.")


def _halted(facts: Facts) -> Objection | None:
    if not facts.halted:
        return None
    remedy = f"Run `autosd resume --project {facts.project}` when it may go on."
    return Objection("AUTOSD-HALTED", f"Project {facts.project} is halted.", remedy)


def _dry_run(facts: Facts) -> Objection | None:
    if not facts.dry_run:
        return None
    return Objection("AUTOSD-DRY-RUN", f"This is a dry run: no {facts.action}.", "Leave out --dry-run and unset DRY_RUN.")


def _repository(facts: Facts) -> Objection | None:
    if any(paths.inside(facts.repo, root) for root in facts.allowed_repos):
        return None
    message = f"{facts.repo} is not among the repositories that may be worked on."
    remedy = "Add its absolute path to SELF_CODING_ALLOWED_REPO_PREFIXES."
    return Objection("AUTOSD-REPO-NOT-ALLOWED", message, remedy, detail=str(facts.repo))


def _risk(facts: Facts) -> Objection | None:
    if facts.risk in (Risk.LOW, Risk.MEDIUM) or facts.allow_high_risk:
        return None
    remedy = "Set SELF_CODING_ALLOW_HIGH_RISK=true to act on it."
    return Objection("AUTOSD-RISK-BLOCKED", f"The risk of this work is {facts.risk}.", remedy, detail=str(facts.risk))


def _secret_path(facts: Facts) -> Objection | None:
    for path in _touched(facts):
        why = paths.malformed(path) or ("secrets are kept there" if paths.is_secret(path) else None)
        if why:
            remedy = "Leave that path out of the change; no setting allows it."
            return Objection("AUTOSD-PATH-BLOCKED", f"No change may touch {path!r}: {why}.", remedy, detail=path)
    return None


def _protected_path(facts: Facts) -> Objection | None:
    for path in _touched(facts):
        if paths.is_protected(path, facts.protected):
            message = f"{path!r} is protected: it takes part in judging changes."
            return Objection("AUTOSD-PATH-PROTECTED", message, "Leave that path out; a person may change it by hand.", detail=path)
    return None


def _suffix(facts: Facts) -> Objection | None:
    for path in _touched(facts):
        if not paths.has_suffix(path, facts.allowed_suffixes):
            allowed = ", ".join(facts.allowed_suffixes) or "none"
            message = f"{path!r} is of a kind that changes may not touch (allowed: {allowed})."
            return Objection("AUTOSD-SUFFIX-NOT-ALLOWED", message, "Add its suffix to SELF_CODING_ALLOWED_FILE_SUFFIXES.", detail=path)
    return None


def _touched(facts: Facts) -> Iterator[str]:
    """The paths of the change, and of a direct write its target too, as far as it lies in the project."""
    yield from facts.paths
    if facts.target is not None:
        inside = paths.inside(facts.target, facts.repo)
        yield (facts.target.relative_to(facts.repo) if inside else facts.target.relative_to(facts.target.anchor)).as_posix()


def _write_root(facts: Facts) -> Objection | None:
    target, root = facts.target, facts.write_root
    if target is not None and root is not None and target != root and paths.inside(target, root):
        return None
    message = f"A direct write to {target or 'nowhere'} is not inside the write root {root or '(none)'}."
    remedy = "Write below SELFCODING_WRITE_ROOT, or set it to the folder you mean."
    return Objection("AUTOSD-WRITE-ROOT", message, remedy, detail=str(target or ""))


def _unless(on: Callable[[Facts], bool], code: str, message: str, remedy: str) -> Callable[[Facts], Objection | None]:
    return lambda facts: None if on(facts) else Objection(code, message, remedy)


FIRST_RULES: tuple[Rule, ...] = (
    Rule("kill_switch", "AUTOSD-KILL-SWITCH", "Explicitly off stops everybody.", GOVERNED, _kill_switch, Word.SELF_CODING_DISABLED),
    Rule("enabled", "AUTOSD-NOT-ENABLED", "Unattended work needs to be switched on.", GOVERNED, _enabled, Word.SELF_CODING_DISABLED),
    Rule("halted", "AUTOSD-HALTED", "A halted project can only be rolled back.", GOVERNED - {Action.ROLLBACK}, _halted),
    Rule("dry_run", "AUTOSD-DRY-RUN", "A dry run leaves an artifact and nothing else.", LASTING, _dry_run),
    Rule(
        "repository",
        "AUTOSD-REPO-NOT-ALLOWED",
        "Work stays inside the allowed repositories.",
        GOVERNED,
        _repository,
        Word.REPO_NOT_ALLOWED,
    ),
    Rule(
        "risk",
        "AUTOSD-RISK-BLOCKED",
        "High and critical risk needs leave of its own.",
        GOVERNED - {Action.ROLLBACK},
        _risk,
        Word.RISK_BLOCKED,
    ),
    Rule(
        "secret_path",
        "AUTOSD-PATH-BLOCKED",
        "No change touches places of secrets, nor paths that hide where they lead.",
        LANDING,
        _secret_path,
        Word.PATH_BLOCKED,
    ),
    Rule(
        "protected_path",
        "AUTOSD-PATH-PROTECTED",
        "What judges changes is out of a change's reach.",
        LANDING,
        _protected_path,
        Word.PROTECTED_PATH,
    ),
    Rule(
        "suffix",
        "AUTOSD-SUFFIX-NOT-ALLOWED",
        "A change touches only allowed kinds of files, on both sides of a rename.",
        LANDING,
        _suffix,
        Word.SUFFIX_NOT_ALLOWED,
    ),
    Rule(
        "write_root",
        "AUTOSD-WRITE-ROOT",
        "Direct writes stay inside the write root.",
        frozenset({Action.WRITE}),
        _write_root,
        Word.OUTSIDE_WRITE_ROOT,
    ),
    Rule(
        "direct_write",
        "AUTOSD-DIRECT-WRITE-OFF",
        "Direct writes need to be switched on.",
        frozenset({Action.WRITE}),
        _unless(
            lambda f: f.allow_direct_write,
            "AUTOSD-DIRECT-WRITE-OFF",
            "Writing directly is not switched on.",
            "Set SELF_IMPROVE_AUTO=1 to allow it.",
        ),
    ),
    Rule(
        "push",
        "AUTOSD-PUSH-OFF",
        "Pushing needs to be switched on.",
        frozenset({Action.PUSH, Action.OPEN_PR}),
        _unless(lambda f: f.allow_push, "AUTOSD-PUSH-OFF", "Pushing is not switched on.", "Set SELF_CODING_ENABLE_PUSH=true to allow it."),
    ),
    Rule(
        "pull_request",
        "AUTOSD-PR-OFF",
        "Opening pull requests needs to be switched on.",
        frozenset({Action.OPEN_PR}),
        _unless(
            lambda f: f.allow_pull_request,
            "AUTOSD-PR-OFF",
            "Opening pull requests is not switched on.",
            "Set SELF_CODING_ENABLE_PR=true to allow it.",
        ),
    ),
)
