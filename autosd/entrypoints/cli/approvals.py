"""``autosd approvals``: what waits for a person's yes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

import click

from autosd.entrypoints.cli.shell import Shell
from autosd.entrypoints.cli.values import Said

if TYPE_CHECKING:
    from autosd.acts.desk import Desk
    from autosd.domain.approvals import ApprovalRequest

BY = click.option("--by", type=Said(), metavar="NAME", help="Whose signature it is, as the file of approvers names them.")
SIGNATURE = click.option("--signature", type=click.File("rb"), metavar="FILE", help="A signature by that person's own SSH key.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")


@click.group(
    short_help="Say yes or no to what waits for you.",
    help="""Shows what waits for a person, and takes their yes or no.

A yes to a candidate is bound to its bytes: one changed byte, another place in the file, or a stricter policy voids it; changes
elsewhere in the repository do not. Whoever asked cannot say yes, and what touches autosd's own guard, gates, policy or a CI file
needs two people.

\b
Examples:
  autosd approvals list
  autosd approvals show 4f2a91c0
  autosd approvals approve 4f2a91c0 --reason "read it, tests cover it"
  autosd approvals reject 4f2a91c0 --reason "wrong layer"
""",
)
def approvals() -> None:
    """Only a name for its commands."""


@approvals.command("list", short_help="What waits.", help="Lists what waits for a yes; with --all also what was answered or expired.")
@click.option("--all", "everything", is_flag=True, help="Also what was answered, expired or void.")
@AS_JSON
@click.pass_obj
def list_(shell: Shell, everything: bool, as_json: bool) -> None:
    from autosd.acts.allowing.approvals import waiting
    from autosd.entrypoints.cli.failures import print_object

    with _desk(shell) as desk:
        found = waiting(desk, everything=everything)
    if as_json:
        print_object({"result": "ok", "approvals": [_object(each) for each in found]})
        return
    if not found:
        click.echo("Nothing was ever asked for." if everything else "Nothing waits for a yes.")
        return
    from autosd.entrypoints.cli.tables import print_table

    rows = ([e.proposal, e.project, e.title, _progress(e), e.asked_by, f"{e.expires_at:%Y-%m-%d %H:%M}"] for e in found)
    print_table(("proposal", "project", "what", "status", "asked by", "until (UTC)"), rows)


@approvals.command(short_help="One of them, whole.", help="Shows what is asked for: the diff, who asked, who answered.")
@click.argument("proposal")
@AS_JSON
@click.pass_obj
def show(shell: Shell, proposal: str, as_json: bool) -> None:
    from autosd.acts.allowing.approvals import find
    from autosd.entrypoints.cli.failures import print_object
    from autosd.governance.approvals.voting import aged

    with _desk(shell) as desk:
        request = aged(find(desk, proposal), desk.now)
    if as_json:
        print_object({"result": "ok", **_object(request), "diff": request.diff})
        return
    click.echo(f"{request.proposal}  {request.title}\nproject {request.project}, asked by {request.asked_by}, {_progress(request)}")
    for vote in request.votes:
        click.echo(f"  {'yes' if vote.yes else 'no'} by {vote.by} at {vote.at:%Y-%m-%d %H:%M} UTC {vote.reason}".rstrip())
    click.echo(f"\n{request.diff}" if request.diff else "")


@approvals.command(
    short_help="Say yes.", help="Says yes, as the account that runs this command. It is signed, and it stands in the record."
)
@click.argument("proposal")
@click.option("--reason", default="", metavar="TEXT", help="Why; it stands in the record.")
@BY
@SIGNATURE
@AS_JSON
@click.pass_obj
def approve(shell: Shell, proposal: str, reason: str, by: str | None, signature: IO[bytes] | None, as_json: bool) -> None:
    _say(shell, proposal, True, reason, (by, signature), as_json)


@approvals.command(short_help="Say no.", help="Says no; that ends the request, and the same bytes are not asked for again.")
@click.argument("proposal")
@click.option("--reason", required=True, metavar="TEXT", help="Why; whoever asked reads it.")
@BY
@SIGNATURE
@AS_JSON
@click.pass_obj
def reject(shell: Shell, proposal: str, reason: str, by: str | None, signature: IO[bytes] | None, as_json: bool) -> None:
    _say(shell, proposal, False, reason, (by, signature), as_json)


@approvals.command(
    short_help="What an approver signs.",
    help="""Prints the question, byte for byte, for an approver who signs with their own SSH key. Whoever may run autosd here can then
bring the signature; it counts as the signer's voice, not as theirs.

\b
Examples:
  autosd approvals statement 4f2a91c0 > question
  ssh-keygen -Y sign -n autosd-approval -f ~/.ssh/id_ed25519 question
  autosd approvals approve 4f2a91c0 --by ann --signature question.sig
""",
)
@click.argument("proposal")
@click.option("--no", is_flag=True, help="The question whose answer is a no.")
@click.pass_obj
def statement(shell: Shell, proposal: str, no: bool) -> None:
    from autosd.acts.allowing.approvals import find
    from autosd.governance.approvals.voting import question

    with _desk(shell) as desk:
        click.echo(question(find(desk, proposal), yes=not no), nl=False)


def _say(shell: Shell, proposal: str, yes: bool, reason: str, who: tuple[str | None, IO[bytes] | None], as_json: bool) -> None:
    from autosd.acts.allowing.approvals import Signed, say
    from autosd.entrypoints.cli.failures import print_object

    by, signature = who
    if (by is None) != (signature is None):
        raise click.UsageError("Say --by and --signature together.")
    signed = Signed(by, signature.read(100_000)) if by and signature else None
    with _desk(shell) as desk:
        request = say(desk, proposal, yes=yes, reason=reason, signed=signed)
    if as_json:
        print_object({"result": str(request.status), **_object(request)})
        return
    click.echo(f"{request.proposal}: {_progress(request)}.")
    if request.status == "approved":
        click.echo("Run the same work again: it lands what was approved, if it still is the same bytes.")


@contextmanager
def _desk(shell: Shell) -> Iterator[Desk]:
    from autosd.acts.desk import opened_desk
    from autosd.entrypoints.cli.opening import principal, settings_for

    with opened_desk(settings_for(shell), principal(unattended=False)) as desk:
        yield desk


def _progress(request: ApprovalRequest) -> str:
    from autosd.governance.approvals.voting import yeses

    return f"{request.status.replace('_', ' ')} ({yeses(request)} of {request.needed})"


def _object(request: ApprovalRequest) -> dict[str, Any]:
    return {
        "id": request.id,
        "proposal": request.proposal,
        "project": request.project,
        "kind": str(request.kind),
        "title": request.title,
        "status": str(request.status),
        "asked_by": request.asked_by,
        "needed": request.needed,
        "votes": [{"by": v.by, "yes": v.yes, "at": v.at.isoformat(), "reason": v.reason} for v in request.votes],
        "hunks": list(request.seal.hunks) if request.seal else [],
        "created_at": request.created_at.isoformat(),
        "expires_at": request.expires_at.isoformat(),
        "reason": request.reason,
    }
