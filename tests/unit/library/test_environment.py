"""``create_ephemeral_env``: the guide's snippet, what the copy holds, how programs end in it, and that nothing is left."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from autosd.domain.errors import AutosdError
from autosd.library import create_ephemeral_env
from autosd.testing import folder_state, make_repository, write_files

pytestmark = pytest.mark.slow


def a_wheel(folder: Path, name: str, version: str, text: str) -> None:
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": text,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n",
    }
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)


def leftovers(home: Path) -> list[str]:
    return sorted(each.name for each in (home / "worktrees").glob("*"))


def test_the_guides_snippet_runs_as_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, autosd_home: Path) -> None:
    write_files(tmp_path / "project", {"calc.py": "def one():\n    return 1\n"})
    monkeypatch.chdir(tmp_path / "project")
    with create_ephemeral_env(Path(".")) as (repo, run):  # noqa: PTH201 - as the guide writes it
        (repo / "test_example.py").write_text("def test_ok():\n    assert True\n")
        run(["pytest", "-q"], check=True)
        assert repo.is_dir()
    assert not repo.exists() and leftovers(autosd_home) == []
    assert [each.name for each in (tmp_path / "project").iterdir()] == ["calc.py"]


def test_the_copy_holds_uncommitted_work_and_nothing_that_is_ignored(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "p", {"a.py": "x = 1\n", ".gitignore": "local.py\n*.log\n"})
    repository.write({"a.py": "x = 2\n", "new.py": "y = 1\n", "local.py": "PASSWORD = 'x'\n", "b.log": "1\n"})
    before = repository.state()
    with create_ephemeral_env(repository.path) as (repo, run):
        told = run(["python", "-c", "import a, new, os; print(a.x, new.y, sorted(os.listdir()))"], check=True).stdout
        assert told == "2 1 ['.gitignore', 'a.py', 'new.py']\n"
        (repo / "a.py").write_text("x = 3\n")
    assert repository.state() == before


def test_a_folder_outside_git_has_its_ignore_files_too_and_what_is_written_stays_for_the_next_program(tmp_path: Path) -> None:
    write_files(tmp_path / "p", {"keep.py": "", "drop.log": "", ".gitignore": "*.log\n", "venv/x.py": ""})
    with create_ephemeral_env(tmp_path / "p") as env:
        env.run(["sh", "-c", "echo made > made.txt"], check=True)
        assert env.run(["ls"]).stdout.split() == ["keep.py", "made.txt"]
        assert env.python.name.startswith("python") and env.startup_ms > 0 and len(env) == 2


def test_nothing_runs_outside_the_sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(tmp_path / "p", {"a.py": ""})
    (tmp_path / "outside").write_text("x")
    monkeypatch.setenv("SOME_API_KEY", "sk-secret")
    with create_ephemeral_env(tmp_path / "p") as (_, run):
        assert run(["cat", str(tmp_path / "outside")]).returncode != 0
        assert "sk-secret" not in run(["env"]).stdout
        assert run(["python", "-c", "import socket; socket.create_connection(('127.0.0.1', 9), 1)"]).returncode == 1
        assert run(["env"], env={"GIVEN": "yes"}).stdout.count("GIVEN=yes") == 1


def test_programs_end_as_they_do_with_subprocess(tmp_path: Path) -> None:
    write_files(tmp_path / "p", {"a.py": ""})
    with create_ephemeral_env(tmp_path / "p") as (_, run):
        done = run(["sh", "-c", "cat; echo no >&2; exit 3"], input="yes")
        assert (done.returncode, done.stdout, done.stderr) == (3, "yes", "no\n")
        with pytest.raises(subprocess.CalledProcessError) as failed:
            run(["sh", "-c", "exit 3"], check=True)
        assert failed.value.returncode == 3
        with pytest.raises(subprocess.TimeoutExpired):
            run(["sleep", "30"], timeout=0.5)
        for words, code in (([], "AUTOSD-RUN-WORDS"), ("pytest -q", "AUTOSD-RUN-WORDS"), (["no-such-program"], "AUTOSD-RUN-FAILED")):
            with pytest.raises(AutosdError) as refused:
                run(words)
            assert refused.value.code == code


def test_an_exception_in_the_block_leaves_nothing_behind(tmp_path: Path, autosd_home: Path) -> None:
    write_files(tmp_path / "p", {"a.py": ""})
    with pytest.raises(KeyError), create_ephemeral_env(tmp_path / "p") as (_, run):
        run(["sh", "-c", "mkdir -p deep/er && chmod 000 deep/er"])
        raise KeyError
    assert leftovers(autosd_home) == []


def test_what_a_killed_program_left_is_removed_by_the_next(tmp_path: Path, autosd_home: Path) -> None:
    write_files(tmp_path / "p", {"a.py": ""})
    code = (
        "import sys, time\nfrom autosd.library import create_ephemeral_env\n"
        "with create_ephemeral_env(sys.argv[1]) as (repo, run):\n    print(repo, flush=True)\n    run(['sleep', '60'])\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "p")], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        repo = Path(process.stdout.readline().strip())
        time.sleep(0.5)
        process.send_signal(signal.SIGKILL)
    assert repo.is_dir()
    with create_ephemeral_env(tmp_path / "p") as (_, run):
        run(["true"], check=True)
    assert not repo.exists() and leftovers(autosd_home) == []


def test_requirements_that_cannot_be_installed_are_an_error_of_their_own(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(tmp_path / "p", {"a.py": "", "requirements.txt": "no-such-package-of-anybody==9.9\n"})
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    before = folder_state(tmp_path / "p")
    with caplog.at_level(logging.INFO), pytest.raises(AutosdError) as failed, create_ephemeral_env(tmp_path / "p"):
        pass
    assert failed.value.code == "AUTOSD-ENV-BUILD-FAILED" and "AUTOSD-ENV-BUILD-FAILED" in caplog.text
    assert folder_state(tmp_path / "p") == before


def test_how_long_it_took_to_be_ready_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_files(tmp_path / "p", {"a.py": ""})
    with caplog.at_level(logging.INFO), create_ephemeral_env(tmp_path / "p") as env:
        assert f"startup_ms={env.startup_ms}" in caplog.text


@pytest.mark.slow
def test_an_environment_is_built_once_for_the_same_requirements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, autosd_home: Path) -> None:
    a_wheel(tmp_path / "wheels", "tiny_thing", "1.0", "WORD = 'tiny'\n")
    a_wheel(tmp_path / "wheels", "pytest", "99.0", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    for name in ("p", "q"):
        write_files(tmp_path / name, {"a.py": "", "requirements.txt": "tiny-thing==1.0\n"})
        with create_ephemeral_env(tmp_path / name) as env:
            assert env.origin == "built"
            assert env.run(["python", "-c", "import tiny_thing; print(tiny_thing.WORD)"], check=True).stdout == "tiny\n"
            assert env.run(["python", "-c", "import tiny_thing; open(tiny_thing.__file__, 'w')"]).returncode == 1  # only to read
    assert len([each for each in (autosd_home / "envs").iterdir() if each.is_dir()]) == 1


def test_docker_without_an_engine_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(tmp_path / "p", {"a.py": ""})
    monkeypatch.setenv("SANDBOX_BACKEND", "docker")
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    with pytest.raises(AutosdError) as refused, create_ephemeral_env(tmp_path / "p"):
        pass
    assert refused.value.code == "AUTOSD-DOCKER-UNAVAILABLE" and refused.value.exit_code == 2


def test_a_halt_stops_it_like_all_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(tmp_path / "p", {"a.py": ""})
    monkeypatch.setenv("SELFCODING_ENABLED", "0")
    with pytest.raises(AutosdError) as refused, create_ephemeral_env(tmp_path / "p"):
        pass
    assert refused.value.code == "AUTOSD-KILL-SWITCH"
