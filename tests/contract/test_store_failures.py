"""What goes wrong with a database shows one clear line, and loses nothing."""

from __future__ import annotations

import os
import resource
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from autosd.adapters.store import open_store
from autosd.domain.changes import Change, ChangeResult, Word
from autosd.domain.errors import AutosdError

CHANGE = Change("c", "p", None, ChangeResult(Word.NO_TESTS))


def code_of(url: str) -> str:
    with pytest.raises(AutosdError) as refused:
        open_store(url).close()
    assert refused.value.remedy and "\n" not in str(refused.value)
    return refused.value.code


def test_the_database_file_is_private_to_its_owner(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/new/autosd.db")
    store.add_change(CHANGE)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "new").iterdir()}
    assert set(modes.values()) == {0o600} and stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    store.close()


@pytest.mark.parametrize("url", ["mysql://u@h/x", "nonsense", "", "sqlite+aiosqlite:///x"])
def test_a_url_of_no_database_we_know_is_refused(url: str) -> None:
    assert code_of(url) == "AUTOSD-STORE-URL"


def test_a_server_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    url = f"postgresql://me:hush-hush@/db?host={tmp_path}"
    with pytest.raises(AutosdError) as refused:
        open_store(url)
    assert refused.value.code == "AUTOSD-STORE-UNREACHABLE"
    assert "hush-hush" not in str(refused.value) and str(tmp_path) in str(refused.value)


def test_a_missing_driver_is_said_with_the_command_that_installs_it(tmp_path: Path) -> None:
    program = "import sys; sys.modules['psycopg'] = None\nfrom autosd.adapters.store import open_store\nopen_store('postgresql://u@/d')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "AUTOSD-STORE-DRIVER" in done.stderr and "pip install 'autosd[postgres]'" in done.stderr


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("my notes, which are longer than a database's header " * 40)
    before = file.read_bytes()
    assert code_of(f"sqlite:///{file}") == "AUTOSD-STORE-CORRUPT"
    assert file.read_bytes() == before


def test_a_path_that_cannot_be_made_is_a_clear_refusal(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert code_of(f"sqlite:///{tmp_path}/file/autosd.db") == "AUTOSD-STORE-READONLY"
    (tmp_path / "folder.db").mkdir()
    assert code_of(f"sqlite:///{tmp_path}/folder.db") == "AUTOSD-STORE-READONLY"


FULL_DISK = """
import resource, sys
from dataclasses import replace
from autosd.adapters.store import open_store
from autosd.domain.changes import *
store = open_store(sys.argv[1])
change = Change("d", "p", None, ChangeResult(Word.NO_TESTS), diff="y" * 100_000)
store.add_change(replace(change, id="d0"))
resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))
try:
    for number in range(1, 100):
        store.add_change(replace(change, id=f"d{number}"))
except Exception as error:
    print(number, getattr(error, "code", repr(error)))
"""


def test_a_full_disk_ends_in_a_code_and_what_was_written_before_stays(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/autosd.db"
    done = subprocess.run([sys.executable, "-c", FULL_DISK, url], capture_output=True, text=True, check=True)
    number, code = done.stdout.split()
    assert code == "AUTOSD-DISK-FULL"
    store = open_store(url)
    assert {change.id for change in store.changes()} == {f"d{index}" for index in range(int(number))}
    store.add_change(CHANGE)
    store.close()


READ_ONLY = """
import os, sys
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
from autosd.adapters.store import open_store
from autosd.domain.errors import AutosdError
try:
    open_store(sys.argv[1])
except AutosdError as error:
    print(error.code)
"""


@pytest.mark.skipif(not os.access("/proc/self/root", os.R_OK), reason="needs /proc")
@pytest.mark.parametrize("there_before", [True, False], ids=["existing file", "no file yet"])
def test_a_home_that_may_only_be_read_is_a_clear_refusal(there_before: bool) -> None:
    """In a folder under /tmp that everybody may enter, as an ordinary user: root may write everywhere."""
    import shutil
    import tempfile

    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    try:
        if there_before:
            store = open_store(f"sqlite:///{folder}/autosd.db")
            store.add_change(CHANGE)
            store.close()
            (folder / "autosd.db").chmod(0o444)
        folder.chmod(0o555)
        if os.geteuid() == 0 and not _everybody_can_run_us():
            program = [
                sys.executable,
                "-c",
                "import sys; sys.dont_write_bytecode = True\n" + _preloaded(READ_ONLY),
                f"sqlite:///{folder}/autosd.db",
            ]
        else:
            program = [sys.executable, "-c", READ_ONLY, f"sqlite:///{folder}/autosd.db"]
        done = subprocess.run(program, capture_output=True, text=True)
        assert done.stdout.strip() == "AUTOSD-STORE-READONLY", done.stderr
    finally:
        folder.chmod(0o700)
        shutil.rmtree(folder)


def _everybody_can_run_us() -> bool:
    return all(folder.stat().st_mode & 0o001 for folder in Path(os.path.realpath(sys.executable)).parents)


def _preloaded(program: str) -> str:
    """``program`` with its modules imported before it drops root, whose private folder may hold the interpreter."""
    imports = "import alembic.command, alembic.config, sqlite3, sqlalchemy.dialects.sqlite, encodings.idna\n"
    ours = "import autosd.adapters.store.opening, autosd.adapters.store.sql\n"
    warm = "from autosd.adapters.store import open_store as warm; warm('sqlite://')\n"
    return imports + ours + warm + program


def test_help_does_not_pay_for_the_database() -> None:
    program = (
        "import sys, autosd.adapters.store; print(any(name.split('.')[0] in {'sqlalchemy', 'alembic', 'psycopg'} for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "False\n"


def test_a_schema_that_is_up_to_date_does_not_pay_for_the_migrations(tmp_path: Path) -> None:
    program = f"import sys; from autosd.adapters.store import open_store; open_store('sqlite:///{tmp_path}/a.db').close(); "
    said = [
        subprocess.run(
            [sys.executable, "-c", program + "print('alembic' in sys.modules)"], capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    ]
    assert said == ["True\n", "False\n"], "made once, then only looked at"


def test_another_program_that_holds_the_database_too_long_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sqlite3

    from autosd.adapters.store import opening

    url = f"sqlite:///{tmp_path}/autosd.db"
    open_store(url).close()
    monkeypatch.setattr(opening, "BUSY_MS", 50)
    store = open_store(url)
    other = sqlite3.connect(tmp_path / "autosd.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert store.changes() == []  # reading goes on
    with pytest.raises(AutosdError) as refused:
        store.add_change(CHANGE)
    assert refused.value.code == "AUTOSD-STORE-BUSY"
    other.execute("ROLLBACK")
    other.close()
    store.add_change(replace(CHANGE, id="later"))
    store.close()


def test_limits_of_this_process_are_untouched_by_these_tests() -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
