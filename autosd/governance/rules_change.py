"""Rules that look at the change itself: how risky it is, which paths it touches, and how large it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from autosd.domain.changes import Word
from autosd.domain.decisions import Action, Facts, Objection, Risk
from autosd.domain.policies import RISKS
from autosd.governance import paths
from autosd.governance.policy.changing import policy_flip, written
from autosd.governance.rules import GOVERNED, LANDING, OWNER, Flip, Rule, Step

TWO_PEOPLE = 2

_SUFFIX = re.compile(r"\.[a-z0-9_+-]+")  # what the setting can name

#: A path of a change that proposes something about what judges changes may be shown and asked about, but not taken over.
TAKING_OVER = frozenset({Action.COMMIT, Action.WRITE, Action.MERGE_PR})


def _risk(facts: Facts) -> Objection | None:
    if facts.risk in (Risk.LOW, Risk.MEDIUM) or facts.allow_high_risk:
        return None
    remedy = "Set SELF_CODING_ALLOW_HIGH_RISK=true to act on it."
    return Objection("AUTOSD-RISK-BLOCKED", f"The risk of this work is {facts.risk}.", remedy, detail=str(facts.risk))


def _risk_flip(facts: Facts) -> Flip:
    step = Step("setting", "governance.allow_high_risk", "true", OWNER)
    return Flip(("risk", "allow_high_risk"), (step,), {"allow_high_risk": True})


def _policy_risk(facts: Facts) -> Objection | None:
    most = facts.policy.max_risk
    if most is None or RISKS.index(facts.risk) <= RISKS.index(most):
        return None
    message = f"The risk of this work is {facts.risk}, and the policy allows at most {most}."
    return Objection("AUTOSD-POLICY-RISK", message, "Ask the owner of the policy to raise limits.max_risk.", detail=str(facts.risk))


def _lines(facts: Facts) -> Objection | None:
    most = facts.policy.max_lines
    if most is None or facts.lines <= most:
        return None
    message = f"The change has {facts.lines} lines, and the policy allows at most {most}."
    remedy = "Make a smaller change, or ask the owner of the policy to raise limits.max_lines."
    return Objection("AUTOSD-POLICY-LINES", message, remedy, detail=f"{facts.lines} lines")


def _lines_flip(facts: Facts) -> Flip:
    most = max(0, facts.policy.max_lines or 0)
    return Flip(("lines", "policy.max_lines"), (Step("change", "lines", str(most)),), {"lines": most})


def _files(facts: Facts) -> Objection | None:
    most, files = facts.policy.max_files, len(set(facts.paths))
    if most is None or files <= most:
        return None
    message = f"The change touches {files} files, and the policy allows at most {most}."
    remedy = "Make a smaller change, or ask the owner of the policy to raise limits.max_files."
    return Objection("AUTOSD-POLICY-FILES", message, remedy, detail=f"{files} files")


def _files_flip(facts: Facts) -> Flip:
    flip = policy_flip(facts, "max_files", len(set(facts.paths)))
    return Flip(("paths", *flip.because), flip.steps, flip.facts)


def _never(facts: Facts, path: str) -> str | None:
    """Why no setting, policy or approval can give leave for ``path``."""
    return next((why for spelling in facts.spellings(path) if (why := _never_so_spelt(spelling))), None)


def _never_so_spelt(path: str) -> str | None:
    why = paths.malformed(path) or ("secrets are kept there" if paths.is_secret(path) else None)
    return why or ("it is git's own folder" if ".git" in (paths.canonical(path) or "").split("/") else None)


def _blocked_path(facts: Facts) -> Objection | None:
    for path in touched(facts):
        if why := _never(facts, path):
            remedy = "Leave that path out of the change; no setting allows it."
            return Objection("AUTOSD-PATH-BLOCKED", f"No change may touch {path!r}: {why}.", remedy, detail=path)
    return None


def _blocked_path_flip(facts: Facts) -> Flip:
    return _without(facts, [path for path in touched(facts) if _never(facts, path)])


def _protected(facts: Facts) -> Iterator[str]:
    more = (*facts.protected, *facts.policy.protected_paths)
    open_ones = (path for path in touched(facts) if not _never(facts, path))
    return (path for path in open_ones if any(paths.is_protected(spelling, more) for spelling in facts.spellings(path)))


def self_changing(facts: Facts) -> str:
    """The first path that takes part in judging changes; ``self`` when the change was said to be one; empty when it is none."""
    return next(_protected(facts), "self" if facts.self_change else "")


def people_for_self_changes(facts: Facts) -> int:
    return max(TWO_PEOPLE, facts.policy.approvals_for_self_changes)


def _protected_path(facts: Facts) -> Objection | None:
    path, needed = self_changing(facts), people_for_self_changes(facts)
    if not path or facts.approvals_given >= needed:
        return None
    message = f"{path!r} is protected: it takes part in judging changes, and {facts.approvals_given} of {needed} people agreed."
    remedy = f"Leave that path out, or have {needed} people approve exactly this change (`autosd approvals approve`)."
    return Objection("AUTOSD-PATH-PROTECTED", message, remedy, detail=path)


def _protected_path_flip(facts: Facts) -> Flip:
    needed = people_for_self_changes(facts)
    step = Step("approval", "autosd approvals approve", str(needed), f"{needed} people, none of whom asked for it")
    because = ("paths", "protected", "self_change", "approvals_given", "policy.approvals_for_self_changes")
    return Flip(because, (step,), {"approvals_given": needed})


def _foreign_suffixes(facts: Facts) -> Iterator[str]:
    return (path for path in touched(facts) if PurePosixPath(path).suffix.lower() not in facts.allowed_suffixes)


def _suffix(facts: Facts) -> Objection | None:
    for path in _foreign_suffixes(facts):
        allowed = ", ".join(facts.allowed_suffixes) or "none"
        message = f"{path!r} is of a kind that changes may not touch (allowed: {allowed})."
        return Objection("AUTOSD-SUFFIX-NOT-ALLOWED", message, "Add its suffix to SELF_CODING_ALLOWED_FILE_SUFFIXES.", detail=path)
    return None


def _suffix_flip(facts: Facts) -> Flip:
    """Allow the suffixes, and leave out the files that have none that could be allowed."""
    foreign = list(_foreign_suffixes(facts))
    new = dict.fromkeys(PurePosixPath(path).suffix.lower() for path in foreign)
    suffixes = (*facts.allowed_suffixes, *filter(_SUFFIX.fullmatch, new))
    suffixes = suffixes or (".py",)
    allow = Step("setting", "governance.allowed_suffixes", ",".join(suffixes), OWNER)
    flip = _without(facts, [path for path in foreign if PurePosixPath(path).suffix.lower() not in suffixes], suffixes)
    steps = (*([allow] if len(suffixes) > len(facts.allowed_suffixes) else []), *flip.steps)
    return Flip((*flip.because, "allowed_suffixes"), steps, {**flip.facts, "allowed_suffixes": suffixes}, flip.asks_anew)


def _outside(facts: Facts) -> Iterator[str]:
    for path in touched(facts):
        name = paths.canonical(facts.in_project(path))
        if name is not None and not all(paths.matches(name, globs) for globs in facts.policy.allowed_paths):
            yield path


def _allowed_path(facts: Facts) -> Objection | None:
    for path in _outside(facts):
        remedy = "Leave that path out, or ask the owner of the policy to add it to paths.allowed."
        return Objection("AUTOSD-PATH-NOT-ALLOWED", f"The policy does not allow changes to {path!r}.", remedy, detail=path)
    return None


def _allowed_path_flip(facts: Facts) -> Flip:
    """Every layer's list that has them not gets the paths."""
    foreign = tuple(dict.fromkeys(map(facts.in_project, _outside(facts))))

    def wider(globs: tuple[str, ...]) -> tuple[str, ...]:
        return (*globs, *(f"/{path}" for path in foreign if not paths.matches(paths.canonical(path) or "", globs)))

    policy = replace(facts.policy, allowed_paths=tuple(map(wider, facts.policy.allowed_paths)))
    steps = tuple(Step("policy", "paths.allowed", written(globs), OWNER) for globs in policy.allowed_paths)
    changed = tuple(step for step, old in zip(steps, facts.policy.allowed_paths, strict=True) if step.value != written(old))
    return Flip(("paths", "policy.allowed_paths"), changed, {"policy": policy})


def touched(facts: Facts) -> Iterator[str]:
    """The paths of the change, and of a direct write its target too, as far as it lies in the project."""
    yield from facts.paths
    if facts.target is not None:
        inside = paths.inside(facts.target, facts.repo)
        yield (facts.target.relative_to(facts.repo) if inside else facts.target.relative_to(facts.target.anchor)).as_posix()


def _without(facts: Facts, left_out: list[str], suffixes: tuple[str, ...] = ()) -> Flip:
    """The change without those paths; a target among them becomes an ordinary file below the write root."""
    kept = tuple(path for path in facts.paths if path not in left_out)
    steps = [Step("change", "without", path) for path in dict.fromkeys(left_out)]
    changes: dict[str, object] = {"paths": kept}
    if any(path in left_out for path in touched(replace(facts, paths=()))):
        changes["target"] = (facts.write_root or facts.repo) / f"change{(suffixes or facts.allowed_suffixes or ('.py',))[0]}"
        steps.append(Step("option", "target", str(changes["target"])))
    return Flip(("paths", *(["target"] if "target" in changes else [])), tuple(steps), changes, "target" in changes)


def _write_root(facts: Facts) -> Objection | None:
    target, root = facts.target, facts.write_root
    if target is not None and root is not None and target != root and paths.inside(target, root):
        return None
    message = f"A direct write to {target or 'nowhere'} is not inside the write root {root or '(none)'}."
    remedy = "Write below SELFCODING_WRITE_ROOT, or set it to the folder you mean."
    return Objection("AUTOSD-WRITE-ROOT", message, remedy, detail=str(target or ""))


def _write_root_flip(facts: Facts) -> Flip:
    """The write root becomes the folder that the target lies in."""
    target = facts.target or (facts.write_root or facts.repo) / "change.py"
    root = target.parent
    steps = (Step("setting", "governance.write_root", str(root), OWNER),)
    option = (Step("option", "target", str(target)),) if facts.target is None else ()
    return Flip(("target", "write_root"), (*option, *steps), {"target": target, "write_root": root}, facts.target is None)


RISK_RULES: tuple[Rule, ...] = (
    Rule(
        "risk",
        "AUTOSD-RISK-BLOCKED",
        "High and critical risk needs leave of its own.",
        GOVERNED - {Action.ROLLBACK},
        _risk,
        Word.RISK_BLOCKED,
        _risk_flip,
    ),
    Rule(
        "policy_risk",
        "AUTOSD-POLICY-RISK",
        "No layer of policy may find the risk too high.",
        GOVERNED - {Action.ROLLBACK},
        _policy_risk,
        Word.RISK_BLOCKED,
        lambda facts: policy_flip(facts, "max_risk", facts.risk, "risk"),
    ),
)

CHANGE_RULES: tuple[Rule, ...] = (
    Rule(
        "secret_path",
        "AUTOSD-PATH-BLOCKED",
        "No change touches places of secrets or git's own folder, nor paths that hide where they lead.",
        LANDING,
        _blocked_path,
        Word.PATH_BLOCKED,
        _blocked_path_flip,
    ),
    Rule(
        "protected_path",
        "AUTOSD-PATH-PROTECTED",
        "What judges changes may be proposed, but is taken over only when two people approved exactly that change.",
        TAKING_OVER,
        _protected_path,
        Word.PROTECTED_PATH,
        _protected_path_flip,
    ),
    Rule(
        "suffix",
        "AUTOSD-SUFFIX-NOT-ALLOWED",
        "A change touches only allowed kinds of files, on both sides of a rename.",
        LANDING,
        _suffix,
        Word.SUFFIX_NOT_ALLOWED,
        _suffix_flip,
    ),
    Rule(
        "allowed_path",
        "AUTOSD-PATH-NOT-ALLOWED",
        "A change touches only paths that every layer of policy allows.",
        LANDING,
        _allowed_path,
        Word.PATH_BLOCKED,
        _allowed_path_flip,
    ),
    Rule(
        "policy_lines",
        "AUTOSD-POLICY-LINES",
        "A change is no longer than every layer of policy allows.",
        LANDING,
        _lines,
        Word.TOO_LARGE,
        _lines_flip,
    ),
    Rule(
        "policy_files",
        "AUTOSD-POLICY-FILES",
        "A change touches no more files than every layer of policy allows.",
        LANDING,
        _files,
        Word.TOO_LARGE,
        _files_flip,
    ),
    Rule(
        "write_root",
        "AUTOSD-WRITE-ROOT",
        "Direct writes stay inside the write root.",
        frozenset({Action.WRITE}),
        _write_root,
        Word.OUTSIDE_WRITE_ROOT,
        _write_root_flip,
    ),
)
