"""``autosd preauth create-grant`` and ``narrow``: leave given, and a part of it handed on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from autosd.entrypoints.cli.preauth_options import (
    AS_JSON,
    gate_options,
    grant_or_token,
    named_budgets,
    named_capabilities,
    named_gates,
    office,
    scope_options,
    terms_of,
)
from autosd.entrypoints.cli.shell import Shell
from autosd.entrypoints.cli.values import Said

if TYPE_CHECKING:
    from autosd.acts.allowing.leave import Made


@click.command(
    "create-grant",
    short_help="Give leave beforehand.",
    help="""Makes a signed grant and prints its id and its token. Keys are made if there are none.

Unless told otherwise it names auto_deploy_dev, auto_deploy_staging, auto_rollback and auto_heal; with --no-defaults nothing but what
you name. Missing --project-ids means every project. It lasts at most 90 days; with --break-glass 2 hours.

\b
Examples:
  autosd preauth create-grant --project-ids shop --no-defaults --auto-commit --paths 'src/**' --expires-in-hours 8
  autosd preauth create-grant --project-ids shop --auto-deploy-dev --auto-deploy-staging --no-auto-deploy-prod --expires-in-hours 2
  autosd preauth create-grant --project-ids shop --auto-deploy-prod --break-glass --expires-in-hours 2
""",
)
@scope_options
@gate_options
@click.option("--expires-in-hours", type=float, required=True, metavar="N", help="When it ends; parts of an hour are fine.")
@click.option("--no-defaults", is_flag=True, help="Start from no right at all.")
@click.option("--break-glass", is_flag=True, help="For an emergency: at most 2 hours, and loud in the record.")
@click.option("--issuer", type=Said(), default="owner", show_default=True, metavar="NAME", help="Who gives it.")
@click.option("-q", "--quiet", is_flag=True, help="Print the id alone.")
@AS_JSON
@click.pass_obj
def create_grant(
    shell: Shell, /, expires_in_hours: float, no_defaults: bool, break_glass: bool, issuer: str, quiet: bool, as_json: bool, **said: Any
) -> None:
    from autosd.domain.grants import DEFAULT_CAPABILITIES, Budgets

    on, off = named_capabilities(said)
    terms = terms_of(said, (on if no_defaults else DEFAULT_CAPABILITIES | on) - off)
    terms = replace(terms, budgets=replace(Budgets(), **named_budgets(said)), required_gates=named_gates(said))
    made = office(shell).create(terms, expires_in_hours, issuer=issuer, break_glass=break_glass)
    if not said["project_ids"]:
        click.echo("Warning: without --project-ids this grant is for every project.", err=True)
    _told(made, "created", quiet, as_json)


@click.command(
    short_help="A narrower child of a grant, made offline.",
    help="""Makes a child of GRANT: an id, a token, or - for a token on stdin. No key is needed, and no network.

The child allows what both it and all its parents allow, so it can never be wider; what would be is refused here. Only what you name
is narrowed. Uses of a child count for its parents; revoking a parent ends the child.

\b
Examples:
  autosd preauth narrow GRANT --paths 'src/cart/**' --max-uses 1
  autosd preauth narrow GRANT --auto-commit --expires-in-hours 1     of the rights only this one
  autosd preauth show GRANT --token | autosd preauth narrow - --no-auto-push --json
""",
)
@click.argument("grant", type=Said())
@scope_options
@click.option("--expires-in-hours", type=float, metavar="N", help="An earlier end.")
@click.option("-q", "--quiet", is_flag=True, help="Print the id alone.")
@AS_JSON
@click.pass_obj
def narrow(shell: Shell, /, grant: str, expires_in_hours: float | None, quiet: bool, as_json: bool, **said: Any) -> None:
    from autosd.domain.grants import Budgets
    from autosd.governance.grants.narrowing import effective

    desk, parent = office(shell), grant_or_token(grant)
    on, off = named_capabilities(said)
    held = desk.grants.read(parent)[0].claims
    have = effective(held.grant.terms) if held else None
    capabilities = (on or (have and have.capabilities) or frozenset()) - off if on or off else None
    budgets = named_budgets(said)
    terms = terms_of(said, capabilities)
    terms = replace(terms, budgets=replace((have and have.budgets) or Budgets(), **budgets) if budgets else None)
    _told(desk.narrow(parent, terms, expires_in_hours), "narrowed", quiet, as_json)


def _told(made: Made, result: str, quiet: bool, as_json: bool) -> None:
    from autosd.entrypoints.cli.failures import print_object
    from autosd.entrypoints.cli.preauth_looking import lines_of
    from autosd.governance.grants.payload import described

    fields = described(made.claims)
    if fields["break_glass"]:
        until = f"until {fields['expires_at']}"
        click.echo(f"BREAK GLASS: {made.id} is emergency leave {until}. Every use of it stands out in the record.", err=True)
    if as_json:
        print_object({"result": result, "grant": fields, "token": made.token})
        return
    if quiet:
        click.echo(made.id)
        return
    if made.keys_made:
        click.echo("Made the keys that sign grants.")
    click.echo("\n".join((f"{result.capitalize()} grant {made.id}", *lines_of(fields))))
    click.echo(
        f"\nUse it with --preauth-grant {made.id}, or anywhere by its token, which is worth as much: keep it secret.\n\n{made.token}"
    )
