"""``autosd config``: every setting, its value, and who said so."""

from __future__ import annotations

from pathlib import Path

import click

from autosd.entrypoints.cli.shell import Shell
from autosd.entrypoints.cli.values import Named


@click.group(help="Looks at the settings.", short_help="Look at the settings.")
def config() -> None:
    """Only a name for its commands."""


@config.command(
    short_help="Every setting, its value and origin.",
    help="""Shows every setting, its value and where that came from: default, file, environment or option. Secrets are masked.

\b
Examples:
  autosd config show                   what holds here
  autosd config show --project shop    what holds for a project with an autosd.toml of its own
  autosd config show --json            for machines
""",
)
@click.option("--project", type=Named(), metavar="PATH", help="Read this project's autosd.toml too.")
@click.option("--changed", is_flag=True, help="Only what is not at its default.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_obj
def show(shell: Shell, project: Path | None, changed: bool, as_json: bool) -> None:
    """Settings are the one thing that can be shown without opening the house."""
    from autosd.entrypoints.cli.failures import print_object
    from autosd.entrypoints.cli.opening import existing_folder, settings_for

    settings = settings_for(shell, existing_folder(project) if project else None)
    rows = [row for row in settings.shown() if row.origin != "default" or not changed]
    if as_json:
        print_object({row.name: {"value": row.value, "origin": row.origin, "help": row.sentence} for row in rows})
        return
    from autosd.entrypoints.cli.tables import print_table

    print_table(("setting", "value", "origin"), ((row.name, row.value or "-", row.origin) for row in rows))
