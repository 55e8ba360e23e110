"""How commands about learning come by their desk; and the words that they have in common."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from autosd.entrypoints.cli.shell import Shell

if TYPE_CHECKING:
    from autosd.acts.work.learning_desk import LearningDesk

AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
LINES = click.option("-n", "--lines", type=click.IntRange(min=1), default=20, show_default=True, help="How many.")


@contextmanager
def learning(shell: Shell) -> Iterator[LearningDesk]:
    from autosd.acts.work.learning_desk import opened_learning
    from autosd.entrypoints.cli.opening import principal, settings_for

    with opened_learning(settings_for(shell), principal(unattended=False)) as opened:
        yield opened
