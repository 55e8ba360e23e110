"""``autosd quota``: what is used of quotas and budgets, and how a person gives more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from autosd.entrypoints.cli.shell import Shell
from autosd.entrypoints.cli.values import OfSetting, Said

if TYPE_CHECKING:
    from autosd.acts.allowing.quotas import Counter
    from autosd.domain.quotas import QuotaState, Unit
    from autosd.settings import Settings

AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
ID = click.argument("id", type=Said(), metavar="ID")


@click.group(
    short_help="Look at quotas and budgets; reset one.",
    help="Looks at quotas and budgets, resets a quota's window, and closes reservations that a job left open.",
)
def quota() -> None:
    """Only a name for its commands."""


@contextmanager
def _counter(shell: Shell) -> Iterator[tuple[Settings, Counter]]:
    from autosd.acts.allowing.quotas import opened_counter
    from autosd.entrypoints.cli.opening import principal, settings_for

    settings = settings_for(shell)
    with opened_counter(settings, principal(unattended=False)) as counter:
        yield settings, counter


@quota.command(
    short_help="What is used, and what is left.",
    help="""Shows every quota key whose hour is running (or KEY alone), every budget, and what is spoken for.

A quota key is selfcoding:<principal>:<scope>:<purpose>. Its hour begins with its first use. A reservation is money, tokens or
time put aside for a job; it counts in full until the job, or a person, settles or releases it.

\b
Examples:
  autosd quota show
  autosd quota show selfcoding:tenantA:global:pilot_demo
  autosd quota show --open              reservations that wait for their job
  autosd quota show --prometheus        the metrics, as Prometheus scrapes them
  autosd quota show --json | jq '.quotas[] | select(.left == 0)'
""",
)
@click.argument("key", required=False, type=Said(), metavar="[KEY]")
@click.option("--open", "show_open", is_flag=True, help="List open reservations, oldest first.")
@click.option("--prometheus", is_flag=True, help="Print metrics in the text format of Prometheus.")
@AS_JSON
@click.pass_obj
def show(shell: Shell, key: str | None, show_open: bool, prometheus: bool, as_json: bool) -> None:
    """Reading only: a window that has ended reads as unused."""
    from autosd.acts.allowing.quotas import known_key
    from autosd.settings import table

    if prometheus and as_json:
        raise click.UsageError("--prometheus and --json are two formats: give one of them.")
    with _counter(shell) as (settings, counter):
        limit, now = settings[table.QUOTA_PER_HOUR], counter.desk.now
        states = [counter.quotas.state(known_key(key), limit, now)] if key else list(counter.quotas.states(limit, now))
        if prometheus:
            from autosd.adapters.metrics import metrics_text

            click.echo(metrics_text(states), nl=False)
        elif as_json:
            _print_json(settings, counter, states)
        else:
            _print_tables(settings, counter, states, show_open, alone=key is not None)


def _print_json(settings: Settings, counter: Counter, states: Sequence[QuotaState]) -> None:
    from autosd.entrypoints.cli.failures import print_object
    from autosd.settings import table
    from autosd.views import quotas as view

    now = counter.desk.now
    print_object(
        {
            "result": "ok",
            "backend": settings[table.QUOTA_BACKEND],
            "limit": settings[table.QUOTA_PER_HOUR],
            "quotas": [view.quota_object(state, now) for state in states],
            "budgets": [view.budget_object(use) for use in view.budget_uses(settings, counter.ledger, now)],
            "reservations": [view.reservation_object(each, now) for each in counter.ledger.open_reservations()],
        }
    )


def _print_tables(settings: Settings, counter: Counter, states: Sequence[QuotaState], show_open: bool, alone: bool) -> None:
    from autosd.entrypoints.cli.tables import print_table
    from autosd.settings import table
    from autosd.views import quotas as view

    now, waiting = counter.desk.now, counter.ledger.open_reservations()
    if show_open:
        rows = [view.reservation_row(each, now) for each in waiting]
        print_table(("reservation", "whose", "amounts", "age"), rows) if rows else click.echo("No reservation is open.")
        return
    if states:
        left = ("-" if (seconds := view.seconds_left(state, now)) is None else f"{seconds} s" for state in states)
        rows = [(state.id, str(state.used), str(state.limit), each) for state, each in zip(states, left, strict=True)]
        print_table(("quota", "used", "limit", "resets in"), rows)
    else:
        click.echo(f"No quota is in use. Each key may be used {settings[table.QUOTA_PER_HOUR]} times an hour.")
    if alone:
        return
    uses = view.budget_uses(settings, counter.ledger, now)
    if uses:
        click.echo()
        print_table(("budget", "whose", "used", "limit"), map(view.budget_row, uses))
    if waiting:
        click.echo(f"\nOpen reservations: {len(waiting)} (autosd quota show --open)")


@quota.command(
    short_help="Empty a quota's window.",
    help="""Empties the window of KEY: its next use is the first of a new hour. The reset stands in the record.

\b
Examples:
  autosd quota reset selfcoding:tenantA:global:pilot_demo
""",
)
@click.argument("key", type=Said(), metavar="KEY")
@AS_JSON
@click.pass_obj
def reset(shell: Shell, key: str, as_json: bool) -> None:
    """Takes effect for the next use, in whichever process."""
    from autosd.acts.allowing.quotas import reset_quota
    from autosd.entrypoints.cli.failures import print_object

    with _counter(shell) as (_, counter):
        used = reset_quota(counter, key)
    if as_json:
        print_object({"result": "reset", "id": key, "used_before": used})
    else:
        click.echo(f"{key} is reset; {used} uses had been counted.")


@quota.command(
    short_help="Say what an abandoned reservation came to.",
    help="""Settles an open reservation by hand, at what was really spent. Its job does this by itself, unless it died.

\b
Examples:
  autosd quota settle 3f2c --usd 0.42 --tokens 18000
  autosd quota settle 3f2c --seconds 90
""",
)
@ID
@click.option("--usd", type=OfSetting("budget.usd_per_day"), metavar="N", help="Dollars that were spent.")
@click.option("--tokens", type=OfSetting("budget.tokens_per_day"), metavar="N", help="Tokens that were spent.")
@click.option("--seconds", type=OfSetting("budget.seconds_per_day"), metavar="N", help="Seconds that were spent.")
@AS_JSON
@click.pass_obj
def settle(shell: Shell, id: str, usd: float | None, tokens: int | None, seconds: float | None, as_json: bool) -> None:
    """What was not named is counted as nothing, so at least one amount has to be."""
    from autosd.domain.quotas import Unit

    said = {Unit.MICRO_USD: (usd, 1_000_000), Unit.TOKENS: (tokens, 1), Unit.MILLISECONDS: (seconds, 1000)}
    spent = {unit: round(amount * scale) for unit, (amount, scale) in said.items() if amount is not None}
    if not spent:
        raise click.UsageError("Give what was spent: --usd, --tokens or --seconds (or release it with 'autosd quota release').")
    _close(shell, id, spent, "settled", as_json)


@quota.command(
    short_help="Give back an abandoned reservation.",
    help="""Releases an open reservation of which nothing was spent. Its job does this by itself, unless it died.

\b
Examples:
  autosd quota release 3f2c
""",
)
@ID
@AS_JSON
@click.pass_obj
def release(shell: Shell, id: str, as_json: bool) -> None:
    _close(shell, id, None, "released", as_json)


def _close(shell: Shell, id: str, spent: dict[Unit, int] | None, word: str, as_json: bool) -> None:
    from autosd.acts.allowing.quotas import close_reservation
    from autosd.entrypoints.cli.failures import print_object
    from autosd.views.quotas import reservation_object

    with _counter(shell) as (_, counter):
        was = reservation_object(close_reservation(counter, id, spent), counter.desk.now)
    if as_json:
        print_object({"result": word, "reservation": was, "spent": {str(unit): amount for unit, amount in (spent or {}).items()}})
    else:
        click.echo(f"Reservation {id} is {word}.")
