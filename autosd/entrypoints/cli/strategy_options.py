"""The options that choose a strategy and its model: the same on every command that changes something."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

import click

from autosd.entrypoints.cli.values import OfSetting, Said

Command = Callable[..., Any]


@dataclass(frozen=True)
class Means:
    """What was said of them. ``settings`` is what stands over the settings of the same names; None there: nothing was said."""

    strategy: str = ""
    model: str = ""
    max_usd: float | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


#: Options that are settings.
_SETTINGS = {
    "race": "strategy.race",
    "parallel_prompt_workers": "model.parallel_prompt_workers",
    "allow_stale_parallel_prompts": "model.allow_stale_parallel_prompts",
}

_OPTIONS = (
    click.option(
        "--strategy",
        type=Said(),
        metavar="NAME",
        help="edit, agent, command, repair, revert, codemod or auto: those that cost nothing first, then models.  [default: auto]",
    ),
    click.option("--model", type=Said(), metavar="NAME", help="The model that may be asked, as provider:model; else the one that is set."),
    click.option("--max-usd", type=OfSetting("budget.usd_per_run"), metavar="X", help="Most dollars that models may cost in this run."),
    click.option("--race", is_flag=True, help="With auto: what costs nothing and a model work side by side; the first proven change wins."),
    click.option(
        "--parallel-prompt-workers",
        type=OfSetting("model.parallel_prompt_workers"),
        metavar="N",
        help="Questions to the model at the same time; what is not used is paid for.  [default: 1]",
    ),
    click.option(
        "--allow-stale-parallel-prompts", is_flag=True, help="Use such an answer although what its question depends on has changed since."
    ),
)


def strategy_options(command: Command) -> Command:
    """Given as ``means``."""

    @wraps(command)
    def with_means(*args: Any, strategy: str | None, model: str | None, max_usd: float | None, **said: Any) -> Any:
        if said["race"] and strategy not in (None, "auto"):
            raise click.UsageError(f"--race is between strategies, and --strategy {strategy} is one alone.")
        settings = {setting: said.pop(name) or None for name, setting in _SETTINGS.items()}
        return command(*args, means=Means(strategy or "", model or "", max_usd, settings), **said)

    for option in reversed(_OPTIONS):
        with_means = option(with_means)
    return with_means
