"""Which new code may wait for a test: what nothing can run into yet."""

from __future__ import annotations

import pytest

from autosd.gates.additions import waiting_lines

BASE = "import json\n\nLIMIT = 3\n\n\ndef old(x):\n    return json.dumps(x)[:LIMIT]\n"
NEW = "\n\ndef new(x):\n    y = x + 1\n    return y\n"


def test_the_body_of_a_new_function_that_nothing_names_may_wait() -> None:
    assert waiting_lines(BASE, BASE + NEW) == {11, 12}


def test_methods_of_a_new_class_may_wait_but_not_the_body_of_the_class() -> None:
    text = BASE + "\n\nclass New:\n    table = {}\n\n    def look(self):\n        return self.table\n"
    assert waiting_lines(BASE, text) == {14}


@pytest.mark.parametrize("new", [
    BASE.replace("return json", "return new(x) or json") + NEW,  # it is called
    BASE + NEW + "\n\nHOOK = new\n",  # it is handed on
    BASE + NEW + "\n\nNAME = 'new'\n",  # it is looked up by name
    BASE + NEW.replace("new", "len"),  # it hides what others call
    BASE + NEW.replace("new", "__getattr__"),  # Python itself calls it
    BASE + NEW.replace("new", "old"),  # it replaces what is there
    BASE + NEW + NEW,  # twice
    BASE + NEW.replace("def new", "@route('/new')\ndef new"),  # its decorator hands it on
    BASE + "\n\nclass New(Plugin):\n    def run(self):\n        return 1\n",  # its base may keep a list
    BASE + "\n\nif LIMIT:\n    def new(x):\n        return x\n",  # not at the top
    "def broken(:\n",
])  # fmt: skip
def test_what_something_may_run_into_does_not_wait(new: str) -> None:
    assert waiting_lines(BASE, new) == frozenset()


def test_changed_lines_of_what_was_there_never_wait() -> None:
    assert waiting_lines(BASE, BASE.replace("[:LIMIT]", "[1:]")) == frozenset()
