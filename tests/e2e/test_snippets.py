"""``autosd snippets`` as a person calls it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from autosd.testing import TinyRepository, make_repository
from tests.e2e.conftest import Cli

FILES = {
    ".gitignore": "made.py\n",
    "made.py": "def refuse_negative_price(): ...\n",
    "shop/prices.py": 'def check(price):\n    """Refuse negative prices."""\n    assert price >= 0\n',
    "shop/other.py": "def unrelated():\n    return 1\n",
}


@pytest.fixture
def repository(tmp_path: Path) -> TinyRepository:
    return make_repository(tmp_path / "shop", FILES)


def test_words_lead_to_the_place_and_the_project_is_left_as_it_was(cli: Cli, repository: TinyRepository) -> None:
    before = repository.state(ignore=())
    ran = cli("snippets", "search", "refuse negative prices", repository.path, "--json")
    assert ran.code == 0
    first = ran.object["passages"][0]
    assert (first["path"], first["symbol"], first["start"], first["end"]) == ("shop/prices.py", "check", 1, 3)
    assert first["text"] == FILES["shop/prices.py"]
    assert "made.py" not in ran.stdout
    assert repository.state(ignore=()) == before


def test_people_get_a_table_and_the_code_when_they_ask(cli: Cli, repository: TinyRepository) -> None:
    assert "shop/prices.py:1" in cli("snippets", "search", "negative prices", repository.path).stdout
    assert "assert price >= 0" in cli("snippets", "search", "check", repository.path, "--show").stdout
    assert "Nothing was found" in cli("snippets", "search", "zeppelin", repository.path).stdout


def test_a_traceback_may_come_from_stdin(cli: Cli, repository: TinyRepository) -> None:
    trace = 'File "/elsewhere/shop/other.py", line 2, in unrelated\nValueError: negative prices\n'
    done = subprocess.run(
        cli.argv("snippets", "search", "-", repository.path, "--limit", "1", "--json"),
        input=trace,
        env=cli.env,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and '"unrelated"' in done.stdout


@pytest.mark.parametrize(("words", "code"), [(("",), 2), (("x", "/no/such/folder"), 2), (("x", ".", "--limit", "0"), 2), ((" ",), 2)])
def test_wrong_questions_are_told_in_a_line(cli: Cli, words: tuple[str, ...], code: int) -> None:
    ran = cli("snippets", "search", *words)
    assert ran.code == code and ran.stderr.startswith("[AUTOSD-")
