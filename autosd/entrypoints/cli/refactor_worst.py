"""``autosd refactor-worst``: the module with the worst history of errors and complexity, its hardest function written anew."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from autosd.entrypoints.cli.shell import Shell
from autosd.entrypoints.cli.values import Named

if TYPE_CHECKING:
    from autosd.library.patching import PatchResult
    from autosd.library.worst import WorstModule

HELP = """Ranks the modules of the project in PATH: by defects that a linter proves, patches that were taken back and proposals about
errors, then by how hard the code is to follow.

The hardest function of the worst one is written anew by the model that is set, and kept only if every test says the same, the tests run
all of it, and its deltas are no worse than those of the patches kept before.

\b
Examples:
  autosd refactor-worst .                 leave the proven change as an artifact
  autosd refactor-worst . --list          only show the ranking
  autosd refactor-worst . --write         put it into the project (needs SELF_IMPROVE_AUTO and SELFCODING_WRITE_ROOT)

Exit codes: 0 done (or nothing stands out), 1 no change was proven and kept, 2 refused or asked for wrongly.
"""


@click.command(help=HELP, short_help="Rewrite the hardest function of the worst module.")
@click.argument("path", type=Named(), default=".")
@click.option("--list", "only_list", is_flag=True, help="Show the ranking and change nothing.")
@click.option("-n", "--limit", type=click.IntRange(1, 1000), default=10, show_default=True, help="Most modules to list.")
@click.option("--write", is_flag=True, help="Put a kept change into the project itself.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_obj
def refactor_worst(shell: Shell, path: Path, only_list: bool, limit: int, write: bool, as_json: bool) -> int:
    from autosd.adapters.memory.patch_history import PatchHistoryDB
    from autosd.entrypoints.cli.opening import existing_folder, opened
    from autosd.entrypoints.cli.progress import told
    from autosd.library.refactoring import rewritten_worst
    from autosd.library.worst import ranked
    from autosd.settings import table

    project = existing_folder(path)
    shell.project = str(project)
    with opened(shell, project, {}) as app, PatchHistoryDB(app.settings[table.PATCH_HISTORY_FILE]) as history:
        if only_list:
            return _listed(ranked(app, history, project)[:limit], as_json)
        with told(shell) as progress:
            result = rewritten_worst(app, history, project, progress, write=write)
    return _told(result, as_json)


def _listed(found: Sequence[WorstModule], as_json: bool) -> int:
    if as_json:
        modules = [{"path": each.path, "errors": each.errors, "complexity": each.complexity, "function": each.function} for each in found]
        _print({"result": "ok", "modules": modules})
        return 0
    from autosd.entrypoints.cli.tables import print_table

    rows = ((each.path, f"{each.errors:g}", str(each.complexity), each.function or "-") for each in found)
    print_table(("module", "errors", "complexity", "hardest function"), rows)
    return 0


def _told(result: PatchResult | None, as_json: bool) -> int:
    from autosd.library.patching import PatchStatus

    if result is None:
        if as_json:
            _print({"result": "nothing_stands_out"})
        else:
            click.echo("No module stands out: no errors in its history, and nothing that is hard to follow.")
        return 0
    code = {PatchStatus.KEPT: 0, PatchStatus.PROVEN: 0, PatchStatus.REFUSED: 2}.get(result.status, 1)
    if as_json:
        _print(_object(result))
        return code
    if result.change.diff:
        click.echo(result.change.diff)
    click.echo(
        f"{result.status}" + (f" as patch {result.patch_id}" if result.patch_id else "") + (f": {result.reason}" if result.reason else "")
    )
    if result.change.artifacts:
        click.echo(f"The artifact lies in {result.change.artifacts}.")
    return code


def _object(result: PatchResult) -> dict[str, Any]:
    return {
        "result": str(result.status),
        "patch": result.patch_id,
        "reverted": result.reverted,
        "roi_delta": result.roi_delta,
        "reason": result.reason,
        "diff": result.change.diff,
        "artifacts": result.change.artifacts,
        "branch": result.synced.branch or None,
        "objections": [{"code": each.code, "message": each.message, "remedy": each.remedy} for each in result.objections],
    }


def _print(value: dict[str, Any]) -> None:
    from autosd.entrypoints.cli.failures import print_object

    print_object(value)
