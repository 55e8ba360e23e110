"""``autosd status``: proposals, outcomes and learning at a glance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import click

from autosd.entrypoints.cli.learning_desk import AS_JSON, learning
from autosd.entrypoints.cli.shell import Shell

#: The guide's titles of the sections.
TITLES = {
    "proposal_funnel": "Proposal Funnel",
    "outcome_quality": "Outcome Quality",
    "policy_state": "Policy State",
    "opportunity_windows": "Opportunity Windows",
    "execution_guardrail": "Execution Guardrail",
}


@click.command(
    short_help="Proposals, outcomes and learning at a glance.",
    help="""Shows how many proposals got how far, what came of them, what was learnt, and what holds boldness back.

Each run counts once, with its newest verdict. Synthetic work is left out. Rates are parts of 1, to four digits.

\b
Examples:
  autosd status
  autosd status --json | jq .outcome_quality.trend_7d
  autosd status --json | jq .execution_guardrail.last_reason
""",
)
@AS_JSON
@click.pass_obj
def status(shell: Shell, as_json: bool) -> None:
    from autosd.acts.work.outcomes import standing

    with learning(shell) as desk:
        found = standing(desk).to_dict()
    if as_json:
        from autosd.entrypoints.cli.failures import print_object

        print_object(found)
        return
    from autosd.entrypoints.cli.tables import print_table

    for key, title in TITLES.items():
        click.echo(click.style(title, bold=True))
        print_table(("", ""), ([f"  {name}", text] for name, text in _rows(found[key])))
        click.echo()


def _rows(section: Mapping[str, Any], over: Mapping[str, Any] | None = None) -> Iterator[tuple[str, str]]:
    """A line for each field; rates and averages of nothing say so."""
    for name, value in section.items():
        if name in {"window_24h", "window_7d"}:
            yield name, _stages(value)
        elif name == "conversion":
            yield from _rows(value, section)
        elif isinstance(value, Mapping):
            yield name, ", ".join(f"{word} {count}" for word, count in value.items()) if any(value.values()) else "no data"
        elif (name.endswith("_rate") or name.startswith("avg_")) and not (over or section).get("created", section.get("verified_total", 0)):
            yield name, "no data"
        else:
            yield name, {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _stages(window: Mapping[str, Any]) -> str:
    if not window["created"]:
        return "no data"
    return ", ".join(f"{word} {count}" for word, count in window.items() if word != "conversion")
