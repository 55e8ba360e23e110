"""``autosd improve``: look, ask, build; the whole way for a person at a terminal."""

from __future__ import annotations

from pathlib import Path

import click

from autosd.entrypoints.cli.shell import Shell
from autosd.entrypoints.cli.strategy_options import Means, strategy_options
from autosd.entrypoints.cli.values import Named, OfSetting

HELP = """Scans the project in PATH, asks about each proposal, and builds those you say yes to. Each is committed on a branch of its own;
your files, your index and your HEAD stay as they are. The commit that is checked out is what it works on, without uncommitted changes;
with SELF_CODING_BASE_BRANCH set, that branch.

\b
Examples:
  autosd improve .                 look, ask, build
  autosd improve . --yes           say yes to every proposal
  autosd improve . --max 1         only the most urgent one

Exit codes: 0 everything that was wanted was built, 1 something was not, 2 refused or asked for wrongly, 130 Ctrl-C.
"""


@click.command(help=HELP, short_help="Scan, ask, build.")
@click.argument("path", type=Named(), default=".")
@click.option("--yes", is_flag=True, help="Say yes to every proposal.")
@click.option("--max", "most", type=click.IntRange(1), default=10, show_default=True, metavar="N", help="Most proposals to ask about.")
@click.option("--max-seconds", type=OfSetting("fix.max_seconds"), default=None, metavar="N", help="Time for each one.  [default: 300]")
@strategy_options
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout; needs --yes.")
@click.pass_obj
def improve(shell: Shell, path: Path, yes: bool, most: int, max_seconds: float | None, means: Means, as_json: bool) -> int:
    """Open the house, scan; then for each proposal a question, the yes, the build."""
    from autosd.acts.work.proposals import approve, opened_bench
    from autosd.acts.work.scanning import ScanRequest, scan
    from autosd.domain.proposals import ProposalStatus
    from autosd.entrypoints.cli.build import exit_code, object_of, shown
    from autosd.entrypoints.cli.opening import existing_folder, opened, principal
    from autosd.entrypoints.cli.progress import told
    from autosd.pipeline import Order, build

    if as_json and not yes:
        raise click.UsageError("--json asks nothing, so it needs --yes.")
    project, who = existing_folder(path), principal(unattended=False)
    shell.project = str(project)
    found = []
    with opened(shell, project, {**means.settings, "fix.max_seconds": max_seconds}) as app:
        with told(shell) as progress:
            scan(app, ScanRequest(project, who, clean=True), progress)
        from autosd.acts.allowing.questions import project_key

        open_ones = app.proposals.find(project=project_key(app, project), status=[ProposalStatus.PENDING, ProposalStatus.APPROVED])
        for proposal in open_ones[:most]:
            question = f"{proposal.title} (risk {proposal.risk}, priority {proposal.priority:.2f})\n  {proposal.description}\nBuild it?"
            if not yes and not click.confirm(question):
                continue
            if proposal.status is ProposalStatus.PENDING:
                with opened_bench(app.settings, who) as bench:
                    approve(bench, proposal.id, reason="autosd improve")
            with told(shell) as progress:
                built = build(
                    app, Order(proposal.id, who, here=True, strategy=means.strategy, model=means.model, max_usd=means.max_usd), progress
                )
            found.append(built)
            if not as_json:
                shown(built, as_json=False)
    if as_json:
        from autosd.entrypoints.cli.failures import print_object

        print_object({"result": "ok", "built": [object_of(built) for built in found]})
    elif not open_ones:
        click.echo("Nothing to propose.")
    return max((exit_code(built) for built in found), default=0)
