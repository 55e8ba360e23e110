"""``autosd migrate``: bringing in what older programs kept."""

from __future__ import annotations

from pathlib import Path

import click

from autosd.entrypoints.cli.learning_desk import AS_JSON, learning
from autosd.entrypoints.cli.shell import Shell


@click.group(
    short_help="Bring in what older programs kept.",
    help="""Brings the guides' older files into autosd's store. Again changes nothing.

\b
Examples:
  autosd migrate proposals
  autosd migrate proposals --from ~/old-bot --project shop
""",
)
def migrate() -> None:
    """Only a name for its commands."""


@migrate.command(
    short_help="Proposals of the first kind.",
    help="""Reads data/memory/improvement_proposals.json in a folder and adds each proposal once, as pv2_mig_<its id>.

Statuses are kept (applied becomes verified, what nobody knows pending_approval); priority is the score over 8.
""",
)
@click.option("--from", "folder", type=click.Path(path_type=Path), metavar="DIR", help="The folder with the data folder.  [default: here]")
@click.option("--project", metavar="P", help="Whose proposals they are: a name, or a folder.  [default: that folder]")
@AS_JSON
@click.pass_obj
def proposals(shell: Shell, folder: Path | None, project: str | None, as_json: bool) -> None:
    from autosd.acts.projects import named
    from autosd.acts.work import migrating
    from autosd.entrypoints.cli.opening import existing_folder

    place = existing_folder(folder or Path())
    with learning(shell) as desk:
        key = named(desk.desk.projects, project or str(place)).key
        done = migrating.migrate(desk.desk, desk.proposals, place, key)
    if as_json:
        from autosd.entrypoints.cli.failures import print_object

        print_object(done.to_dict())
    elif done.reason:
        click.echo(f"There is no {migrating.FILE} in {place} ({done.reason}).")
    else:
        click.echo(f"{done.migrated} proposals were brought in; {done.skipped} were there already.")
