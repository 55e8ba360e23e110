"""``autosd ask``: a change in words, from the wish to a proven commit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from autosd.entrypoints.cli.shell import Shell
from autosd.entrypoints.cli.strategy_options import Means, strategy_options
from autosd.entrypoints.cli.values import Named, OfSetting, Said

if TYPE_CHECKING:
    from autosd.domain.proposals import Proposal

HELP = """Makes a proposal of WORDS for the project in PATH, shows it, asks whether to build it, and builds it: a model writes the change,
the sandbox proves it, and it is committed on a branch of its own. Your files, your index and your HEAD stay as they are. The commit that is
checked out is what it works on, without uncommitted changes; with SELF_CODING_BASE_BRANCH set, that branch.

What starts with passing tests is proven by tests that say the same as before and run every changed place; where no test does, write one
first. Name files in WORDS (such as shop/cart.py) and the model is shown them.

\b
Examples:
  autosd ask "greet in shop/words.py should strip spaces around the name"
  autosd ask "round totals to two digits" ~/src/shop --yes
  autosd ask "use a set for the lookup in index.py" --project shop --model ollama:qwen2.5-coder --max-usd 0
  autosd ask "say please in the error of parse()" --dry-run       only show the proven change

Exit codes: 0 built, 1 it could not be built, 2 refused, asked for wrongly or not wanted, 130 Ctrl-C.
"""


@click.command(help=HELP, short_help="A change in words, built and proven.")
@click.argument("words", type=Said())
@click.argument("path", type=Named(), required=False)
@click.option("--project", type=Said(), metavar="P", help="A project that autosd knows, instead of PATH.")
@click.option("--yes", is_flag=True, help="Build it without asking.")
@click.option("--commit", "only_commit", is_flag=True, help="Only the branch: no push and no pull request, whatever may be done.")
@click.option("--dry-run", is_flag=True, help="Show the proven change; commit nothing. The proposal stays, approved.")
@click.option("--max-seconds", type=OfSetting("fix.max_seconds"), default=None, metavar="N", help="Time for it.  [default: 300]")
@strategy_options
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout; needs --yes.")
@click.pass_obj
def ask(
    shell: Shell, /, words: str, path: Path | None, project: str | None, yes: bool, only_commit: bool, dry_run: bool,
    max_seconds: float | None, means: Means, as_json: bool,
) -> int:  # fmt: skip
    """Open the house, propose, ask for leave, build."""
    from autosd.acts.work.wishes import Wish, give_leave, wished
    from autosd.entrypoints.cli.build import exit_code, shown
    from autosd.entrypoints.cli.opening import opened, principal
    from autosd.entrypoints.cli.progress import told
    from autosd.pipeline import Order, build

    if as_json and not yes:
        raise click.UsageError("--json asks nothing, so it needs --yes.")
    folder = _folder(shell, path, project)
    given: dict[str, Any] = {**means.settings, "fix.max_seconds": max_seconds}
    with opened(shell, folder, given) as app:
        wish = Wish(folder, words, principal(unattended=False))
        with told(shell) as progress:
            proposal = wished(app, wish, progress)
        if not as_json:
            _show(proposal)
        if not yes and not click.confirm("Build it?"):
            click.echo(f"Not built. It waits: autosd proposals show {proposal.id[:8]}")
            return 2
        give_leave(app, proposal, wish)
        order = Order(
            proposal.id, wish.by, show_only=dry_run, only_commit=only_commit, seconds=max_seconds or 0.0, began=shell.started,
            strategy=means.strategy, model=means.model, max_usd=means.max_usd, here=True,
        )  # fmt: skip
        with told(shell) as progress:
            built = build(app, order, progress)
    shown(built, as_json)
    return exit_code(built)


def _folder(shell: Shell, path: Path | None, project: str | None) -> Path:
    from autosd.acts.projects import named
    from autosd.acts.work.proposals import opened_bench
    from autosd.entrypoints.cli.opening import existing_folder, principal, settings_for

    if project is not None and path is not None:
        raise click.UsageError("Name PATH or --project, not both.")
    if project is None:
        folder = existing_folder(path or Path())
    else:
        with opened_bench(settings_for(shell), principal(unattended=False)) as bench:
            folder = existing_folder(named(bench.desk.projects, project).path)
    shell.project = str(folder)
    return folder


def _show(proposal: Proposal) -> None:
    click.echo(f"{proposal.title}\n  proposal {proposal.id[:8]}, risk {proposal.risk}, priority {proposal.priority:.2f}")
    for name, items in (("files", proposal.paths), ("done when", proposal.criteria)):
        for item in items:
            click.echo(f"  {name}: {item}")
