"""``autosd doctor``: what this machine offers, and the named cause of everything it lacks."""

from __future__ import annotations

import click

from autosd.entrypoints.cli.shell import Shell


@click.command(
    short_help="What this machine offers and lacks.",
    help="""Looks at what `autosd fix` needs: sandbox, git, Python, tools, servers, autosd's home and its record.

Every missing part comes with its cause and what to do about it. Nothing is installed or changed.
Exit code 1 when `autosd fix` could not work here.

\b
Examples:
  autosd doctor
  autosd doctor --json | jq '.checks[] | select(.state != "ok")'
""",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_obj
def doctor(shell: Shell, as_json: bool) -> int:
    """Checks are made in views; here they are only shown."""
    from autosd.entrypoints.cli.failures import print_object
    from autosd.entrypoints.cli.opening import settings_for
    from autosd.views.doctor import examine
    from autosd.views.machine import State

    examination = examine(settings_for(shell))
    works = not any(check.state is State.FAIL for check in examination.checks)
    if as_json:
        print_object(examination.to_dict())
        return 0 if works else 1
    from autosd.entrypoints.cli.tables import print_table

    print_table(("part", "state", "what was found"), ((check.name, check.state, check.detail) for check in examination.checks))
    for check in examination.checks:
        if check.remedy:
            click.echo(f"\n{check.name}: {check.remedy}", nl=False)
    click.echo(f"\n\n{'autosd fix works here.' if works else 'autosd fix cannot work here: see the parts that fail.'}")
    return 0 if works else 1
