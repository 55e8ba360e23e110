"""The result of ``autosd fix`` for a person: the diff, the proof, where it lies, and what to do next."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from autosd.domain.changes import Change, Word
from autosd.views.changes import SENTENCES, exit_code

if TYPE_CHECKING:
    from rich.console import Console

    from autosd.domain.sandboxing import SandboxReport

_COLOURS = (("+++", "bold"), ("---", "bold"), ("@@", "cyan"), ("+", "green"), ("-", "red"), ("diff ", "bold"))
_SHOWN = 5  # test ids listed before "and N more"


def show(change: Change, sandbox: SandboxReport, seconds: float) -> None:
    """Print everything; on a terminal with colour, elsewhere plain, and the diff byte for byte in both."""
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    if change.diff:
        _diff(console, change.diff)
    _headline(console, change, seconds)
    _table(console, list(_rows(change, sandbox)))
    for objection in change.objections:
        console.print(f"[{objection.code}] {objection.message} Hint: {objection.remedy}", markup=False, style="yellow")
    steps = list(next_steps(change))
    if steps:
        console.print("\nNext:" if exit_code(change.result) == 0 else "\nTry:")
    for said, command in steps:
        console.print(f"  {said}", markup=False, style="dim")
        if command:
            console.print(f"    {command}", markup=False)


def _diff(console: Console, diff: str) -> None:
    if not console.color_system:
        sys.stdout.write(diff if diff.endswith("\n") else diff + "\n")
        sys.stdout.flush()
        return
    for line in diff.splitlines():
        style = next((colour for start, colour in _COLOURS if line.startswith(start)), None)
        console.print(line, style=style, markup=False)


def _headline(console: Console, change: Change, seconds: float) -> None:
    evidence = change.evidence
    before, after = len(evidence.failing_before), len(evidence.failing_after)
    if exit_code(change.result) == 0:
        whole = "Fixed" if not after else "Partly fixed"
        said = f"{whole}: {before - after} of {before} failing tests pass, nothing broken, in {seconds:.1f} s."
        console.print(f"\n{said}", style="bold green")
        return
    sentence = SENTENCES.get(change.result.word, "It could not be done.")
    console.print(f"\n{sentence} [{change.result}]", style="bold yellow", markup=False)


def _table(console: Console, rows: list[tuple[str, str]]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, padding=(0, 2), width=min(console.width, 100))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(name, Text(value))
    console.print(table, soft_wrap=False)


def _rows(change: Change, sandbox: SandboxReport) -> Iterator[tuple[str, str]]:
    evidence = change.evidence
    passing = [test for test in evidence.failing_before if test not in evidence.failing_after]
    if evidence.failing_before:
        yield "failing before", _ids(evidence.failing_before)
    if change.diff:
        yield "passing after", _ids(passing)
        yield "still failing", _ids(evidence.failing_after)
        yield "broken by it", _ids(evidence.broken)
    if evidence.flaky:
        yield "flaky", _ids(evidence.flaky)
    yield "tests in all", str(evidence.total)
    if change.cost.evaluated:
        rate = change.cost.evaluated / change.cost.seconds if change.cost.seconds else 0.0
        maker = f", by {change.strategy}" if change.strategy else ""
        yield "candidates", f"{change.cost.evaluated:,} tried, {rate:,.0f} a second{maker}"
    if change.diff:
        yield "overfit check", _overfit(change)
    yield "sandbox", _sandbox(sandbox)
    for report in change.reports:
        if not report.passed:
            yield f"gate {report.gate}", f"{report.result or 'failed'} {report.detail}".strip()
    if change.extra.get("notes"):
        yield "base", change.extra["notes"]
    if change.artifacts:
        yield "artifact", change.artifacts
    if change.branch:
        yield "branch", f"{change.branch} ({(change.commit or '')[:12]})"


def _ids(tests: tuple[str, ...] | list[str]) -> str:
    if not tests:
        return "none"
    more = f"\nand {len(tests) - _SHOWN} more" if len(tests) > _SHOWN else ""
    return f"{len(tests)}: " + "\n".join(tests[:_SHOWN]) + more


def _overfit(change: Change) -> str:
    if not change.overfit.checked:
        return f"not checked: {change.overfit.reason}".rstrip(": ")
    word = "SUSPECT" if change.overfit.suspect else "passed"
    return f"{word}: {change.overfit.reason}".rstrip(": ")


def _sandbox(report: SandboxReport) -> str:
    lacks = "; ".join(f"{each.part} ({each.cause})" for each in report.missing)
    return f"{report.level}; lacks {lacks}" if lacks else f"{report.level}, nothing missing"


def next_steps(change: Change) -> Iterator[tuple[str, str]]:
    """What a person may want to do now, each with the exact command."""
    place = shlex.quote(change.extra.get("apply_in") or change.project)
    if change.branch:
        yield "look at it", f"git -C {place} show {change.branch}"
        yield "take it over", f"git -C {place} merge {change.branch}"
    elif change.artifacts and change.result.landed:
        yield "take it over into your files", f"git -C {place} apply {shlex.quote(change.artifacts + '/change.diff')}"
        if change.base:
            yield "or have it on a branch of its own", f"autosd fix {shlex.quote(change.project)} --commit"
    elif change.result.word is Word.PROVEN:
        yield "write it down as an artifact", f"autosd fix {shlex.quote(change.project)}"
    elif change.result.word in (Word.NO_CANDIDATE, Word.TESTS_FAILED):
        yield "search longer", f"autosd fix {shlex.quote(change.project)} --max-seconds 1800"
    elif change.result.word in (Word.NO_TESTS, Word.SUITE_TIMEOUT, Word.SUITE_FAILED, Word.ENVIRONMENT_FAILED):
        yield "name the tests or how to run them", f"autosd fix {shlex.quote(change.project)} --test-command 'python -m pytest tests'"
        yield "see what this machine offers", "autosd doctor"
