"""A change as people and machines see it: one object whose keys never differ, whatever happened."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from autosd.domain.changes import Change, ChangeResult, Cost, Overfit, RunSummary, TestEvidence, Word
from autosd.domain.decisions import Objection
from autosd.domain.errors import AutosdError
from autosd.domain.sandboxing import SandboxReport

#: What the exit codes of every command mean.
DONE, NOT_DONE, REFUSED, INTERRUPTED = 0, 1, 2, 130

_WORDS_OF_CODES = {
    "AUTOSD-SANDBOX": Word.SANDBOX_FAILED,
    "AUTOSD-ENV-": Word.ENVIRONMENT_FAILED,
    "AUTOSD-MODEL-": Word.AI_CORE_UNAVAILABLE,
    "AUTOSD-BUDGET-": Word.QUOTA_EXCEEDED,
    "AUTOSD-EDIT-NO-DIFF": Word.NO_DIFF,
    "AUTOSD-EDIT-NO-FILES": Word.DIFF_HAS_NO_FILES,
    "AUTOSD-EDIT-NOT-APPLIED": Word.APPLY_FAILED,
    "AUTOSD-EDIT-PATH": Word.PATH_BLOCKED,
    "AUTOSD-EDIT-TOO-LARGE": Word.TOO_LARGE,
}

#: Why nothing was changed, in a person's words.
SENTENCES: Mapping[Word, str] = {
    Word.NO_FAILING_TESTS: "Nothing to fix: every test passes.",
    Word.NO_TESTS: "Nothing to fix: no tests were found.",
    Word.SUITE_TIMEOUT: "The test suite did not end in its time.",
    Word.SUITE_FAILED: "The test suite could not be run to its end.",
    Word.ENVIRONMENT_FAILED: "The project's tests could not be started.",
    Word.SANDBOX_FAILED: "The sandbox could not run the project's tests.",
    Word.NO_CANDIDATE: "No fix was found.",
    Word.TESTS_FAILED: "No fix was found that passes all tests and breaks none.",
    Word.AI_CORE_UNAVAILABLE: "No model could be asked.",
    Word.NO_DIFF: "What the model answered holds no change.",
    Word.DIFF_HAS_NO_FILES: "What the model answered does not say which files it changes.",
    Word.APPLY_FAILED: "What the model answered does not fit the project's files.",
    Word.QUOTA_EXCEEDED: "What it may use is used up.",
    Word.REFUSED: "It was refused.",
    Word.FAILED: "It could not be done.",
    Word.INTERRUPTED: "Broken off. Nothing was changed; run the same command again to start over.",
}


def exit_code(result: ChangeResult) -> int:
    """0 for a proven change, 2 for a refusal, 130 for Ctrl-C, 1 for everything else that was not done."""
    if result.landed or result.word is Word.PROVEN:
        return DONE
    return {Word.REFUSED: REFUSED, Word.INTERRUPTED: INTERRUPTED}.get(result.word, NOT_DONE)


def change_exit_code(change: Change) -> int:
    """A change that a rule stopped was refused, whatever the guides' word for that is."""
    refused = any(objection.rule for objection in change.objections) and not change.result.landed
    return REFUSED if refused else exit_code(change.result)


def result_of(error: AutosdError) -> ChangeResult:
    """The result word that an error stands for."""
    for prefix, word in _WORDS_OF_CODES.items():
        if error.code.startswith(prefix):
            return ChangeResult(word)
    detail = error.code.removeprefix("AUTOSD-").lower().replace("-", "_")
    return ChangeResult(Word.REFUSED if error.exit_code == REFUSED else Word.FAILED, detail)


def objection_of(error: AutosdError) -> Objection:
    return Objection(error.code, error.message, error.remedy)


def change_object(change: Change, sandbox: SandboxReport | None, seconds: float, per_second: float | None = None) -> dict[str, Any]:
    """The object that ``autosd fix --json`` prints."""
    rate = per_second if per_second is not None else _rate(change.cost)
    return {
        "result": str(change.result),
        "project": change.project,
        "base": change.base,
        "branch": change.branch,
        "commit": change.commit,
        "strategy": change.strategy,
        "diff": change.diff,
        "tests": _tests(change.evidence),
        "sandbox": _sandbox(sandbox),
        "candidates": {"evaluated": change.cost.evaluated, "per_second": round(rate, 1)},
        "overfit": _overfit(change.overfit),
        "artifacts": change.artifacts,
        "seconds": round(seconds, 3),
        "objections": objections_list(change.objections),
    }


def objections_list(objections: Iterable[Objection]) -> list[dict[str, str]]:
    return [{"code": each.code, "message": each.message, "remedy": each.remedy} for each in objections]


def id_of(change: Change) -> str:
    """Made of the content alone: the same fix of the same base has the same name in every run."""
    content = (change.project, change.base, change.extra.get("tree"), change.evidence.failing_before, str(change.result.word), change.diff)
    return hashlib.sha256(json.dumps(content).encode("ascii")).hexdigest()[:12]


def summary_of(change: Change, *, id: str, principal: str, purpose: str) -> RunSummary:
    """One run on a line of the store: who asked for what, what each gate said, and what undoes it."""
    references = {"change": change.id}
    if change.branch and change.commit:
        undo = f"git branch -D {change.branch}"
        references |= {"branch": change.branch, "commit": change.commit, "rollback": undo}
    return RunSummary(
        id=id,
        project=change.project,
        principal=principal,
        purpose=purpose,
        decisions={"change": str(change.result), **{each.gate: str(each.result or "passed") for each in change.reports}},
        artifacts=change.artifacts,
        references=references,
        seconds={"search": change.cost.seconds, **{each.gate: each.seconds for each in change.reports}},
        created_at=change.created_at,
    )


def _rate(cost: Cost) -> float:
    return cost.evaluated / cost.seconds if cost.seconds > 0 else 0.0


def _tests(evidence: TestEvidence) -> dict[str, Any]:
    return {
        "failing_before": list(evidence.failing_before),
        "failing_after": list(evidence.failing_after),
        "broken": list(evidence.broken),
        "flaky": list(evidence.flaky),
        "total": evidence.total,
    }


def _overfit(overfit: Overfit) -> dict[str, Any]:
    return {"checked": overfit.checked, "suspect": overfit.suspect, "reason": overfit.reason}


def _sandbox(report: SandboxReport | None) -> dict[str, Any]:
    if report is None:
        return {"level": "none", "missing": []}
    return {"level": report.level, "missing": [{"part": each.part, "cause": each.cause} for each in report.missing]}
