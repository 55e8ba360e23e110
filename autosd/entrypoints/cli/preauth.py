"""``autosd preauth``: leave given beforehand, narrowed, looked at and taken back."""

from __future__ import annotations

import click

from autosd.entrypoints.cli.lazy import LazyGroup

_HERE = "autosd.entrypoints.cli"

COMMANDS = {
    "init-keys": f"{_HERE}.preauth_keys:init_keys",
    "rotate-keys": f"{_HERE}.preauth_keys:rotate_keys",
    "create-grant": f"{_HERE}.preauth_giving:create_grant",
    "narrow": f"{_HERE}.preauth_giving:narrow",
    "list": f"{_HERE}.preauth_looking:list_",
    "show": f"{_HERE}.preauth_looking:show",
    "verify": f"{_HERE}.preauth_looking:verify",
    "revoke": f"{_HERE}.preauth_looking:revoke",
}


@click.group(
    cls=LazyGroup,
    commands_at=COMMANDS,
    short_help="Leave given beforehand: make, narrow, revoke grants.",
    help="""Grants are leave given beforehand: signed, for certain projects and acts, and never without an end.

Whoever holds a grant can narrow it, offline and without any key; nobody can widen it. Revoking one ends all that came of it.

\b
Examples:
  autosd preauth init-keys
  autosd preauth create-grant --project-ids shop --auto-commit --paths 'src/**' --expires-in-hours 8
  autosd fix . --commit --unattended --preauth-grant GRANT
  autosd preauth narrow GRANT --paths 'src/cart/**' --max-uses 1
  autosd preauth list --active-only
  autosd preauth revoke GRANT --reason 'done'
""",
)
def preauth() -> None:
    """Only a name for its commands."""
