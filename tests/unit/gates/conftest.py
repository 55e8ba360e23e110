"""A candidate over a real base: what the gates that run nothing need."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from autosd.adapters.git.repository import GitRepository
from autosd.domain.changes import Candidate
from autosd.domain.suites import Diagnosis, SuiteEnding, SuiteRun
from autosd.gates.context import GateContext, GatePolicy
from autosd.gates.diffs import read_diff
from autosd.testing import make_repository

BASE = {
    "calc.py": "def add(a, b):\n    return a - b\n",
    "pkg/__init__.py": "",
    "pkg/core.py": "import os\n\n\ndef where():\n    return os.sep\n",
    "checks/odd_name.py": "def test_it():\n    pass\n",
    "tests/test_calc.py": "def test_add():\n    assert add(2, 40) == 42\n",
    "README.md": "Calc.\n",
}
RUN = SuiteRun(SuiteEnding.COMPLETE, (), frozenset({"tests/test_calc.py::test_add", "checks/odd_name.py::test_it"}))
TARGETS = ("tests/test_calc.py::test_add",)


class Unused:
    """Stands where a gate that runs nothing has no business."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"a gate that runs nothing asked for {name}")


Case = Callable[..., tuple[Candidate, GateContext]]


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    """``case(files, policy=..., diff=..., links=..., folder=...)``: the candidate and its context."""
    with ExitStack() as stack:

        def make(
            files: Mapping[str, str | None],
            *,
            policy: GatePolicy | None = None,
            diff: str | None = None,
            base: Mapping[str, str] | None = None,
            links: Mapping[str, str] | None = None,
            folder: str = "",
        ) -> tuple[Candidate, GateContext]:
            subject = make_repository(tmp_path / "subject", {f"{folder}{name}": text for name, text in (base or BASE).items()})
            for name, target in (links or {}).items():
                (subject.path / folder / name).symlink_to(target)
            subject.commit("links")
            repository = GitRepository(tmp_path / "home")
            snapshot = stack.enter_context(repository.snapshot(subject.path / folder, clean=False))
            text = diff if diff is not None else repository.diff(snapshot, files) if files else ""
            unused: Any = Unused()
            context = GateContext(snapshot, repository, unused, unused, Diagnosis(RUN, TARGETS), read_diff(text), policy or GatePolicy())
            return Candidate("test", files, TARGETS), context

        yield make
