"""``autosd strategies``: what was learnt of each way to do the work, and what another way of choosing would have brought."""

from __future__ import annotations

import click

from autosd.entrypoints.cli.learning_desk import AS_JSON, learning
from autosd.entrypoints.cli.shell import Shell


@click.group(
    short_help="What was learnt of each way to do the work.",
    help="""Shows the arms of Thompson sampling: strategies by class of problem, and the guides' three families.

\b
Examples:
  autosd strategies show
  autosd strategies replay uniform
  autosd strategies replay always:repair
  autosd strategies replay repair=3,codemod=1
""",
)
def strategies() -> None:
    """Only a name for its commands."""


@strategies.command(
    short_help="Every arm.", help="Lists every arm: what it won and lost (old results count less), and its chance to be the best."
)
@AS_JSON
@click.pass_obj
def show(shell: Shell, as_json: bool) -> None:
    from autosd.settings import table
    from autosd.views.outcomes import arm_objects

    with learning(shell) as desk:
        arms, on = arm_objects(desk.learnt.tallies(), desk.now), desk.settings[table.BANDIT]
    if as_json:
        from autosd.entrypoints.cli.failures import print_object

        print_object({"result": "ok", "bandit": on, "arms": arms})
        return
    from autosd.entrypoints.cli.tables import print_table

    rows = (
        [
            a["family"],
            a["problem"] or "-",
            a["arm"],
            f"{a['wins']:.2f}",
            f"{a['losses']:.2f}",
            f"{a['mean']:.2f}",
            f"{a['chance_to_be_best']:.2f}",
        ]
        for a in arms
    )
    print_table(("family", "problem", "arm", "won", "lost", "mean", "best"), rows)
    if not on:
        click.echo("Learning is off (ENABLE_POLICY_BANDIT=false): nothing is chosen or counted; this is kept.")


@strategies.command(
    short_help="Judge another way of choosing.",
    help="""Says what POLICY would have brought, from runs that were chosen otherwise: an estimate with its 95 % interval.

POLICY is uniform, always:STRATEGY, or shares such as repair=3,codemod=1.
A reward is 1 for a win that cost nothing, 0 for a loss or no change, 0.5 for what could not be told.
""",
)
@click.argument("policy")
@click.option("-n", "--runs", type=click.IntRange(min=1, max=100_000), default=5000, show_default=True, help="How many runs, the newest.")
@AS_JSON
@click.pass_obj
def replay(shell: Shell, policy: str, runs: int, as_json: bool) -> None:
    from autosd.learning.replay import estimate, policy_named
    from autosd.views.outcomes import estimate_object, logged_choices

    wanted = policy_named(policy)
    with learning(shell) as desk:
        found = estimate(logged_choices(desk.outcomes, limit=runs), wanted)
    if as_json:
        from autosd.entrypoints.cli.failures import print_object

        print_object({"result": "ok", **estimate_object(policy, found)})
    elif found is None:
        click.echo("No run says anything about that: no choices between these strategies were made and judged yet.")
    else:
        click.echo(
            f"{policy}: {found.value:.3f} ({found.low:.3f} to {found.high:.3f}), from {found.runs} runs, worth {found.effective:.0f}."
        )
        click.echo(f"As they were chosen, these runs brought {found.logged:.3f}.")
