"""Thirty kinds of planted secrets, over every channel a run has: none is in anything that autosd keeps, prints or commits."""

from __future__ import annotations

import base64
import json
import sqlite3
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path

import projects
import pytest

from autosd.testing import make_repository

#: By kind. Each holds a word of its own that nothing else holds, so that a part of it is found too. Written so that no scanner
#: takes this file for a leak.
_RAW = {
    "aws key id": "AK" + "IAQ7ZCANARY0001XYZ"[:18],
    "aws secret": "aws_secret_access_key=wJalrXUtnFEMI/K7MDENG/bPxRCANARY0002",
    "github classic": "gh" + "p_CANARY0003abcdefghijklmnopqrstuvwx01",
    "github server": "gh" + "s_CANARY0004abcdefghijklmnopqrstuvwx01",
    "github fine-grained": "github" + "_pat_11CANARY0005_abcdefghijklmnopqrstuvwxyz0123456789",
    "gitlab": "gl" + "pat-CANARY0006abcdefgh12",
    "slack": "xox" + "b-123456789012-CANARY0007abcdefgh",
    "slack webhook": "https://hooks.slack.com" + "/services/T000/B000/CANARY0008",
    "stripe": "sk" + "_live_CANARY0009abcdefghijkl",
    "google": "AI" + "zaSyCANARY0010-1234567890abcdefghijklm",
    "google oauth": "ya" + "29.CANARY0011abcdefghijklmnop",
    "npm": "np" + "m_CANARY0012abcdefghijklmnopqrstuvwxyz",
    "pypi": "py" + "pi-AgEIcHlwaS5vcmcCCANARY0013abcdef",
    "jwt": "ey" + "JhbGciOiJIUzI1NiJ9.eyJzdWIiOiJDQU5BUlkwMDE0In0.CANARY0014HNryP4J3jVmNHl0w5N",
    "rsa key": "-----BEGIN RSA PRIVATE" + " KEY-----\nMIIECANARY0015\nCANARY0015\n-----END RSA PRIVATE" + " KEY-----",
    "ec key": "-----BEGIN EC PRIVATE" + " KEY-----\nMHcCANARY0016\n-----END EC PRIVATE" + " KEY-----",
    "openssh key": "-----BEGIN OPENSSH PRIVATE" + " KEY-----\nb3BlCANARY0017\n-----END OPENSSH PRIVATE" + " KEY-----",
    "pgp key": "-----BEGIN PGP PRIVATE" + " KEY BLOCK-----\nlQVYCANARY0018\n-----END PGP PRIVATE" + " KEY BLOCK-----",
    "basic auth": "https://deploy:CANARY0019pass@git.example.org/shop.git",
    "bearer": "Authorization: Bearer CANARY0020abcdefghij",
    "openai": "sk" + "-proj-CANARY0021abcdefghijklmnop",
    "anthropic": "sk" + "-ant-api03-CANARY0022abcdefghijk",
    "azure storage": "DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=CANARY0023abcdefghijklmnopqrstuvwxyz==",
    "azure client": "CAN8" + "Q~CANARY0024abcdefghijklmnopqrstuvwx",
    "twilio": "auth_token: CANARY0025abcdef",
    "sendgrid": "SG" + ".CANARY0026abcdefghij.abcdefghijklmnopqrstuvwx",
    "database": "postgresql://shop:CANARY0027pw@db.example.org:5432/shop",
    "dotenv": "SHOP_DB_PASSWORD='CANARY0028 with words'",
    "kubeconfig": "    token: CANARY0029abcdefghijklmnop",
    "password": "password=CANARY0030xK9$vQ2",
    "vault": "hv" + "s.CANARY0031abcdefghijklmnopqr",
    "cookie": "session_token=CANARY0032abcdefgh",
}
SECRETS = _RAW
#: What the settings hold: literal secrets, whatever they look like.
DATABASE_PASSWORD = "correct-horse-canary"


def test_there_are_at_least_thirty_kinds_and_each_can_be_told_apart() -> None:
    assert len(SECRETS) >= 30 and all("CANARY00" in text or "CANARY000" in text for text in SECRETS.values())


def encoded(text: str) -> str:
    """How the project's files hold the secrets: what a file of the project holds in the clear, its repository holds anyhow."""
    return base64.b64encode(zlib.compress(text.encode())).decode()


TESTS = """
import logging, os, subprocess, sys, warnings

import pytest

from clamp import clamp
from reveal import ALL, SECRETS


def test_inside():
    print(ALL)
    print(ALL, file=sys.stderr)
    logging.getLogger("x").error(ALL)
    warnings.warn(ALL, stacklevel=1)
    print(dict(os.environ))
    assert clamp(3, 1, 5) == 3


def test_below():
    assert clamp(0, 1, 5) == 1


def test_above():
    print(ALL)
    assert clamp(9, 1, 5) == 5, ALL
    assert clamp(12, 2, 7) == 7


@pytest.mark.parametrize("secret", SECRETS)
def test_named(secret):
    print(secret)
    assert clamp(9, 1, 5) == 5, secret


def test_raises():
    if clamp(9, 1, 5) != 5:
        raise RuntimeError(ALL)


def test_argv():
    done = subprocess.run([sys.executable, "-c", "import sys; sys.exit(sys.argv[1])", ALL], capture_output=True)
    assert clamp(9, 1, 5) == 5, done
"""


def leaky_project() -> dict[str, str]:
    """One real bug, and tests that show secrets by every way that a test has of saying something."""
    told = [*SECRETS.values(), f"it is {DATABASE_PASSWORD}"]
    kinds = json.dumps([encoded(text) for text in told])
    reveal = (
        "import base64, zlib\n\n"
        f"SECRETS = [zlib.decompress(base64.b64decode(each)).decode() for each in {kinds}]\nALL = '\\n'.join(SECRETS)\n"
    )
    return {"clamp.py": projects.CLAMP["clamp.py"], "reveal.py": reveal, "test_clamp.py": TESTS.lstrip()}


def environment() -> dict[str, str]:
    """A machine whose environment is full of secrets."""
    things = {f"CI_THING_{number}": text.replace("\n", " ") for number, text in enumerate(SECRETS.values())}
    return {**things, "REDIS_URL": f"redis://:{DATABASE_PASSWORD}@localhost:1/0"}


def everything_kept(*places: Path) -> Iterator[tuple[str, bytes]]:
    """Every file, and what is packed inside: git objects, database rows, compressed streams."""
    for place in places:
        for path in sorted(place.rglob("*")):
            if not path.is_file() or path.is_symlink():
                continue
            content = path.read_bytes()
            yield str(path), content
            if path.parent.parent.name == "objects" and len(path.name) == 38:
                yield f"{path} (object)", zlib.decompress(content)
            if content.startswith(b"SQLite format 3"):
                yield f"{path} (rows)", "\n".join(sqlite3.connect(path).iterdump()).encode()
        for pack in sorted(place.rglob("*.pack")):
            listed = subprocess.run(["git", "verify-pack", "-v", str(pack)], capture_output=True, text=True, check=True).stdout
            for sha in [line.split()[0] for line in listed.splitlines() if len(line.split()[0]) == 40]:
                shown = subprocess.run(["git", "cat-file", "-p", sha], cwd=pack.parent, capture_output=True)
                yield f"{pack} {sha}", shown.stdout


def found_in(texts: Iterator[tuple[str, bytes]]) -> list[str]:
    needles = [f"CANARY{number:04d}".encode() for number in range(1, len(SECRETS) + 1)] + [DATABASE_PASSWORD.encode()]
    return sorted({f"{name}: {needle.decode()}" for name, text in texts for needle in needles if needle in text})


@pytest.mark.slow
def test_no_secret_is_kept_printed_or_committed_by_a_real_run(cli, tmp_path: Path) -> None:
    repo = make_repository(tmp_path / "project", leaky_project())
    (repo.path / ".env").write_text("\n".join(SECRETS.values()))
    (repo.path / ".git" / "info" / "exclude").write_text(".env\n")

    ran = cli("--verbose", "fix", repo.path, "--commit", "--json", "--max-seconds", "90", env=environment())

    assert ran.object["result"] == "committed", ran.stdout + ran.stderr
    (repo.path / ".env").unlink()
    home = Path(cli.env["AUTOSD_HOME"])
    assert found_in(iter([("log on stderr", ran.stderr.encode())])) == []
    assert found_in(everything_kept(home, repo.path)) == []


@pytest.mark.slow
def test_no_secret_is_kept_of_a_run_that_fails(cli, tmp_path: Path) -> None:
    """Nothing to be found: the reasons why, and what stood in the way, are told."""
    files = leaky_project()
    files["clamp.py"] = "from reveal import ALL\n\n\ndef clamp(value, low, high):\n    raise LookupError(ALL)\n"
    repo = make_repository(tmp_path / "project", files)

    ran = cli("--verbose", "fix", repo.path, "--max-seconds", "20", env=environment())
    again = cli("fix", repo.path, "--test", "test_clamp.py::nope-" + SECRETS["github classic"], "--json", "--max-seconds", "20")
    wrong = cli("fix", repo.path, "--python", SECRETS["openai"], "--json")

    for each in (ran, again, wrong):
        assert each.code != 0
    assert found_in(iter([("log on stderr", ran.stderr.encode())])) == []
    assert found_in(everything_kept(Path(cli.env["AUTOSD_HOME"]), repo.path)) == []
