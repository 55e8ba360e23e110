"""``autosd models``: which models there are, what they cost, and whether one really answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from autosd.entrypoints.cli.shell import Shell
from autosd.entrypoints.cli.values import Said

if TYPE_CHECKING:
    from autosd.acts.talks.models import Found, Models, Trial
    from autosd.adapters.models.prices import Price
    from autosd.settings import Settings

AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")


@click.group(
    short_help="Which models there are, and whether one answers.",
    help="""Shows which models could be used, what they cost, and tries one.

Without a model autosd works too: none is used unless one is set, or there is a key of OpenAI.

\b
Examples:
  autosd models list
  autosd models list --prices
  autosd models test
  autosd models test --model ollama:llama3:8b
""",
)
def models() -> None:
    """Only a name for its commands."""


@models.command(
    "list",
    short_help="Providers, the chosen model, prices, limits.",
    help="""Lists providers, whether there is a key for each, which model is chosen, its price and the limits. Nothing is sent anywhere.

\b
Examples:
  autosd models list
  autosd models list --prices              every price that is known
  autosd models list --json
""",
)
@click.option("--prices", "all_prices", is_flag=True, help="Every price that is known, too.")
@AS_JSON
@click.pass_obj
def list_(shell: Shell, all_prices: bool, as_json: bool) -> None:
    from autosd.acts.talks.models import models as found
    from autosd.entrypoints.cli.opening import settings_for

    settings = settings_for(shell)
    there = found(settings)
    if as_json:
        from autosd.entrypoints.cli.failures import print_object

        print_object({"result": "ok", **_object(there, settings, all_prices)})
        return
    from autosd.entrypoints.cli.tables import print_table

    print_table(("provider", "key", "package", "address"), map(_row, there.providers))
    click.echo("\nmodel     " + (there.chosen or "none: set SELF_CODING_MODEL, such as ollama:llama3 or openai:gpt-4o"))
    if there.chosen:
        click.echo(f"price     {_price_text(there.price)}")
    click.echo("limits    " + ", ".join(f"{name} {value}" for name, value in _limits(settings).items()))
    click.echo(f"prices    as of {there.prices.as_of}" + (f", and {there.prices.own}" if there.prices.own else ""))
    if all_prices:
        rows = ([name, f"{p.input:g}", f"{p.cached:g}", f"{p.output:g}", _long(p)] for name, p in there.prices.by_name.items())
        print_table(("model (usd for 10^6 tokens)", "input", "cached", "output", "long requests"), rows)


@models.command(
    short_help="One real round trip.",
    help="""Asks a model for one word and shows how long it took, how many tokens it was, and what it cost. It is permitted, counted in the
budgets and recorded like any other spending.

\b
Examples:
  autosd models test                               the chosen model
  autosd models test --model anthropic:claude-sonnet-5-5
  autosd models test --model ollama:llama3:8b --json

Exit codes: 0 it answered, 1 it did not, 2 refused or asked for wrongly.
""",
)
@click.option("--model", "name", type=Said(), default=None, metavar="PROVIDER:MODEL", help="Another one than the chosen model.")
@AS_JSON
@click.pass_obj
def test(shell: Shell, name: str | None, as_json: bool) -> int:
    from autosd.acts.talks.models import opened_bench, trial
    from autosd.entrypoints.cli.opening import principal, settings_for

    with opened_bench(settings_for(shell), principal(unattended=False)) as bench:
        tried = trial(bench, Path.cwd(), name or "")
    if as_json:
        from autosd.entrypoints.cli.failures import print_object

        print_object({"result": "empty" if tried.reply.empty else "ok", **_trial_object(tried)})
    else:
        click.echo("\n".join(_trial_lines(tried)))
    return 1 if tried.reply.empty else 0


# ---- rendering ------------------------------------------------------------------------------------------------------------------------


def _row(found: Found) -> tuple[str, str, str, str]:
    key = "ok" if found.key else ("missing" if found.needs_key else "-")
    return found.name, key, "ok" if found.sdk else "missing", found.url


def _limits(settings: Settings) -> dict[str, Any]:
    from autosd.settings import table

    return {
        "max_tokens": settings[table.MAX_TOKENS],
        "temperature": settings[table.TEMPERATURE],
        "timeout_seconds": settings[table.MODEL_SECONDS],
    }


def _price_text(price: Price | None) -> str:
    if price is None:
        return "unknown: its cost is counted as 0 usd (a file of prices can say it: AUTOSD_MODEL_PRICES)"
    if not price.input and not price.output:
        return "none"
    return f"{price.input:g} usd in, {price.cached:g} cached, {price.output:g} out, for a million tokens"


def _long(price: Price) -> str:
    long = price.long
    return f"above {price.above}: {long.input:g} / {long.cached:g} / {long.output:g}" if long else ""


def _price_object(price: Price | None) -> dict[str, Any] | None:
    if price is None:
        return None
    long = {"above": price.above, **(_price_object(price.long) or {})} if price.long else None
    own = {"input": price.input, "cached": price.cached, "written": price.written, "output": price.output}
    return {**own, **({"long": long} if long else {})}


def _object(there: Models, settings: Settings, all_prices: bool) -> dict[str, Any]:
    prices: dict[str, Any] = {"as_of": there.prices.as_of, "own_file": str(there.prices.own) if there.prices.own else None}
    if all_prices:
        prices["usd_for_a_million_tokens"] = {name: _price_object(price) for name, price in there.prices.by_name.items()}
    return {
        "model": there.chosen,
        "price": _price_object(there.price),
        "limits": _limits(settings),
        "providers": [
            {"name": each.name, "url": each.url, "key": each.key, "needs_key": each.needs_key, "package": each.sdk, "own": each.own}
            for each in there.providers
        ],
        "prices": prices,
    }


def _trial_object(tried: Trial) -> dict[str, Any]:
    reply, usage = tried.reply, tried.reply.usage
    tokens = {"input": usage.input_tokens, "cached": usage.cached_tokens, "output": usage.output_tokens}
    known = {"usd": reply.usd, "price_known": tried.price is not None, "reason": reply.reason or None}
    return {"model": reply.model, "text": reply.text, "seconds": round(reply.seconds, 3), "tokens": tokens, **known}


def _trial_lines(tried: Trial) -> list[str]:
    reply, usage = tried.reply, tried.reply.usage
    said = " ".join("".join(each if each.isprintable() else " " for each in reply.text).split())[:200]
    cost = f"{reply.usd:.6f} usd" if tried.price else "0 usd counted, since its price is unknown"
    return [
        f"{reply.model} answered: {said}" if not reply.empty else f"{reply.model} said nothing: {reply.reason}.",
        f"latency   {reply.seconds:.2f} s",
        f"tokens    {usage.input_tokens} in ({usage.cached_tokens} cached), {usage.output_tokens} out",
        f"cost      {cost}",
    ]
