"""``autosd audit``: look at the record, check that nobody rewrote it, and give parts of it away."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from autosd.entrypoints.cli.moments import Moment
from autosd.entrypoints.cli.shell import Shell
from autosd.entrypoints.cli.values import Named, NamedFile, Said

if TYPE_CHECKING:
    from autosd.governance.audit import FileAuditLog
    from autosd.governance.record_export import Wanted
    from autosd.settings import Settings

AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
PROJECT = click.option("--project", type=Said(), metavar="ID", default=None, help="Only entries of this project, as they name it.")
ACTION = click.option("--action", type=Said(), metavar="WORD", default=None, help="Only this action: commit, deploy, halt, ...")
KIND = click.option("--kind", type=Said(), metavar="WORD", default=None, help="Only this kind: permitted, refused, done, failed, ...")


@click.group(
    short_help="Look at the record, and check it.",
    help="Looks at the tamper-evident record of what was attempted, on whose leave, and how it ended.",
)
def audit() -> None:
    """Only a name for its commands."""


@audit.command(
    short_help="Is the record whole?",
    help="""Checks every line of the record, in all its files: hashes, chain, signed head, and that no tail was cut off. Attempts that were
permitted and have no end are listed.

Exit code 0 when it is whole, 1 when it is not; then the first bad line is named. The same check runs without autosd, on any
machine with Python: copy the file autosd/governance/verifier.py there.

\b
Examples:
  autosd audit verify
  autosd audit verify --against head-of-january.json     does it still hold what it held then?
  autosd audit verify --log kept/audit.log.jsonl --partial
  autosd audit verify --export march.jsonl               an export against its statement
  autosd audit verify --json
""",
)
@click.option("--log", type=Named(), metavar="FILE", help="Another record than the one in use.")
@click.option(
    "--against", type=Named(), metavar="FILE", multiple=True, help="A signed head that was kept elsewhere, or an export's statement."
)
@click.option("--partial", is_flag=True, help="The oldest segments are kept elsewhere: check from the first one that is here.")
@click.option("--export", "exported", type=Named(), metavar="FILE", help="Check an export by the statement beside it, not the record.")
@AS_JSON
@click.pass_obj
def verify(shell: Shell, log: Path | None, against: tuple[Path, ...], partial: bool, exported: Path | None, as_json: bool) -> int:
    """The verifier's own words, so that both ways of checking read the same."""
    from dataclasses import asdict

    from autosd.domain.errors import AutosdError
    from autosd.entrypoints.cli.failures import print_object
    from autosd.entrypoints.cli.opening import settings_for
    from autosd.governance.verifier import describe
    from autosd.settings import table
    from autosd.views.changes import objection_of, objections_list
    from autosd.views.record import finding, verify_record

    settings = settings_for(shell)
    for file in (*against, *([exported] if exported else [])):
        if not file.is_file():
            raise AutosdError("AUTOSD-PATH-NOT-FOUND", f"There is no file {file}.", "Name a head that was kept, or an exported file.")
    if exported:
        return _verify_export(settings, exported, as_json)
    path = log or settings[table.AUDIT_LOG]
    report = verify_record(settings, log, against=against, partial=partial)
    found = finding(report, path)
    if as_json:
        objections = objections_list([objection_of(found)] if found else [])
        print_object({"result": "bad" if found else "ok", **asdict(report), "objections": objections})
    else:
        click.echo("\n".join(describe(report, path)))
    if found:
        click.echo(str(found), err=True)
    return 1 if found else 0


def _verify_export(settings: Settings, file: Path, as_json: bool) -> int:
    from autosd.domain.errors import AutosdError
    from autosd.entrypoints.cli.failures import print_object
    from autosd.governance.record_export import check_export
    from autosd.views.record import own_keys

    statement = file.with_name(file.name + ".statement")
    try:
        said = check_export(file, statement, own_keys(settings))
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        remedy = "Ask for the export again, and for the public key by another way than the export."
        raise AutosdError("AUTOSD-EXPORT-BAD", f"{file} cannot be relied on: {error}.", remedy, exit_code=1) from None
    if as_json:
        print_object({"result": "ok", "statement": said})
    else:
        click.echo(f"ok {file}: {said['entries']} entries of a record whose head was entry {said['head']['seq']}")
    return 0


@audit.command(
    short_help="The last entries.",
    help="""Shows the last entries of the record, oldest first.

\b
Examples:
  autosd audit tail
  autosd audit tail -n 100 --kind refused
  autosd audit tail --follow --project shop
  autosd audit tail -n 100 --json | jq '.entries[] | select(.result == "refused")'
""",
)
@click.option("-n", "--lines", type=click.IntRange(min=1), default=20, show_default=True, help="How many.")
@click.option("-f", "--follow", "on_and_on", is_flag=True, help="Go on showing entries as they come; with --json one object a line.")
@PROJECT
@ACTION
@KIND
@AS_JSON
@click.pass_obj
def tail(
    shell: Shell, lines: int, on_and_on: bool, project: str | None, action: str | None, kind: str | None, as_json: bool
) -> None:  # fmt: skip
    """Entries as they stand in the log, or the columns that tell a story."""
    from autosd.entrypoints.cli.failures import print_object
    from autosd.entrypoints.cli.opening import settings_for
    from autosd.views.record import follow, last_entries

    settings, wanted = settings_for(shell), _wanted(None, None, project, action, kind)
    entries = last_entries(settings, lines, wanted)
    if on_and_on:
        show: Callable[[dict[str, Any]], str] = json.dumps if as_json else lambda entry: "  ".join(_columns(entry))
        for entry in entries:
            click.echo(show(entry))
        newest = last_entries(settings, 1)
        for entry in follow(settings, int(newest[-1]["seq"]) if newest else 0, wanted):
            click.echo(show(entry))
    elif as_json:
        print_object({"result": "ok", "entries": entries})
    else:
        from autosd.entrypoints.cli.tables import print_table

        print_table(("#", "time (UTC)", "kind", "action", "by", "project"), map(_columns, entries))


def _columns(entry: dict[str, Any]) -> list[str]:
    names = ("seq", "timestamp", "kind", "action", "principal", "project_id")
    return [str(entry.get(name) or "-")[: 19 if name == "timestamp" else None] for name in names]


def _wanted(since: datetime | None, until: datetime | None, project: str | None, action: str | None, kind: str | None) -> Wanted:
    from autosd.governance.record_export import Wanted

    return Wanted(since, until, project or "", action or "", kind or "")


@audit.command(
    short_help="The signed head, to be kept elsewhere.",
    help="""Prints the signed head of the record on one line. Who keeps it in a place that this machine cannot write (a ticket, a mail, a
repository) can show later that nothing up to that entry was changed or cut off.

\b
Examples:
  autosd audit head >> heads.jsonl
  autosd audit verify --against heads.jsonl
""",
)
@AS_JSON
@click.pass_obj
def head(shell: Shell, as_json: bool) -> None:
    from autosd.entrypoints.cli.failures import print_object
    from autosd.entrypoints.cli.opening import settings_for

    _, signed = _record_and_head(settings_for(shell))
    if as_json:
        print_object({"result": "ok", "head": signed})
    else:
        click.echo(json.dumps(signed))


@audit.command(
    short_help="Begin a new file.",
    help="""Sets the record's file aside as a segment, named by its first and last entry, and begins a new one that goes on with its chain.
It happens by itself when the file has grown beyond audit.rotate_mb. A segment may be packed away; then check with --partial.

\b
Examples:
  autosd audit rotate
""",
)
@AS_JSON
@click.pass_obj
def rotate(shell: Shell, as_json: bool) -> None:
    from autosd.adapters.clock import SystemClock
    from autosd.entrypoints.cli.failures import print_object
    from autosd.entrypoints.cli.opening import principal, settings_for

    record, _ = _record_and_head(settings_for(shell))
    by = principal(unattended=False)
    aside = record.rotate({"principal": by.name, "attended": by.attended}, SystemClock().now())
    if as_json:
        print_object({"result": "rotated" if aside else "nothing_to_rotate", "segment": str(aside) if aside else None})
    else:
        click.echo(f"{aside} was set aside." if aside else "There is nothing to set aside: the file has just begun.")


@audit.command(
    "export",
    short_help="A part of the record for an auditor.",
    help="""Writes entries to a file, and beside it FILE.statement: which entries these are, the digest of the file, and the signed head of
the record at this time, all signed. The lines of a jsonl export are the record's own; csv is for spreadsheets.

\b
Examples:
  autosd audit export --since 2026-03-01 --until 2026-04-01 -o march.jsonl
  autosd audit export --since 7d --project shop --format csv -o shop.csv
  autosd audit export | jq .action                       without a statement
  autosd audit verify --export march.jsonl               by whoever got it
""",
)
@click.option("--since", type=Moment(), metavar="TIME", help="From this time on: 2026-03-01, 2026-03-01T14:30, or 24h, 7d ago.")
@click.option("--until", type=Moment(), metavar="TIME", help="Before this time.")
@PROJECT
@ACTION
@KIND
@click.option("--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True, help="What the file holds.")
@click.option("-o", "--output", type=NamedFile(), metavar="FILE", help="Where to; without it to stdout and without a statement.")
@click.option("--json", "as_json", is_flag=True, help="Print the statement as one JSON object on stdout; needs -o.")
@click.pass_obj
def export_(
    shell: Shell, since: datetime | None, until: datetime | None, project: str | None, action: str | None, kind: str | None,
    form: str, output: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """To stdout as it comes; to a file through a draft, so that nothing half written looks like an export."""
    import sys

    from autosd.entrypoints.cli.failures import print_object
    from autosd.entrypoints.cli.opening import settings_for
    from autosd.governance.record_export import export
    from autosd.views.record import unfit_told, write_export

    if as_json and output is None:
        raise click.UsageError("--json needs -o FILE: without it the entries go to stdout.")
    if since and until and until <= since:
        raise click.UsageError("--until is not after --since: nothing could be exported.")
    settings, wanted = settings_for(shell), _wanted(since, until, project, action, kind)
    record, signed = _record_and_head(settings)
    if output is None:
        with unfit_told(record.path):
            export(record.path, wanted, signed, form, sys.stdout.buffer)
        return
    statement = write_export(settings, wanted, signed, form, output)
    if as_json:
        print_object({"result": "ok", "file": str(output), "statement": statement})
    else:
        click.echo(f"{statement['entries']} entries in {output}; their statement in {output}.statement")


def _record_and_head(settings: Settings) -> tuple[FileAuditLog, dict[str, Any]]:
    """The record that was begun, and its head."""
    from autosd.app import open_audit
    from autosd.domain.errors import AutosdError
    from autosd.governance.record_parts import exists
    from autosd.settings import table

    path = settings[table.AUDIT_LOG]
    record = open_audit(settings)
    signed = record.signed_head() if exists(path) else None
    if signed is None:
        raise AutosdError("AUTOSD-AUDIT-EMPTY", f"Nothing was recorded in {path} yet.", "The first run begins it.", exit_code=1)
    return record, signed
