"""``autosd preauth init-keys`` and ``rotate-keys``: the keys that sign grants."""

from __future__ import annotations

import click

from autosd.entrypoints.cli.preauth_options import AS_JSON, office
from autosd.entrypoints.cli.shell import Shell


@click.command(
    "init-keys",
    short_help="Make the keys that sign grants.",
    help="""Makes the key pair that signs grants, if there is none; one that is there stays.

The private key never leaves this folder and only you can read it. It lies in keys/ of AUTOSD_PREAUTH_HOME, else of ~/.autosd/preauth.
To check grants on another machine, copy keys/public_key.pem and revoked.jsonl there.

\b
Examples:
  autosd preauth init-keys
  AUTOSD_PREAUTH_HOME=/srv/leave autosd preauth init-keys
""",
)
@AS_JSON
@click.pass_obj
def init_keys(shell: Shell, as_json: bool) -> None:
    desk = office(shell)
    made = desk.make_keys()
    _told(as_json, "made" if made else "kept", f"{'Made' if made else 'Kept'} the keys in {desk.grants.keys.folder}.", desk.grants.keys)


@click.command(
    "rotate-keys",
    short_help="Sign with a new key from now on.",
    help="""Makes a new key pair. Grants that were signed with the old one stay valid: its public half moves to keys/archive/.

\b
Examples:
  autosd preauth rotate-keys              now and then, as a habit
  autosd preauth rotate-keys --drop-old   the old key leaked: every grant so far is void
""",
)
@click.option("--drop-old", is_flag=True, help="Trust no earlier key any more: every grant so far becomes invalid_signature.")
@AS_JSON
@click.pass_obj
def rotate_keys(shell: Shell, drop_old: bool, as_json: bool) -> None:
    desk = office(shell)
    desk.rotate_keys(drop_old=drop_old)
    after = "No earlier grant counts any more." if drop_old else "Grants signed with earlier keys stay valid."
    _told(as_json, "rotated", f"New grants are signed with a new key. {after}", desk.grants.keys)


def _told(as_json: bool, result: str, sentence: str, keys: object) -> None:
    from autosd.adapters.grants.keys import GrantKeys
    from autosd.entrypoints.cli.failures import print_object

    assert isinstance(keys, GrantKeys)
    if as_json:
        print_object({"result": result, "folder": str(keys.folder), "public_keys": [key.hex() for key in keys.trusted()]})
    else:
        click.echo(sentence)
