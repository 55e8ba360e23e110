"""``autosd memory``: what was asked of models and what they answered; what is worth reminding them of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from autosd.entrypoints.cli.learning_desk import AS_JSON, LINES
from autosd.entrypoints.cli.shell import Shell

if TYPE_CHECKING:
    from autosd.adapters.memory.gpt_memory import GPTMemoryManager
    from autosd.settings import Settings


class Keep(click.ParamType[tuple[str, int]]):
    """``error_fix=200``; a number alone holds for every tag."""

    name = "tag=n"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        if isinstance(value, tuple):
            return value
        tag, _, number = str(value).rpartition("=")
        if not number.isdecimal() or len(number) > 9 or (_ and not tag.strip()):
            self.fail(f"{value!r} is neither tag=n (error_fix=200) nor a number that holds for every tag (500).", param, ctx)
        return tag.strip().lower(), int(number)


@click.group(
    short_help="What models were asked, and what helped.",
    help="""Shows exchanges with models. They are kept without secrets; what proved useful is shown to models again.

\b
Examples:
  autosd memory search "rounding error" --tag error_fix
  autosd memory show 12                     one exchange, and how changes with it came out
  autosd memory compact --keep error_fix=200 --keep insight=50

Exit codes: 0 done, 1 there is no such exchange, 2 asked for wrongly.
""",
)
def memory() -> None:
    """Only a name for its commands."""


@memory.command(
    short_help="Find exchanges.",
    help="""Lists exchanges with any of the words of TEXT, the best first; with all of the tags. Without TEXT: the newest.

Exchanges with alerts (orders to a model, dangerous code, licenses) are never shown to models, and here only with --all.
""",
)
@click.argument("text", default="")
@click.option("--tag", "tags", multiple=True, help="Only with this tag, as a whole word. Several: with all of them.")
@click.option("--all", "everything", is_flag=True, help="The newest whatever they are, also those that are kept from models.")
@LINES
@AS_JSON
@click.pass_obj
def search(shell: Shell, text: str, tags: tuple[str, ...], everything: bool, lines: int, as_json: bool) -> None:
    from autosd.views.memory import entry_object, entry_row

    if everything and text:
        raise click.UsageError("--all lists the newest; it takes no TEXT.")
    with _memory(shell) as (kept, _settings):
        found = kept.entries(lines, tags) if everything else kept.search_context(text, lines, tags)
    if as_json:
        from autosd.entrypoints.cli.failures import print_object

        print_object({"result": "ok", "entries": [entry_object(each) for each in found]})
    elif not found:
        click.echo("Nothing of that is remembered.")
    else:
        from autosd.entrypoints.cli.tables import print_table

        print_table(("id", "time (UTC)", "tags", "asked"), map(entry_row, found))


@memory.command(short_help="One exchange.", help="Shows an exchange whole, and how changes came out that were made with it in sight.")
@click.argument("id_", metavar="ID", type=click.IntRange(min=1, max=2**62))
@AS_JSON
@click.pass_obj
def show(shell: Shell, id_: int, as_json: bool) -> None:
    from autosd.adapters.memory.opening import lessons_in
    from autosd.domain.errors import AutosdError
    from autosd.views.memory import lesson_lines, lesson_object

    with _memory(shell) as (kept, settings):
        entry = kept.entry(id_)
        if entry is None:
            raise AutosdError("AUTOSD-MEMORY-UNKNOWN", f"There is no exchange {id_}.", "Look at `autosd memory search`.", exit_code=1)
        lessons = lessons_in(kept, settings)
        lesson, shown = lessons.tally(entry), lessons.times_shown(id_)
    if as_json:
        from autosd.entrypoints.cli.failures import print_object

        print_object({"result": "ok", **lesson_object(lesson, shown)})
    else:
        click.echo("\n".join(lesson_lines(lesson, shown)))


@memory.command(
    short_help="Fold old exchanges into summaries.",
    help="""Keeps the newest n exchanges of each tag; older ones become lines of a summary.

An exchange goes only when each of its tags has a number and it is too old for all of them. Without --keep: as GPT_MEMORY_RETENTION says.
""",
)
@click.option("--keep", "keeps", type=Keep(), multiple=True, help="How many of a tag stay, such as error_fix=200; 500 alone: of every tag.")
@AS_JSON
@click.pass_obj
def compact(shell: Shell, keeps: tuple[tuple[str, int], ...], as_json: bool) -> None:
    from autosd.acts import memories
    from autosd.acts.desk import opened_desk
    from autosd.entrypoints.cli.opening import principal, settings_for

    everywhere = [number for tag, number in keeps if not tag]
    if everywhere and len(keeps) > 1:
        raise click.UsageError("A number for every tag stands alone: --keep 500.")
    with opened_desk(settings_for(shell), principal(unattended=False)) as desk:
        gone = memories.compact(desk, everywhere[0] if everywhere else dict(keeps) or None)
    if as_json:
        from autosd.entrypoints.cli.failures import print_object

        print_object({"result": "compacted", "removed": gone})
    else:
        click.echo(f"{gone} exchange{'s' if gone > 1 else ''} went into summaries." if gone else "Nothing was too much.")


@contextmanager
def _memory(shell: Shell) -> Iterator[tuple[GPTMemoryManager, Settings]]:
    from autosd.adapters.memory.opening import open_memory
    from autosd.app import ensure_home
    from autosd.entrypoints.cli.opening import settings_for

    settings = settings_for(shell)
    ensure_home(settings)
    with open_memory(settings) as kept:
        yield kept, settings
