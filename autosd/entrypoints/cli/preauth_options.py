"""Options that say what a grant is for, shared by making one and narrowing one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from autosd.domain.actions import Risk
from autosd.domain.errors import AutosdError
from autosd.domain.grants import Capability, RequiredGates
from autosd.entrypoints.cli.shell import Shell
from autosd.entrypoints.cli.values import Said

if TYPE_CHECKING:
    from autosd.acts.allowing.leave import Office
    from autosd.domain.grants import Terms

Command = TypeVar("Command", bound=Callable[..., Any])

AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")

_HELP: dict[Capability, str] = {
    Capability.AUTO_PUSH: "Push proven branches and open pull requests.",
    Capability.AUTO_MERGE_PR: "Merge pull requests.",
    Capability.AUTO_DEPLOY_DEV: "Deploy to dev.",
    Capability.AUTO_DEPLOY_STAGING: "Deploy to staging.",
    Capability.AUTO_DEPLOY_PROD: "Deploy to prod.",
    Capability.AUTO_ROLLBACK: "Roll back.",
    Capability.AUTO_HEAL: "Heal incidents.",
    Capability.CREATE_REPOS: "Create repositories.",
    Capability.ROTATE_DEPLOYMENTS: "Rotate deployments.",
    Capability.PUBLISH_APP_STORE: "Publish to app stores.",
    Capability.AUTO_COMMIT: "Commit proven changes on a branch.",
    Capability.AUTO_WRITE: "Write into the write root.",
    Capability.AUTO_SPEND: "Spend from budgets.",
}


class Moment(Said):
    """A point in time as ISO 8601 writes it; without a zone it is UTC."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:  # type: ignore[override]
        text = super().convert(value, param, ctx)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            self.fail(f"{text!r} is no time such as 2026-12-01T08:00Z.", param, ctx)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
        return moment.astimezone(UTC).replace(microsecond=0)


_SCOPE = (
    click.option("--project-ids", type=Said(), multiple=True, metavar="ID[,ID]", help="The projects it is for; '*' for all."),
    click.option("--paths", type=Said(), multiple=True, metavar="GLOB", help="Every changed path fits one: 'src/**', '*.md', '**/*.py'."),
    click.option("--environments", type=Said(), multiple=True, metavar="ENV[,ENV]", help="Of dev, staging, prod."),
    click.option("--domains", type=Said(), multiple=True, metavar="NAME[,NAME]", help="Kinds of projects it is for."),
    click.option("--platforms", type=Said(), multiple=True, metavar="NAME[,NAME]", help="What may be deployed to."),
    click.option("--max-uses", type=click.IntRange(min=1), metavar="N", help="How often it may be used, with all its children."),
    click.option("--max-lines", type=click.IntRange(min=1), metavar="N", help="Most lines that a change may add and remove."),
    click.option("--max-risk", type=click.Choice([risk.value for risk in Risk]), help="Highest risk of a change."),
    click.option("--max-deploys-per-day", type=click.IntRange(min=0), metavar="N", help="Counted from the record."),
    click.option("--max-auto-merges-per-day", type=click.IntRange(min=0), metavar="N", help="Counted from the record."),
    click.option("--max-patches-per-incident", type=click.IntRange(min=0), metavar="N", help="Attempts to heal one incident."),
    click.option("--max-failures-before-halt", type=click.IntRange(min=1), metavar="N", help="Failures in a row that end its use."),
    click.option("--not-before", type=Moment(), metavar="TIME", help="It counts from then on (ISO 8601; UTC unless it says otherwise)."),
)


_MODE = click.Choice(["off", "if-available", "required"])
_GATES = (
    click.option("--quality-gates/--no-quality-gates", default=True, show_default=True, help="The suite has to have passed."),
    click.option("--security-scan-mode", type=_MODE, default="if-available", show_default=True, help="Of the security scan."),
    click.option("--sbom", type=_MODE, default="if-available", show_default=True, help="Of the bill of materials."),
    click.option("--dependency-audit", type=_MODE, default="if-available", show_default=True, help="Of the audit of dependencies."),
    click.option("--canary-required-for-prod/--no-canary-required-for-prod", default=True, show_default=True, help="For deploys to prod."),
)


def gate_options(command: Command) -> Command:
    """What has to be proven before a grant counts (S3)."""
    for option in reversed(_GATES):
        command = option(command)
    return command


def named_gates(said: Mapping[str, Any]) -> RequiredGates:
    names = ("quality_gates", "security_scan_mode", "sbom", "dependency_audit", "canary_required_for_prod")
    return RequiredGates(**{name: said[name] for name in names})


def scope_options(command: Command) -> Command:
    """The options of a grant's terms but for its end, in the order of reading."""
    pairs = [
        click.option(f"--{name}/--no-{name}", each.value, default=None, help=_HELP[each])
        for each in Capability
        for name in (each.value.replace("_", "-"),)
    ]
    for option in reversed((*pairs, *_SCOPE)):
        command = option(command)
    return command


def terms_of(said: Mapping[str, Any], capabilities: frozenset[Capability] | None) -> Terms:
    """What the options came to. Raises for what is no project id, environment or glob."""
    from autosd.domain.grants import Terms

    return Terms(
        project_ids=_project_ids(said["project_ids"]),
        capabilities=capabilities,
        environments=_environments(said["environments"]),
        domains=frozenset(_items(said["domains"])) or None,
        platforms=frozenset(_items(said["platforms"])) or None,
        paths=_paths(said["paths"]),
        not_before=said["not_before"],
        max_uses=said["max_uses"],
        max_lines=said["max_lines"],
        max_risk=Risk(said["max_risk"]) if said["max_risk"] else None,
    )


def named_capabilities(said: Mapping[str, Any]) -> tuple[frozenset[Capability], frozenset[Capability]]:
    """Those that were switched on, and those that were switched off."""
    return frozenset(c for c in Capability if said[c.value] is True), frozenset(c for c in Capability if said[c.value] is False)


def named_budgets(said: Mapping[str, Any]) -> dict[str, int]:
    names = ("max_deploys_per_day", "max_auto_merges_per_day", "max_patches_per_incident", "max_failures_before_halt")
    return {name: said[name] for name in names if said[name] is not None}


def office(shell: Shell) -> Office:
    """Where leave is given; without any project's settings, which could not say where grants live anyway."""
    from autosd.acts.allowing.leave import open_office
    from autosd.entrypoints.cli.opening import principal, settings_for

    return open_office(settings_for(shell), principal(unattended=False))


def grant_or_token(word: str) -> str:
    """``-`` reads it from stdin, where a token is in no list of processes."""
    return sys.stdin.read(100_000).strip() if word == "-" else word.strip()


def _items(words: Iterable[str]) -> list[str]:
    return [item.strip() for word in words for item in word.split(",") if item.strip()]


def _project_ids(words: Iterable[str]) -> frozenset[str] | None:
    from autosd.domain.projects import is_project_id

    ids = _items(words)
    bad = [id for id in ids if not is_project_id(id) and id != "*"]
    if bad or ("*" in ids and len(set(ids)) > 1):
        message = f"{bad[0]!r} is no project id." if bad else "'*' stands for every project and goes with no other."
        raise AutosdError("AUTOSD-PROJECT-ID", message, "Give --project-ids the ids that `autosd projects list` shows.")
    return None if not ids or ids == ["*"] else frozenset(ids) - {"*"} or None


def _environments(words: Iterable[str]) -> frozenset[str] | None:
    from autosd.governance.grants.encoding import ENVIRONMENTS

    names = _items(words)
    for bad in (name for name in names if name not in ENVIRONMENTS):
        raise AutosdError("AUTOSD-ENV-INVALID", f"{bad[:80]!r} is no environment.", f"Use --environments {'|'.join(ENVIRONMENTS)}.")
    return frozenset(names) or None


def _paths(words: Iterable[str]) -> tuple[str, ...] | None:
    from autosd.governance.grants.globs import fault

    globs = tuple(dict.fromkeys(words))
    for glob in globs:
        why = fault(glob)
        if why:
            raise AutosdError("AUTOSD-GRANT-PATH", f"{glob[:80]!r} is no glob of paths: {why}.", "Give --paths such as 'src/**' or '*.md'.")
    return globs or None
