"""``autosd experiments``: what is being waited for, and the files that auditors keep."""

from __future__ import annotations

import click

from autosd.entrypoints.cli.learning_desk import AS_JSON, LINES, learning
from autosd.entrypoints.cli.shell import Shell


@click.group(
    short_help="What is being judged.",
    help="""Shows runs whose outcome waits for another look, and when that is due.

\b
Examples:
  autosd experiments show
  autosd experiments show --json
""",
)
def experiments() -> None:
    """Only a name for its commands."""


@experiments.command(short_help="Runs that wait for another look.", help="Lists what waits, and where the runbook's files lie.")
@LINES
@AS_JSON
@click.pass_obj
def show(shell: Shell, lines: int, as_json: bool) -> None:
    from autosd.acts.work.outcomes import waiting

    with learning(shell) as desk:
        found = waiting(desk, limit=lines)
    if as_json:
        from autosd.entrypoints.cli.failures import print_object

        print_object({"result": "ok", **found})
        return
    looks, seconds = found["max_attempts"], found["interval_seconds"]
    click.echo(f"{found['pending_recheck_runs']} wait for another look; a run gets at most {looks}, {seconds:.0f} s apart.")
    if found["waiting"]:
        from autosd.entrypoints.cli.tables import print_table

        rows = ([each["run"], str(each["attempt"]), each["due_at"], ", ".join(each["reasons"]) or "-"] for each in found["waiting"])
        print_table(("run", "looks", "next (UTC)", "why"), rows)
    for name, place in found["files"].items():
        click.echo(f"{name}: {place}")
