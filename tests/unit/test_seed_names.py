"""``docs/reference/seed-names.md`` keeps its word: every setting, command and test that it names is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import click
import pytest

from autosd.entrypoints.cli.main import cli
from autosd.settings.table import TABLE

ROOT = Path(__file__).resolve().parents[2]
ROWS = [line.split(" | ") for line in (ROOT / "docs/reference/seed-names.md").read_text().splitlines() if line.startswith("| `")]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_the_test_that_shows_it_is_there(row: list[str]) -> None:
    file, _, name = row[2].strip("`| ").partition("::")
    functions = {node.name for node in ast.walk(ast.parse((ROOT / file).read_text())) if isinstance(node, ast.FunctionDef)}
    assert not name or name in functions


def test_every_variable_of_the_environment_answers_to_its_name() -> None:
    known = {name for row in TABLE for name in row.env_names}
    named = {word for row in ROWS for word in re.findall(r"^\| `([A-Z][A-Z0-9_]{3,})`", " | ".join(row))}
    assert len(named) > 20 and named <= known


def test_every_command_is_there() -> None:
    for words in {found for row in ROWS for found in re.findall(r"`autosd ([a-z -]+)`", row[0])}:
        command: click.Command | None = cli
        for word in words.split():
            assert isinstance(command, click.Group), words
            command = command.get_command(click.Context(command), word)
        assert command is not None, words
