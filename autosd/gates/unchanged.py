"""The suite gate for a candidate that claims to fix no test: the proof is that the suite says the same as before, and that it would notice.

The same tests are collected, what passed passes, nothing else broke, and the tests run every changed place. Where they do not, a test that
pins down today's behaviour (a characterisation test) is missing: one is written for the occasion where the policy has it so, else the gate
says so.
"""

from __future__ import annotations

from pathlib import Path

from autosd.domain.changes import Candidate, ChangeResult, GateReport, TestEvidence, Word
from autosd.domain.suites import SuiteEnding, SuiteRun
from autosd.gates.additions import waiting_lines
from autosd.gates.comparing import Compared, compared
from autosd.gates.context import GateContext
from autosd.gates.gating import to_lock
from autosd.gates.reach import unreached
from autosd.gates.suite import GATE, Proof, compare, named, shown_flaky


def prove_unchanged(candidate: Candidate, context: GateContext, tree: Path) -> Proof:
    """``tree`` is the base with the candidate written over it; ``candidate.targets`` is empty."""
    diagnosis = context.diagnosis
    before = diagnosis.run
    locked = to_lock(tree, before, candidate.files)
    after = context.suite(tree, None, locked)
    found = compare(before, after, (), diagnosis.flaky)
    known = {*before.broken, *diagnosis.flaky, *found.worse}
    worse = (*found.worse, *(test for test in after.broken if test not in known))
    sound = after.ending is SuiteEnding.COMPLETE and not (found.vanished or found.rewritten or found.tampered)
    flaky = shown_flaky(context.suite, tree, locked, worse) if sound else ()
    evidence = TestEvidence(
        failing_before=diagnosis.failing,
        failing_after=tuple(test for test in diagnosis.failing if test not in set(after.passed)),
        broken=tuple(dict.fromkeys(test for test in (*worse, *found.vanished, *found.rewritten) if test not in flaky)),
        flaky=(*diagnosis.flaky, *flaky),
        total=len(after.collected),
    )
    why, beside = _differs(before, after, evidence, found.tampered), ""
    if why is None:
        why, beside = _unwatched(candidate, context, tree, locked)
    places = "every changed place but new functions that nothing calls" if context.policy.additions else "every changed place"
    told = f"the same {evidence.total} tests as before, as before, and they run {places}{beside}"
    return Proof(GateReport(GATE, why is None, why and why[0], why[1] if why else told, after.seconds), evidence, after)


def _differs(before: SuiteRun, after: SuiteRun, evidence: TestEvidence, tampered: tuple[str, ...]) -> tuple[ChangeResult, str] | None:
    if before.ending is not SuiteEnding.COMPLETE or not before.passed:
        return ChangeResult(Word.TESTS_FAILED, "no proof"), "the base has no suite that comes to its end with a passing test"
    if after.ending is SuiteEnding.ENVIRONMENT:
        return ChangeResult(Word.SANDBOX_FAILED), f"the suite could not be started: {after.output_tail[-300:]}"
    if after.ending is not SuiteEnding.COMPLETE:
        return ChangeResult(Word.TESTS_FAILED, after.ending), f"the run of the candidate ended by: {after.ending}"
    if tampered:
        return ChangeResult(Word.TESTS_FAILED, "tampering"), f"the candidate's run replaced parts of the judge: {named(tampered)}"
    if evidence.broken:
        return ChangeResult(Word.TESTS_FAILED, "broken"), f"not as before: {named(evidence.broken)}"
    if fresh := sorted(after.collected - before.collected):
        return ChangeResult(Word.TESTS_FAILED, "collected"), f"tests that the base does not have: {named(fresh)}"
    return None


def _unwatched(
    candidate: Candidate, context: GateContext, tree: Path, locked: tuple[str, ...]
) -> tuple[tuple[ChangeResult, str] | None, str]:
    """What stands against it, and what stood in for tests where nothing does."""
    files = tuple(path for path, text in candidate.files.items() if text is not None and path.endswith(".py"))
    reached = context.suite(tree, None, locked, reach=files).reached if files else {}
    base = {path: context.base_text(path) for path in candidate.files}
    if context.policy.additions:  # what waits to be called counts as run
        reached = {path: reached.get(path, frozenset()) | waiting_lines(base[path], candidate.files[path] or "") for path in files}
    missing = unreached(base, candidate.files, reached)
    if not missing:
        return None, ""
    found = compared(candidate, context, missing) if candidate.strategy in context.policy.compared else Compared()
    if found.difference:
        return (ChangeResult(Word.TESTS_FAILED, "not as before"), found.difference), ""
    none: frozenset[int] = frozenset()
    both = {path: reached.get(path, none) | found.reached.get(path, none) for path in candidate.files}
    if still := unreached(base, candidate.files, both):
        why = f"a characterisation test is missing: no test runs {named(still)}"
        return (ChangeResult(Word.TESTS_FAILED, "characterisation"), why), ""
    return None, f", or generated calls do, which came to the same as before ({named(found.functions)})"
