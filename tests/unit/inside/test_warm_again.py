"""Changes of what ran at import, tried in the warm process: whose modules are run again, and when that is not trusted."""

from __future__ import annotations

import pytest

from .conftest import WarmMaker

TABLES = {
    "app/__init__.py": "",
    "app/units.py": """
        TABLE = {}

        def unit(name, size):
            TABLE[name] = size + 1

        unit("m", 1)
        unit("km", 1000)

        def size(name):
            return TABLE[name]
    """,
    "app/user.py": "from app.units import TABLE, size\n\ndef total():\n    return sum(TABLE.values()) + size('m')\n",
    "test_units.py": """
        import pytest
        from app.units import TABLE, size
        from app.user import total

        @pytest.fixture
        def length():
            return size("km")

        class TestSizes:
            known = "m"
            def test_method(self): assert size(self.known) == 1

        def test_size(): assert size("km") == 1000
        def test_fixture(length): assert length == 1000
        def test_total(): assert total() == 1002
        @pytest.mark.parametrize("name", ["m", "km"])
        def test_known(name): assert name in TABLE
    """,
}


@pytest.mark.parametrize("test", ["TestSizes::test_method", "test_size", "test_fixture", "test_total"])
def test_a_function_that_ran_at_import_is_repaired_for_every_kind_of_test(warm: WarmMaker, test: str) -> None:
    server = warm(TABLES)
    server.observe()
    texts = ["size + 2", "size", "size - 1", "size"]
    trials = [server.trial(n, ("app/units.py", "size + 1", text)) for n, text in enumerate(texts, 1)]
    tried = {
        one.id: one for one in server.session.attempt(trials, targets=[f"test_units.py::{test}"], guards=["test_units.py::test_known[m]"])
    }
    assert [str(tried[n].verdict) for n in (1, 2, 3, 4)] == ["killed", "plausible", "killed", "duplicate"]
    assert server.observe("test_units.py::test_known[km]")["test_units.py::test_known[km]"].outcome == "passed"


def test_one_candidate_leaves_nothing_to_the_next(warm: WarmMaker) -> None:
    server = warm(TABLES)
    server.observe()
    new = ["TABLE = {'m': 0}", "TABLE = {'cm': 2}\nimport decimal", "TABLE = dict(x=1)"]
    trials = [server.trial(n, ("app/units.py", "TABLE = {}", text)) for n, text in enumerate(new, 1)]
    trials.append(server.trial(9, ("app/units.py", "return TABLE[name]", "return TABLE[name] - 1")))
    tried = {one.id: str(one.verdict) for one in server.session.attempt(trials, targets=["test_units.py::test_size"])}
    assert tried == {1: "killed", 2: "killed", 3: "killed", 9: "plausible"}


def test_a_test_whose_parameters_come_from_the_changed_module_is_collected_anew(warm: WarmMaker) -> None:
    files = {
        "lib.py": "LIMITS = [1, 2]\n\ndef double(x):\n    return 2 * x\n",
        "test_lib.py": """
            import pytest, lib
            @pytest.mark.parametrize("limit", lib.LIMITS)
            def test_limit(limit): assert lib.double(limit) == 6
            @pytest.mark.parametrize("make", [lib.double])
            def test_make(make): assert make(lib.LIMITS[0]) == 8
        """,
    }
    server = warm(files)
    server.observe()
    trials = [server.trial(1, ("lib.py", "[1, 2]", "[4, 2]")), server.trial(2, ("lib.py", "[1, 2]", "[5, 2]"))]
    tried = {one.id: str(one.verdict) for one in server.session.attempt(trials, targets=["test_lib.py::test_make[double]"])}
    assert tried == {1: "plausible", 2: "killed"}


def test_a_module_that_a_test_imports_by_itself_is_changed_without_a_new_collection(warm: WarmMaker) -> None:
    files = {
        "lib.py": "open('imports', 'a').write('.')\nSTART = 2\n\ndef half(x):\n    return x * START\n",
        "test_lib.py": """
            def test_half():
                from lib import half
                assert half(4) == 2
            def test_fast():
                import lib
                assert lib.half(0) == 0
        """,
    }
    server = warm(files)
    texts = [f"x {sign} START" for sign in ("+", "-", "%", "//")] + [f"x * {number}" for number in range(20)]
    assert server.verdicts(*[("lib.py", "x * START", text) for text in texts])[:4] == ["killed", "killed", "killed", "plausible"]
    assert len((server.root / "imports").read_text()) < 10


def test_a_module_that_may_only_be_imported_once_still_gets_its_verdict(warm: WarmMaker) -> None:
    files = {
        "lib.py": """
            import atexit
            if getattr(atexit, "lib_is_here", False):
                raise RuntimeError("twice")
            atexit.lib_is_here = True
            LIMIT = 1
        """,
        "test_lib.py": "import lib\ndef test(): assert lib.LIMIT == 2\n",
    }
    assert warm(files).verdicts(("lib.py", "LIMIT = 1", "LIMIT = 3"), ("lib.py", "LIMIT = 1", "LIMIT = 2")) == ["killed", "plausible"]
