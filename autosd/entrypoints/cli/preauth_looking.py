"""``autosd preauth list``, ``show``, ``verify`` and ``revoke``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from autosd.entrypoints.cli.preauth_options import AS_JSON, grant_or_token, office
from autosd.entrypoints.cli.shell import Shell
from autosd.entrypoints.cli.values import Said

if TYPE_CHECKING:
    from autosd.acts.allowing.leave import Seen


@click.command(
    "list",
    short_help="All grants and how they stand.",
    help="""Lists the grants that are kept here: active, not yet valid, expired, revoked or invalid.

\b
Examples:
  autosd preauth list
  autosd preauth list --active-only --json | jq -r '.grants[].grant_id'
""",
)
@click.option("--active-only", is_flag=True, help="Only those that count now.")
@AS_JSON
@click.pass_obj
def list_(shell: Shell, active_only: bool, as_json: bool) -> None:
    from autosd.entrypoints.cli.failures import print_object

    desk = office(shell)
    found = desk.all_seen(active_only=active_only)
    if as_json:
        print_object({"result": "ok", "grants": [object_of(each) for each in found]})
    elif not found:
        click.echo("No grants matched the selected filters." if desk.grants.ids() else "No grants found.")
    else:
        from autosd.entrypoints.cli.tables import print_table

        print_table(("grant", "state", "until (UTC)", "projects"), map(_row, found))


@click.command(
    short_help="One grant.",
    help="""Shows what a grant is for and how it stands.

\b
Examples:
  autosd preauth show GRANT
  autosd preauth show GRANT --token > grant.token     a secret: whoever has it has the leave
""",
)
@click.argument("grant", type=Said())
@click.option("--token", "token_only", is_flag=True, help="Only the token, to carry it elsewhere.")
@AS_JSON
@click.pass_obj
def show(shell: Shell, grant: str, token_only: bool, as_json: bool) -> None:
    desk, name = office(shell), grant_or_token(grant)
    seen = desk.seen(name)
    if token_only:
        click.echo(desk.grants.read(name)[0].token)
    else:
        _told(seen, "ok", as_json)


@click.command(
    short_help="Does a token count here and now?",
    help="""Checks a token (or - for one on stdin, or an id) against the public keys and revocations of this home.

Exit code 0 when it counts now; else AUTOSD-PREAUTH-INVALID with the reason, and 2.

\b
Examples:
  autosd preauth verify - < grant.token
  autosd preauth verify GRANT --json
""",
)
@click.argument("token", type=Said())
@AS_JSON
@click.pass_obj
def verify(shell: Shell, token: str, as_json: bool) -> None:
    from autosd.acts.allowing.leave import invalid

    desk, name = office(shell), grant_or_token(token)
    presented = desk.grants.present(name, desk.now)
    if presented.reason is not None:
        raise invalid(presented)
    _told(desk.seen(name), "valid", as_json)


@click.command(
    short_help="Take leave back.",
    help="""Revokes a grant and all that was narrowed from it, from the next permit on. A child that is not kept here is named by its token.

\b
Examples:
  autosd preauth revoke GRANT --reason 'the work is done'
""",
)
@click.argument("grant", type=Said())
@click.option("--reason", default="", metavar="TEXT", help="Why; it stands in the record.")
@AS_JSON
@click.pass_obj
def revoke(shell: Shell, grant: str, reason: str, as_json: bool) -> None:
    from autosd.entrypoints.cli.failures import print_object

    id = office(shell).revoke(grant_or_token(grant), reason)
    if as_json:
        print_object({"result": "revoked", "grant_id": id, "reason": reason})
    else:
        click.echo(f"Revoked grant {id}.")


def object_of(seen: Seen) -> dict[str, Any]:
    return {"grant_id": seen.id, "state": seen.state, "reason": seen.reason, **seen.fields}


def lines_of(fields: Mapping[str, Any]) -> Iterator[str]:
    """A grant for people: what is unlimited is said once, what is off not at all."""
    scope = fields["scope"]
    yield f"  projects      {'every project' if scope['project_ids'] == '*' else ', '.join(scope['project_ids']) or 'none'}"
    yield f"  may           {_may(fields) or 'nothing but work and artifacts'}"
    yield f"  until         {fields['expires_at']}" + (f", from {fields['not_before']}" if fields["not_before"] else "")
    for layer in scope["paths"] if scope["paths"] and isinstance(scope["paths"][0], list) else [scope["paths"]]:
        if layer:
            yield f"  paths         {', '.join(layer)}"
    if scope["environments"]:
        yield f"  environments  {', '.join(scope['environments'])}"
    limits = [f"{name.replace('_', ' ')} {fields[name]}" for name in ("max_uses", "max_lines", "max_risk") if fields[name] is not None]
    if limits:
        yield f"  limits        {', '.join(limits)}"
    yield f"  given by      {fields['issuer']}, {fields['issued_at']}" + (", BREAK GLASS" if fields["break_glass"] else "")
    if fields["parent"]:
        yield f"  child of      {fields['parent']}"


def _told(seen: Seen, result: str, as_json: bool) -> None:
    from autosd.entrypoints.cli.failures import print_object

    if as_json:
        print_object({"result": result, "grant": object_of(seen)})
        return
    click.echo(f"Grant {seen.id} is {seen.state}" + (f" ({seen.reason})" if seen.reason else "") + ".")
    if "scope" in seen.fields:
        click.echo("\n".join(lines_of(seen.fields)))
    revocation = seen.fields.get("revocation")
    if revocation:
        by, why = revocation.get("by", "somebody"), revocation.get("reason")
        click.echo(f"  revoked       {revocation.get('revoked_at', '')} by {by}" + (f": {why}" if why else ""))


def _may(fields: Mapping[str, Any]) -> str:
    return ", ".join(name for name, on in fields["capabilities"].items() if on)


def _row(seen: Seen) -> list[str]:
    if "scope" not in seen.fields:
        return [seen.id, seen.state, "-", "-"]
    projects = seen.fields["scope"]["project_ids"]
    until = str(seen.fields["expires_at"])[:16].replace("T", " ")
    return [seen.id, seen.state, until, projects if projects == "*" else ", ".join(projects)]
