"""``autosd outcomes``: what came of the runs, look by look."""

from __future__ import annotations

import click

from autosd.entrypoints.cli.learning_desk import AS_JSON, LINES, learning
from autosd.entrypoints.cli.shell import Shell
from autosd.entrypoints.cli.values import Said


@click.group(
    short_help="What came of the runs.",
    help="""Shows how runs were judged: win, loss or inconclusive, and on what evidence.

\b
Examples:
  autosd outcomes list
  autosd outcomes show 4f2a91c0          a run, or the proposal that it was of
  autosd outcomes check                  look now at what landed; a worker does it by itself
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


@outcomes.command(
    short_help="Look now at what landed.",
    help="""Notes which branches and pull requests were merged, closed or taken back, and measures what is due: the tests of both sides of a
change, several times, in turns. What lost in normal mode is reported as a regression, which a worker takes back.

Exit codes: 0 looked, also when nothing was due, 1 it could not look, 2 refused or asked for wrongly, 130 Ctrl-C.
""",
)
@click.option("--unattended", is_flag=True, help="No person stands behind this run: the rules for unattended work hold.")
@click.option("--preauth-grant", "grant", type=Said(), default=None, metavar="GRANT", help="Act on this grant: its id or its token.")
@AS_JSON
@click.pass_obj
def check(shell: Shell, unattended: bool, grant: str | None, as_json: bool) -> None:
    from autosd.acts.work.checking import check as look
    from autosd.entrypoints.cli.opening import opened, principal
    from autosd.entrypoints.cli.progress import told
    from autosd.views.outcomes import checked_object, look_row

    with opened(shell, None, {}) as app, told(shell) as progress:
        done = look(app, principal(unattended), progress, grant=grant or "")
    if as_json:
        from autosd.entrypoints.cli.failures import print_object

        counts = {"merged": done.merged, "closed": done.closed, "taken_back": done.taken_back}
        print_object({"result": "ok", **counts, **checked_object(done.looks)})
        return
    from autosd.entrypoints.cli.tables import print_table

    click.echo(f"{done.merged} merged, {done.closed} closed, {len(done.looks)} looked at, {done.taken_back} to be taken back")
    if done.looks:
        print_table(("run", "attempt", "verdict", "sure", "why"), map(look_row, done.looks))
