"""The flip of everything that a grant would lift: which grant it has to be, and what no grant could cover."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from autosd.domain.decisions import Action, Facts
from autosd.domain.grants import RequiredGates, capability_for
from autosd.domain.projects import is_project_id
from autosd.governance import paths
from autosd.governance.leave import grant_refusal, needs_grant, sufficient_grant
from autosd.governance.rules import OWNER, Flip, Step

SUITE = frozenset({RequiredGates().min_test_scope})


def grant_flip(facts: Facts, *because: str) -> Flip:
    """A grant for just this; and, where no grant could cover the change, a change without those paths."""
    if facts.presented is not None and (proof := _proof(facts)) and grant_refusal(replace(facts, **proof)) is None:
        steps = tuple(Step("gates", "passed", "suite") if name == "gates_passed" else Step("option", "--canary") for name in proof)
        return Flip((*because, "presented", *proof), steps, proof, asks_anew=True)
    steps = (Step("grant", "--project-ids", facts.project, OWNER),)
    if not is_project_id(facts.project):  # grants name projects, not folders
        steps = (Step("command", "autosd projects add", facts.project), Step("grant", "--project-ids", "ID", OWNER))
    changes: dict[str, Any] = {"presented": sufficient_grant(facts)}
    needed = needs_grant(replace(facts, **changes))  # asked with the grant: unattended work that rests on it has to be named
    capability = capability_for(facts.action, facts.environment) if needed else None
    if capability:
        steps += (Step("grant", f"--{capability.replace('_', '-')}", "", OWNER),)
    if grant_refusal(replace(facts, **changes)) is None:
        return Flip((*because, "presented"), steps, changes)
    changes |= _coverable(facts)
    left_out = [path for path in facts.paths if path not in changes["paths"]]
    more = tuple(Step("change", "without", path) for path in dict.fromkeys(left_out))
    if changes["target"] != facts.target:
        more += (Step("option", "target", str(changes["target"] or "")),)
    return Flip((*because, "presented", "paths", "target"), (*steps, *more), changes, asks_anew=True)


def _proof(facts: Facts) -> dict[str, Any]:
    """What is missing of the proof that each grant asks for unless its owner said otherwise: then a new grant would ask for it too."""
    missing: dict[str, Any] = {} if facts.gates_passed >= SUITE else {"gates_passed": facts.gates_passed | SUITE}
    return missing if facts.canary or facts.environment != "prod" else {**missing, "canary": True}


def _coverable(facts: Facts) -> dict[str, Any]:
    """Paths that have one meaning, and a target inside the project."""
    kept = tuple(path for path in facts.paths if not paths.malformed(path))
    target = facts.target
    if target is not None and (not paths.inside(target, facts.repo) or paths.malformed(target.relative_to(facts.repo).as_posix())):
        target = (facts.write_root or facts.repo) / "change.py" if facts.action is Action.WRITE else None
        if target is not None and not paths.inside(target, facts.repo):
            target = facts.repo / "change.py"
    return {"paths": kept, "target": target}
