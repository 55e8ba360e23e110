"""The log: a file in autosd's home that grows from run to run, and on stderr what a person should see."""

from __future__ import annotations

import logging
import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autosd.settings import Settings

_LARGEST = 5 * 2**20  # bytes; then the file makes room for a new one, and one old one is kept


def start_log(settings: Settings, *, verbose: bool) -> None:
    """Send what is logged to the file and, with ``verbose``, to stderr. A log that cannot be written stops nothing."""
    from autosd.governance.redaction import RedactingFilter
    from autosd.settings import table

    logger = logging.getLogger("autosd")
    redacting = RedactingFilter(settings.secrets)
    logger.handlers.clear()
    logger.propagate = False
    logger.setLevel(logging.DEBUG if verbose else settings[table.LOG_LEVEL].upper())
    screen = logging.StreamHandler(sys.stderr)
    screen.setLevel(logging.DEBUG if verbose else logging.WARNING)
    screen.addFilter(redacting)
    logger.addHandler(screen)
    try:
        file = _file_handler(settings[table.LOG_FILE])
        file.addFilter(redacting)
        logger.addHandler(file)
    except OSError as error:
        if settings.origin(table.LOG_FILE) != "default":
            logger.warning("no log is kept: %s", error)
    for name in settings.unknown_variables:
        logger.warning("unknown setting in the environment: %s", name)


def logs_folder() -> Path:
    """Where crashes are kept: settings may be what is broken, so only the home's own name is looked at."""
    home = Path(os.environ.get("AUTOSD_HOME") or Path.home() / ".autosd")
    folder = home / "logs"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _file_handler(path: Path) -> logging.Handler:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > _LARGEST and stat.S_ISREG(path.stat().st_mode):
        path.replace(path.with_name(path.name + ".1"))
    handler = logging.FileHandler(path, encoding="utf-8", errors="backslashreplace")
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(name)s %(message)s"))
    return handler
