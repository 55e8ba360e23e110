"""``autosd prompts``: questions that no model answered, and asking them again."""

from __future__ import annotations

import click

from autosd.entrypoints.cli.learning_desk import AS_JSON
from autosd.entrypoints.cli.shell import Shell
from autosd.entrypoints.cli.values import OfSetting, Said


@click.group(
    short_help="Questions that wait for a model.",
    help="""Questions to a model that no try answered wait in a queue (CODEX_RETRY_QUEUE) until a model is back.

\b
Examples:
  autosd prompts queue list                what waits, for which model, and why
  autosd prompts queue replay              ask it again, once each
  autosd prompts queue replay --max-usd 2  and spend no more than that
  autosd prompts queue drop 3f9c           take one out unasked
""",
)
def prompts() -> None:
    """Only a name for its commands."""


@prompts.group(short_help="List, replay, drop.", help="The queue of questions that wait for a model. Workers replay it by themselves.")
def queue() -> None:
    """Only a name for its commands."""


@queue.command(
    "list", short_help="What waits.", help="Lists the questions that wait, oldest first. Secrets were taken out before they were queued."
)
@AS_JSON
@click.pass_obj
def list_(shell: Shell, as_json: bool) -> None:
    from autosd.app import open_prompts
    from autosd.entrypoints.cli.opening import settings_for
    from autosd.views.prompts import prompt_lines, prompt_object

    waiting = open_prompts(settings_for(shell)).all()
    if as_json:
        from autosd.entrypoints.cli.failures import print_object

        print_object({"result": "ok", "prompts": [prompt_object(each) for each in waiting]})
    elif not waiting:
        click.echo("No question waits for a model.")
    else:
        click.echo("\n".join(line for each in waiting for line in prompt_lines(each)))


@queue.command(
    short_help="Ask again.",
    help="""Asks each question that waits once more, oldest first, also those that were given up.

What is answered leaves the queue; the answer is kept for the request that asked, which finds it when it is run again and does not pay for
it twice. A model that is still down is asked no further question.

\b
Exit codes: 0 nothing waits any more, 1 some still wait, 2 refused.
""",
)
@click.option("--max-usd", type=OfSetting("budget.usd_per_run"), metavar="X", help="Most dollars that this replay may spend.")
@click.option("--unattended", is_flag=True, help="No person stands behind this run: the rules for unattended work hold.")
@click.option("--preauth-grant", "grant", type=Said(), default=None, metavar="GRANT", help="Act on this grant: its id or its token.")
@AS_JSON
@click.pass_obj
def replay(shell: Shell, max_usd: float | None, unattended: bool, grant: str | None, as_json: bool) -> int:
    from autosd.acts.talks.prompts import replay as ask_again
    from autosd.entrypoints.cli.opening import opened, principal
    from autosd.views.prompts import replay_object, replay_text

    with opened(shell, None, {}) as app:
        came = ask_again(app, principal(unattended), grant=grant or "", everything=True, max_usd=max_usd)
    if as_json:
        from autosd.entrypoints.cli.failures import print_object

        print_object(replay_object(came.answered, came.reasons, came.left, came.usd))
    else:
        click.echo(replay_text(came.answered, came.reasons, came.left, came.usd))
    if came.refused and not came.answered:
        return 2
    return 1 if came.left else 0


@queue.command(short_help="Take one out.", help="Takes a question out of the queue unasked. ID may be the beginning of one.")
@click.argument("id_", metavar="ID")
@AS_JSON
@click.pass_obj
def drop(shell: Shell, id_: str, as_json: bool) -> None:
    from autosd.acts.desk import opened_desk
    from autosd.acts.talks.prompts import drop as take_out
    from autosd.app import open_prompts
    from autosd.entrypoints.cli.opening import principal, settings_for

    settings = settings_for(shell)
    with opened_desk(settings, principal(unattended=False)) as desk:
        gone = take_out(desk, open_prompts(settings), id_)
    if as_json:
        from autosd.entrypoints.cli.failures import print_object

        print_object({"result": "ok", "dropped": gone.id})
    else:
        click.echo(f"Dropped {gone.id[:12]}, unasked.")
