"""Candidates that take a new import: module level, signatures, decorators, classes, files that did not parse."""

from __future__ import annotations

import pytest

from .conftest import WarmMaker

FILES = {
    "app/__init__.py": "",
    "app/rates.py": """
        import json
        RATE = 3

        def price(x, fee=1):
            return x * RATE + fee

        def twice(function):
            return lambda *args: 2 * function(*args)

        @twice
        def plain(x):
            return x

        class Tax:
            share = 2
            def of(self, x):
                return x * self.share
    """,
    "app/user.py": "from app.rates import RATE\n\ndef again():\n    return RATE\n",
    "tests/test_rates.py": """
        from app import rates
        from app.user import again
        def test_price(): assert rates.price(2) == 5
        def test_again(): assert again() == 2
        def test_plain(): assert rates.plain(3) == 3
        def test_tax(): assert rates.Tax().of(3) == 3
        def test_fee(): assert rates.price(0, 4) == 4
    """,
}


@pytest.mark.parametrize(
    ("test", "old", "new", "wrong"),
    [
        ("again", "RATE = 3", "RATE = 2", "RATE = 4"),
        ("price", "RATE = 3", "RATE = 2", "RATE = 1 / 0"),
        ("price", "fee=1", "fee=-1", "fee=0"),
        ("plain", "@twice\n", "", "@print\n"),
        ("plain", "2 * function", "1 * function", "3 * function"),
        ("tax", "share = 2", "share = 1", "share = 0"),
    ],
)
def test_what_was_computed_at_import_is_computed_again(warm: WarmMaker, test: str, old: str, new: str, wrong: str) -> None:
    server = warm(FILES)
    server.observe()
    before = (server.root / "app/rates.py").read_bytes()
    trials = [server.trial(n, ("app/rates.py", old, text)) for n, text in enumerate((wrong, new), 1)]
    targets, guards = [f"tests/test_rates.py::test_{test}"], ["tests/test_rates.py::test_fee"]
    tried = {one.id: str(one.verdict) for one in server.session.attempt(trials, targets=targets, guards=guards)}
    assert tried == {1: "killed", 2: "plausible"}
    assert (server.root / "app/rates.py").read_bytes() == before


def test_module_level_accidents_are_contained(warm: WarmMaker) -> None:
    server = warm(FILES)
    server.observe()
    texts = [
        "while True: pass\nRATE = 2",
        "import os; os._exit(0)",
        "RATE =",
        "RATE = (3)",
        "import sys; sys.exit(0)",
        "RATE = 2",
        "RATE = 1 + 1",
    ]
    trials = [server.trial(n, ("app/rates.py", "RATE = 3", text)) for n, text in enumerate(texts, 1)]
    tried = {one.id: str(one.verdict) for one in server.session.attempt(trials, targets=["tests/test_rates.py::test_again"])}
    assert list(dict(sorted(tried.items())).values()) == ["timeout", "crash", "invalid", "duplicate", "killed", "plausible", "duplicate"]


def test_a_file_that_does_not_parse_is_repaired_and_the_share_of_passing_tests_told(warm: WarmMaker) -> None:
    files = {
        "lib.py": "def add(a, b):\n    return a + \n\ndef one():\n    return 1\n",
        "test_lib.py": "import lib\ndef test_add(): assert lib.add(1, 2) == 3\ndef test_one(): assert lib.one() == 1\n",
        "test_other.py": "def test_other(): pass\n",
    }
    server = warm(files)
    trials = [server.trial(n, ("lib.py", "a + ", text)) for n, text in enumerate(("a + b", "a", "a +", "b - a"), 1)]
    tried = {one.id: one for one in server.session.attempt(trials, targets=["test_lib.py"], guards=["test_other.py::test_other"])}
    assert [(str(tried[n].verdict), tried[n].share) for n in (1, 2, 3, 4)] == [
        ("plausible", 1.0),
        ("plausible", 0.5),
        ("invalid", 1.0),
        ("plausible", 0.5),
    ]


def test_an_import_that_fails_is_repaired_for_the_tests_behind_it(warm: WarmMaker) -> None:
    files = {
        "lib.py": "from collections import OrderedDic\n\ndef make():\n    return OrderedDic(a=1)\n",
        "test_lib.py": "from lib import make\ndef test_make(): assert make() == {'a': 1}\n",
    }
    server = warm(files)
    assert server.opened.errors[0].failure.kind == "ImportError"
    server_trials = [
        server.trial(1, ("lib.py", "import OrderedDic\n", "import Counter\n")),
        server.trial(2, ("lib.py", "import OrderedDic\n", "import OrderedDict as OrderedDic\n")),
    ]
    tried = {one.id: str(one.verdict) for one in server.session.attempt(server_trials, targets=["test_lib.py::test_make"])}
    assert tried == {1: "killed", 2: "plausible"}


def test_a_conftest_that_imports_the_project_does_not_hide_the_change(warm: WarmMaker) -> None:
    server = warm({**FILES, "tests/conftest.py": "import app.rates, app.user\n"})
    server.observe()
    trials = [server.trial(1, ("app/rates.py", "RATE = 3", "RATE = 2")), server.trial(2, ("app/rates.py", "RATE = 3", "RATE = 9"))]
    tried = {one.id: str(one.verdict) for one in server.session.attempt(trials, targets=["tests/test_rates.py::test_again"])}
    assert tried == {1: "plausible", 2: "killed"}


def test_programs_that_tests_start_see_module_level_changes(warm: WarmMaker) -> None:
    files = {
        "tool.py": "WORD = 'bad'\nif __name__ == '__main__':\n    print(WORD)\n",
        "test_tool.py": """
            import subprocess, sys
            def test(): assert subprocess.run([sys.executable, "tool.py"], stdout=subprocess.PIPE).stdout.split() == [b"good"]
        """,
    }
    assert warm(files).verdicts(("tool.py", "'bad'", "'good'"), ("tool.py", "'bad'", "'ill'")) == ["plausible", "killed"]


def test_unittest_projects_are_imported_again_too(warm: WarmMaker) -> None:
    files = {
        "lib.py": "LIMIT = 1\n",
        "test_lib.py": "import unittest, lib\nclass T(unittest.TestCase):\n    def test(self): self.assertEqual(lib.LIMIT, 2)\n",
    }
    assert warm(files, runner="unittest").verdicts(("lib.py", "1", "2"), ("lib.py", "1", "3")) == ["plausible", "killed"]


def test_warnings_made_errors_do_not_keep_the_suite_from_being_collected_again(warm: WarmMaker) -> None:
    files = {
        **FILES,
        "pytest.ini": "[pytest]\nfilterwarnings = error\naddopts = -x -p no:xdist\n",
        "tests/test_bad.py": "import app.missing\n",
    }
    server = warm(files)
    assert len(server.tests) == 5
    server.observe()
    trials = [server.trial(1, ("app/rates.py", "RATE = 3", "RATE = 2")), server.trial(2, ("app/rates.py", "RATE = 3", "RATE = 9"))]
    tried = {
        one.id: str(one.verdict)
        for one in server.session.attempt(trials, targets=["tests/test_rates.py::test_again"], guards=["tests/test_rates.py::test_fee"])
    }
    assert tried == {1: "plausible", 2: "killed"}
