"""The Docker backend against a stand-in for the engine's command, which writes down what it is asked."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from autosd.domain.errors import AutosdError
from autosd.library import create_ephemeral_env
from autosd.testing import write_files

_DOCKER = r"""#!/bin/sh
here=$(dirname "$0")
for last; do :; done
printf '%s\n' "--call--" "$@" >> "$here/log"
case "$1 $2" in
"version "*) if [ -e "$here/down" ]; then echo "Cannot connect to the engine" >&2; exit 1; fi; echo 27.0 ;;
"image inspect") [ -e "$here/built" ] ;;
"build "*) cat > "$here/recipe"
    if grep -q nothing-like-it "$here/recipe"; then echo "ERROR: no matching distribution" >&2; exit 1; fi
    touch "$here/built" ;;
"run "*) if [ "$last" = 60 ]; then exec sleep 60; fi; echo "ran $last" ;;
esac
"""


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    write_files(folder, {"docker": _DOCKER})
    (folder / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


def asked(engine: Path) -> list[list[str]]:
    calls = (engine / "log").read_text().split("--call--\n")[1:]
    return [call.splitlines() for call in calls]


def test_what_is_installed_stands_in_an_image_that_is_made_once(engine: Path, tmp_path: Path) -> None:
    write_files(tmp_path / "p", {"requirements.txt": "somelib>=1\n-e git+evil\n"})
    for _ in range(2):
        with create_ephemeral_env(tmp_path / "p", backend="docker") as (_, run):
            assert run(["pytest", "-q"], check=True).stdout == "ran -q\n"
    assert [words[0] for words in asked(engine)].count("build") == 1
    recipe = (engine / "recipe").read_text()
    assert recipe.startswith("FROM python:3.11-slim\n") and '"somelib>=1"' in recipe and "evil" not in recipe


def test_a_container_has_no_network_no_capabilities_and_only_the_copy_of_the_host(engine: Path, tmp_path: Path) -> None:
    write_files(tmp_path / "p", {"a.py": ""})
    with create_ephemeral_env(tmp_path / "p", backend="docker") as (repo, run):
        run(["ls", "x"], env={"GIVEN": "yes"})
    words = asked(engine)[-1]
    shown = [words[n + 1] for n, word in enumerate(words) if word == "--mount"]
    assert shown == [f"type=bind,src={repo},dst={repo}"] and "GIVEN=yes" in words
    for flag, value in {"--network": "none", "--cap-drop": "ALL", "--security-opt": "no-new-privileges", "--workdir": str(repo)}.items():
        assert words[words.index(flag) + 1] == value


def test_a_program_that_takes_too_long_has_its_container_killed(engine: Path, tmp_path: Path) -> None:
    write_files(tmp_path / "p", {"a.py": ""})
    with create_ephemeral_env(tmp_path / "p", backend="docker") as (_, run), pytest.raises(subprocess.TimeoutExpired):
        run(["sleep", "60"], timeout=0.5)
    words = asked(engine)[-2]
    assert asked(engine)[-1] == ["kill", words[words.index("--name") + 1]]


@pytest.mark.parametrize(("files", "down", "code"), [
    ({"a.py": ""}, True, "AUTOSD-DOCKER-UNAVAILABLE"),
    ({"requirements.txt": "nothing-like-it\n"}, False, "AUTOSD-ENV-BUILD-FAILED"),
])  # fmt: skip
def test_no_engine_and_a_failed_installation_are_told_apart(
    engine: Path, tmp_path: Path, files: dict[str, str], down: bool, code: str
) -> None:
    write_files(tmp_path / "p", files)
    if down:
        (engine / "down").touch()
    with pytest.raises(AutosdError) as failed, create_ephemeral_env(tmp_path / "p", backend="docker"):
        pass
    assert failed.value.code == code
