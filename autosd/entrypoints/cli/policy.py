"""``autosd policy``: what may be done and who says so, why something may not, and what other rules would have changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from autosd.entrypoints.cli.moments import Moment
from autosd.entrypoints.cli.shell import Shell
from autosd.entrypoints.cli.values import Named, Said

if TYPE_CHECKING:
    from datetime import datetime

    from autosd.acts.allowing.policy import Lookout
    from autosd.acts.projects import Named as Project

ENVIRONMENTS = ("dev", "staging", "prod")
ACTIONS = (
    "build", "artifact", "commit", "push", "open_pr", "merge_pr", "write", "deploy", "rollback", "promote", "heal", "spend", "publish",
)  # fmt: skip

PROJECT = click.option("--project", type=Said(), metavar="ID|PATH", help="The project, by id or folder.  [default: .]")
GRANT = click.option("--preauth-grant", "grant", type=Said(), metavar="GRANT", help="Show this grant: its id or its token.")
UNATTENDED = click.option("--unattended", is_flag=True, help="Ask as a timer or queue would, not as a person at a terminal.")
PATHS = click.option("--path", "paths", type=Said(), multiple=True, metavar="PATH", help="A path of the change; may be given again.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")


@click.group(
    short_help="What may be done, who says so, and why not.",
    help="""Looks at what may be done. Nothing is permitted, recorded or written by looking.

Layers of policy, each a policy.toml: the organisation's in autosd's home, tenants/TENANT/ and projects/ID/ below it, and .autosd/ of
the repository. The organisation's may loosen what autosd comes with; every other can only tighten.

\b
Examples:
  autosd policy show --project shop                      what may be done there
  autosd policy explain push --project shop              why not, and what would lift it
  autosd policy replay --since 30d --policy new.toml     what another policy would have changed
""",
)
def policy() -> None:
    """Only a name for its commands."""


@policy.command(
    short_help="What may be done.",
    help="""Shows for every action whether it may be done, and which setting, layer or grant decides.

Gates and a canary stage are taken as passed: the question is who may, not whether a change is good. A grant that cannot be used is
told with its reason, and the exit code is 1.

\b
Examples:
  autosd policy show --project shop
  autosd policy show --project shop --unattended
  autosd policy show --preauth-grant GRANT --env prod
  autosd policy show --project shop --rules              every rule, and what it stops
""",
)
@PROJECT
@GRANT
@click.option("--env", "environment", metavar="ENV", help="Only this environment: dev, staging or prod.")
@PATHS
@UNATTENDED
@click.option("--rules", "with_rules", is_flag=True, help="List every rule too.")
@AS_JSON
@click.pass_obj
def show(
    shell: Shell,
    project: str | None,
    grant: str | None,
    environment: str | None,
    paths: tuple[str, ...],
    unattended: bool,
    with_rules: bool,
    as_json: bool,
) -> int:
    from autosd.entrypoints.cli import policy_shown as shown

    _require_environment(environment)
    with _lookout(shell, project, unattended, grant) as (look, named):
        unfit = look.unfit(named, grant, environment or "") if grant else None
        if unfit is not None:
            shown.print_unfit(*unfit, as_json)
            return 1
        found = look.answers(named, grant or "", environment or "", paths)
        facts = look.typical(named, grant or "")
        shown.print_answers(found, facts, look.layers(facts), look.rules, grant or "", with_rules, as_json)
    return 0


@policy.command(
    short_help="Why something may not be done.",
    help="""Explains the answer to one question: every objection with its code and rule, the facts behind it and who said them, and the
smallest change that would lift it.

ACTION is one of build, artifact, commit, push, open_pr, merge_pr, write, deploy, rollback, promote, heal, spend, publish. Exit code 0,
whatever the answer is; with --check 2 when it is no.

\b
Examples:
  autosd policy explain push --project shop
  autosd policy explain commit --project shop --path src/cart.py --risk high --unattended
  autosd policy explain deploy --project shop --env prod --preauth-grant GRANT --canary
  autosd policy explain promote --project shop --from staging --to prod --check
""",
)
@click.argument("action", type=click.Choice(ACTIONS, case_sensitive=False))
@PROJECT
@click.option("--env", "--to", "environment", type=str, default="", metavar="ENV", help="dev, staging or prod; of a promotion: where to.")
@click.option("--from", "from_environment", type=str, default="", metavar="ENV", help="Of a promotion: where from.")
@PATHS
@click.option("--target", type=Named(), metavar="FILE", help="Of a direct write: where.")
@click.option("--risk", type=click.Choice(["low", "medium", "high", "critical"]), default="low", show_default=True)
@click.option("--lines", type=click.IntRange(min=0), default=0, metavar="N", help="Lines that the change adds and removes.")
@GRANT
@click.option("--require-preauth", is_flag=True, help="Ask for a grant also where the policy needs none.")
@UNATTENDED
@click.option("--purpose", default="", metavar="TEXT", help="What for.")
@click.option("--scope", default="", metavar="TEXT", help="The scope of the request.")
@click.option("--canary", is_flag=True, help="A deploy with a canary stage.")
@click.option("--approvals", type=click.IntRange(min=0), default=0, metavar="N", help="People who approved exactly this change.")
@click.option("--gate", "gates", type=Said(), multiple=True, metavar="NAME", help="A gate that was passed; may be given again.")
@click.option("--self-change", is_flag=True, help="The change is to what judges changes.")
@click.option("--normal-mode", type=click.FloatRange(0, 1), metavar="PRIORITY", help="An experiment that asks for normal mode.")
@click.option("--check", is_flag=True, help="Exit code 2 when the answer is no.")
@AS_JSON
@click.pass_obj
def explain(
    shell: Shell, /, action: str, project: str | None, grant: str | None, unattended: bool, check: bool, as_json: bool, **asked: Any
) -> int:
    from autosd.domain.actions import Action, Risk
    from autosd.entrypoints.cli import policy_shown as shown
    from autosd.governance.facts import NormalRun

    priority = asked.pop("normal_mode")
    asked |= {
        "risk": Risk(asked["risk"]),
        "require_grant": asked.pop("require_preauth"),
        "approvals_given": asked.pop("approvals"),
        "gates_passed": frozenset(asked.pop("gates")),
        "normal_run": None if priority is None else NormalRun(priority),
    }
    with _lookout(shell, project, unattended, grant) as (look, named):
        facts = look.ask(named, Action(action), grant or "", **asked)
        found = look.why(facts)
        shown.print_explanation(facts, found, len(look.rules), as_json)
    return 2 if check and found else 0


@policy.command(
    short_help="Past decisions under other rules.",
    help="""Makes the decisions of the record anew, on the facts they were made on, and shows which would have been different.

Without an option: under today's rules and site policies. With --policy FILE that file is the organisation's policy; the layers below it
are those of today. With --settings FILE the settings that it names are as it says. Quotas are not counted again.

\b
Examples:
  autosd policy replay --since 30d
  autosd policy replay --policy stricter.toml
  autosd policy replay --since 2026-03-01 --settings tried.toml --json
""",
)
@click.option("--since", type=Moment(), metavar="TIME", help="From then on: a date, or how long ago (30d, 24h).  [default: all]")
@click.option("--policy", "policy_file", type=Named(), metavar="FILE", help="This policy.toml as the organisation's.")
@click.option("--settings", "settings_file", type=Named(), metavar="FILE", help="The settings of this autosd.toml.")
@AS_JSON
@click.pass_obj
def replay(shell: Shell, since: datetime | None, policy_file: Path | None, settings_file: Path | None, as_json: bool) -> None:
    from autosd.acts.allowing.policy import replayed
    from autosd.entrypoints.cli import policy_shown as shown
    from autosd.entrypoints.cli.opening import settings_for

    shown.print_past(replayed(settings_for(shell), since, policy=policy_file, other=settings_file), as_json)


@policy.command(
    short_help="What a site's own policies may speak of.",
    help="""Prints the Cedar schema against which a site's policies (policy.d/*.cedar in autosd's home) are validated.

\b
A policy that objects:
  @id("freeze") @code("SITE-FREEZE") @message("No pushes on Fridays.") @remedy("Wait for Monday.")
  forbid(principal, action == Action::"push", resource) when { context.weekday == 5 };
""",
)
def schema() -> None:
    from autosd.governance.policy.cedar import schema_text

    click.echo(schema_text(), nl=False)


@contextmanager
def _lookout(shell: Shell, word: str | None, unattended: bool, grant: str | None) -> Iterator[tuple[Lookout, Project]]:
    """The project's own settings count as they do for work on it."""
    from autosd.acts.allowing.policy import opened_lookout
    from autosd.entrypoints.cli.opening import principal, settings_for

    with opened_lookout(settings_for(shell), principal(unattended)) as look:
        named = look.named(word or look.of_grant(grant or "") or ".")
        yield replace(look, settings=settings_for(shell, named.path)), named


def _require_environment(word: str | None) -> None:
    from autosd.domain.errors import AutosdError

    if word is not None and word not in ENVIRONMENTS:
        raise AutosdError("AUTOSD-ENV-INVALID", f"{word[:80]!r} is no environment.", "Use --env dev|staging|prod.")
