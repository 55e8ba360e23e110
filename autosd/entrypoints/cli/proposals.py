"""``autosd proposals``: what could be done, what people said to it, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from autosd.entrypoints.cli.shell import Shell

if TYPE_CHECKING:
    from autosd.acts.work.proposals import Bench
    from autosd.domain.proposals import Proposal

AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")


@click.group(
    short_help="What was proposed; say yes or no to it.",
    help="""Shows what scans proposed, and takes your yes or no.

A yes is to the idea: what is built of it is proven first, and policies may ask for another yes to its very bytes
(`autosd approvals`). After a no the same chance is not proposed again until it is clearly worse.

\b
Examples:
  autosd proposals list
  autosd proposals show 4f2a91c0
  autosd proposals approve 4f2a91c0
  autosd proposals reject 4f2a91c0 --reason "the module is going away"
  autosd proposals retry 4f2a91c0          a failed one, once more
""",
)
def proposals() -> None:
    """Only a name for its commands."""


@proposals.command("list", short_help="All that are open.", help="Lists open proposals, the most urgent first; with --all every one.")
@click.option("--all", "everything", is_flag=True, help="Also what is over.")
@click.option("--project", metavar="P", help="Only of this project: its name, or its folder.")
@click.option("-n", "--lines", type=click.IntRange(min=1), default=50, show_default=True, help="How many.")
@AS_JSON
@click.pass_obj
def list_(shell: Shell, everything: bool, project: str | None, lines: int, as_json: bool) -> None:
    from autosd.acts.projects import named
    from autosd.domain.proposals import OPEN
    from autosd.entrypoints.cli.failures import print_object
    from autosd.views.proposals import proposal_object

    with _bench(shell) as bench:
        key = named(bench.desk.projects, project).key if project else None
        found = bench.proposals.find(project=key, status=None if everything else OPEN, limit=lines)
    if as_json:
        print_object({"result": "ok", "proposals": [proposal_object(each) for each in found]})
    elif not found:
        click.echo("No proposals. Look for some: autosd scan PATH" if everything else "No open proposals. Look for some: autosd scan PATH")
    else:
        from autosd.entrypoints.cli.tables import print_table

        several = len({each.project for each in found}) > 1
        print_table((*_COLUMNS, "project") if several else _COLUMNS, (_row(each, several) for each in found))


_COLUMNS = ("proposal", "priority", "risk", "status", "what")


def _row(proposal: Proposal, several: bool) -> list[str]:
    status = str(proposal.status).replace("_approval", "").replace("_", " ")
    row = [proposal.id[:8], f"{proposal.priority:.2f}", str(proposal.risk), status, f"{proposal.kind.replace('_', ' ')}: {proposal.title}"]
    return [*row, proposal.project] if several else row


@proposals.command(short_help="The whole story of one.", help="Shows what was seen, who said what, what was built, and what came of it.")
@click.argument("proposal")
@AS_JSON
@click.pass_obj
def show(shell: Shell, proposal: str, as_json: bool) -> None:
    from autosd.acts.work.proposals import story
    from autosd.entrypoints.cli.failures import print_object
    from autosd.entrypoints.cli.story import story_lines, story_object

    with _bench(shell) as bench:
        told = story(bench, proposal)
    if as_json:
        print_object({"result": "ok", **story_object(told)})
    else:
        click.echo("\n".join(story_lines(told)))


@proposals.command(
    short_help="Say yes.", help="Says yes, as the account that runs this. Whoever asked for it cannot. It stands in the record."
)
@click.argument("proposal")
@click.option("--reason", default="", metavar="TEXT", help="Why; it stands in the record.")
@AS_JSON
@click.pass_obj
def approve(shell: Shell, proposal: str, reason: str, as_json: bool) -> None:
    from autosd.acts.work import proposals as acts

    _answer(
        shell, as_json, lambda bench: acts.approve(bench, proposal, reason=reason), "It is built by a worker, or by you: autosd build {}"
    )


@proposals.command(short_help="Say no.", help="Says no; that ends it, and the same is not proposed again until it is clearly worse.")
@click.argument("proposal")
@click.option("--reason", required=True, metavar="TEXT", help="Why; it stands in the record.")
@AS_JSON
@click.pass_obj
def reject(shell: Shell, proposal: str, reason: str, as_json: bool) -> None:
    from autosd.acts.work import proposals as acts

    _answer(shell, as_json, lambda bench: acts.reject(bench, proposal, reason=reason), "")


@proposals.command(
    short_help="Try a failed one again.", help="Approves a proposal whose build failed once more; it gets all its tries again."
)
@click.argument("proposal")
@click.option("--reason", default="", metavar="TEXT", help="Why; it stands in the record.")
@AS_JSON
@click.pass_obj
def retry(shell: Shell, proposal: str, reason: str, as_json: bool) -> None:
    from autosd.acts.work import proposals as acts

    _answer(shell, as_json, lambda bench: acts.retry(bench, proposal, reason=reason), "It is built by a worker, or by you: autosd build {}")


def _answer(shell: Shell, as_json: bool, act: Callable[[Bench], Proposal], next_: str) -> None:
    from autosd.entrypoints.cli.failures import print_object
    from autosd.views.proposals import proposal_object

    with _bench(shell) as bench:
        done = act(bench)
    if as_json:
        print_object({"result": str(done.status), **proposal_object(done)})
        return
    click.echo(f"{done.id[:8]}: {str(done.status).replace('_', ' ')} by {done.approver}.")
    if next_:
        click.echo(next_.format(done.id[:8]))


@contextmanager
def _bench(shell: Shell) -> Iterator[Bench]:
    from autosd.acts.work.proposals import opened_bench
    from autosd.entrypoints.cli.opening import principal, settings_for

    with opened_bench(settings_for(shell), principal(unattended=False)) as bench:
        yield bench
