"""Tables that stay readable in 80 columns, without colour, and in a log file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_STYLES = {"ok": "green", "missing": "yellow", "fail": "bold red"}


def print_table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table without borders; words such as ``ok`` and ``fail`` get their colour."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for number, header in enumerate(headers):
        table.add_column(header, overflow="fold", no_wrap=number == 0)
    for row in rows:
        table.add_row(*(Text(cell, style=_STYLES.get(cell, "")) for cell in row))
    console.print(table)
