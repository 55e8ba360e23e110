"""The contract of ``Sandbox.run``, on every level this machine offers: what goes in, what is seen, what ends it."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from autosd.adapters.sandbox.probing import interpreter_mounts
from autosd.domain.errors import AutosdError
from autosd.domain.sandboxing import Access, Command, Completed, Ending, Limits, Mount
from autosd.ports import Sandbox

from .sandbox_attacks.kit import PYTHON, python, sandbox, work

__all__ = ["sandbox", "work"]  # the fixtures are found by name


def test_output_and_exit_code_come_back(sandbox: Sandbox, work: Path) -> None:
    done = python(sandbox, "import sys; print('out'); print('err', file=sys.stderr); sys.exit(7)", work)
    assert (done.exit_code, done.ending, done.stdout, done.stderr) == (7, Ending.EXITED, b"out\n", b"err\n")


def test_a_crash_is_told_from_an_exit(sandbox: Sandbox, work: Path) -> None:
    done = python(sandbox, "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", work)
    assert (done.exit_code, done.ending) == (-signal.SIGSEGV, Ending.SIGNALLED)


def test_a_program_that_is_not_there_is_a_failed_start(sandbox: Sandbox, work: Path) -> None:
    done = sandbox.run(Command(("/usr/bin/no-such-program",), work, (Mount(work),)))
    assert done.ending is Ending.FAILED
    assert b"no-such-program" in done.stderr


def test_stdin_arrives_whole(sandbox: Sandbox, work: Path) -> None:
    data = os.urandom(1_000_000)
    done = python(sandbox, "import sys, hashlib; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())", work, stdin=data)
    import hashlib

    assert done.stdout.decode().strip() == hashlib.sha256(data).hexdigest()


def test_the_environment_is_what_was_given_and_a_sane_minimum(sandbox: Sandbox, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "do not tell")
    done = python(sandbox, "import os; print(sorted(os.environ))", work, GIVEN="x", HOME=str(work))
    names = set(eval(done.stdout))
    assert {"GIVEN", "HOME", "PATH"} <= names <= {"GIVEN", "HOME", "PATH", "LANG", "PWD", "TMPDIR", "USER", "LC_CTYPE"}


def test_arguments_arrive_as_they_are(sandbox: Sandbox, work: Path) -> None:
    words = ("--", "-x", "a b", "ü", "$HOME", "*", "")
    done = sandbox.run(Command((*PYTHON, "import sys; print(sys.argv[1:])", *words), work, (*interpreter_mounts(), Mount(work))))
    assert eval(done.stdout) == list(words)


def test_scratch_is_writable_and_thrown_away(sandbox: Sandbox, work: Path) -> None:
    (work / "private").write_text("0600")
    (work / "private").chmod(0o600)
    (work / "sub").mkdir(mode=0o700)
    code = (
        "import os; from pathlib import Path; Path('file').write_text('new'); Path('fresh').write_text('x'); Path('sub/x').write_text('y');"
        "os.rename('private', 'moved'); print(Path('file').read_text(), Path('moved').read_text(), sorted(os.listdir()))"
    )
    done = python(sandbox, code, work)
    assert done.stdout.decode().split() == ["new", "0600", "['file',", "'fresh',", "'moved',", "'sub']"], done
    assert sorted(path.name for path in work.rglob("*")) == ["file", "private", "sub"]
    assert (work / "file").read_text() == "as it was"
    again = python(sandbox, "print(open('file').read())", work)
    assert again.stdout == b"as it was\n"


def test_scratch_keeps_its_path_in_what_is_said(sandbox: Sandbox, work: Path) -> None:
    done = python(sandbox, "import os, sys; print(os.getcwd()); print(sys.argv, file=sys.stderr)", work)
    assert done.stdout.decode().strip() == str(work)


def test_a_shared_folder_keeps_what_was_written_under_its_owner(sandbox: Sandbox, work: Path) -> None:
    code = """
import os; from pathlib import Path
Path('made').write_text('x'); os.makedirs('d/e'); Path('d/e/f').write_text('y'); Path('file').write_text('z')
"""
    done = python(sandbox, code, work, Mount(work, Access.WRITE))
    assert done.exit_code == 0, done
    assert (work / "d/e/f").read_text() == "y" and (work / "file").read_text() == "z"
    assert {path.stat().st_uid for path in work.rglob("*")} == {os.getuid()}


def test_private_files_can_be_read_where_they_were_mounted_only(sandbox: Sandbox, work: Path, tmp_path: Path) -> None:
    secret = tmp_path / "beside"
    secret.write_text("secret")
    (work / "file").chmod(0o600)
    work.chmod(0o700)
    code = f"import os; print(open('file').read(), os.path.exists({str(secret)!r}) and open({str(secret)!r}).read())"
    done = python(sandbox, code, work, Mount(work))
    assert done.stdout == b"as it was False\n" or b"PermissionError" in done.stderr


def test_a_mount_below_another_lies_on_top_whatever_the_order(sandbox: Sandbox, work: Path) -> None:
    for name in ("inner/deep", "locked"):
        (work / name).mkdir(parents=True)
        (work / name / "x").write_text("host")
    mounts = (Mount(work / "inner" / "deep", Access.WRITE), Mount(work / "locked"), Mount(work, Access.SCRATCH))
    code = """
from pathlib import Path
Path('inner/deep/x').write_text('kept'); Path('inner/y').write_text('gone')
try: Path('locked/x').write_text('no')
except OSError: print('locked')
"""
    done = python(sandbox, code, work, *mounts)
    assert done.stdout == b"locked\n", done
    assert (work / "inner/deep/x").read_text() == "kept"
    assert not (work / "inner/y").exists() and (work / "locked/x").read_text() == "host"


def test_a_single_file_can_be_mounted(sandbox: Sandbox, work: Path) -> None:
    other = work / "other"
    other.write_text("not mounted")
    code = f"""
from pathlib import Path
p = Path({str(work / "file")!r}); p.write_text(p.read_text() + '!'); print(p.read_text())
try: print(open({str(other)!r}).read())
except OSError: print('out of sight')
"""
    done = sandbox.run(Command((*PYTHON, code), Path("/"), (*interpreter_mounts(), Mount(work / "file", Access.SCRATCH))))
    assert done.stdout.decode().splitlines() == ["as it was!", "out of sight"], done
    assert (work / "file").read_text() == "as it was"


@pytest.mark.parametrize("path", ["/", "/proc", "/dev/null", "/usr", "/tmp", "relative", "/nowhere/at/all", "/usr/../etc"])
def test_a_mount_that_makes_no_sense_is_refused(sandbox: Sandbox, path: str) -> None:
    with pytest.raises(AutosdError, match="AUTOSD-SANDBOX-MOUNT"):
        sandbox.run(Command(("/bin/true",), Path("/"), (Mount(Path(path)),)))


def test_the_wall_clock_ends_a_run(sandbox: Sandbox, work: Path) -> None:
    began = time.monotonic()
    done = python(sandbox, "import time; print('began', flush=True); time.sleep(60)", work, limits=Limits(wall_seconds=0.7))
    assert done.ending is Ending.TIMEOUT and done.exit_code < 0
    assert done.stdout in (b"began\n", b"") and time.monotonic() - began < 5


def test_closing_its_output_does_not_hide_a_run_from_the_clock(sandbox: Sandbox, work: Path) -> None:
    done = python(sandbox, "import os, time; os.close(1); os.close(2); time.sleep(60)", work, limits=Limits(wall_seconds=0.7))
    assert done.ending is Ending.TIMEOUT


def test_memory_is_told_from_a_crash(sandbox: Sandbox, work: Path) -> None:
    code = "h = []\nwhile True: h.append(bytearray(b'x' * 1000000))"
    done = python(sandbox, code, work, limits=Limits(wall_seconds=20, memory_mb=100))
    assert done.ending is Ending.MEMORY and done.exit_code != 0


def test_a_flood_is_cut_at_the_cap(sandbox: Sandbox, work: Path) -> None:
    code = "import os\nwhile True: os.write(1, b'x' * 65536); os.write(2, b'y' * 65536)"
    done = python(sandbox, code, work, limits=Limits(wall_seconds=20, output_bytes=300_000))
    assert done.ending is Ending.OUTPUT
    assert len(done.stdout) + len(done.stderr) == 300_000


def test_two_threads_can_run_at_once(sandbox: Sandbox, work: Path) -> None:
    results: list[Completed] = []
    code = "import os, time\nfor _ in range(3):\n if os.fork() == 0: time.sleep(0.2); os._exit(0)\nprint(open('file').read())"
    # Landlock of an ordinary user counts all that this user runs: whatever else starts meanwhile needs some room
    narrow = Limits(wall_seconds=20, processes=40 if os.geteuid() and sandbox.report().level == "landlock" else 6)

    def go() -> None:
        results.extend(python(sandbox, code, work, limits=narrow) for _ in range(3))

    threads = [threading.Thread(target=go) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [done.stdout for done in results] == [b"as it was\n"] * 9, results


SUITE = """
import asyncio, logging, multiprocessing, os, socket, sqlite3, subprocess, sys, tempfile, threading
import pytest

def square(x): return x * x

def test_threads():
    done = []; ts = [threading.Thread(target=done.append, args=(i,)) for i in range(5)]
    [t.start() for t in ts]; [t.join() for t in ts]; assert len(done) == 5
def test_subprocess(): assert subprocess.run([sys.executable, '-c', 'print(1)'], capture_output=True, text=True).stdout == '1\\n'
def test_tmp_path(tmp_path): (tmp_path / 'x').write_text('x'); assert tempfile.mkdtemp()
def test_sqlite(tmp_path):
    con = sqlite3.connect(tmp_path / 'db'); con.execute('pragma journal_mode=wal'); con.execute('create table t (a)'); con.commit()
def test_asyncio(): assert asyncio.run(asyncio.sleep(0, 3)) == 3
def test_asyncio_subprocess():
    async def go():
        p = await asyncio.create_subprocess_exec(sys.executable, '-c', 'print(2)', stdout=asyncio.subprocess.PIPE)
        return (await p.communicate())[0]
    assert asyncio.run(go()) == b'2\\n'
def test_symlinks(tmp_path): (tmp_path / 'l').symlink_to('x'); (tmp_path / 'm').mkdir(mode=0o700); os.chmod(tmp_path / 'm', 0o755)
"""
SUITE_WITH_NAMESPACES = """
def test_multiprocessing():
    with multiprocessing.get_context('fork').Pool(2) as pool: assert pool.map(square, [1, 2]) == [1, 4]
def test_queue():
    q = multiprocessing.get_context('spawn').Queue(); q.put(1); assert q.get(timeout=5) == 1
def test_loopback():
    with socket.create_server(('127.0.0.1', 0)) as s, socket.create_connection(s.getsockname()) as c: c.sendall(b'x')
def test_name(): assert socket.gethostbyname('localhost') == '127.0.0.1'
def test_unix_socket(tmp_path):
    s = socket.socket(socket.AF_UNIX); s.bind('/tmp/s'); s.listen(); socket.socket(socket.AF_UNIX).connect('/tmp/s')
def test_user():
    import pwd, getpass; assert pwd.getpwuid(os.getuid()).pw_name == getpass.getuser()
"""


def test_ordinary_tests_pass_inside(sandbox: Sandbox, work: Path) -> None:
    bubblewrap = sandbox.report().level == "bubblewrap"
    (work / "test_it.py").write_text(SUITE + (SUITE_WITH_NAMESPACES if bubblewrap else ""))
    command = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py")
    limits = Limits(wall_seconds=60, cpu_seconds=60)
    done = sandbox.run(Command(command, work, (*interpreter_mounts(), Mount(work, Access.SCRATCH)), {}, limits))
    assert done.exit_code == 0, done.stdout.decode()[-3000:]
    assert (f"{13 if bubblewrap else 7} passed").encode() in done.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has files that its sandbox's uid could not read")
def test_a_private_interpreter_of_root_works_inside(sandbox: Sandbox, work: Path, tmp_path: Path) -> None:
    """A Python below a 0700 home, as pyenv makes them."""
    home = tmp_path / "private"
    home.mkdir(mode=0o700)
    shutil.copytree(Path(sys.prefix), home / "venv", symlinks=True, ignore=shutil.ignore_patterns("site-packages", "__pycache__"))
    mounts = (*interpreter_mounts(), Mount(home / "venv"), Mount(work, Access.SCRATCH))
    done = sandbox.run(Command((str(home / "venv/bin/python"), "-c", "import sys, os; print(sys.prefix, os.getuid() != 0)"), work, mounts))
    assert done.stdout.decode().split() == [str(home / "venv"), "True"], done
