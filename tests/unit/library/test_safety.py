"""``SafetyMonitor`` and the module with the worst history."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from autosd.domain.errors import AutosdError
from autosd.intake.own_tests import own_tests
from autosd.library import PatchHistoryDB, PatchRecord, SafetyMonitor
from autosd.library.house import opened_house
from autosd.library.worst import ranked, worst_of
from autosd.testing import write_files

pytestmark = pytest.mark.slow

HARD = """\
def tangled(x):
    for a in x:
        if a:
            while a:
                if a > 3:
                    a -= 1
    return x
"""


class Bus:
    def __init__(self) -> None:
        self.heard: list[tuple[str, Mapping[str, Any]]] = []

    def publish(self, topic: str, payload: Mapping[str, Any], /) -> None:
        self.heard.append((topic, payload))


def test_a_flag_is_raised_at_the_third_failure_in_a_row_and_a_success_clears_the_count() -> None:
    bus = Bus()
    monitor = SafetyMonitor(event_bus=bus)
    for passed in (False, False, True, False, False):
        assert monitor.note("bot", passed) is passed
    assert bus.heard == [] and not monitor.flagged("bot")
    monitor.note("bot", False)
    assert bus.heard == [("safety:flag", {"target": "bot", "count": 3})] and monitor.flagged("bot")
    with pytest.raises(ValueError, match="at least 1"):
        SafetyMonitor(fail_threshold=0)


def test_the_own_tests_a_module_are_found_by_name_and_by_what_they_import(tmp_path: Path) -> None:
    files = {
        "pkg/calc.py": "", "pkg/other.py": "", "tests/test_calc.py": "", "tests/test_all.py": "from pkg import calc\n",
        "tests/test_else.py": "import pkg.other\n", "tests/helper.py": "import pkg.calc\n",
    }  # fmt: skip
    write_files(tmp_path, files)
    for name in ("pkg.calc", "pkg/calc.py", "calc"):
        assert set(own_tests(tmp_path, name)) - {"tests/helper.py"} == {"tests/test_all.py", "tests/test_calc.py"}
    assert own_tests(tmp_path, "unknown") == ()


@pytest.mark.slow
def test_a_module_is_validated_by_its_own_tests_in_the_sandbox(tmp_path: Path) -> None:
    files = {
        "good.py": "X = 1\n", "test_good.py": "import good\n\ndef test_it():\n    assert good.X == 1\n",
        "bad.py": "X = 1\n", "test_bad.py": "import bad\n\ndef test_it():\n    assert bad.X == 2\n", "untested.py": "",
    }  # fmt: skip
    write_files(tmp_path / "p", files)
    monitor = SafetyMonitor(tmp_path / "p", workflows={"all": ["good", "bad"], "fine": ["good"], "empty": []})
    assert monitor.validate_bot("good") and not monitor.validate_bot("bad") and not monitor.validate_bot("untested")
    assert monitor.validate_workflow("fine") and not monitor.validate_workflow("all")
    assert not monitor.validate_workflow("empty") and not monitor.validate_workflow("unknown")
    assert monitor.failures == {"bad": 1, "untested": 1, "workflow:all": 1, "workflow:empty": 1, "workflow:unknown": 1}


def test_the_worst_module_has_errors_in_its_history_then_hard_code(tmp_path: Path) -> None:
    root = tmp_path / "p"
    write_files(root, {"easy.py": "X = 1\n", "hard.py": HARD, "buggy.py": "def f():\n    return undefined_name\n", "test_x.py": HARD})
    with opened_house(root) as app, PatchHistoryDB(tmp_path / "patches.db") as patches:
        found = ranked(app, patches, root)
        assert [each.path for each in found] == ["buggy.py", "hard.py", "easy.py"] and found[0].errors == 1.0
        assert found[1].function == "tangled" and found[1].region and (found[1].region.start_line, found[1].region.end_line) == (1, 7)
        for number in range(2):
            patches.add(PatchRecord("easy.py", str(number), reverted=True, project=str(root)))
        assert ranked(app, patches, root)[0].path == "easy.py"
        worst = worst_of(app, patches, root, {"hard": [0.0, 4.0], "easy": [1.0]})
        assert worst and (worst.path, worst.errors) == ("hard.py", 2.0)
        with pytest.raises(AutosdError) as refused:
            worst_of(app, patches, root, "hard")  # type: ignore[arg-type]
        assert refused.value.code == "AUTOSD-FIGURES-INVALID"


def test_nothing_stands_out_where_all_is_plain(tmp_path: Path) -> None:
    write_files(tmp_path / "p", {"easy.py": "def f(x):\n    return x\n"})
    with opened_house(tmp_path / "p") as app, PatchHistoryDB(":memory:") as patches:
        assert worst_of(app, patches, tmp_path / "p") is None
