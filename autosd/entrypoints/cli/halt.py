"""``autosd halt`` and ``autosd resume``: stop all work on a project or on all of them, and let it go on."""

from __future__ import annotations

import click

from autosd.entrypoints.cli.shell import Shell
from autosd.entrypoints.cli.values import Said

PROJECT = click.option("--project", type=Said(), metavar="P", help="The project, by its id or its folder.  [default: .]")
ALL = click.option("--all", "everything", is_flag=True, help="Every project, also those that are added later.")
REASON = click.option("--reason", default="", metavar="TEXT", help="Why; it stands in the record.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")


@click.command(
    short_help="Stop all work on a project, or on all.",
    help="""Stops all work on a project until it is resumed: nothing is repaired, committed, pushed or deployed there. Work that is
already running stops at its next step that needs leave, and says so. Rolling back stays possible.

\b
Examples:
  autosd halt --project shop --reason "incident 12"
  autosd halt --all --reason "credentials leaked"
  autosd resume --project shop
""",
)
@PROJECT
@ALL
@REASON
@AS_JSON
@click.pass_obj
def halt(shell: Shell, project: str | None, everything: bool, reason: str, as_json: bool) -> None:
    _set(shell, project, everything, True, reason or "manual halt", as_json)


@click.command(
    short_help="Let halted work go on.",
    help="Lets work on a halted project go on. A project that was halted by itself and with --all needs both to be resumed.",
)
@PROJECT
@ALL
@REASON
@AS_JSON
@click.pass_obj
def resume(shell: Shell, project: str | None, everything: bool, reason: str, as_json: bool) -> None:
    _set(shell, project, everything, False, reason, as_json)


def _set(shell: Shell, project: str | None, everything: bool, stop: bool, reason: str, as_json: bool) -> None:
    from autosd.acts import projects
    from autosd.acts.allowing import halting
    from autosd.acts.desk import opened_desk
    from autosd.entrypoints.cli.failures import print_object
    from autosd.entrypoints.cli.opening import principal, settings_for

    if everything and project:
        raise click.UsageError("Say --project or --all, not both.")
    with opened_desk(settings_for(shell), principal(unattended=False)) as desk:
        named = None if everything else projects.named(desk.projects, project or ".")
        key = named.key if named else halting.ALL
        halting.set_halted(desk, named, stop, reason=reason)
        still = named is not None and desk.projects.standing(named.path)[1]
    if as_json:
        print_object({"result": "halted" if stop or still else "running", "project": key, "reason": reason})
        return
    who = key if named else "Every project"
    click.echo(
        f"{who} is {'halted' if stop else 'running again'}."
        if not still or stop
        else f"{who} is still halted, by a project above it or with --all."
    )
