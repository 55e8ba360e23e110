"""``autosd regressions``: telling that what was written directly has made something worse."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from autosd.entrypoints.cli.shell import Shell
from autosd.entrypoints.cli.values import Said

if TYPE_CHECKING:
    from autosd.acts.desk import Desk
    from autosd.acts.work.regressions import Regression

AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")


@click.group(
    short_help="Report that a direct write made something worse.",
    help="""Reports a regression of a file that was written directly. The worker answers it: the version before is put back, a file
that was new is removed, one generation for each report, and only while the file is still as it was written.

\b
Examples:
  autosd regressions emit --target generated/prices.py --reason "errors doubled since 14:00"
  autosd regressions list .
""",
)
def regressions() -> None:
    """Only a name for its commands."""


@regressions.command(short_help="Report one.", help="Writes artifacts/autonomy-regressions/regress-<ms>.json in the target's project.")
@click.option("--target", type=click.Path(path_type=Path), required=True, metavar="PATH", help="The file that got worse.")
@click.option("--reason", type=Said(), default="regression", metavar="WORDS", help="What was seen.  [default: regression]")
@AS_JSON
@click.pass_obj
def emit(shell: Shell, target: Path, reason: str, as_json: bool) -> None:
    from autosd.acts.work import regressions as acts

    with _desk(shell) as desk:
        event = acts.emit(desk.projects, target.absolute(), reason or "regression", desk.now)
    if as_json:
        from autosd.entrypoints.cli.failures import print_object

        print_object({"result": "emitted", **_object(event)})
    else:
        click.echo(f"{event.file}\nThe worker answers it in its next pass (autosd worker --once).")


@regressions.command("list", short_help="Those of a project.", help="Lists the reports of the project in PATH, and what came of them.")
@click.argument("path", type=click.Path(path_type=Path), default=".")
@AS_JSON
@click.pass_obj
def list_(shell: Shell, path: Path, as_json: bool) -> None:
    from autosd.acts.work import regressions as acts
    from autosd.entrypoints.cli.opening import existing_folder

    root = existing_folder(path)
    found = [*acts.ended(root), *acts.waiting(root)]
    if as_json:
        from autosd.entrypoints.cli.failures import print_object

        print_object({"result": "ok", "regressions": [_object(each) for each in found]})
    elif not found:
        click.echo("No regression was reported.")
    else:
        from autosd.entrypoints.cli.tables import print_table

        rows = ([str(each.at), each.result or "waits", each.reason, str(each.target)] for each in found)
        print_table(("reported (ms)", "result", "reason", "target"), rows)


@contextmanager
def _desk(shell: Shell) -> Iterator[Desk]:
    from autosd.acts.desk import opened_desk
    from autosd.entrypoints.cli.opening import principal, settings_for

    with opened_desk(settings_for(shell), principal(unattended=False)) as desk:
        yield desk


def _object(event: Regression) -> dict[str, object]:
    return {
        "file": str(event.file),
        "target": str(event.target),
        "reason": event.reason,
        "timestamp": event.at,
        "came": event.result or None,
    }
