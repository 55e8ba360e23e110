"""Runs a library's tests and tells how each one ended, and with ``--cover PACKAGE`` which lines it reached.

A script for the interpreter of the libraries (pytest and coverage are there), inside the sandbox:
``python probe.py OUT.json [--cover PACKAGE] TEST...``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


class Outcomes:
    """Worst end of each test over set-up, call, subtests and tear-down."""

    def __init__(self, cover: Any) -> None:
        self.cover = cover
        self.ended: dict[str, str] = {}

    def pytest_runtest_setup(self, item: Any) -> None:
        if self.cover:
            self.cover.switch_context(item.nodeid)

    def pytest_runtest_logreport(self, report: Any) -> None:
        order = ["passed", "skipped", "failed"]
        known = self.ended.get(report.nodeid, "passed")
        self.ended[report.nodeid] = max(known, report.outcome, key=order.index)

    def pytest_runtest_logfinish(self) -> None:
        if self.cover:
            self.cover.switch_context("")


def main() -> None:
    out, words = Path(sys.argv[1]), sys.argv[2:]
    sys.path.insert(0, str(Path.cwd()))
    cover = None
    if words[:1] == ["--cover"]:
        import coverage

        cover = coverage.Coverage(data_file=None, config_file=False, source=[str(Path.cwd() / words[1])])
        words = words[2:]
        cover.start()
    import pytest

    outcomes = Outcomes(cover)
    code = pytest.main(["-q", "-p", "no:cacheprovider", *words], plugins=[outcomes])
    out.write_text(json.dumps({"code": int(code), "ended": outcomes.ended, "lines": lines_of(cover)}))


def lines_of(cover: Any) -> dict[str, dict[int, list[str]]]:
    """Per file and line the tests that ran it; what ran at import only is left out."""
    if cover is None:
        return {}
    cover.stop()
    data, found = cover.get_data(), {}
    for file in data.measured_files():
        by_line = data.contexts_by_lineno(file)
        tests = {line: sorted(filter(None, names)) for line, names in by_line.items()}
        found[str(Path(file).relative_to(Path.cwd()))] = {line: names for line, names in tests.items() if names}
    return found


if __name__ == "__main__":
    main()
