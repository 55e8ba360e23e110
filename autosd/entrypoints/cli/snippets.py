"""``autosd snippets``: finds code by what it does."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from autosd.entrypoints.cli.shell import Shell
from autosd.entrypoints.cli.values import Named, Said

if TYPE_CHECKING:
    from autosd.domain.passages import Passage

SEARCH_HELP = """Finds the places in the project in PATH (default: here) that TEXT is about: words, a name, a request, a traceback, the id
of a test. TEXT may be - for stdin. Nothing of the project is run or changed; what is ignored by git is not looked at.

The first search reads the whole project and keeps an index in autosd's home; later ones read what has changed.

\b
Examples:
  autosd snippets search "refuse negative prices"
  autosd snippets search Cart.total ~/code/shop
  pytest 2>&1 | autosd snippets search - --limit 3
  autosd snippets search "tests/test_cart.py::test_total" --show
  autosd snippets search "parse dates" --json | jq -r '.passages[].path'

Exit codes: 0 also when nothing was found, 1 it could not look, 2 asked for wrongly.
"""


@click.group(short_help="Find code by what it does.", help="Finds code by what it does.")
def snippets() -> None:
    """Only a name for its commands."""


@snippets.command(short_help="Find the places that a text is about.", help=SEARCH_HELP)
@click.argument("text", type=Said())
@click.argument("path", type=Named(), default=".")
@click.option("-n", "--limit", type=click.IntRange(1, 200), default=10, show_default=True, help="Most places to show.")
@click.option(
    "--tokens", type=click.IntRange(1, 1_000_000), default=None, metavar="N", help="As many places as a prompt of N tokens holds."
)
@click.option("--show", is_flag=True, help="Show the code too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout, code included.")
@click.pass_obj
def search(shell: Shell, text: str, path: Path, limit: int, tokens: int | None, show: bool, as_json: bool) -> None:
    from autosd.app import ensure_home, open_index
    from autosd.domain.errors import AutosdError
    from autosd.entrypoints.cli.opening import existing_folder, settings_for

    root = existing_folder(path)
    words = sys.stdin.buffer.read().decode("utf-8", "replace") if text == "-" else text
    if not words.strip():
        raise AutosdError("AUTOSD-TEXT-EMPTY", "There is nothing to look for.", "Say in a few words what the code does, or name it.")
    settings = settings_for(shell, root)
    ensure_home(settings)
    with closing(open_index(settings, root)) as index:
        found = index.search(root, words, limit=limit) if tokens is None else index.passages(root, words, tokens=tokens)[:limit]
    if as_json:
        from autosd.entrypoints.cli.failures import print_object

        print_object({"result": "ok", "path": str(root), "passages": [_object(passage) for passage in found]})
    elif not found:
        click.echo("Nothing was found. Try other words, or a name.")
    elif show:
        click.echo("\n".join(_shown(passage) for passage in found))
    else:
        from autosd.entrypoints.cli.tables import print_table

        print_table(("place", "what", "found by"), ([f"{p.path}:{p.start}", p.symbol or "-", p.why] for p in found))


def _shown(passage: Passage) -> str:
    return f"{passage.path}:{passage.start}-{passage.end}  {passage.symbol}\n{passage.text.rstrip()}\n"


def _object(passage: Passage) -> dict[str, Any]:
    return {
        "path": passage.path,
        "start": passage.start,
        "end": passage.end,
        "symbol": passage.symbol,
        "score": passage.score,
        "why": passage.why,
        "text": passage.text,
    }
