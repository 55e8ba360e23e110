"""What tests of unattended work share: a project with a bare remote, an approved proposal, and a coder that knows the answer."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autosd.acts.building import Order
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
