"""The Outcomes port on SQL. What a run's evidence came to is kept with the run, so that nobody has to read all of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from autosd.adapters.store.base import Tables
from autosd.adapters.store.records import cleaned
from autosd.adapters.store.work_hours import counted_since
from autosd.adapters.store.work_tables import evidence as lines
from autosd.adapters.store.work_tables import runs, totals
from autosd.domain.errors import AutosdError
from autosd.domain.outcomes import Evidence, Measures, Mode, Run, Verdict
from autosd.governance.redaction import Redactor

#: Columns of S4's words that have another name than the field.
_COLUMNS = {"status": "execution_status", "run_id": "experiment_id", "before": "metrics_before", "after": "metrics_after", "at": "ts"}


#: Field and column of each; looked up once, since hundreds of rows are read at a time.
_OF_EVIDENCE = tuple((each.name, _COLUMNS.get(each.name, each.name)) for each in fields(Evidence))
_OF_RUN = tuple((each.name, _COLUMNS.get(each.name, each.name)) for each in fields(Run))
_OF_MEASURES = frozenset(each.name for each in fields(Measures))


class SqlOutcomes(Tables):
    """Satisfies ``Outcomes``."""

    def __init__(self, engine: sa.Engine) -> None:
        super().__init__(engine)
        self._redactor = Redactor()

    def add_run(self, run: Run) -> None:
        """A run that is there already, as after a restart, stays as it is."""
        with self._writing() as connection:
            connection.execute(self._insert(runs).values(**_run_row(run)).on_conflict_do_nothing(index_elements=["id"]))

    def finish_run(self, run: Run) -> None:
        """Write how it ended, over what was there of it."""
        row = _run_row(run)
        with self._writing() as connection:
            connection.execute(self._insert(runs).values(**row).on_conflict_do_update(index_elements=["id"], set_=row))

    def run(self, id: str) -> Run | None:
        rows = self._rows(sa.select(runs).where(runs.c.id == id))
        return _run(rows[0]) if rows else None

    def runs(self, *, proposal: str | None = None, since: datetime | None = None, limit: int = 50) -> Sequence[Run]:
        """The newest first."""
        query = sa.select(runs).order_by(runs.c.started_at.desc(), runs.c.id.desc()).limit(limit)
        if proposal is not None:
            query = query.where(runs.c.proposal_id == proposal)
        if since is not None:
            query = query.where(runs.c.started_at >= since)
        return [_run(row) for row in self._rows(query)]

    def add_evidence(self, evidence: Evidence) -> None:
        """The same again is no second line; raises ``AUTOSD-RUN-UNKNOWN`` or ``AUTOSD-STORE-CONFLICT``."""
        row = self._evidence_row(evidence)
        with self._writing() as connection:
            run = connection.execute(sa.select(runs.c.attempts, runs.c.verified_at).where(runs.c.id == evidence.run_id).with_for_update())
            there = run.one_or_none()
            if there is None:
                message = f"There is no run {evidence.run_id!r} that this evidence could be of (run_not_found)."
                raise AutosdError("AUTOSD-RUN-UNKNOWN", message, "Run `autosd outcomes list` for those there are.", exit_code=1)
            insert = self._insert(lines).values(**row).on_conflict_do_nothing(index_elements=["id"])
            if connection.execute(insert.returning(lines.c.id)).first() is None:
                self._same(connection, evidence)
            elif there.verified_at is None or there.verified_at <= evidence.at:
                _judge(connection, evidence, there.attempts)

    def evidence(self, *, run: str | None = None, since: datetime | None = None, limit: int = 50) -> Sequence[Evidence]:
        """The newest first."""
        query = sa.select(lines).limit(limit)
        if run is not None:
            query = query.where(lines.c.experiment_id == run)
        if since is not None:
            query = query.where(lines.c.ts >= since)
        order = [lines.c.ts.desc(), lines.c.seq.desc()] if run is None else [lines.c.seq.desc()]
        return [_evidence(row) for row in self._rows(query.order_by(*order))]

    def last_look(self, verdict: Verdict, mode: Mode, *, since: datetime, limit: int) -> datetime | None:
        """See ``Outcomes``."""
        columns = (lines.c.experiment_id, lines.c.ts, lines.c.seq, lines.c.verdict, lines.c.pending_recheck)
        newest = sa.select(*columns).where(lines.c.ts >= since).order_by(lines.c.ts.desc(), lines.c.seq.desc()).limit(limit).subquery()
        query = sa.select(newest.c.ts).join(runs, runs.c.id == newest.c.experiment_id)
        query = query.where(newest.c.verdict == str(verdict), ~newest.c.pending_recheck, runs.c.mode == str(mode))
        found = self._rows(query.order_by(newest.c.ts.desc(), newest.c.seq.desc()).limit(1))
        return found[0]["ts"] if found else None

    def pending_rechecks(self, *, looked_before: datetime, limit: int = 3) -> Sequence[Evidence]:
        """See ``Outcomes``."""
        wants = sa.select(lines).join(runs, runs.c.evidence_id == lines.c.id)
        pending = wants.where(sa.text("experiment_runs.pending_recheck"), runs.c.verified_at < looked_before)
        return [_evidence(row) for row in self._rows(pending.order_by(runs.c.verified_at.desc(), runs.c.id).limit(limit))]

    def verdicts(self, *, since: datetime | None = None, production: bool = True) -> Mapping[Verdict, int]:
        """One a run, those that wait for another look left out; ``since`` looks at when it was found."""
        if since is None:
            query = sa.select(totals.c.word, sa.func.sum(totals.c.n).label("n")).where(totals.c.of == runs.name).group_by(totals.c.word)
            rows = self._rows(query.where(totals.c.stream == "production") if production else query)
        else:
            kept = [~runs.c.pending_recheck, *([~runs.c.synthetic] if production else [])]
            rows = counted_since(self._rows, since, runs.c.verified_at, runs.c.verdict, kept, production=production)
        found: Counter[str] = Counter()
        for row in rows:
            found[row["word"]] += int(row["n"])
        return {verdict: found.get(str(verdict), 0) for verdict in Verdict}

    def lines(self) -> int:
        """How many lines of evidence there are."""
        return self._total(lines.name)

    def pending(self) -> int:
        """How many runs wait for another look."""
        return self._total(runs.name, "pending_recheck")

    def _total(self, of: str, word: str | None = None) -> int:
        query = sa.select(sa.func.coalesce(sa.func.sum(totals.c.n), 0).label("n")).where(totals.c.of == of)
        return int(self._rows(query if word is None else query.where(totals.c.word == word))[0]["n"])

    def _evidence_row(self, evidence: Evidence) -> dict[str, Any]:
        row = {column: getattr(evidence, name) for name, column in _OF_EVIDENCE}
        measures = {"metrics_before": _plain(evidence.before), "metrics_after": _plain(evidence.after)}
        texts = {"reasons": cleaned(list(evidence.reasons), self._redactor), "notes": cleaned(evidence.notes, self._redactor)}
        return {**row, **measures, **texts, "verdict": str(evidence.verdict)}

    def _same(self, connection: sa.Connection, evidence: Evidence) -> None:
        there = connection.execute(sa.select(lines).where(lines.c.id == evidence.id)).one()._mapping
        if any(there[name] != value for name, value in self._evidence_row(evidence).items() if name != "ts"):
            message = f"outcome_evidence holds {evidence.id!r} already, with another content."
            raise AutosdError("AUTOSD-STORE-CONFLICT", message, "Look again: a new look gets a new id.", exit_code=1)


def _judge(connection: sa.Connection, evidence: Evidence, attempts: int) -> None:
    values: dict[str, Any] = {
        "evidence_id": evidence.id,
        "pending_recheck": evidence.pending_recheck,
        "attempts": max(attempts, evidence.attempt),
        "verified_at": evidence.at,
    }
    if not evidence.pending_recheck:
        values |= {"verdict": str(evidence.verdict), "verdict_confidence": evidence.confidence}
    connection.execute(sa.update(runs).where(runs.c.id == evidence.run_id).values(**values))


def _plain(measures: Measures) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(measures).items()}


def _measures(row: Mapping[str, Any]) -> Measures:
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in row.items() if name in _OF_MEASURES
    }
    return Measures(**values)


def _evidence(row: Mapping[str, Any]) -> Evidence:
    values = {name: row[column] for name, column in _OF_EVIDENCE}
    values |= {"before": _measures(values["before"]), "after": _measures(values["after"])}
    return Evidence(**{**values, "verdict": Verdict(values["verdict"]), "reasons": tuple(values["reasons"])})


def _run_row(run: Run) -> dict[str, Any]:
    row = {column: getattr(run, name) for name, column in _OF_RUN}
    return {**row, "mode": str(run.mode), "arms": dict(run.arms)}


def _run(row: Mapping[str, Any]) -> Run:
    values = {name: row[column] for name, column in _OF_RUN}
    return Run(**{**values, "mode": Mode(values["mode"])})
