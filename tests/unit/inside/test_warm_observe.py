"""What the warm server tells of tests on the unchanged program."""

from __future__ import annotations

import time

from .conftest import WarmMaker

MIXED = {
    "code.py": """
        def double(x):
            return x + x

        def spin(x):
            count = 0
            while x > 0:
                count += 1
            return count

        def deep(value):
            inner = value["key"]
            return inner
    """,
    "test_code.py": """
        import os, unittest
        import pytest
        from code_ import double, spin, deep

        def test_passes(): assert double(2) == 4
        def test_fails(): assert double(2) == 5
        def test_breaks(): deep({})
        @pytest.mark.skip
        def test_skipped(): pass
        @pytest.mark.xfail
        def test_expected(): assert False
        def test_hangs(): spin(1)
        def test_dies(): os._exit(3)
        @pytest.fixture
        def broken(): raise ValueError("no")
        def test_setup(broken): pass
        class TestOld(unittest.TestCase):
            def test_equal(self): self.assertEqual(double(3), 7)
            def test_in(self):
                with self.subTest("a"): self.assertIn(5, [1, 2])
    """,
}
MIXED["code_.py"] = MIXED.pop("code.py")


def test_every_kind_of_end_is_told_apart_and_none_takes_the_server_along(warm: WarmMaker) -> None:
    seen = warm(MIXED, test_seconds=0.4).observe()
    ends = {name.rpartition("::")[2]: str(test.outcome) for name, test in seen.items()}
    assert ends == {
        "test_passes": "passed",
        "test_fails": "failed",
        "test_breaks": "error",
        "test_skipped": "skipped",
        "test_expected": "skipped",
        "test_hangs": "timeout",
        "test_dies": "crashed",
        "test_setup": "error",
        "test_equal": "failed",
        "test_in": "failed",
    }


def test_a_failed_assertion_tells_its_two_sides_and_its_frames(warm: WarmMaker) -> None:
    server = warm(MIXED)
    found = server.observe("test_code.py::test_fails")["test_code.py::test_fails"].failure
    assert found is not None
    assert (found.left, found.right, found.op, found.failure.kind) == ("4", "5", "Eq", "AssertionError")
    assert [frame.file for frame in found.failure.frames] == ["test_code.py"]


def test_the_sides_of_a_unittest_assertion_are_read_off_its_frame(warm: WarmMaker) -> None:
    server = warm(MIXED)
    seen = server.observe("test_code.py::TestOld::test_equal", "test_code.py::TestOld::test_in")
    equal, contained = (test.failure for test in seen.values())
    assert equal is not None and contained is not None
    assert (equal.left, equal.right, equal.op) == ("6", "7", "assertEqual")
    assert (contained.left, contained.right) == ("5", "[1, 2]")


def test_an_exception_tells_the_way_there_and_the_values_at_its_place(warm: WarmMaker) -> None:
    server = warm(MIXED)
    found = server.observe("test_code.py::test_breaks")["test_code.py::test_breaks"].failure
    assert found is not None
    assert found.failure.kind == "KeyError"
    assert [(frame.file, frame.function) for frame in found.failure.frames] == [("test_code.py", "test_breaks"), ("code_.py", "deep")]
    assert found.locals == {"value": "{}"}


def test_a_test_that_never_ends_is_cut_off_and_tells_the_lines_of_its_loop(warm: WarmMaker) -> None:
    server = warm(MIXED, test_seconds=0.4)
    began = time.monotonic()
    seen = server.observe("test_code.py::test_hangs")["test_code.py::test_hangs"]
    assert time.monotonic() - began < 3
    assert seen.outcome == "timeout"
    assert seen.looped["code_.py"] == {7, 8}
    assert {6, 7, 8} <= seen.lines["code_.py"] and 9 not in seen.lines["code_.py"]


def test_lines_are_reported_per_test_for_code_and_tests_alike(warm: WarmMaker) -> None:
    seen = warm(MIXED).observe("test_code.py::test_passes", "test_code.py::test_breaks")
    assert seen["test_code.py::test_passes"].lines == {"code_.py": {3}, "test_code.py": {6}}
    assert seen["test_code.py::test_breaks"].lines["code_.py"] == {12}


def test_full_detail_adds_types_literal_values_attributes_and_return_types(warm: WarmMaker) -> None:
    server = warm(
        {
            "shop.py": """
                class Cart:
                    def __init__(self):
                        self.items = []
                    def add(self, name, price):
                        self.items.append((name, price))
                        return len(self.items)
            """,
            "test_shop.py": """
                from shop import Cart
                def test_add():
                    assert Cart().add("tea", 2.5) == 2
            """,
        }
    )
    (seen,) = server.observe(full=True).values()
    line = seen.vars["shop.py"][6]
    assert (line["name"], line["price"], line["self"], line["self.items"]) == ({"str"}, {"float"}, {"shop.Cart"}, {"list"})
    assert seen.values["shop.py"]["add"]["name"] == ("'tea'",)
    assert {"add", "items"} <= seen.attrs["shop.Cart"]
    assert seen.returns["shop.py"]["add"] == {"int"}


def test_what_could_not_be_collected_is_told_with_its_place(warm: WarmMaker) -> None:
    server = warm({"broken.py": "def f(:\n    pass\n", "test_a.py": "import broken\n", "test_b.py": "def test_b(): pass\n"})
    assert server.tests == ["test_b.py::test_b"]
    (error,) = server.opened.errors
    assert (error.test, error.failure.kind) == ("test_a.py", "SyntaxError")
    assert [(frame.file, frame.line) for frame in error.failure.frames] == [("test_a.py", 1), ("broken.py", 1)]
    assert server.observe("test_a.py::test_gone")["test_a.py::test_gone"].failure == error


def test_a_conftest_that_does_not_import_is_told(warm: WarmMaker) -> None:
    server = warm({"conftest.py": "import missing_module_of_ours\n", "test_a.py": "def test_a(): pass\n"})
    assert server.tests == []
    assert [error.failure.kind for error in server.opened.errors] == ["ModuleNotFoundError"]


def test_the_projects_own_configuration_holds(warm: WarmMaker) -> None:
    server = warm(
        {
            "pytest.ini": "[pytest]\naddopts = -n 2 --durations=3 -p no:doctest\npython_files = check_*.py\npythonpath = lib\n",
            "lib/engine.py": "def go(): return 1\n",
            "check_it.py": "from engine import go\ndef test_go(): assert go() == 1\n",
            "test_other.py": "def test_other(): pass\n",
        }
    )
    assert server.tests == ["check_it.py::test_go"]
    assert [test.outcome for test in server.observe().values()] == ["passed"]


def test_unittest_projects_are_collected_by_unittest(warm: WarmMaker) -> None:
    server = warm(
        {
            "lib.py": "def one():\n    return 2\n",
            "test_lib.py": """
                import unittest, lib
                class T(unittest.TestCase):
                    @classmethod
                    def setUpClass(cls): cls.base = 1
                    def test_one(self): self.assertEqual(lib.one(), self.base)
            """,
        },
        runner="unittest",
    )
    assert server.tests == ["test_lib.T.test_one"]
    assert server.verdicts(("lib.py", "2", "1"), ("lib.py", "2", "3")) == ["plausible", "killed"]


def test_a_passing_test_that_only_tracing_makes_slow_still_passes(warm: WarmMaker) -> None:
    server = warm(
        {
            "busy.py": """
                import sys
                def watched():
                    return sys.gettrace() or (hasattr(sys, "monitoring") and sys.monitoring.get_tool(4))
                def busy():
                    while watched():
                        pass
                    return 1
            """,
            "test_busy.py": "import busy\ndef test(): assert busy.busy() == 1\n",
        },
        test_seconds=1.0,
    )
    (seen,) = server.observe().values()
    assert seen.outcome == "passed" and seen.failure is None and seen.looped == {}
    assert {4, 6, 7} <= seen.lines["busy.py"]
