"""The last word before a patch is landed (guide S2): measured beside its base, it is kept only if it is no worse than those before it.

Both sides are run in turns, each time in a fresh sandbox, on trees of our own: the project is not touched before the answer is yes, so a
patch that is taken back leaves every byte as it was.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from autosd.acts.changing import FixRequest
from autosd.acts.work.measuring import in_turns, measures_of
from autosd.app import App
from autosd.domain.changes import Candidate, Change, ChangeResult, GateReport, Word
from autosd.domain.outcomes import Measures
from autosd.domain.patches import PatchRecord
from autosd.domain.suites import SuiteRun
from autosd.gates.gating import to_lock
from autosd.intake.coverage import covered, untested
from autosd.intake.hardness import hardness_delta, total
from autosd.intake.running import ColdSuite
from autosd.intake.scope import on_any_tree
from autosd.intake.sources.lint import Lint
from autosd.learning.baseline import PatchDeltas
from autosd.learning.signals import FEWEST_RUNS
from autosd.learning.worth import errors_of, roi_of
from autosd.ports import Task
from autosd.settings import table

GATE = "baseline"
WEIGHING = "weighing"  # under which a change carries its figures
MOST_RUNS = 12  # pairs; enough for a difference in run time to be beyond doubt


@dataclass(frozen=True)
class Weighing:
    """What was measured of one patch; ``worse`` says why it is taken back, and is empty where it is kept."""

    before: Measures
    after: Measures
    deltas: PatchDeltas
    roi_before: float = 0.0  # of the project: what its kept patches were worth
    expected_roi: float = 0.0
    expected_errors: float = 0.0
    worse: tuple[str, ...] = ()
    untested: tuple[str, ...] = ()  # new functions that no test runs yet

    def to_text(self) -> str:
        return json.dumps(asdict(self))

    @staticmethod
    def from_text(text: str) -> Weighing:
        value = json.loads(text)
        before, after = _measures(value["before"]), _measures(value["after"])
        known = {name: float(value[name]) for name in ("roi_before", "expected_roi", "expected_errors")}
        return Weighing(
            before, after, PatchDeltas(**value["deltas"]), worse=tuple(value["worse"]), untested=tuple(value["untested"]), **known
        )  # fmt: skip

    @staticmethod
    def of(change: Change) -> Weighing | None:
        """What ``change`` carries, if it was weighed."""
        return Weighing.from_text(change.extra[WEIGHING]) if WEIGHING in change.extra else None


def _measures(value: Mapping[str, Any]) -> Measures:
    known: dict[str, Any] = {name: tuple(each) if isinstance(each, list) else each for name, each in value.items()}
    return Measures(**known)


def weighed(
    app: App, request: FixRequest, task: Task, suite: ColdSuite, change: Change, candidate: Candidate
) -> tuple[Change, Candidate | None]:
    """``change`` with what was measured of it; without the candidate when it is worse than the baseline allows."""
    found = weigh(app, request, task, suite, candidate)
    deltas = found.deltas
    detail = "; ".join(found.worse) or f"ROI {deltas.roi:+.3g}, errors {deltas.errors:+g}, complexity {deltas.complexity:+g}"
    result = ChangeResult(Word.DELTAS_WORSE, GATE) if found.worse else None
    report = GateReport(GATE, not found.worse, result, detail)
    change = replace(change, reports=(*change.reports, report), extra={**change.extra, WEIGHING: found.to_text()})
    return (replace(change, id="", result=result), None) if result else (change, candidate)


def weigh(app: App, request: FixRequest, task: Task, suite: ColdSuite, candidate: Candidate) -> Weighing:
    past, now = request.past, app.clock.now()
    assert past is not None
    before, after, never_run = _measured(app, task, suite, candidate)
    errors = errors_of(after) - errors_of(before)
    own = PatchDeltas(roi_of(before, after, grown=_grown(task, candidate)), errors, after.complexity - before.complexity)
    deltas = past.with_predictions(own, errors_of(after), now)
    expected = past.predictor.predict_future_metrics()
    worse = past.baseline(app.settings[table.PATCH_WINDOW]).worse(deltas)
    return Weighing(before, after, deltas, past.roi, expected.roi, expected.errors, tuple(map(str, worse)), never_run)


def with_figures(record: PatchRecord, change: Change) -> PatchRecord:
    """``record`` with what was measured of ``change``; as it is where nothing was."""
    found = Weighing.of(change)
    if found is None:
        return record
    before, after, deltas = found.before, found.after, found.deltas
    return replace(
        record,
        roi_before=found.roi_before,
        roi_after=found.roi_before + deltas.roi,
        roi_delta=deltas.roi,
        errors_before=errors_of(before),
        errors_after=errors_of(after),
        tests_failed_before=before.failing_tests,
        tests_failed_after=after.failing_tests,
        complexity_before=before.complexity,
        complexity_after=after.complexity,
        complexity_delta=deltas.complexity,
        predicted_roi=found.expected_roi,
        predicted_errors=found.expected_errors,
        reverted=bool(found.worse),
        reason="; ".join(found.worse) or record.reason,
    )


def _measured(app: App, task: Task, suite: ColdSuite, candidate: Candidate) -> tuple[Measures, Measures, tuple[str, ...]]:
    """Base and candidate, and the new functions that no test runs."""
    root, on = task.snapshot.root, on_any_tree(suite, task.snapshot)
    base = {path: _text(root / path) for path in candidate.files}
    new = {path: text or "" for path, text in candidate.files.items()}
    with app.repository.apply(task.snapshot, candidate.files) as tree:
        locked = to_lock(tree, task.diagnosis.run, candidate.files)
        pairs = repeats_of(app.settings[table.PATCH_MEASURE_SECONDS], task.diagnosis.run.seconds)
        runs = in_turns(lambda place: on(place, None, locked), (root, tree), pairs)
        reached = [_reached(on, place, locked, new) for place in (root, tree)]
        lint, now = Lint(suite.env.version), app.clock.now()
        sides = [measures_of(side, place, lint, now) for side, place in zip(runs, (root, tree), strict=True)]
    complexity = float(sum(map(total, base.values())))
    before = replace(sides[0], complexity=complexity, coverage=covered(base, reached[0], base))
    after = replace(sides[1], complexity=complexity + hardness_delta(base, candidate.files), coverage=covered(new, reached[1], base))
    return before, after, untested(base, new, reached[1])


def repeats_of(seconds: float, one_run: float) -> int:
    """As many pairs as fit into the time, between what counts of tests need and what times need."""
    return max(FEWEST_RUNS, min(MOST_RUNS, int(seconds / max(0.01, 2 * one_run))))


def _reached(on: Callable[..., SuiteRun], place: Path, locked: tuple[str, ...], files: Iterable[str]) -> Mapping[str, frozenset[int]]:
    there = tuple(path for path in files if path.endswith(".py") and (place / path).is_file())
    return on(place, None, locked, reach=there).reached if there else {}


def _grown(task: Task, candidate: Candidate) -> int:
    """Lines of Python that came, less those that went."""
    texts = {path: text or "" for path, text in candidate.files.items() if path.endswith(".py")}
    return sum(text.count("\n") - _text(task.snapshot.root / path).count("\n") for path, text in texts.items())


def _text(file: Path) -> str:
    return file.read_text("utf-8", "replace") if file.is_file() and not file.is_symlink() else ""
