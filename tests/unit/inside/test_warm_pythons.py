"""The server runs under the subject's interpreter, whichever CPython from 3.9 on that is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import WarmMaker

FILES = {
    "lib.py": """
        class A:
            def __init__(self): self.__x = 1
            def get(self): return self.__x
        class B(A):
            def get(self):
                def inner(k):
                    return k + 1
                return [inner(v) for v in [super().get()]][0] + 5

        def loop(n):
            while n > 0:
                n += 1
            return n

        LIMIT = 3
    """,
    "test_lib.py": """
        import unittest, lib
        class T(unittest.TestCase):
            def test_get(self): self.assertEqual(lib.B().get(), 2)
            def test_loop(self): self.assertEqual(lib.loop(3), 0)
            def test_ok(self): self.assertEqual(lib.A().get(), 1)
            def test_limit(self): self.assertEqual(lib.LIMIT, 4)
    """,
}


def interpreters() -> list[Path]:
    """Other interpreters beside ours, where a version manager keeps them; and Debian's."""
    found = [*Path(sys.base_prefix).parent.glob("3.*/bin/python3"), *Path("/usr/bin").glob("python3.[0-9]*")]
    wanted: dict[str, Path] = {}
    for path in sorted(found):
        probe = subprocess.run(
            [str(path), "-c", "import sys, unittest; print('%d.%d' % sys.version_info[:2])"], capture_output=True, text=True
        )
        version = probe.stdout.strip()
        if probe.returncode == 0 and version and tuple(map(int, version.split("."))) >= (3, 9):
            wanted.setdefault(version, path)
    return list(wanted.values())


@pytest.mark.parametrize("python", interpreters(), ids=lambda path: path.parent.parent.name)
def test_observing_trying_and_probing_work_under_every_interpreter_at_hand(warm: WarmMaker, python: Path) -> None:
    server = warm(FILES, python=python, runner="unittest", test_seconds=0.4)
    seen = {name.rpartition(".")[2]: test for name, test in server.observe().items()}
    assert {name: str(test.outcome) for name, test in seen.items()} == {
        "test_get": "failed",
        "test_loop": "timeout",
        "test_ok": "passed",
        "test_limit": "failed",
    }
    assert seen["test_get"].lines["lib.py"] == {3, 4, 7, 8, 9}
    assert seen["test_loop"].looped == {"lib.py": {12, 13}}
    changes = {
        "test_get": ("+ 5", "+ 0", "+ 1"),
        "test_loop": ("n += 1", "n -= 1", "n += 2"),
        "test_limit": ("LIMIT = 3", "LIMIT = 4", "LIMIT = 5"),
    }
    for test, (old, right, wrong) in changes.items():
        trials = [server.trial(n, ("lib.py", old, text)) for n, text in enumerate((right, wrong), 1)]
        tried = {
            one.id: str(one.verdict)
            for one in server.session.attempt(trials, targets=[f"test_lib.T.{test}"], guards=["test_lib.T.test_ok"])
        }
        assert tried[1] == "plausible" and tried[2] in ("killed", "fuel")
    full = {one.test: one for one in server.session.observe(["test_lib.T.test_get"], full=True)}
    assert full["test_lib.T.test_get"].vars["lib.py"][8]["k"] == {"int"}
    probed = list(server.session.probe([server.trial(1, ("lib.py", "+ 5", "+ 0"))], tests=["test_lib.T.test_get"], samples=4))
    assert [one.kept > 0 for one in probed] == [True, True]
