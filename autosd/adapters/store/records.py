"""Rows from nouns and nouns from rows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from autosd.adapters.store.tables import canonical
from autosd.domain.changes import Change, ChangeResult, Cost, GateReport, Overfit, RunSummary, TestEvidence, Word
from autosd.domain.decisions import Objection
from autosd.governance.redaction import Redactor

Row = dict[str, Any]


#: What text a test, a tool or a person may have had a hand in. Names that others find a row by stay as they are.
_TEXTS = ("result_detail", "reports", "evidence", "overfit", "objections", "extra", "decisions", "refs")


def change_to_dict(change: Change, redactor: Redactor) -> Row:
    return _cleaned(
        redactor,
        {
            "id": change.id,
            "project": change.project,
            "base": change.base,
            "result": str(change.result.word),
            "result_detail": change.result.detail,
            "strategy": change.strategy,
            "diff": change.diff,
            "branch": change.branch,
            "commit_sha": change.commit,
            "artifacts": change.artifacts,
            "reports": [_report_to_dict(report) for report in change.reports],
            "evidence": {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(change.evidence).items()},
            "overfit": asdict(change.overfit),
            "cost": asdict(change.cost),
            "objections": [asdict(objection) for objection in change.objections],
            "extra": dict(change.extra),
            "created_at": change.created_at,
        },
    )


def change_from_dict(row: Mapping[str, Any]) -> Change:
    return Change(
        id=row["id"],
        project=row["project"],
        base=row["base"],
        result=ChangeResult(Word(row["result"]), row["result_detail"]),
        strategy=row["strategy"],
        diff=row["diff"],
        branch=row["branch"],
        commit=row["commit_sha"],
        artifacts=row["artifacts"],
        reports=tuple(map(_report_from_dict, row["reports"])),
        evidence=_evidence_from_dict(row["evidence"]),
        overfit=Overfit(**row["overfit"]),
        cost=Cost(**row["cost"]),
        objections=tuple(Objection(**objection) for objection in row["objections"]),
        created_at=row["created_at"],
        extra=dict(row["extra"]),
    )


def _evidence_from_dict(row: Mapping[str, Any]) -> TestEvidence:
    values: Row = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
    return TestEvidence(**values)


def summary_to_dict(summary: RunSummary, redactor: Redactor) -> Row:
    return _cleaned(
        redactor,
        {
            "id": summary.id,
            "project": summary.project,
            "principal": summary.principal,
            "purpose": summary.purpose,
            "decisions": dict(summary.decisions),
            "artifacts": summary.artifacts,
            "refs": dict(summary.references),
            "seconds": dict(summary.seconds),
            "created_at": summary.created_at,
        },
    )


def summary_from_dict(row: Mapping[str, Any]) -> RunSummary:
    return RunSummary(
        id=row["id"],
        project=row["project"],
        principal=row["principal"],
        purpose=row["purpose"],
        decisions=dict(row["decisions"]),
        artifacts=row["artifacts"],
        references=dict(row["refs"]),
        seconds=dict(row["seconds"]),
        created_at=row["created_at"],
    )


def _report_to_dict(report: GateReport) -> Row:
    result = {"word": str(report.result.word), "detail": report.result.detail} if report.result else None
    return {"gate": report.gate, "passed": report.passed, "result": result, "detail": report.detail, "seconds": report.seconds}


def _report_from_dict(row: Mapping[str, Any]) -> GateReport:
    result = ChangeResult(Word(row["result"]["word"]), row["result"]["detail"]) if row["result"] else None
    return GateReport(row["gate"], row["passed"], result, row["detail"], row["seconds"])


def _cleaned(redactor: Redactor, row: Row) -> Row:
    """``row`` without secrets: this is one of the two places where they are taken out, the record is the other."""
    texts = {name: _texts(row[name], redactor.whole_text) for name in _TEXTS if name in row}
    code = {"diff": redactor.code(row["diff"])} if "diff" in row else {}
    return _with_digest({**row, **texts, **code})


def cleaned(value: Any, redactor: Redactor) -> Any:
    """``value`` with secrets taken out of every text in it."""
    return _texts(value, redactor.whole_text)


def _texts(value: Any, clean: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list | tuple):
        return [_texts(each, clean) for each in value]
    return {name: _texts(each, clean) for name, each in value.items()} if isinstance(value, dict) else value


def _with_digest(row: Row) -> Row:
    """``row`` with a digest of what it says; the time is left out, since saying the same again later is no conflict."""
    content = {name: value for name, value in row.items() if name != "created_at"}
    return {**row, "digest": hashlib.sha256(canonical(content)).hexdigest()}
