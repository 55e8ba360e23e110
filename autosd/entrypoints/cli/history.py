"""``autosd history``: what was changed, for whom, on what evidence, and how it turned out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from autosd.entrypoints.cli.learning_desk import AS_JSON, LINES
from autosd.entrypoints.cli.shell import Shell

if TYPE_CHECKING:
    from autosd.acts.desk import Desk
    from autosd.adapters.memory.patch_history import PatchHistoryDB
    from autosd.domain.patches import PatchRecord

PROJECT = click.option("--project", metavar="ID", help="Only of this project: its id, or a folder that autosd was told nothing of.")


@click.group(
    short_help="What was changed, and how it turned out.",
    help="""Shows every change with its request, its gates and its figures before and after.

\b
Examples:
  autosd history list --project shop
  autosd history show 4f2a91c0b7d3     a change, the request that it was made for, or a patch (#12)
  autosd history top                   the patches that brought most
  autosd history worst --json

Exit codes: 0 shown, 1 there is no such change, 2 asked for wrongly.
""",
)
def history() -> None:
    """Only a name for its commands."""


@history.command("list", short_help="The newest changes.", help="Lists changes and patches, the newest first.")
@PROJECT
@LINES
@AS_JSON
@click.pass_obj
def list_(shell: Shell, project: str | None, lines: int, as_json: bool) -> None:
    from autosd.views.history import attempt_object, attempt_row, attempts

    with _past(shell) as (desk, patches):
        found, rate = attempts(desk.store, patches, project=project, limit=lines), patches.success_rate()
    if as_json:
        from autosd.entrypoints.cli.failures import print_object

        print_object({"result": "ok", "success_rate": rate, "changes": [attempt_object(each) for each in found]})
    elif not found:
        click.echo("Nothing was changed yet. Begin with: autosd fix PATH")
    else:
        from autosd.entrypoints.cli.tables import print_table

        print_table(("time (UTC)", "id", "result", "strategy", "file", "return"), map(attempt_row, found))
        click.echo(f"Of the newest 50 patches {rate:.0%} brought something.")


@history.command(short_help="One change, whole.", help="Shows a change; ID may also be that of its request, or a patch's number.")
@click.argument("id_", metavar="ID")
@AS_JSON
@click.pass_obj
def show(shell: Shell, id_: str, as_json: bool) -> None:
    from autosd.views.history import story_lines, story_object, story_of

    with _past(shell) as (desk, patches):
        story = story_of(desk.store, patches, id_)
    if as_json:
        from autosd.entrypoints.cli.failures import print_object

        print_object({"result": "ok", **story_object(story)})
    else:
        click.echo("\n".join(story_lines(story)))


@history.command(short_help="The patches that brought most.", help="Lists patches that were kept, the highest return first.")
@PROJECT
@LINES
@AS_JSON
@click.pass_obj
def top(shell: Shell, project: str | None, lines: int, as_json: bool) -> None:
    _patches(shell, lambda patches: patches.top_patches(lines, project=project), as_json)


@history.command(short_help="The patches that brought least.", help="Lists patches, kept or not, the lowest return first.")
@PROJECT
@LINES
@AS_JSON
@click.pass_obj
def worst(shell: Shell, project: str | None, lines: int, as_json: bool) -> None:
    _patches(shell, lambda patches: patches.worst_patches(lines, project=project), as_json)


def _patches(shell: Shell, find: Callable[[PatchHistoryDB], list[PatchRecord]], as_json: bool) -> None:
    from autosd.views.history import patch_object, patch_row

    with _past(shell) as (_desk, patches):
        found = find(patches)
    if as_json:
        from autosd.entrypoints.cli.failures import print_object

        print_object({"result": "ok", "patches": [patch_object(each) for each in found]})
    elif not found:
        click.echo("No patches yet. Begin with: autosd fix PATH")
    else:
        from autosd.entrypoints.cli.tables import print_table

        print_table(("patch", "time (UTC)", "result", "file", "return", "failing tests", "complexity"), map(patch_row, found))


@contextmanager
def _past(shell: Shell) -> Iterator[tuple[Desk, PatchHistoryDB]]:
    from autosd.acts.desk import opened_desk
    from autosd.adapters.memory.opening import open_patches
    from autosd.entrypoints.cli.opening import principal, settings_for

    with opened_desk(settings_for(shell), principal(unattended=False)) as desk, open_patches(desk.settings) as patches:
        yield desk, patches
