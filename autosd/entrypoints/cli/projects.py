"""``autosd projects``: the repositories that autosd was told about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from autosd.entrypoints.cli.shell import Shell

if TYPE_CHECKING:
    from autosd.acts.desk import Desk
    from autosd.domain.projects import Project

AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")


@click.group(
    short_help="The repositories that autosd was told about.",
    help="""Gives a repository a short name that grants, policies and commands use for it.

\b
Examples:
  autosd projects add ~/code/shop --id shop
  autosd projects list
  autosd projects status shop
  autosd halt --project shop
""",
)
def projects() -> None:
    """Only a name for its commands."""


@projects.command(short_help="Tell autosd of a repository.", help="Gives the repository in PATH a name. Nothing in it is written.")
@click.argument("path", type=click.Path(path_type=Path), default=".")
@click.option("--id", "id_", metavar="ID", help="Its name.  [default: made of the folder's name]")
@click.option("--test-command", default="", metavar="WORDS", help="How it runs its tests; else it is found out.")
@click.option("--tenant", default="public", show_default=True, metavar="NAME", help="Whose it is; policies and budgets can be per tenant.")
@AS_JSON
@click.pass_obj
def add(shell: Shell, path: Path, id_: str | None, test_command: str, tenant: str, as_json: bool) -> None:
    from autosd.acts import projects as acts
    from autosd.entrypoints.cli.opening import existing_folder

    with _desk(shell) as desk:
        project = acts.add(desk, existing_folder(path), id_, test_command, tenant)
    _told(as_json, "added", project, f"{project.id} is {project.path}.")


@projects.command("list", short_help="All of them.", help="Lists the projects, and which of them are halted.")
@AS_JSON
@click.pass_obj
def list_(shell: Shell, as_json: bool) -> None:
    from autosd.entrypoints.cli.failures import print_object

    with _desk(shell) as desk:
        found = [(project, _state(desk, project)) for project in desk.projects.all_projects()]
    if as_json:
        print_object({"result": "ok", "projects": [{**_object(project), "status": state} for project, state in found]})
    elif not found:
        click.echo("No projects yet. Add one: autosd projects add PATH")
    else:
        from autosd.entrypoints.cli.tables import print_table

        print_table(("id", "status", "tenant", "folder"), ([p.id, state, p.tenant, str(p.path)] for p, state in found))


@projects.command(short_help="One project.", help="Shows what autosd knows of a project.")
@click.argument("id_", metavar="ID")
@AS_JSON
@click.pass_obj
def show(shell: Shell, id_: str, as_json: bool) -> None:
    from autosd.acts import projects as acts

    with _desk(shell) as desk:
        project = acts.known(desk.projects, id_)
    lines = (f"{name}: {value}" for name, value in _object(project).items() if value)
    _told(as_json, "ok", project, "\n".join(lines))


@projects.command(short_help="How it stands.", help="Shows whether a project may be worked on, and what was tried last.")
@click.argument("id_", metavar="ID")
@click.option("-n", "--lines", type=click.IntRange(min=1), default=10, show_default=True, help="How many attempts.")
@AS_JSON
@click.pass_obj
def status(shell: Shell, id_: str, lines: int, as_json: bool) -> None:
    from autosd.acts import projects as acts
    from autosd.entrypoints.cli.failures import print_object

    with _desk(shell) as desk:
        project = acts.known(desk.projects, id_)
        state = _state(desk, project)
        changes = desk.store.changes(project.id, limit=lines)
    if as_json:
        rows = [{"id": c.id, "result": str(c.result), "branch": c.branch, "at": str(c.created_at)} for c in changes]
        print_object({"result": "ok", **_object(project), "status": state, "changes": rows})
        return
    click.echo(f"{project.id} is {state}.")
    if changes:
        from autosd.entrypoints.cli.tables import print_table

        rows_ = ([f"{c.created_at:%Y-%m-%d %H:%M}", c.id[:12], str(c.result), c.branch or "-"] for c in changes)
        print_table(("time (UTC)", "change", "result", "branch"), rows_)


@projects.command(short_help="Forget one.", help="Forgets a project. Its folder, its changes and its record stay.")
@click.argument("id_", metavar="ID")
@AS_JSON
@click.pass_obj
def remove(shell: Shell, id_: str, as_json: bool) -> None:
    from autosd.acts import projects as acts

    with _desk(shell) as desk:
        project = acts.remove(desk, id_)
    _told(as_json, "removed", project, f"{project.id} is forgotten; {project.path} was not touched.")


@contextmanager
def _desk(shell: Shell) -> Iterator[Desk]:
    from autosd.acts.desk import opened_desk
    from autosd.entrypoints.cli.opening import principal, settings_for

    with opened_desk(settings_for(shell), principal(unattended=False)) as desk:
        yield desk


def _state(desk: Desk, project: Project) -> str:
    if not project.path.is_dir():
        return "missing"
    return "halted" if desk.projects.standing(project.path)[1] else "running"


def _told(as_json: bool, result: str, project: Project, line: str) -> None:
    if as_json:
        from autosd.entrypoints.cli.failures import print_object

        print_object({"result": result, **_object(project)})
    else:
        click.echo(line)


def _object(project: Project) -> dict[str, Any]:
    return {
        "id": project.id,
        "path": str(project.path),
        "test_command": project.test_command,
        "tenant": project.tenant,
        "added_at": project.added_at.isoformat(),
    }
