"""Driver errors as one clear line: what is wrong with the database, and what a person can do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy import exc

from autosd.domain.errors import AutosdError

_SQLITE = {
    "SQLITE_FULL": ("AUTOSD-DISK-FULL", "Free some space on the disk that holds AUTOSD_HOME."),
    "SQLITE_IOERR": ("AUTOSD-DISK-FULL", "Check the disk that holds AUTOSD_HOME: it is full, limited, or faulty."),
    "SQLITE_READONLY": ("AUTOSD-STORE-READONLY", "Set AUTOSD_HOME to a folder you may write."),
    "SQLITE_CANTOPEN": ("AUTOSD-STORE-READONLY", "Set AUTOSD_HOME to a folder you may write."),
    "SQLITE_PERM": ("AUTOSD-STORE-READONLY", "Set AUTOSD_HOME to a folder you may write."),
    "SQLITE_BUSY": ("AUTOSD-STORE-BUSY", "Another process holds the database; run again when it has ended."),
    "SQLITE_LOCKED": ("AUTOSD-STORE-BUSY", "Another process holds the database; run again when it has ended."),
    "SQLITE_CORRUPT": ("AUTOSD-STORE-CORRUPT", "Move the file away and restore a backup; a new one is made at the next start."),
    "SQLITE_NOTADB": ("AUTOSD-STORE-CORRUPT", "Name another file: this one is no SQLite database."),
}
_POSTGRES = {
    "53100": ("AUTOSD-DISK-FULL", "Free some space on the database server."),
    "25006": ("AUTOSD-STORE-READONLY", "Use a server that accepts writes (this one is a replica or read-only)."),
    "42501": ("AUTOSD-STORE-READONLY", "Grant the role of DATABASE_URL the right to create and write tables."),
    "55P03": ("AUTOSD-STORE-BUSY", "Another process holds the database; run again when it has ended."),
}


@contextmanager
def clear_failures(url: sa.URL) -> Iterator[None]:
    """Translate whatever the driver raises in this block; passwords never reach a message."""
    try:
        yield
    except exc.DBAPIError as error:
        raise _translated(error, url) from error
    except (exc.SQLAlchemyError, OSError) as error:
        why = str(error).splitlines()[0]
        raise AutosdError("AUTOSD-STORE-FAILED", f"{_named(url)}: {why}", "Check DATABASE_URL and the database.", exit_code=1) from error


def _translated(error: exc.DBAPIError, url: sa.URL) -> AutosdError:
    original = error.orig
    said = str(original).strip().splitlines()[0] if str(original).strip() else type(original).__name__
    said = said.replace(str(url.password), "***") if url.password else said
    name = str(getattr(original, "sqlite_errorname", "") or "")
    known = next((value for prefix, value in _SQLITE.items() if name.startswith(prefix)), None)
    state = str(getattr(original, "sqlstate", "") or "")
    known = known or _POSTGRES.get(state)
    if known is None and url.get_backend_name() == "postgresql" and isinstance(error, exc.OperationalError):
        known = ("AUTOSD-STORE-UNREACHABLE", "Start the server, or check host, name, user and password of DATABASE_URL.")
    code, remedy = known or ("AUTOSD-STORE-FAILED", "Check DATABASE_URL and the database.")
    return AutosdError(code, f"{_named(url)}: {said}", remedy, exit_code=1)


def _named(url: sa.URL) -> str:
    return url.render_as_string(hide_password=True)
