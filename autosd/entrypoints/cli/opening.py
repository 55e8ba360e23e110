"""How a command comes by its settings and its house: read once, here, and passed down as values."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autosd.domain.decisions import Principal
from autosd.domain.errors import AutosdError
from autosd.entrypoints.cli.shell import Shell

if TYPE_CHECKING:
    from autosd.app import App
    from autosd.settings import Settings


def settings_for(shell: Shell, project: Path | None = None, options: Mapping[str, Any] | None = None) -> Settings:
    """Every source read once; the log is set up by what they say."""
    from autosd.entrypoints.cli.log import start_log
    from autosd.settings import load_settings

    given = {**(options or {}), "log.file": shell.log_file.absolute() if shell.log_file else None}
    settings = load_settings(os.environ, project=project, options=given)
    start_log(settings, verbose=shell.verbose)
    return settings


@contextmanager
def opened(shell: Shell, project: Path | None, options: Mapping[str, Any]) -> Iterator[App]:
    """The whole house, shut again however the command ends."""
    from autosd.acts.work.noticing import record_changed_settings
    from autosd.app import open_app

    with open_app(settings_for(shell, project, options)) as app:
        record_changed_settings(app.settings, app.audit, app.clock.now())
        shell.sandbox = app.sandbox.report()
        yield app


def principal(unattended: bool) -> Principal:
    """Who types the command: the account, not what its environment claims."""
    import pwd

    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = f"uid {os.getuid()}"
    return Principal(name, attended=not unattended)


def existing_folder(path: Path) -> Path:
    """``path`` made absolute without following its last links away from what the person named."""
    try:
        mode = path.stat().st_mode
    except PermissionError:
        raise _unreadable(path) from None
    except OSError:  # not there, a name that is too long, links in a circle
        raise AutosdError("AUTOSD-PATH-NOT-FOUND", f"There is no folder {path}.", "Name the folder of the project.") from None
    if not stat.S_ISDIR(mode):
        remedy = "Name the folder of the project; use --test for one test."
        raise AutosdError("AUTOSD-PATH-NOT-A-FOLDER", f"{path} is not a folder.", remedy)
    if not os.access(path, os.R_OK | os.X_OK):
        raise _unreadable(path)
    return path.resolve()


def _unreadable(path: Path) -> AutosdError:
    return AutosdError("AUTOSD-PATH-UNREADABLE", f"{path} may not be read.", "Give this user access to it.")
