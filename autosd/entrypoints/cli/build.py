"""``autosd build``: one approved proposal, from its yes to its pull request."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from autosd.entrypoints.cli.shell import Shell
from autosd.entrypoints.cli.strategy_options import Means, strategy_options
from autosd.entrypoints.cli.values import OfSetting, Said

if TYPE_CHECKING:
    from autosd.app import App
    from autosd.pipeline import Built

HELP = """Builds the approved PROPOSAL: proves a change for it and commits it on a branch selfbuild/<id>-<title> over the base branch
(SELF_CODING_BASE_BRANCH). With SELF_CODING_ENABLE_PUSH the branch is pushed to origin, with SELF_CODING_ENABLE_PR a pull request is
opened; nothing is ever merged. Your files, your index and your HEAD stay as they are, unless --write is given.

Run again after whatever broke it off: it goes on where it stopped, and doubles nothing.

\b
Examples:
  autosd build 4f2a91c0                  as far as settings and grants allow
  autosd build 4f2a91c0 --commit         only the branch, no push
  autosd build 4f2a91c0 --dry-run        only show the proven change
  autosd build 4f2a91c0 --write          put it into the project itself, inside SELFCODING_WRITE_ROOT, with a backup
  autosd build 4f2a91c0 --json | jq .result

Exit codes: 0 built, 1 it could not be built, 2 refused or not to be built now, 130 Ctrl-C.
"""


@click.command(help=HELP, short_help="Build one approved proposal.")
@click.argument("proposal", type=Said())
@click.option("--commit", "only_commit", is_flag=True, help="Only the branch: no push and no pull request, whatever may be done.")
@click.option("--write", is_flag=True, help="Write into the project itself, with a backup, instead of committing.")
@click.option("--dry-run", is_flag=True, help="Show the proven change; write nothing.")
@click.option("--max-seconds", type=OfSetting("fix.max_seconds"), default=None, metavar="N", help="Time for it.  [default: 300]")
@strategy_options
@click.option("--unattended", is_flag=True, help="No person stands behind this run: the rules for unattended work hold.")
@click.option("--preauth-grant", "grant", type=Said(), default=None, metavar="GRANT", help="Act on this grant: its id or its token.")
@click.option("--require-preauth", is_flag=True, help="Refuse to land anything without a valid grant.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout; everything else on stderr.")
@click.pass_obj
def build(
    shell: Shell, /, proposal: str, only_commit: bool, write: bool, dry_run: bool, max_seconds: float | None, unattended: bool,
    grant: str | None, require_preauth: bool, means: Means, as_json: bool,
) -> int:  # fmt: skip
    """Open the house, build, show what came of it."""
    from autosd.entrypoints.cli.opening import opened, principal
    from autosd.entrypoints.cli.progress import told
    from autosd.pipeline import Order
    from autosd.pipeline import build as walk

    given: dict[str, Any] = {**means.settings, "fix.max_seconds": max_seconds, "dry_run": True if dry_run else None}
    path = _place_of(shell, proposal)
    shell.project = str(path or "")
    with opened(shell, path, given) as app:
        order = Order(
            _whole(app, proposal), principal(unattended), grant or "", require_preauth, show_only=dry_run, only_commit=only_commit,
            write=write, began=shell.started, strategy=means.strategy, model=means.model, max_usd=means.max_usd,
        )  # fmt: skip
        with told(shell) as progress:
            built = walk(app, order, progress)
    shown(built, as_json)
    return exit_code(built)


def exit_code(built: Built) -> int:
    from autosd.acts.work.building import BuildStatus

    return {BuildStatus.COMPLETED: 0, BuildStatus.SKIPPED: 2, BuildStatus.ERROR: 1}[built.status]


def shown(built: Built, as_json: bool) -> None:
    if as_json:
        from autosd.entrypoints.cli.failures import print_object

        print_object(object_of(built))
        return
    if built.change and built.change.diff:
        click.echo(built.change.diff)
    proposal = built.proposal
    click.echo(f"{proposal.title if proposal else 'The proposal'}: {built.reason}")
    if proposal:
        rows = {"branch": proposal.branch, "commit": proposal.commit, "pull request": proposal.pull_request, "status": str(proposal.status)}
        for name, value in rows.items():
            if value:
                click.echo(f"  {name}: {value}")
    for no in built.objections:
        click.echo(f"[{no.code}] {no.message} Hint: {no.remedy}")


def object_of(built: Built) -> dict[str, Any]:
    from autosd.views.changes import objections_list

    proposal, change = built.proposal, built.change
    return {
        "result": built.reason,
        "status": str(built.status),
        "proposal": proposal.id if proposal else None,
        "proposal_status": str(proposal.status) if proposal else None,
        "project": proposal.project if proposal else None,
        "change": (proposal.change_id or None) if proposal else None,
        "strategy": change.strategy if change else None,
        "branch": (proposal.branch or None) if proposal else None,
        "commit": (proposal.commit or None) if proposal else None,
        "pull_request": (proposal.pull_request or None) if proposal else None,
        "diff": change.diff if change else "",
        "waits": built.waits,
        "again": built.again,
        "objections": objections_list(built.objections),
    }


def _place_of(shell: Shell, word: str) -> Path | None:
    """The project's folder, whose own settings count; none for a proposal that is not there, which the road tells."""
    from autosd.acts.projects import named
    from autosd.acts.work.proposals import opened_bench
    from autosd.entrypoints.cli.opening import principal, settings_for

    with opened_bench(settings_for(shell), principal(unattended=False)) as bench:
        found = [each for each in bench.proposals.find() if word and each.id.startswith(word)]
        return named(bench.desk.projects, found[0].project).path if len(found) == 1 else None


def _whole(app: App, word: str) -> str:
    """The id that ``word`` is the beginning of, if it is of one alone."""
    if app.proposals.get(word):
        return word
    found = [each.id for each in app.proposals.find() if each.id.startswith(word)] if len(word) >= 6 else []
    return found[0] if len(found) == 1 else word
