"""``autosd halt`` and ``autosd resume``: stop all work on a project, and let it go on."""

from __future__ import annotations

from pathlib import Path

import click

from autosd.entrypoints.cli.shell import Shell
from autosd.entrypoints.cli.values import Named

PROJECT = click.option("--project", type=Named(), default=".", metavar="PATH", help="The project's folder.  [default: .]")
REASON = click.option("--reason", default="", metavar="TEXT", help="Why; it stands in the record.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")


@click.command(
    short_help="Stop all work on a project.",
    help="Stops all work on a project until it is resumed: nothing is repaired, committed or landed there.",
)
@PROJECT
@REASON
@AS_JSON
@click.pass_obj
def halt(shell: Shell, project: Path, reason: str, as_json: bool) -> None:
    _set(shell, project, True, reason, as_json)


@click.command(short_help="Let a halted project go on.", help="Lets work on a halted project go on.")
@PROJECT
@REASON
@AS_JSON
@click.pass_obj
def resume(shell: Shell, project: Path, reason: str, as_json: bool) -> None:
    _set(shell, project, False, reason, as_json)


def _set(shell: Shell, project: Path, halted: bool, reason: str, as_json: bool) -> None:
    from autosd.app import set_halted
    from autosd.entrypoints.cli.failures import print_object
    from autosd.entrypoints.cli.opening import existing_folder, principal, settings_for

    folder = existing_folder(project)
    set_halted(settings_for(shell, folder), str(folder), halted, reason=reason, by=principal(unattended=False))
    if as_json:
        print_object({"result": "halted" if halted else "running", "project": str(folder), "reason": reason})
    else:
        click.echo(f"{folder} is {'halted' if halted else 'running again'}.")
