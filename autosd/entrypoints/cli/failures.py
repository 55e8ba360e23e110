"""Whatever goes wrong ends here: one line with a stable code and a remedy, an exit code, and never a traceback."""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
import threading
from datetime import UTC, datetime
from typing import Any, NoReturn

import click

from autosd.domain.changes import Change, ChangeResult, Cost, Word
from autosd.domain.errors import AutosdError
from autosd.entrypoints.cli.shell import Shell
from autosd.views.changes import INTERRUPTED, NOT_DONE, change_object, objection_of, objections_list, result_of

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_DENIED = {errno.EROFS, errno.EACCES, errno.EPERM}


class Terminated(KeyboardInterrupt):
    """SIGTERM: ended like Ctrl-C, so that worktrees and sandboxes are cleaned up."""


def guarded(command: click.Command, argv: list[str]) -> int:
    """Run ``command`` and turn every way it can end into an exit code."""
    shell = Shell(argv=tuple(argv))
    _harden_streams()
    _end_cleanly_on_sigterm()
    try:
        code = command.main(args=argv, prog_name="autosd", standalone_mode=False, obj=shell)
        _work_is_over()
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader went away (``| head``); give the interpreter's last flush somewhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOT_DONE
    except (click.Abort, KeyboardInterrupt) as stop:
        _work_is_over()
        return _interrupted(shell, stop)
    except Exception as error:
        if isinstance(error, click.exceptions.NoArgsIsHelpError) and not shell.json:
            click.echo(error.message + "\n", err=True)
        return _failed(shell, as_autosd_error(error) or _internal(shell, error))
    return code if isinstance(code, int) else 0


def as_autosd_error(error: Exception) -> AutosdError | None:
    """What a person can act on, for the foreign errors that have such a meaning; None for a bug of ours."""
    if isinstance(error, AutosdError):
        return error
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return AutosdError("AUTOSD-USAGE", "No command was given.", f"Run '{_place(error)} --help'.")
    if isinstance(error, click.UsageError):
        return AutosdError("AUTOSD-USAGE", _one_line(error.format_message()), f"Run '{_place(error)} --help'.")
    if isinstance(error, click.ClickException):
        return AutosdError("AUTOSD-USAGE", _one_line(error.format_message()), "Run 'autosd --help'.")
    if isinstance(error, OSError) and error.errno in _FULL:
        remedy = "Free some space and run the same command again."
        return AutosdError("AUTOSD-DISK-FULL", f"No space left{_at(error)}.", remedy, exit_code=NOT_DONE)
    if isinstance(error, OSError) and error.errno in _DENIED:
        remedy = "Give this user access, or set AUTOSD_HOME to a folder of yours."
        return AutosdError("AUTOSD-NOT-WRITABLE", f"Not allowed to read or write{_at(error)}.", remedy, exit_code=NOT_DONE)
    return None


def _place(error: click.UsageError) -> str:
    return error.ctx.command_path if error.ctx else "autosd"


def _failed(shell: Shell, error: AutosdError) -> int:
    result = result_of(error)
    if shell.json:
        print_object(_error_object(shell, result, error))
    line = click.style(f"[{error.code}]", fg="red", bold=True) if _colour() else f"[{error.code}]"
    click.echo(f"{line} {_one_line(error.message)} Hint: {_one_line(error.remedy)}", err=True, color=_colour())
    return error.exit_code


def _interrupted(shell: Shell, stop: BaseException) -> int:
    terminated = isinstance(stop, Terminated) or isinstance(stop.__cause__, Terminated)
    message, remedy = "Broken off; nothing of yours was changed.", "Run the same command again."
    error = AutosdError("AUTOSD-INTERRUPTED", message, remedy, exit_code=INTERRUPTED)
    if shell.json:
        print_object(_error_object(shell, ChangeResult(Word.INTERRUPTED), error))
    click.echo(f"\n[{error.code}] {error.message} Hint: {error.remedy}", err=True)
    return 143 if terminated else INTERRUPTED


def _error_object(shell: Shell, result: ChangeResult, error: AutosdError) -> dict[str, Any]:
    if shell.command != "fix":
        return {"result": str(result), "objections": objections_list([objection_of(error)])}
    cost = Cost(evaluated=shell.evaluated)
    change = Change("", shell.project, None, result, cost=cost, objections=(objection_of(error),))
    return change_object(change, shell.sandbox, shell.seconds, shell.per_second)


def print_object(value: Any) -> None:
    """One JSON value on stdout; ASCII, because a file name may hold bytes that no encoding knows."""
    sys.stdout.write(json.dumps(value, indent=2) + "\n")
    sys.stdout.flush()


def _internal(shell: Shell, error: Exception) -> AutosdError:
    import traceback

    text = "".join(traceback.format_exception(error))
    if shell.verbose:
        sys.stderr.write(text)
    path = _keep_traceback(text)
    where = f"Report it with {path}" if path else "Run it again with --verbose and report what it prints"
    return AutosdError("AUTOSD-INTERNAL", f"Something unexpected happened: {type(error).__name__}: {error}", f"{where}.", exit_code=1)


def _keep_traceback(text: str) -> str:
    """Where the traceback was written, or nothing when even that was not possible."""
    from autosd.entrypoints.cli.log import logs_folder

    try:
        path = logs_folder() / f"crash-{datetime.now(UTC):%Y%m%dT%H%M%S%f}.txt"
        path.write_text(text, encoding="utf-8", errors="backslashreplace")
    except (OSError, AutosdError):
        return ""
    return str(path)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _at(error: OSError) -> str:
    return f" at {error.filename}" if error.filename else ""


def _colour() -> bool:
    return sys.stderr.isatty() and not os.environ.get("NO_COLOR")


def _harden_streams() -> None:
    """A path or a test's message may hold characters that the terminal's encoding lacks: show them escaped."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _work_is_over() -> None:
    """A Ctrl-C that comes now, while the last words are printed, has nothing left to break off."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _end_cleanly_on_sigterm() -> None:
    def stop(signum: int, frame: object) -> NoReturn:
        raise Terminated

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, stop)
