"""Which interpreter runs a project's tests, and what it sees. Nothing that a subject brought along is run to find that out."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import subprocess
import sys
import tarfile
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from autosd.adapters.toolchains.layout import import_roots, read_project
from autosd.adapters.toolchains.python import PythonToolchain
from autosd.adapters.toolchains.requirements import requirements
from autosd.domain.errors import AutosdError
from autosd.ports import Snapshot, SubjectEnv

pytestmark = pytest.mark.own_environment


def taken(source: Path, inside: str = "") -> Snapshot:
    """A snapshot whose worktree is a copy of ``source`` (without its environment)."""
    import shutil

    top = source.parent / "tree"
    shutil.rmtree(top, ignore_errors=True)
    shutil.copytree(source, top, ignore=shutil.ignore_patterns(".venv", "venv", "env"), symlinks=True)
    return Snapshot("id", source / inside, None, "t" * 40, top, top / inside, True)


def put(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def say(env: SubjectEnv, program: str, cwd: Path | None = None) -> str:
    """What ``program`` prints under ``env`` and nothing else of this process."""
    done = subprocess.run([env.python, "-c", program], env=dict(env.env), cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def venv(folder: Path) -> Path:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    return next(folder.glob("lib/python3.*/site-packages"))


def test_without_any_needs_autosds_own_interpreter_is_used(tmp_path: Path, autosd_home: Path) -> None:
    env = PythonToolchain(autosd_home).prepare(taken(put(tmp_path / "s", {"a.py": "A = 7\n"})))
    assert (env.origin, env.python, env.version) == ("autosd", Path(sys.executable), sys.version_info[:2])
    assert say(env, "import a, pytest; print(a.A, a.__file__)") == f"7 {tmp_path}/tree/a.py"
    assert all(mount.access == "read" and mount.path.exists() for mount in env.mounts)


def test_the_environment_is_the_same_everywhere_and_holds_no_secret(
    tmp_path: Path, autosd_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    monkeypatch.setenv("PYTHONSTARTUP", "/x")
    env = PythonToolchain(autosd_home).prepare(taken(put(tmp_path / "s", {"a.py": ""})))
    assert set(env.env) <= {"HOME", "TMPDIR", "LANG", "LC_ALL", "TZ", "USER", "LOGNAME", "PYTHONDONTWRITEBYTECODE", "PYTHONHASHSEED",
                            "PYTHONNOUSERSITE", "PATH", "PYTHONPATH", "VIRTUAL_ENV"}  # fmt: skip
    assert env.env["HOME"] == "/tmp" and env.env["PYTHONHASHSEED"] == "0" and "hush" not in str(env)


def test_the_projects_own_environment_is_preferred_and_its_packages_are_seen(tmp_path: Path, autosd_home: Path) -> None:
    source = put(tmp_path / "s", {"requirements.txt": "own-dependency\n", "src/pkg/__init__.py": "import own_dependency\n"})
    site = venv(source / ".venv")
    put(site, {"own_dependency.py": "X = 'theirs'\n"})
    env = PythonToolchain(autosd_home).prepare(taken(source))
    assert env.origin == "own venv" and env.python == source / ".venv/bin/python"
    assert say(env, "import pkg, own_dependency as o; print(pkg.__file__, o.X)") == f"{tmp_path}/tree/src/pkg/__init__.py theirs"
    assert source / ".venv" in [mount.path for mount in env.mounts]
    assert not any(source == mount.path or (source in mount.path.parents and ".venv" not in str(mount.path)) for mount in env.mounts)


def test_the_tree_under_test_wins_over_an_editable_install_of_the_persons_folder(tmp_path: Path, autosd_home: Path) -> None:
    source = put(tmp_path / "s", {"python/pkg/__init__.py": "W = 'tree'\n", "lib/other/__init__.py": "W = 'tree'\n"})
    site = venv(source / "venv")
    put(
        site,
        {
            "__editable__.pkg-1.pth": f"{source}/python\n",
            "__editable___other_1_finder.py": f"MAPPING: dict[str, str] = {{'other': '{source}/lib/other'}}\n",
        },
    )
    snapshot = taken(source)
    put(source, {"python/pkg/__init__.py": "W = 'the folder'\n", "lib/other/__init__.py": "W = 'the folder'\n"})
    env = PythonToolchain(autosd_home).prepare(snapshot)
    assert say(env, "import pkg, other; print(pkg.W, other.W)") == "tree tree"


def test_an_environment_beside_the_repository_serves_its_subfolders(tmp_path: Path, autosd_home: Path) -> None:
    source = put(tmp_path / "s", {"packages/one/a.py": "A = 1\n"})
    venv(source / ".venv")
    env = PythonToolchain(autosd_home).prepare(taken(source, "packages/one"))
    assert env.origin == "own venv" and say(env, "import a; print(a.A)") == "1"


def test_an_environment_can_be_moved_to_another_tree_of_the_project(tmp_path: Path, autosd_home: Path) -> None:
    snapshot = taken(put(tmp_path / "s", {"src/a.py": "A = 'base'\n"}))
    other = put(tmp_path / "other tree", {"src/a.py": "A = 'changed'\n"})
    env = PythonToolchain(autosd_home).prepare(snapshot)
    assert say(env, "import a; print(a.A)") == "base"
    assert say(env.moved(snapshot.root, other), "import a; print(a.A)") == "changed"
    assert str(snapshot.root) not in str(env.moved(snapshot.root, other))


def test_pytest_is_lent_behind_everything_the_subject_has(tmp_path: Path, autosd_home: Path) -> None:
    source = put(tmp_path / "s", {"test_a.py": "def test(): pass\n"})
    site = venv(source / ".venv")
    put(site, {"packaging/__init__.py": "MINE = 1\n", "sitecustomize.py": "import builtins; builtins.CUSTOM = 1\n"})
    toolchain = PythonToolchain(autosd_home)
    env = toolchain.prepare(taken(source))
    lent_pytest = next((autosd_home / "toolbox").iterdir()) / "lib/pytest/__init__.py"
    custom = "1" if (Path(os.__file__).parent / "sitecustomize.py").exists() else "CUSTOM"  # a distribution's own comes before any other
    assert say(env, f"import packaging, pytest; print(packaging.MINE, {custom}, pytest.__file__)") == f"1 1 {lent_pytest}"
    done = subprocess.run([env.python, "-m", "pytest", "-q"], env=dict(env.env), cwd=tmp_path / "tree", capture_output=True, text=True)
    assert "1 passed" in done.stdout, done.stdout + done.stderr
    started = time.perf_counter()
    assert toolchain.prepare(taken(source)).env == env.env
    assert time.perf_counter() - started < 2
    lent = {entry.name for entry in next((autosd_home / "toolbox").iterdir()).joinpath("lib").iterdir() if "-info" not in entry.name}
    assert lent <= {"pytest", "_pytest", "py.py", "pluggy", "iniconfig", "packaging", "pygments", "__pycache__"}


def test_an_environment_that_is_broken_is_passed_over(tmp_path: Path, autosd_home: Path) -> None:
    source = put(tmp_path / "s", {"a.py": ""})
    venv(source / ".venv")
    (source / ".venv/bin/python").unlink()
    (source / ".venv/bin/python").symlink_to("/nowhere/python3")
    put(source / "venv", {"pyvenv.cfg": "home = /nowhere\n"})
    put(source / "env", {"not": "an environment\n"})
    assert PythonToolchain(autosd_home).prepare(taken(source)).origin == "autosd"


def test_programs_that_a_subject_brought_along_are_not_run_to_look_at_them(tmp_path: Path, autosd_home: Path) -> None:
    canary = tmp_path / "canary"
    source = put(tmp_path / "s", {"conftest.py": ""})
    site = venv(source / ".venv")
    put(site, {"evil.pth": f"import pathlib; pathlib.Path({str(canary)!r}).touch()\n", "sitecustomize.py": f"open({str(canary)!r}, 'w')\n"})
    PythonToolchain(autosd_home).prepare(taken(source))
    PythonToolchain(autosd_home).prepare(taken(source), python=source / ".venv/bin/python")
    fake = source / "venv"
    put(fake, {"pyvenv.cfg": f"home = {fake}/bin\nversion = 3.12.1\n", "lib/python3.12/site-packages/x.py": "", "lib/python3.12/os.py": ""})
    put(fake, {"bin/python": f"#!/bin/sh\ntouch {canary}\n"})
    (fake / "bin/python").chmod(0o755)
    import shutil

    shutil.rmtree(source / ".venv")
    env = PythonToolchain(autosd_home).prepare(taken(source))
    assert env.python == fake / "bin/python", "it may be what the sandbox starts"
    assert not canary.exists()


def test_a_hostile_home_of_an_environment_opens_nothing(tmp_path: Path, autosd_home: Path) -> None:
    private = put(tmp_path / "private", {"bin/x": "", "lib/secret": "s"})
    source = put(tmp_path / "s", {"a.py": ""})
    venv(source / ".venv")
    config = source / ".venv/pyvenv.cfg"
    config.write_text(config.read_text().replace("home = ", f"home = {private}/bin\nold = "))
    env = PythonToolchain(autosd_home).prepare(taken(source))
    assert not any(private in (mount.path, *mount.path.parents) for mount in env.mounts)


def test_an_interpreter_that_a_person_names_is_used(tmp_path: Path, autosd_home: Path) -> None:
    source = put(tmp_path / "s", {"a.py": "A = 1\n", ".venv/pyvenv.cfg": "home = /x\n"})
    real = Path(os.path.realpath(sys.executable))
    for named in (real, tmp_path / "elsewhere/bin/python"):
        if not named.exists():
            venv(named.parent.parent)
        env = PythonToolchain(autosd_home).prepare(taken(source), python=named)
        assert env.origin == "given" and env.version == sys.version_info[:2] and say(env, "import a, pytest; print(a.A)") == "1"


@pytest.mark.parametrize(
    "script", ["echo hello", "exit 3", 'echo \'["/x", [3, 8], "/usr", "/usr"]\'', 'echo \'["/x", [2, 7], "/usr", "/usr"]\'', None]
)
def test_what_is_no_python_of_use_is_refused(tmp_path: Path, autosd_home: Path, script: str | None) -> None:
    named = tmp_path / "python"
    if script:
        named.write_text(f"#!/bin/sh\n{script}\n")
        named.chmod(0o755)
    with pytest.raises(AutosdError) as refused:
        PythonToolchain(autosd_home).prepare(taken(put(tmp_path / "s", {"a.py": ""})), python=named)
    assert refused.value.code == "AUTOSD-PYTHON-INVALID" and refused.value.exit_code == 2


def test_a_project_for_another_python_says_so(tmp_path: Path, autosd_home: Path) -> None:
    source = put(tmp_path / "s", {"pyproject.toml": '[project]\nname = "x"\nrequires-python = ">=3.99"\n'})
    with pytest.raises(AutosdError, match=r">=3\.99") as refused:
        PythonToolchain(autosd_home).prepare(taken(source))
    assert (refused.value.code, refused.value.exit_code) == ("AUTOSD-ENV-PYTHON-VERSION", 1)


TOOL = """
[project]
name = "My.Tool"
dynamic = ["version"]
[project.scripts]
mytool = "my_tool.cli:main"
[project.entry-points."x.y"]
p = "my_tool"
"""


def test_a_project_that_is_not_installed_still_has_its_metadata_commands_and_plugins(tmp_path: Path, autosd_home: Path) -> None:
    modules = {"src/my_tool/__init__.py": '__version__ = "4.5.6"\n', "src/my_tool/cli.py": "def main():\n    print('from the tree')\n"}
    source = put(tmp_path / "s", {"pyproject.toml": TOOL, **modules})
    env = PythonToolchain(autosd_home).prepare(taken(source))
    assert (
        say(env, "import importlib.metadata as m; print(m.version('my-tool'), m.entry_points(group='x.y')['p'].value)") == "4.5.6 my_tool"
    )
    assert say(env, "import subprocess; print(subprocess.getoutput('mytool'))", tmp_path) == "from the tree"


PLAIN = """
-r more.txt
alpha>=1 # why
beta==2 --hash=sha256:00 \\
  --hash=sha256:11
-e .
.
git+https://h/x
named @ https://h/x.whl
--no-index
./local
"""
DECLARED = """
[project]
name = "self"
dependencies = ["epsilon; python_version < '3'", "self[all]"]
[project.optional-dependencies]
test = ["zeta"]
docs = ["sphinx"]
[dependency-groups]
dev = [{include-group = "lint"}, "eta"]
lint = ["theta"]
[tool.poetry.dependencies]
python = "^3.8"
iota = "^1.2"
kappa = {version = "~0.3", optional = true}
"""


def test_requirements_are_read_from_all_usual_places_and_only_plain_ones_are_kept(tmp_path: Path) -> None:
    files = {
        "requirements.txt": PLAIN,
        "more.txt": "gamma\n-r ../../../../etc/passwd\n-r requirements.txt\n",
        "requirements-dev.txt": "delta[extra]~=1.0\n",
        "pyproject.toml": DECLARED,
        "setup.cfg": "[options]\ninstall_requires =\n    lamda\n",
        "setup.py": "from setuptools import setup\nsetup(install_requires=['mu<3'])\n",
    }
    found = requirements(read_project(put(tmp_path / "s", files)))
    assert set(found.runtime) == {"alpha>=1", "beta==2", "gamma", 'epsilon; python_version < "3"', "iota<2,>=1.2", "lamda", "mu<3"}
    assert set(found.tests) == {"delta[extra]~=1.0", "zeta", "eta", "theta"}


@pytest.mark.parametrize("name", ["pyproject.toml", "setup.cfg", "requirements.txt", "setup.py"])
@pytest.mark.parametrize("text", ["\x00\x01[[[", "[project]\ndependencies = 3\nname = [1]\n", "a" * 100, "[options]\n[options]\n%(x)s"])
def test_files_that_make_no_sense_say_nothing(tmp_path: Path, name: str, text: str) -> None:
    project = read_project(put(tmp_path / "s", {name: text}))
    assert import_roots(project, None, tmp_path / "s") == (tmp_path / "s",)
    assert project.name == "" and all(line == "a" * 100 for line in requirements(project).all)


SOURCE_FOLDERS = [
    {"pyproject.toml": '[tool.setuptools]\npackage-dir = {"" = "lib"}\n'},
    {"pyproject.toml": '[tool.setuptools.packages.find]\nwhere = ["lib"]\n'},
    {"setup.cfg": "[options]\npackage_dir =\n    = lib\n"},
    {"pyproject.toml": '[tool.poetry]\npackages = [{include = "p", from = "lib"}]\n'},
]


@pytest.mark.parametrize("files", SOURCE_FOLDERS)
def test_source_folders_are_read_from_the_build_configuration(tmp_path: Path, files: dict[str, str]) -> None:
    root = put(tmp_path / "s", {**files, "lib/p/__init__.py": "", "src/x.py": ""})
    assert import_roots(read_project(root), None, root) == (root / "lib", root / "src", root)


# -- building: pip runs for real, on wheels that this file makes, with no index


def wheel(folder: Path, name: str, version: str, files: dict[str, str]) -> None:
    info = f"{name}-{version}.dist-info"
    files = {**files, f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
             f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"}  # fmt: skip
    record = "".join(f"{path},sha256={_digest(text)},{len(text)}\n" for path, text in files.items()) + f"{info}/RECORD,,\n"
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        for path, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(path, text)


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that pip takes all packages from; there is no index."""
    folder = tmp_path / "wheels"
    wheel(folder, "pytest", "99.0", {"pytest_99.py": ""})
    wheel(folder, "somelib", "1.5", {"somelib.py": "V = 15\n"})
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    yield folder


def test_an_environment_is_built_from_what_the_project_requires_once_for_each_content(
    tmp_path: Path, autosd_home: Path, wheels: Path
) -> None:
    source = put(tmp_path / "s", {"requirements.txt": "somelib>=1\n", "a.py": "import somelib\n"})
    toolchain = PythonToolchain(autosd_home)
    env = toolchain.prepare(taken(source))
    assert (
        env.origin == "built"
        and env.python.is_relative_to(autosd_home / "envs")
        and say(env, "import a, somelib; print(somelib.V)") == "15"
    )
    for file in wheels.iterdir():
        file.unlink()
    assert toolchain.prepare(taken(put(source, {"a.py": "import somelib  # changed\n"}))).python == env.python


def test_no_setup_script_of_a_dependency_runs(tmp_path: Path, autosd_home: Path, wheels: Path) -> None:
    canary = tmp_path / "canary"
    script = f"open({str(canary)!r}, 'w')\nfrom setuptools import setup\nsetup(name='evil', version='1')\n".encode()
    with tarfile.open(wheels / "evil-1.tar.gz", "w:gz") as archive:
        for name, data in {"evil-1/setup.py": script, "evil-1/PKG-INFO": b"Metadata-Version: 1.0\nName: evil\nVersion: 1\n"}.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    source = put(tmp_path / "s", {"requirements.txt": "evil\n-e .\n.\n", "setup.py": script.decode()})
    with pytest.raises(AutosdError) as refused:
        PythonToolchain(autosd_home).prepare(taken(source))
    assert refused.value.code == "AUTOSD-ENV-BUILD-FAILED" and "evil" in refused.value.message and "--python" in refused.value.remedy
    assert refused.value.exit_code == 1 and not canary.exists()


def test_a_failed_or_half_built_environment_is_never_used(tmp_path: Path, autosd_home: Path, wheels: Path) -> None:
    source = put(tmp_path / "s", {"requirements.txt": "somelib\n"})
    toolchain = PythonToolchain(autosd_home)
    (wheels / "somelib-1.5-py3-none-any.whl").rename(tmp_path / "away.whl")
    with pytest.raises(AutosdError):
        toolchain.prepare(taken(source))
    assert not [entry for entry in (autosd_home / "envs").iterdir() if entry.is_dir()]
    (tmp_path / "away.whl").rename(wheels / "somelib-1.5-py3-none-any.whl")
    env = toolchain.prepare(taken(source))
    folder = env.python.parent.parent
    (folder / ".autosd-complete").unlink()  # as if the builder had been killed before the end
    next(folder.glob("lib/*/site-packages/somelib.py")).unlink()
    assert say(toolchain.prepare(taken(source)), "import somelib; print(somelib.V)") == "15"


def test_when_only_the_tests_extras_cannot_be_had_the_tests_run_without_them(tmp_path: Path, autosd_home: Path, wheels: Path) -> None:
    source = put(tmp_path / "s", {"requirements-dev.txt": "not-to-be-had\n"})
    toolchain = PythonToolchain(autosd_home)
    assert toolchain.prepare(taken(source)).origin == "autosd (not installed: not-to-be-had)"
    started = time.perf_counter()
    toolchain.prepare(taken(source))
    assert time.perf_counter() - started < 1.5, "a build that failed a moment ago is not waited for again"
    put(source, {"requirements.txt": "somelib\n"})
    env = toolchain.prepare(taken(source))
    assert env.origin == "built (not installed: not-to-be-had)" and say(env, "import somelib; print(somelib.V)") == "15"


def test_two_runs_that_need_the_same_environment_build_it_once(tmp_path: Path, autosd_home: Path, wheels: Path) -> None:
    snapshot = taken(put(tmp_path / "s", {"requirements.txt": "somelib\n"}))
    found: list[SubjectEnv] = []
    threads = [threading.Thread(target=lambda: found.append(PythonToolchain(autosd_home).prepare(snapshot))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2 and found[0] == found[1]


def test_a_build_that_takes_too_long_is_ended(tmp_path: Path, autosd_home: Path, wheels: Path) -> None:
    with pytest.raises(AutosdError, match="too long"):
        PythonToolchain(autosd_home, build_seconds=0.0).prepare(taken(put(tmp_path / "s", {"requirements.txt": "somelib==1.5,>1.0\n"})))
