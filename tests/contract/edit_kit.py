"""A model that says what a script says, and a project whose tests were run once, with everything that judges changes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import lean

from autosd.adapters.git.repository import GitRepository
from autosd.adapters.sandbox import open_sandbox
from autosd.coding.edit.coder import EditCoder
from autosd.domain.changes import Candidate
from autosd.domain.models import Ask, Reply
from autosd.domain.suites import Diagnosis
from autosd.gates.context import GatePolicy
from autosd.gates.judging import Verdict, judge
from autosd.intake.diagnosing import diagnose
from autosd.intake.runners import Kind, Runner
from autosd.intake.running import ColdSuite, SuiteLimits
from autosd.intake.scope import on_any_tree
from autosd.intake.trials import ColdTrials
from autosd.ports import Sandbox, Snapshot, Task
from autosd.testing import RecordingProgress, make_repository


@dataclass
class ScriptedTalk:
    """A ``Talk``: each reply in turn, the last one again and again; ``asks`` is what was asked."""

    replies: Iterable[str | Reply]
    model: str = "scripted:model"
    asks: list[Ask] = field(default_factory=list)
    usd: float = 0.01

    def __post_init__(self) -> None:
        self._left = list(self.replies)

    def instead(self, ask: Ask, why: str) -> Reply:
        return Reply(reason=why)

    def reply(self, ask: Ask) -> Reply:
        self.asks.append(ask)
        said = self._left.pop(0) if len(self._left) > 1 else self._left[0]
        return said if isinstance(said, Reply) else Reply(said, model=self.model, usd=self.usd)

    @property
    def prompts(self) -> str:
        return "\n".join(message.text for ask in self.asks for message in ask.messages)


@dataclass(frozen=True)
class Court:
    """A base that was diagnosed once, and everything that judges candidates over it."""

    snapshot: Snapshot
    repository: GitRepository
    sandbox: Sandbox
    suite: ColdSuite
    diagnosis: Diagnosis
    project: Path

    def task(self, seconds: float = 60.0) -> Task:
        return Task(self.snapshot, self.suite.env, self.diagnosis, seconds, 0)

    def coder(self, talk: ScriptedTalk, *, tried: bool = True, **options: object) -> EditCoder:
        runs = ColdTrials(self.sandbox, self.suite.limits) if tried else None
        return EditCoder(talk, repository=self.repository, runs=runs, **options)  # type: ignore[arg-type]

    def candidates(self, talk: ScriptedTalk, *, seconds: float = 60.0, **options: object) -> list[Candidate]:
        return list(self.coder(talk, **options).candidates(self.task(seconds), RecordingProgress()))  # type: ignore[arg-type]

    def judge(self, candidate: Candidate, policy: GatePolicy | None = None) -> Verdict:
        return judge(
            candidate, snapshot=self.snapshot, repository=self.repository, sandbox=self.sandbox,
            suite=on_any_tree(self.suite, self.snapshot), diagnosis=self.diagnosis, policy=policy,
        )  # fmt: skip


@contextmanager
def court(folder: Path, files: Mapping[str, str], *, prepared: Callable[[Path], None] | None = None) -> Iterator[Court]:
    """``prepared`` does to the project what texts of files cannot."""
    home = folder / "home"
    home.mkdir(mode=0o700, parents=True)
    subject = make_repository(folder / "project", files)
    if prepared:
        prepared(subject.path)
        subject.commit("prepared")
    sandbox, repository = open_sandbox(home), GitRepository(home)
    env = lean.subject_env()
    suite = ColdSuite(sandbox, env, Runner(Kind.PYTEST), SuiteLimits(seconds=40, test_seconds=2))
    with repository.snapshot(subject.path, clean=False) as snapshot:
        diagnosis = diagnose(sandbox, env, snapshot.root, runner=suite.runner, limits=suite.limits)
        yield Court(snapshot, repository, sandbox, suite, diagnosis, subject.path)


def search(path: str, old: str, new: str) -> str:
    return f"{path}\n<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n"


def whole(path: str, text: str) -> str:
    return f"{path}\n<<<<<<< FILE\n{text}\n>>>>>>> END\n"
