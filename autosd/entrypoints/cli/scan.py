"""``autosd scan``: what could be done in a project."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from autosd.entrypoints.cli.shell import Shell
from autosd.entrypoints.cli.values import Named, OfSetting, Program, Said

if TYPE_CHECKING:
    from autosd.acts.work.scanning import Scan

HELP = """Looks at the project in PATH and proposes what could be done, with why, risk and priority.

It runs the tests once in the sandbox, and looks for failing, flaky and slow tests, for defects that ruff (and the project's own mypy)
proves, and for code that is hard to follow or stands there twice. Nothing in the project is changed. What is open is not proposed
again, nor what was rejected, unless it got worse. What was seen and not proposed is told with its reason.

\b
Examples:
  autosd scan .                             look, and propose
  autosd scan . --dry-run                   look, and keep nothing
  autosd scan --project shop                the same for a project by its name
  autosd scan . --log crash.log             only what a log of crashes says; - reads it from stdin
  autosd scan . --request "Let cart.total() refuse negative prices."
  autosd scan . --explore                   which code the tests miss, and which faults they would not notice
  autosd scan . --json | jq '.proposals[].title'

Exit codes: 0 also when nothing was found, 1 it could not look, 2 refused or asked for wrongly, 130 Ctrl-C.
"""

#: Options that are settings: the strongest word on them.
_SETTINGS = {"test_command": "suite.command", "max_seconds": "fix.max_seconds", "python": "fix.python"}


@click.command(help=HELP, short_help="See what could be done; propose it.")
@click.argument("path", type=Named(), default=None, required=False)
@click.option("--project", type=Said(), default=None, metavar="P", help="A project by its name, in place of PATH.")
@click.option("--log", type=click.File("rb"), default=None, metavar="FILE", help="Only look at the tracebacks in FILE; - is stdin.")
@click.option("--request", "words", type=Said(), default=None, metavar="TEXT", help="Only propose this, in your words.")
@click.option("--dry-run", is_flag=True, help="Show what would be proposed; keep nothing.")
@click.option("--clean", is_flag=True, help="Look at the last commit, without your uncommitted changes.")
@click.option("--explore", is_flag=True, help="Look closer at weak spots that nobody complained about; marked as synthetic.")
@click.option("--test-command", type=Said(), metavar="WORDS", help="How the project runs its tests; else it is found out.")
@click.option("--max-seconds", type=OfSetting("fix.max_seconds"), default=None, metavar="N", help="Time for the tests.  [default: 300]")
@click.option("--python", type=Program(), metavar="FILE", help="The interpreter that runs the project's tests.")
@click.option("--unattended", is_flag=True, help="No person stands behind this run: the rules for unattended work hold.")
@click.option("--preauth-grant", "grant", type=Said(), default=None, metavar="GRANT", help="Act on this grant: its id or its token.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout; everything else on stderr.")
@click.pass_obj
def scan(
    shell: Shell,
    /,
    path: Path | None,
    project: str | None,
    log: IO[bytes] | None,
    words: str | None,
    dry_run: bool,
    clean: bool,
    explore: bool,
    unattended: bool,
    grant: str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Open the house, look, show what was seen."""
    from autosd.acts.work.outcomes import selected
    from autosd.acts.work.scanning import ScanRequest
    from autosd.acts.work.scanning import scan as look
    from autosd.entrypoints.cli.opening import opened, principal
    from autosd.entrypoints.cli.progress import told
    from autosd.intake.sources.crashes import MOST_BYTES

    folder = _folder(shell, path, project, unattended)
    shell.project = str(folder)
    given = {_SETTINGS[name]: value for name, value in options.items()}
    given["dry_run"] = True if dry_run else None
    text = log.read(MOST_BYTES).decode("utf-8", "replace") if log else None
    request = ScanRequest(
        folder, principal(unattended), text, words or "", clean=clean, show_only=dry_run, grant=grant or "", explore=explore
    )
    with opened(shell, folder, given) as app, told(shell) as progress:
        if unattended:
            request = replace(request, arms=selected(app))
        found = look(app, request, progress)
    _show(found, as_json)


def _folder(shell: Shell, path: Path | None, project: str | None, unattended: bool) -> Path:
    from autosd.entrypoints.cli.opening import existing_folder, principal, settings_for

    if path is not None and project is not None:
        raise click.UsageError("Name either PATH or --project.")
    if project is None:
        return existing_folder(path or Path())
    from autosd.acts.desk import opened_desk
    from autosd.acts.projects import known

    with opened_desk(settings_for(shell), principal(unattended)) as desk:
        return existing_folder(known(desk.projects, project).path)


def _show(found: Scan, as_json: bool) -> None:
    from autosd.entrypoints.cli.failures import print_object
    from autosd.entrypoints.cli.scan_report import scan_object, show_scan

    if as_json:
        print_object(scan_object(found))
    else:
        show_scan(found)
