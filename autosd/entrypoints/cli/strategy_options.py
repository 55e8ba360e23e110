"""The options that choose a strategy and its model: the same on every command that changes something."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from autosd.entrypoints.cli.values import OfSetting, Said

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--strategy",
        type=Said(),
        metavar="NAME",
        help="edit, agent, command, repair, revert, codemod or auto: those that cost nothing first, then models.  [default: auto]",
    ),
    click.option("--model", type=Said(), metavar="NAME", help="The model that may be asked, as provider:model; else the one that is set."),
    click.option("--max-usd", type=OfSetting("budget.usd_per_run"), metavar="X", help="Most dollars that models may cost in this run."),
)


def strategy_options(command: Command) -> Command:
    """Given as ``strategy``, ``model`` and ``max_usd``; None where nothing was said."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
