"""``autosd audit``: look at the record, and check that nobody rewrote it."""

from __future__ import annotations

from pathlib import Path

import click

from autosd.entrypoints.cli.shell import Shell
from autosd.entrypoints.cli.values import Named


@click.group(
    short_help="Look at the record, and check it.",
    help="Looks at the tamper-evident record of what was attempted, on whose leave, and how it ended.",
)
def audit() -> None:
    """Only a name for its commands."""


@audit.command(
    short_help="Is the record whole?",
    help="""Checks every line of the record: hashes, chain, signatures, and that no tail was cut off.

Exit code 0 when it is whole, 1 when it is not; then the first bad line is named. The same check runs without autosd, on any
machine with Python: copy the file autosd/governance/verifier.py there.

\b
Examples:
  autosd audit verify
  autosd audit verify --log kept/audit.log.jsonl
  autosd audit verify --json
""",
)
@click.option("--log", type=Named(), metavar="FILE", help="Another record than the one in use.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_obj
def verify(shell: Shell, log: Path | None, as_json: bool) -> int:
    """The verifier's own words, so that both ways of checking read the same."""
    from dataclasses import asdict

    from autosd.entrypoints.cli.failures import print_object
    from autosd.entrypoints.cli.opening import settings_for
    from autosd.governance.verifier import describe
    from autosd.settings import table
    from autosd.views.changes import objection_of, objections_list
    from autosd.views.record import finding, verify_record

    settings = settings_for(shell)
    path = log or settings[table.AUDIT_LOG]
    report = verify_record(settings, log)
    found = finding(report, path)
    if as_json:
        objections = objections_list([objection_of(found)] if found else [])
        print_object({"result": "bad" if found else "ok", **asdict(report), "objections": objections})
    else:
        click.echo("\n".join(describe(report, path)))
    if found:
        click.echo(str(found), err=True)
    return 1 if found else 0


@audit.command(
    short_help="The last entries.",
    help="""Shows the last entries of the record, oldest first.

\b
Examples:
  autosd audit tail
  autosd audit tail -n 100 --json | jq '.entries[] | select(.result == "refused")'
""",
)
@click.option("-n", "--lines", type=click.IntRange(min=1), default=20, show_default=True, help="How many.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_obj
def tail(shell: Shell, lines: int, as_json: bool) -> None:
    """Entries as they stand in the log, or the columns that tell a story."""
    from autosd.entrypoints.cli.failures import print_object
    from autosd.entrypoints.cli.opening import settings_for
    from autosd.views.record import last_entries

    entries = last_entries(settings_for(shell), lines)
    if as_json:
        print_object({"result": "ok", "entries": entries})
        return
    from autosd.entrypoints.cli.tables import print_table

    columns = ("seq", "timestamp", "kind", "action", "principal", "project_id")
    rows = ([str(entry.get(column) or "-")[: 19 if column == "timestamp" else None] for column in columns] for entry in entries)
    print_table(("#", "time (UTC)", "kind", "action", "by", "project"), rows)
