"""``autosd completion``: the script that teaches a shell our commands and options."""

from __future__ import annotations

import click


@click.command(
    short_help="Completion script for a shell.",
    help="""Prints the completion script of a shell.

\b
Examples:
  eval "$(autosd completion bash)"                                    in ~/.bashrc
  eval "$(autosd completion zsh)"                                     in ~/.zshrc
  autosd completion fish > ~/.config/fish/completions/autosd.fish
""",
)
@click.argument("name", metavar="SHELL", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, name: str) -> None:
    """Click's own completion, printed rather than evaluated from an environment variable."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(name)
    assert kind is not None
    # check_version of BashComplete warns on bash < 4.4 by starting bash; the script itself does not need it.
    script = kind(ctx.find_root().command, {}, "autosd", "_AUTOSD_COMPLETE")
    click.echo(script.source_template % script.source_vars())
