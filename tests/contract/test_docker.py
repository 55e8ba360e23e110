"""The Docker backend against a stand-in for the engine's command, which writes down what it is asked."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from autosd.domain.errors import AutosdError
from autosd.library import create_ephemeral_env
from autosd.testing import write_files

_DOCKER = """#!/usr/bin/env python3
import json, os, sys, time
here = os.path.dirname(os.path.abspath(__file__))
words = sys.argv[1:]
stdin = sys.stdin.read() if words[:1] == ["build"] else ""
with open(here + "/log", "a") as log:
    log.write(json.dumps([words, stdin]) + "\\n")
if words[0] == "version":
    sys.exit("Cannot connect to the engine") if os.path.exists(here + "/down") else print("27.0")
elif words[:2] == ["image", "inspect"]:
    sys.exit(0 if os.path.exists(here + "/built") else 1)
elif words[0] == "build":
    sys.exit("ERROR: no matching distribution") if "nothing-like-it" in stdin else open(here + "/built", "w").close()
elif words[0] == "run":
    if words[-2:] == ["sleep", "60"]:
        time.sleep(60)
    print("ran", words[-1])
"""


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    write_files(folder, {"docker": _DOCKER})
    (folder / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


def asked(engine: Path) -> list[tuple[list[str], str]]:
    return [tuple(json.loads(line)) for line in (engine / "log").read_text().splitlines()]


def test_what_is_installed_stands_in_an_image_that_is_made_once(engine: Path, tmp_path: Path) -> None:
    write_files(tmp_path / "p", {"requirements.txt": "somelib>=1\n-e git+evil\n"})
    for _ in range(2):
        with create_ephemeral_env(tmp_path / "p", backend="docker") as (_, run):
            assert run(["pytest", "-q"], check=True).stdout == "ran -q\n"
    [recipe] = [stdin for words, stdin in asked(engine) if words[0] == "build"]
    assert recipe.startswith("FROM python:3.11-slim\n") and '"somelib>=1"' in recipe and "evil" not in recipe


def test_a_container_has_no_network_no_capabilities_and_only_the_copy_of_the_host(engine: Path, tmp_path: Path) -> None:
    write_files(tmp_path / "p", {"a.py": ""})
    with create_ephemeral_env(tmp_path / "p", backend="docker") as (repo, run):
        run(["ls", "x"], env={"GIVEN": "yes"})
    words = asked(engine)[-1][0]
    shown = [words[n + 1] for n, word in enumerate(words) if word == "--mount"]
    assert shown == [f"type=bind,src={repo},dst={repo}"] and "GIVEN=yes" in words
    for flag, value in {"--network": "none", "--cap-drop": "ALL", "--security-opt": "no-new-privileges", "--workdir": str(repo)}.items():
        assert words[words.index(flag) + 1] == value


@pytest.mark.slow
def test_a_program_that_takes_too_long_has_its_container_killed(engine: Path, tmp_path: Path) -> None:
    write_files(tmp_path / "p", {"a.py": ""})
    with create_ephemeral_env(tmp_path / "p", backend="docker") as (_, run), pytest.raises(subprocess.TimeoutExpired):
        run(["sleep", "60"], timeout=0.5)
    words = asked(engine)[-2][0]
    assert asked(engine)[-1][0] == ["kill", words[words.index("--name") + 1]]


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
