"""One round: servers on the texts so far, observations, clusters of failing tests, a search and a choice for each."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from autosd.coding.repair import subject
from autosd.coding.repair.ablation import without_condition
from autosd.coding.repair.clusters import clusters, scouts
from autosd.coding.repair.enumerate import enumerate_edits
from autosd.coding.repair.guards import Guards
from autosd.coding.repair.localise import rank_suspects
from autosd.coding.repair.model import Project, build_project
from autosd.coding.repair.observations import Observations, ObservedFailure, ObservedTest
from autosd.coding.repair.replies import Observed, Opened, Probed
from autosd.coding.repair.sample import sample
from autosd.coding.repair.search import Findings, Goal, Search
from autosd.coding.repair.seen import merge_attributes, merge_types, merge_values, observed_failure, observed_test
from autosd.coding.repair.select import Behaviour, Choice, Plausible, choose
from autosd.coding.repair.servers import NoServer, Server, in_parallel, open_servers
from autosd.coding.repair.session import Trial
from autosd.coding.repair.signs import signs_of
from autosd.domain.changes import Overfit, TextEdit
from autosd.domain.suites import Outcome
from autosd.ports import Progress, Sandbox, SessionLost, Task

#: Observing may take this share of a round, and never more than this many passing tests: cost follows what the failing tests reach.
OBSERVE_SHARE, MOST_OBSERVED, PORTION = 0.2, 400, 20
MOST_SCOUTS = 3
#: Failing tests that were not watched still have a say on what is found, as many as this.
MOST_UNSEEN = 6
PROBES, MOST_PROBED = 120, 30
#: The words for calls that did not end.
ENDLESS = ("fuel", "timeout")


@dataclass(frozen=True)
class Fix:
    """A chosen fix of one cluster, the failing tests it turns, and its rivals from second to last."""

    choice: Choice
    rivals: tuple[Choice, ...]
    base_is_original: bool

    @property
    def passed(self) -> frozenset[str]:
        return self.choice.plausible.passed


@dataclass(frozen=True)
class Unsolved:
    """A cluster no single edit fixes whole, with the edits that turn some of its tests and break nothing, best first."""

    tests: tuple[str, ...]
    partial: tuple[Choice, ...]
    causes: tuple[frozenset[str], ...] = ()  # the diagnosis' groups: tests that fail in the same way
    touched: bool = False  # another cluster's fix changed code that these tests reach: a bug behind a bug may show now

    def acceptable(self, choices: Iterable[Choice]) -> Choice | None:
        """A small partial fix that turns all tests of one cause, and most of the cluster, is worth having by itself, labelled."""
        for choice in choices:
            passed = choice.plausible.passed
            most = len(passed) >= 2 and 2 * len(passed) >= len(self.tests)
            if most and choice.plausible.edit.tier <= 2 and any(cause <= passed for cause in self.causes):
                return _partial(choice, len(self.tests))
        return None


@dataclass(frozen=True)
class RoundResult:
    fixes: list[Fix] = field(default_factory=list)
    texts: Mapping[str, str] = field(default_factory=dict)  # the new text of each file the fixes change
    unsolved: list[Unsolved] = field(default_factory=list)
    evaluated: int = 0
    unseen: frozenset[str] = frozenset()  # failing tests that were not watched: others of their cause stood for them


class Round:
    def __init__(
        self,
        sandbox: Sandbox,
        task: Task,
        progress: Progress,
        texts: Mapping[str, str],
        remaining: Sequence[str],
        original: Mapping[str, str],
    ) -> None:
        self._sandbox = sandbox
        self._task = task
        self._progress = progress
        self._texts = texts
        self._overlay = {path: text for path, text in texts.items() if original.get(path) != text}
        self._remaining = sample(task.diagnosis, remaining)
        self._unseen = frozenset(remaining) - frozenset(self._remaining)
        self._evaluated = 0
        self._project: Project = build_project(texts, test_files=subject.test_files(texts, self._remaining))

    def run(self, *, seconds: float, spare: float = 0.0) -> RoundResult:
        """``spare``: seconds after those, for a search that found nothing at all: no later round would have a use for them."""
        deadline = time.monotonic() + seconds
        latest = deadline + spare
        with ExitStack() as stack:
            try:
                servers, opened = open_servers(stack, self._sandbox, self._task, self._overlay, deadline=latest)
            except NoServer as cause:
                self._progress.step("search", f"not possible: {cause}")
                return RoundResult()
            seen = self._observe(servers, opened, time.monotonic() + seconds * OBSERVE_SHARE)
            return self._search_all(servers, seen, deadline, latest)

    # observing ---------------------------------------------------------------------------------------------------------

    def _observe(self, servers: Sequence[Server], opened: Opened, until: float) -> Observations:
        """Failing tests in full on one server, while the others begin with the passing ones."""
        self._progress.step("observe", f"{len(self._remaining)} failing tests, line by line")
        known = {test.id for test in opened.tests}
        hanging = self._task.diagnosis.run.with_outcome(Outcome.TIMEOUT)
        failed = {*self._remaining, *self._unseen, *hanging}  # one that fails is no passing test because another one stands for it
        passing = self._relevant([test.id for test in opened.tests if test.id not in failed])
        failing = [test for test in self._remaining if test in known]
        seen: list[Observed] = []
        lock = threading.Lock()

        def look(server: Server, tests: Sequence[str], *, full: bool) -> bool:
            try:
                for each in server.observe(tests, full=full):
                    with lock:
                        seen.append(each)
            except SessionLost:
                return False
            return True

        def take(server: Server, tests: Sequence[str], *, full: bool) -> None:
            """In portions, so that the end of the time is noticed; failing tests are always seen, also beside one that takes the server
            down: then each for itself."""
            for start in range(0, len(tests), PORTION):
                if not full and time.monotonic() > until:
                    return
                portion = tests[start : start + PORTION]
                alive = look(server, portion, full=full)
                told = {each.test for each in seen}
                for test in portion if full and not alive else ():
                    if test not in told and (alive or server.revive()):
                        alive = look(server, [test], full=True)
                if not alive and not (full and server.revive()):
                    return

        def first(server: Server, share: Sequence[str]) -> None:
            take(server, failing, full=True)
            take(server, share, full=False)

        shares = [passing[index :: len(servers)] for index in range(len(servers))]
        others = [lambda s=server, t=share: take(s, t, full=False) for server, share in zip(servers[1:], shares[1:], strict=True)]
        in_parallel([lambda: first(servers[0], shares[0]), *others])
        return self._observations(seen, opened, failing)

    def _observations(self, seen: Sequence[Observed], opened: Opened, failing: Sequence[str]) -> Observations:
        """Also the tests that could not be collected: the way to the error stands for the lines they reached."""
        errors = tuple(failure for each in opened.errors if (failure := observed_failure(each)) is not None)
        tests = [observed_test(each) for each in seen]
        at = _frame_lines(errors)
        tests += [
            ObservedTest(test, Outcome.ERROR, at, errors[0] if errors else None) for test in self._remaining if test not in set(failing)
        ]
        groups = tuple(group.tests for group in self._task.diagnosis.groups)
        return Observations(tuple(tests), merge_types(seen), merge_values(seen), merge_attributes(seen), errors, groups, self._task.history)

    def _relevant(self, passing: Sequence[str]) -> list[str]:
        """Passing tests worth observing: neighbours of the failing ones first, then files that speak of the same modules."""
        home = {test.partition("::")[0] for test in self._remaining}
        flaky = set(self._task.diagnosis.flaky)
        near = [test for test in passing if test.partition("::")[0] in home and test not in flaky]
        far = [test for test in passing if test.partition("::")[0] not in home and test not in flaky]
        return (near + far)[:MOST_OBSERVED]

    # searching ---------------------------------------------------------------------------------------------------------

    def _search_all(self, servers: Sequence[Server], seen: Observations, deadline: float, latest: float) -> RoundResult:
        failing = [test for test in seen.failing if test.id in set(self._remaining)]
        editable = frozenset(path for path in self._texts if self._project.editable(path))
        groups = clusters(failing, seen.passing, editable)
        groups = [group for group in groups if any(test.lines.keys() & editable for test in group)] or groups
        fixes: list[Fix] = []
        unsolved: list[Unsolved] = []
        done: set[str] = set()
        for number, group in enumerate(groups):
            open_tests = [test for test in group if test.id not in done]
            if not open_tests or time.monotonic() >= deadline:
                continue
            share = (deadline - time.monotonic()) / (len(groups) - number)
            self._progress.step("search", f"bug {number + 1} of {len(groups)}: {len(open_tests)} failing tests")
            everything = [*(test.id for test in failing if test.id not in done), *sorted(self._unseen - done)[:MOST_UNSEEN]]
            last = latest if number == len(groups) - 1 and not fixes else 0.0
            fix = self._search_one(servers, seen, open_tests, everything, share, last)
            if isinstance(fix, Unsolved):
                unsolved.append(fix)
            elif not self._clashes(fix, fixes):
                fixes.append(fix)
                done |= fix.passed
        edits = [edit for fix in fixes for edit in fix.choice.plausible.edit.edits]
        unsolved = [replace(each, touched=self._touched(each, failing, fixes)) for each in unsolved]
        return RoundResult(fixes, subject.apply(self._texts, edits), unsolved, self._evaluated, self._unseen)

    def _touched(self, unsolved: Unsolved, failing: Sequence[ObservedTest], fixes: Iterable[Fix]) -> bool:
        reach = Guards(self._project, [test for test in failing if test.id in unsolved.tests])
        return any(reach(fix.choice.plausible.edit) for fix in fixes)

    def _clashes(self, fix: Fix, fixes: Iterable[Fix]) -> bool:
        mine = fix.choice.plausible.edit.edits
        return any(subject.overlap(mine, other.choice.plausible.edit.edits) for other in fixes)

    def _search_one(
        self,
        servers: Sequence[Server],
        seen: Observations,
        group: Sequence[ObservedTest],
        everything: Sequence[str],
        seconds: float,
        latest: float,
    ) -> Fix | Unsolved:
        local = Observations(
            (*group, *seen.passing), seen.types, seen.values, seen.attributes, seen.errors, (tuple(t.id for t in group),), seen.history
        )
        first = scouts(group, MOST_SCOUTS)
        targets = (*first, *(test.id for test in group if test.id not in first))
        guards = Guards(self._project, seen.passing)
        goal = Goal(targets, len(first), tuple(everything), guards, time.monotonic() + seconds, latest)
        search = Search(servers, goal, self._report(time.monotonic(), seconds))
        edits = enumerate_edits(self._project, rank_suspects(self._project, local), local, seed=self._task.seed)
        fix = self._choose(servers, search.run(edits), guards, targets)
        if isinstance(fix, Fix) and fix.choice.overfit.suspect and search.go_on():
            fix = self._choose(servers, search.findings, guards, targets)
        self._evaluated += search.findings.evaluated
        return fix

    def _report(self, started: float, seconds: float) -> Callable[[int], None]:
        def report(evaluated: int) -> None:
            took = max(time.monotonic() - started, 1e-6)
            self._progress.update(done=self._evaluated + evaluated, per_second=evaluated / took, seconds_left=max(0.0, seconds - took))

        return report

    # choosing ----------------------------------------------------------------------------------------------------------

    def _choose(self, servers: Sequence[Server], findings: Findings, guards: Guards, targets: Sequence[str]) -> Fix | Unsolved:
        if not findings.full:
            causes = tuple(frozenset(group.tests) for group in self._task.diagnosis.groups)
            ranked = sorted(choose(findings.partial, {}), key=lambda choice: -len(choice.plausible.passed))
            return Unsolved(tuple(targets), tuple(ranked), causes)
        short = sorted(findings.full, key=lambda each: (each.edit.distance, -each.edit.score))[:MOST_PROBED]
        self._progress.step("choose", f"{len(findings.full)} fixes pass the tests")
        signs = {each.order: signs_of(each.edit, self._project) for each in short}
        choices = choose(short, self._behaviours(servers[0], short, guards, targets), signs)
        return Fix(choices[0], tuple(choices[1:]), not self._overlay)

    def _behaviours(self, server: Server, found: Sequence[Plausible], guards: Guards, targets: Sequence[str]) -> dict[int, Behaviour]:
        tests = [*guards(found[0].edit)[:40], *targets[:20]]
        trials = [Trial(number, each.edit.edits) for number, each in enumerate(found, 1)]
        voids = self._voids(found)
        trials += [Trial(number, (edit,)) for number, edit in enumerate(voids, len(found) + 1)]
        try:
            probed = {probe.id: probe for probe in server.probe(trials, tests=tests, samples=PROBES, seed=self._task.seed)}
        except SessionLost:
            return {}
        acts = {edit: probed[number].outputs for number, edit in enumerate(voids, len(found) + 1) if number in probed}
        return {
            each.order: replace(
                _behaviour(probed[number], probed.get(0)),
                void=any(acts.get(edit) == probed[number].outputs for edit in self._without(each)),
            )
            for number, each in enumerate(found, 1)
            if number in probed and probed[number].outputs
        }

    def _voids(self, found: Sequence[Plausible]) -> list[TextEdit]:
        return list(dict.fromkeys(edit for each in found for edit in self._without(each)))[:MOST_PROBED]

    def _without(self, each: Plausible) -> tuple[TextEdit, ...]:
        return without_condition(each.edit, self._project[each.edit.file])


def _behaviour(probed: Probed, original: Probed | None) -> Behaviour:
    agree = 1.0 if probed.agree is None else probed.agree
    rows = list(zip(probed.kinds, probed.outputs, original.outputs if original else (), strict=False))
    near = [mine == before for kind, mine, before in rows if kind == "n"]  # there the original is likely to be right
    hangs = [mine in ENDLESS for _, mine, before in rows if before not in ENDLESS]
    return Behaviour(agree, probed.outputs, _share(near), probed.kinds.count("p"), _share(hangs))


def _share(of: Sequence[bool]) -> float:
    return sum(of) / max(1, len(of))


def _partial(choice: Choice, wanted: int) -> Choice:
    count = len(choice.plausible.passed)
    reason = f"it turns {count} of {wanted} failing tests that seem to share a cause"
    return Choice(choice.plausible, Overfit(choice.overfit.checked, True, reason), choice.weight)


def _frame_lines(errors: Iterable[ObservedFailure]) -> dict[str, frozenset[int]]:
    lines: dict[str, set[int]] = {}
    for error in errors:
        for frame in error.frames:
            lines.setdefault(frame.file, set()).add(frame.line)
    return {file: frozenset(found) for file, found in lines.items()}
