"""``autosd fix``: from failing tests to a proven fix."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from autosd.entrypoints.cli.shell import Shell
from autosd.entrypoints.cli.strategy_options import Means, strategy_options
from autosd.entrypoints.cli.values import Named, OfSetting, Program, Said

if TYPE_CHECKING:
    from autosd.domain.changes import Change

HELP = """Finds the failing tests of the project in PATH, repairs the code, and proves the fix.

The work happens in a copy of its own and in a sandbox. Your files, your index and your HEAD stay as they are: what is
written is an artifact folder (artifacts/selfcoding-pr/... in the project) and, with --commit, a branch autosd/<id>.
Uncommitted work is part of what is repaired, unless --clean. It acts on your authority, and the record says so.

--max-seconds counts from the start of the command: environment, first run of the tests, search. It is kept within about two
seconds; only a proof that has begun then may go on, for one run of the suite at the most.

\b
Examples:
  autosd fix .                                     look, repair, prove, write the artifact
  autosd fix . --commit                            and commit it on a branch of its own
  autosd fix . --dry-run                           only show the diff and its proof; write nothing
  autosd fix . --test tests/test_cart.py::test_sum work on this test only
  autosd fix . --strategy edit --max-usd 0.10      ask a model for the fix, for ten cents at the most
  autosd fix . --model openai:gpt-4o --race        repair and a model side by side; the first proven fix wins
  autosd fix . --test-command "pytest -x tests"    run the tests this way
  autosd fix . --json | jq .result                 for machines: one object on stdout

Exit codes: 0 a proven fix, 1 no proven fix (the result says why), 2 refused or asked for wrongly, 130 Ctrl-C.
"""


@click.command(help=HELP, short_help="Repair failing tests, prove the fix.")
@click.argument("path", type=Named(), default=".")
@click.option("--test", "tests", type=Said(), multiple=True, metavar="ID", help="Repair this failing test only; may be given again.")
@click.option("--test-command", type=Said(), metavar="WORDS", help="How the project runs its tests; else it is found out.")
@click.option(
    "--max-seconds",
    type=OfSetting("fix.max_seconds"),
    default=None,
    metavar="N",
    help="Time for all but the last proof.  [default: 300]",
)
@click.option("--python", type=Program(), metavar="FILE", help="The interpreter that runs the project's tests.")
@click.option("--commit", is_flag=True, help="Commit the proven fix on a branch autosd/<id>.")
@click.option("--dry-run", is_flag=True, help="Show the fix and its proof; write nothing into the project.")
@click.option("--clean", is_flag=True, help="Work on the last commit, without your uncommitted changes.")
@click.option("--seed", type=OfSetting("fix.seed"), default=None, metavar="N", help="Of everything random in the search.  [default: 0]")
@strategy_options
@click.option("--unattended", is_flag=True, help="No person stands behind this run: the rules for unattended work hold.")
@click.option("--preauth-grant", "grant", type=Said(), default=None, metavar="GRANT", help="Act on this grant: its id or its token.")
@click.option("--require-preauth", is_flag=True, help="Refuse to land anything without a valid grant.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout; everything else on stderr.")
@click.pass_obj
def fix(
    shell: Shell,
    /,
    path: Path,
    tests: tuple[str, ...],
    commit: bool,
    dry_run: bool,
    clean: bool,
    unattended: bool,
    grant: str | None,
    require_preauth: bool,
    means: Means,
    as_json: bool,
    **options: Any,
) -> int:
    """Open the house, walk the road, show what came of it."""
    from autosd.entrypoints.cli.opening import existing_folder, opened, principal
    from autosd.entrypoints.cli.progress import told
    from autosd.pipeline import FixRequest
    from autosd.pipeline import fix as walk
    from autosd.views.changes import change_exit_code

    project = existing_folder(path)
    shell.project = str(project)
    given = {**means.settings, **{_SETTINGS[name]: value for name, value in options.items()}}
    given["dry_run"] = True if dry_run else None
    request = FixRequest(
        project,
        principal(unattended),
        tests,
        commit=commit,
        show_only=dry_run,
        clean=clean,
        grant=grant or "",
        require_grant=require_preauth,
        began=shell.started,
        strategy=means.strategy,
        model=means.model,
        max_usd=means.max_usd,
    )
    with opened(shell, project, given) as app:
        with told(shell) as progress:
            change = walk(app, request, progress)
        _show(shell, change, as_json)
    return change_exit_code(change)


#: Options that are settings: the strongest word on them.
_SETTINGS = {"test_command": "suite.command", "max_seconds": "fix.max_seconds", "python": "fix.python", "seed": "fix.seed"}


def _show(shell: Shell, change: Change, as_json: bool) -> None:
    if as_json:
        from autosd.entrypoints.cli.failures import print_object
        from autosd.views.changes import change_object

        print_object(change_object(change, shell.sandbox, shell.seconds))
        return
    from autosd.entrypoints.cli.report import show

    assert shell.sandbox is not None
    show(change, shell.sandbox, shell.seconds)
