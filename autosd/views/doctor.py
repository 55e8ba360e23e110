"""The whole examination behind ``autosd doctor``: the machine, the sandbox's rungs, the store and the record."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autosd.domain.errors import AutosdError
from autosd.settings import Settings, table
from autosd.settings.kinds import mask_url
from autosd.views.machine import Check, State, attempted, git_check, home_check, python_checks, tool_checks
from autosd.views.record import finding, heads_of, verify_record


@dataclass(frozen=True)
class Examination:
    checks: tuple[Check, ...]
    level: str

    @property
    def works(self) -> bool:
        return not any(check.state is State.FAIL for check in self.checks)

    def to_dict(self) -> dict[str, Any]:
        checks = [{"name": c.name, "state": str(c.state), "detail": c.detail, "remedy": c.remedy} for c in self.checks]
        return {"result": "ok" if self.works else "fail", "sandbox": self.level, "checks": checks}


def examine(settings: Settings) -> Examination:
    """Look at everything; nothing is made, changed or installed."""
    sandbox, level = _sandbox_checks(settings)
    checks = (
        *sandbox,
        git_check(),
        *python_checks(),
        *tool_checks(),
        home_check(settings.home),
        attempted("store", State.FAIL, lambda: _store_check(settings), "Correct DATABASE_URL, or unset it."),
        attempted("record", State.FAIL, lambda: _record_check(settings), "Run `autosd audit verify`."),
        *(Check("environment", State.MISSING, f"unknown variable {name}", "Correct or unset it.") for name in settings.unknown_variables),
    )
    return Examination(checks, level)


def _sandbox_checks(settings: Settings) -> tuple[tuple[Check, ...], str]:
    """The rung that a run would get, and everything this host lacks for a better one."""
    from autosd.adapters.sandbox import open_sandbox

    try:
        report = open_sandbox(settings.home, settings[table.SANDBOX_LEVEL]).report()
    except AutosdError as error:
        return (Check("sandbox", State.FAIL, error.message, error.remedy),), "none"
    held = f"{report.level}: {', '.join(report.parts)}" if report.parts else report.level
    missing = (Check(f"sandbox {each.part}", State.MISSING, each.cause) for each in report.missing)
    return (Check("sandbox", State.OK, held), *missing), report.level


def _store_check(settings: Settings) -> Check:
    """Whether the database answers. A file that is not there yet is made at first use, not by looking."""
    from autosd.adapters.store import open_store

    url = settings[table.STORE_URL]
    shown = mask_url(url)
    file = url.removeprefix("sqlite:///")
    if file != url and not Path(file).exists():
        return Check("store", State.OK, f"{shown} (made at first use)")
    with closing(open_store(url)) as store:
        store.changes(limit=1)
    return Check("store", State.OK, shown)


def _record_check(settings: Settings) -> Check:
    report = verify_record(settings)
    if found := finding(report, settings[table.AUDIT_LOG]):
        # without a head to contradict it a new record begins, so work goes on: but not unseen
        goes_on = found.code == "AUTOSD-AUDIT-GONE" and not heads_of(settings[table.AUDIT_LOG]).exists()
        return Check("record", State.MISSING if goes_on else State.FAIL, found.message, found.remedy)
    open_ends = f", {len(report.unresolved)} attempts without an end" if report.unresolved else ""
    return Check("record", State.OK, f"whole, {report.entries} entries{open_ends}")
