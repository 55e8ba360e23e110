"""The page of the command line: what ``--help`` of every command says. Used by ``reference.py``."""

from __future__ import annotations

from collections.abc import Iterator

import click

HEAD = """# Commands

Generated from the commands by `tools/reference.py`. Completion: `eval "$(autosd completion bash)"` (or zsh; fish: see there).

Exit codes everywhere: 0 done (for `fix`: a proven fix), 1 it could not be done (the result says why), 2 refused or asked for wrongly,
130 broken off by Ctrl-C. What goes wrong is one line on stderr: `[CODE] what is wrong. Hint: what to do.` ([all codes](errors.md)).
Something unexpected is `AUTOSD-INTERNAL` and leaves its traceback in `logs/` in autosd's home.

The log is `autosd.log` in autosd's home (`AUTOSD_HOME`, else `~/.autosd`), never in the folder you are in; `--log-file` names another.

`autosd fix` acts on the authority of the person who types it, at a terminal or in a script, and the record names their account. Where
nobody stands behind a run (a timer, a service), say `--unattended`: then it needs `SELFCODING_ENABLED=1` like all unattended work.

`--json` prints exactly one object on stdout, also for refusals and errors. For `fix`:

```
{"result": a result word, "project": str, "base": sha|null, "branch": str|null, "commit": sha|null, "strategy": str|null, "diff": str,
 "tests": {"failing_before": [ids], "failing_after": [ids], "broken": [ids], "flaky": [ids], "total": int},
 "sandbox": {"level": str, "missing": [{"part": str, "cause": str}]}, "candidates": {"evaluated": int, "per_second": float},
 "overfit": {"checked": bool, "suspect": bool, "reason": str}, "artifacts": path|null, "seconds": float,
 "objections": [{"code": str, "message": str, "remedy": str}]}
```

Result words of `fix` with exit code 0: `artifacts_written`, `committed`, and `proven` for a dry run. `failing_after` names the tests that
a partial fix leaves as they were. With exit code 2: `refused:<rule or code>` and the guides' own words for a refusal
(`self_coding_engine_disabled`, `repo_path_not_allowed`, `risk_blocked`). All other words come with exit code 1.
"""


def cli_page() -> str:
    from autosd.entrypoints.cli.main import cli

    return "\n\n".join([HEAD.rstrip(), *_sections(cli, click.Context(cli, info_name="autosd", help_option_names=["-h", "--help"]))]) + "\n"


def _sections(command: click.Command, context: click.Context) -> Iterator[str]:
    context.terminal_width = 100
    yield f"## `{context.command_path}`\n\n```text\n{command.get_help(context).rstrip()}\n```"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from _sections(child, click.Context(child, info_name=name, parent=context, help_option_names=["-h", "--help"]))
