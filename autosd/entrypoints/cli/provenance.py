"""``autosd provenance``: where a commit comes from, and whether it is still what was signed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from autosd.entrypoints.cli.shell import Shell
from autosd.entrypoints.cli.values import Named, Said

if TYPE_CHECKING:
    from autosd.adapters.git.repository import GitRepository
    from autosd.settings import Settings

AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
PATH = click.argument("path", type=Named(), default=Path(), required=False)


@click.group(
    short_help="Where a commit comes from, and whether it is what was signed.",
    help="""Every commit of autosd carries a signed statement in its trailers: which change it is, by which strategy and model, on whose
leave, how the gates judged it and what it cost. A squash, a rebase or a cherry-pick takes it along.

\b
Examples:
  autosd provenance verify HEAD
  autosd provenance show 37351462e1af        a change by its id, or a commit
""",
)
def provenance() -> None:
    """Only a name for its commands."""


@provenance.command(
    short_help="Is a commit what was signed?",
    help="""Checks the signature over what a commit says of itself, and that the commit changes exactly the bytes that were signed.
The answer is one of

\b
  authentic   signed with a trusted key, and every changed place is as it was signed
  partial     what was signed is there unchanged, and the commit changes other places too
  tampered    what was signed is not what is here; the reason says which part
  unknown     nothing that a trusted key signed belongs to this commit

Trusted are this installation's key and those in keys/archive of autosd's home; with --public-key only that one, and nothing else of
this machine is asked. The first line and the text of a message may be edited; they are not signed.

Exit code 0 for authentic, 1 for the others, 2 when asked for wrongly.

\b
Examples:
  autosd provenance verify HEAD
  autosd provenance verify 4f2a91c0 ~/src/shop
  autosd provenance verify v1.2 --public-key key-of-the-bot.pem       in any clone, offline
  autosd provenance verify HEAD --json | jq .uncovered
""",
)
@click.argument("commit", type=Said())
@PATH
@click.option("--public-key", type=Named(), metavar="FILE", help="Trust the keys in this file only: PEM, or 64 hex digits a line.")
@AS_JSON
@click.pass_obj
def verify(shell: Shell, commit: str, path: Path, public_key: Path | None, as_json: bool) -> int:
    from autosd.entrypoints.cli.failures import print_object
    from autosd.entrypoints.cli.opening import existing_folder
    from autosd.views.provenance import verified

    settings, repository = _opened(shell)
    found = verified(settings, repository, existing_folder(path), commit, public_key)
    answer = found.finding
    if as_json:
        print_object(found.to_dict())
    else:
        from autosd.entrypoints.cli.tables import print_table

        click.echo(f"{answer.result} {found.commit.sha[:12]}: {len(answer.covered)} of {_count(answer)} changed places are as signed.")
        for line in (*answer.reasons, *answer.notes):
            click.echo(f"  {line}")
        if found.chain:
            click.echo()
            several = len({step.change for step in found.chain}) > 1
            print_table(
                ("", ""),
                (
                    [f"  {step.change} {step.name}" if several else f"  {step.name}", f"{step.value}  {step.checked}".strip()]
                    for step in found.chain
                ),
            )
    return 0 if answer.result == "authentic" else 1


def _count(answer: object) -> int:
    from autosd.governance.provenance.verifying import Finding

    assert isinstance(answer, Finding)
    return len(answer.covered) + len(answer.uncovered)


@provenance.command(
    short_help="What was signed of a change or a commit.",
    help="""Shows the statement about a change, by its id or by a commit that carries it. It is not judged here: see verify.

\b
Examples:
  autosd provenance show 37351462e1af
  autosd provenance show HEAD ~/src/shop
  autosd provenance show HEAD --json | jq -r '.statements[0].envelope' > envelope.json     for other in-toto tools
""",
)
@click.argument("name", metavar="COMMIT|CHANGE", type=Said())
@PATH
@AS_JSON
@click.pass_obj
def show(shell: Shell, name: str, path: Path, as_json: bool) -> None:
    from autosd.entrypoints.cli.failures import print_object
    from autosd.entrypoints.cli.opening import existing_folder
    from autosd.governance.provenance.statement import trailer_lines
    from autosd.views.provenance import shown, title

    settings, repository = _opened(shell)
    found = shown(settings, repository, existing_folder(path), name)
    if as_json:
        print_object({"result": "ok", "statements": [each.to_dict() for each in found]})
        return
    for each in found:
        click.echo(f"{title(each.envelope.provenance)}, from the {each.source}, signed with the key {each.envelope.key}:")
        click.echo("\n".join(f"  {line}" for line in trailer_lines(each.envelope.provenance)))


def _opened(shell: Shell) -> tuple[Settings, GitRepository]:
    """Only what reading needs: no sandbox, no strategies."""
    from autosd.adapters.git.repository import GitRepository
    from autosd.entrypoints.cli.opening import settings_for

    settings = settings_for(shell)
    return settings, GitRepository(settings.home)
