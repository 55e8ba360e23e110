"""The ``codemod`` strategy: one small candidate for each kind of defect, worst first; untouched lines stay byte for byte."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence

from autosd.coding.codemod.linting import lint
from autosd.coding.codemod.module import Edit, Finding, Module, changed
from autosd.coding.codemod.rules import Rule, chosen
from autosd.coding.repair.source import parse_error
from autosd.coding.repair.subject import load, test_files
from autosd.domain.changes import Candidate, Cost
from autosd.ports import Progress, Sandbox, Task

#: A candidate is small: so many files and places, the rest is for another one.
MOST_FILES, MOST_PLACES = 10, 40
#: So many parts of a candidate are offered by themselves behind it: a test may be missing for one of its places.
MOST_PARTS = 12

Found = Mapping[str, Sequence[Finding]]


class CodemodCoder:
    """``codes`` (ours or a linter's) and ``paths`` narrow what is looked for; without any, everything is."""

    name = "codemod"

    def __init__(self, sandbox: Sandbox, *, codes: Sequence[str] = (), paths: Sequence[str] = ()) -> None:
        self._sandbox, self._codes, self._paths = sandbox, tuple(codes), tuple(paths)

    def candidates(self, task: Task, progress: Progress) -> Iterator[Candidate]:
        started = time.monotonic()
        modules = self._modules(task)
        rules = chosen(self._codes)
        progress.step("looking for defects", f"{len(modules)} files, {len(rules)} kinds")
        linted = self._linted(task, modules, rules)
        for number, rule in enumerate(rules, 1):
            if time.monotonic() - started > task.seconds:
                return
            progress.update(done=number, detail=rule.code)
            found = linted.get(rule.code, {}) if rule.find is None else find(rule, modules)
            for part in _offers(found):
                files = rewritten(modules, part)
                if files:
                    cost = Cost(number, time.monotonic() - started)
                    yield Candidate("codemod", files, (), told(rule, part, files), cost=cost)

    def _modules(self, task: Task) -> dict[str, Module]:
        texts = load(task.snapshot.root)
        ids = (*task.diagnosis.run.collected, *task.diagnosis.failing)
        judging = test_files(texts, ids)
        wanted = [path for path in texts if path not in judging and (not self._paths or path in self._paths)]
        return {path: Module(texts[path], path) for path in wanted if parse_error(texts[path]) is None}

    def _linted(self, task: Task, modules: Mapping[str, Module], rules: Iterable[Rule]) -> dict[str, dict[str, list[Finding]]]:
        codes = {code: rule.code for rule in rules if rule.find is None for code in rule.like}
        found: dict[str, dict[str, list[Finding]]] = {}
        for code, by_path in (lint(self._sandbox, task.snapshot.root, modules, codes) if codes and modules else {}).items():
            for path, findings in by_path.items():
                found.setdefault(codes.get(code, code), {}).setdefault(path, []).extend(findings)
        return found


def find(rule: Rule, modules: Mapping[str, Module]) -> dict[str, list[Finding]]:
    """Path -> what ``rule`` finds there, less what somebody marked as meant."""
    assert rule.find is not None
    found = {}
    for path, module in modules.items():
        here = [finding for finding in rule.find(module) if module.allows(finding, (*rule.like, rule.code.upper()))]
        if here:
            found[path] = here
    return found


def rewritten(modules: Mapping[str, Module], found: Found) -> dict[str, str | None]:
    """The new text of each file that changes and still compiles."""
    files: dict[str, str | None] = {}
    for path, findings in found.items():
        before = modules[path].text
        after = changed(before, _apart(findings))
        if after != before and parse_error(after) is None:
            files[path] = after
    return files


def told(rule: Rule, found: Found, files: Mapping[str, str | None]) -> str:
    places = [f"{path}:{finding.line}" for path, findings in found.items() if path in files for finding in findings]
    more = f" and {len(places) - 3} more" if len(places) > 3 else ""
    return f"{rule.code}: {rule.sentence} ({', '.join(places[:3])}{more}); {rule.why}"


def _offers(found: Found) -> Iterator[Found]:
    """All of a kind together, then file by file, then place by place: the proof of a part does not wait for that of the rest."""
    whole = _bounded(found)
    if not whole:
        return
    yield whole
    parts: list[Found] = [{path: findings} for path, findings in whole.items()] if len(whole) > 1 else []
    parts += [{path: [finding]} for path, findings in whole.items() if len(findings) > 1 for finding in findings]
    yield from parts[:MOST_PARTS]


def _bounded(found: Found) -> dict[str, list[Finding]]:
    bounded: dict[str, list[Finding]] = {}
    left = MOST_PLACES
    for path in sorted(found)[:MOST_FILES]:
        if left > 0:
            bounded[path] = list(found[path])[:left]
            left -= len(bounded[path])
    return bounded


def _apart(findings: Iterable[Finding]) -> list[Edit]:
    """The edits of the findings that touch no place of an earlier one."""
    taken: list[Edit] = []
    for finding in sorted(findings, key=lambda each: each.line):
        if not any(one.start <= other.end and other.start <= one.end for one in finding.edits for other in taken):
            taken += finding.edits
    return taken
