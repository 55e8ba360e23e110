"""``autosd outcomes``: what came of the runs, look by look."""

from __future__ import annotations

import click

from autosd.entrypoints.cli.learning_desk import AS_JSON, LINES, learning
from autosd.entrypoints.cli.shell import Shell


@click.group(
    short_help="What came of the runs.",
    help="""Shows how runs were judged: win, loss or inconclusive, and on what evidence.

\b
Examples:
  autosd outcomes list
  autosd outcomes show 4f2a91c0          a run, or the proposal that it was of
""",
)
def outcomes() -> None:
    """Only a name for its commands."""


@outcomes.command("list", short_help="The newest runs.", help="Lists runs, the newest first, with the verdict of each.")
@LINES
@AS_JSON
@click.pass_obj
def list_(shell: Shell, lines: int, as_json: bool) -> None:
    from autosd.views.outcomes import judged, run_object, run_row

    with learning(shell) as desk:
        found = [judged(desk.outcomes, run) for run in desk.outcomes.runs(limit=lines)]
    if as_json:
        from autosd.entrypoints.cli.failures import print_object

        print_object({"result": "ok", "runs": [run_object(each) for each in found]})
    elif not found:
        click.echo("No runs yet. Approve a proposal and build it: autosd proposals list")
    else:
        from autosd.entrypoints.cli.tables import print_table

        print_table(("run", "started (UTC)", "mode", "strategy", "verdict", "sure", "why"), map(run_row, found))


@outcomes.command(short_help="One run, look by look.", help="Shows the evidence of a run; ID may also be that of its proposal.")
@click.argument("id_", metavar="ID")
@AS_JSON
@click.pass_obj
def show(shell: Shell, id_: str, as_json: bool) -> None:
    from autosd.views.outcomes import run_lines, run_object, run_of

    with learning(shell) as desk:
        found = run_of(desk.outcomes, id_)
    if as_json:
        from autosd.entrypoints.cli.failures import print_object

        print_object({"result": "ok", **run_object(found, whole=True)})
    else:
        click.echo("\n".join(run_lines(found)))
