"""The command line's front door: parse, call one function, render; and the one place where its errors are caught."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from autosd import __version__
from autosd.entrypoints.cli.lazy import LazyGroup
from autosd.entrypoints.cli.shell import Shell
from autosd.entrypoints.cli.values import NamedFile

_HERE = "autosd.entrypoints.cli"

COMMANDS = {
    "fix": f"{_HERE}.fix:fix",
    "scan": f"{_HERE}.scan:scan",
    "proposals": f"{_HERE}.proposals:proposals",
    "doctor": f"{_HERE}.doctor:doctor",
    "audit": f"{_HERE}.audit:audit",
    "provenance": f"{_HERE}.provenance:provenance",
    "config": f"{_HERE}.config:config",
    "projects": f"{_HERE}.projects:projects",
    "approvals": f"{_HERE}.approvals:approvals",
    "quota": f"{_HERE}.quota:quota",
    "halt": f"{_HERE}.halt:halt",
    "resume": f"{_HERE}.halt:resume",
    "preauth": f"{_HERE}.preauth:preauth",
    "policy": f"{_HERE}.policy:policy",
    "status": f"{_HERE}.status:status",
    "outcomes": f"{_HERE}.outcomes:outcomes",
    "strategies": f"{_HERE}.strategies:strategies",
    "models": f"{_HERE}.models:models",
    "experiments": f"{_HERE}.experiments:experiments",
    "migrate": f"{_HERE}.migrate:migrate",
    "build": f"{_HERE}.build:build",
    "improve": f"{_HERE}.improve:improve",
    "refactor-worst": f"{_HERE}.refactor_worst:refactor_worst",
    "ask": f"{_HERE}.ask:ask",
    "worker": f"{_HERE}.worker:worker",
    "regressions": f"{_HERE}.regressions:regressions",
    "memory": f"{_HERE}.memory:memory",
    "history": f"{_HERE}.history:history",
    "prompts": f"{_HERE}.prompts:prompts",
    "snippets": f"{_HERE}.snippets:snippets",
    "completion": f"{_HERE}.completion:completion",
}

HELP = """Finds what is wrong in a repository, proves a fix in a sandbox, and lands it as far as it was allowed.

\b
Examples:
  autosd fix .                 repair failing tests; write the proven fix as an artifact
  autosd fix . --commit        the same, committed on a branch of its own; your tree is not touched
  autosd scan .                see what could be done, and propose it
  autosd doctor                what this machine offers, and what it lacks
  autosd config show           every setting, its value and where it came from
  autosd audit verify          is the record whole?

Exit codes: 0 done, 1 it could not be done, 2 refused or asked for wrongly, 130 broken off by Ctrl-C.
"""


@click.group(
    cls=LazyGroup,
    commands_at=COMMANDS,
    help=HELP,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, "--version", prog_name="autosd", message="%(prog)s %(version)s")
@click.option("-v", "--verbose", is_flag=True, help="Tell more on stderr; with a traceback when something unexpected happens.")
@click.option(
    "--log-file",
    type=NamedFile(),
    metavar="FILE",
    help="Append the log here instead of autosd.log in autosd's home.",
)
@click.pass_context
def cli(ctx: click.Context, verbose: bool, log_file: Path | None) -> None:
    """The root group; it only remembers the options that hold for every command."""
    shell = ctx.ensure_object(Shell)
    shell.verbose, shell.log_file = verbose, log_file


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command line and leave the process with its exit code."""
    from autosd.entrypoints.cli.failures import guarded

    sys.exit(guarded(cli, list(sys.argv[1:] if argv is None else argv)))
