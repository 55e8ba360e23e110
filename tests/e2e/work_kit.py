"""What tests of unattended work share: a project with a bare remote, an approved proposal, and a coder that knows the answer."""

from __future__ import annotations

import os
import subprocess
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from autosd.acts.work.building import Order
from autosd.app import App, open_app
from autosd.domain.actions import Principal, Risk
from autosd.domain.projects import Project
from autosd.domain.proposals import Proposal, ProposalStatus, fingerprint_of
from autosd.pipeline import Built, build
from autosd.settings import load_settings
from autosd.testing import RecordingProgress, ScriptedCoder, TinyRepository, make_repository

ID = "123e4567-e89b-42d3-a456-426614174000"
BROKEN = {
    "calc.py": "def add(a, b):\n    return a - b\n",
    "test_calc.py": "from calc import add\n\n\ndef test_add():\n    assert add(2, 3) == 5\n",
}
FIXED: Mapping[str, str | None] = {"calc.py": "def add(a, b):\n    return a + b\n"}
BRANCH = "selfbuild/123e4567-add-adds"
ALL_ON = {"landing.push": True, "landing.pull_request": True}
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@dataclass
class Site:
    """One project that autosd was told of, its remote, and what is asked of it."""

    repo: TinyRepository
    remote: TinyRepository
    options: dict[str, Any]
    scripts: tuple[Mapping[str, str | None], ...] = (FIXED,)

    @contextmanager
    def app(self, **options: Any) -> Iterator[App]:
        given = {"fix.max_seconds": 240.0, **self.options, **options}
        settings = load_settings(os.environ, project=self.repo.path, options=given)
        with open_app(settings, coders=(ScriptedCoder(self.scripts),)) as app:
            yield app

    def build(self, id: str = ID, *, attended: bool = True, order: Mapping[str, Any] | None = None, **options: Any) -> Built:
        with self.app(**options) as app:
            return build(app, Order(id, Principal("tester", attended), **(order or {})), RecordingProgress())

    def propose(self, id: str = ID, **known: Any) -> Proposal:
        values: dict[str, Any] = {
            "kind": "failing_test", "title": "Add adds", "description": "add subtracts", "risk": Risk.LOW, "priority": 0.95,
            "confidence": 0.9, "created_at": NOW, "steps": ("use +",), "criteria": ("the suite is green",),
            "status": ProposalStatus.APPROVED, "approved_at": NOW, "fingerprint": fingerprint_of("calc", "failing_test", id),
        }  # fmt: skip
        proposal = Proposal(id=id, project="calc", **{**values, **known})
        with self.app() as app:
            assert app.proposals.add(proposal)
        return proposal

    def proposal(self, id: str = ID) -> Proposal:
        with self.app() as app:
            found = app.proposals.get(id)
        assert found is not None
        return found

    def pull_requests(self) -> list[Any]:
        with self.app() as app:
            return list(app.forge.pull_requests("calc"))


def make_site(tmp_path: Path, files: Mapping[str, str] = BROKEN) -> Site:
    repo = make_repository(tmp_path / "project", files)
    bare = tmp_path / "remote.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(bare)], check=True)
    repo.git("remote", "add", "origin", str(bare))
    repo.git("push", "-q", "origin", "main")
    site = Site(repo, TinyRepository(bare), {})
    with site.app() as app:
        app.projects.add_project(Project("calc", repo.path, NOW))
    return site


#: What a kill may come before or after: every call of a port that leaves something behind.
EFFECTS = (
    "replace", "add_run", "finish_run", "add_change", "add_summary", "commit", "push", "ensure_pull_request",
    "add_evidence", "count",
)  # fmt: skip


class Deadly:
    """A port that ends this process, as kill -9 would, before or after the n-th effect of all."""

    effects: ClassVar[list[int]] = [0]

    def __init__(self, port: Any, at: int, after: bool) -> None:
        self._port, self._at, self._after = port, at, after

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if name not in EFFECTS:
            return found

        def effect(*words: Any, **named: Any) -> Any:
            self.effects[0] += 1
            deadly = self.effects[0] == self._at
            if deadly and not self._after:
                os._exit(9)
            value = found(*words, **named)
            if deadly:
                os._exit(9)
            return value

        return effect


def killed(site: Site, at: int, after: bool, act: Callable[[App], object], **options: Any) -> int:
    """How ``act`` ended in a process of its own, that ended itself at the ``at``-th effect."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            with site.app(**options) as app:
                names = ("proposals", "outcomes", "learnt", "store", "repository", "forge")
                act(replace(app, **{name: Deadly(getattr(app, name), at, after) for name in names}))
                code = 0
        except Exception:
            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
