"""A project in a folder, and its suite run for real in a sandbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import lean
import pytest

from autosd.adapters.sandbox import open_sandbox
from autosd.domain.suites import SuiteRun, TestResult
from autosd.intake.runners import Kind, Runner
from autosd.intake.running import SuiteLimits, run_suite
from autosd.ports import Sandbox, SubjectEnv
from autosd.testing import write_files

LIMITS = SuiteLimits(seconds=40, test_seconds=1.5)
PYTEST = Runner(Kind.PYTEST)
UNITTEST = Runner(Kind.UNITTEST)
Running = Callable[..., SuiteRun]


@pytest.fixture(scope="package")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    return open_sandbox(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="package")
def env() -> SubjectEnv:
    return lean.subject_env()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    return root


@pytest.fixture
def running(sandbox: Sandbox, env: SubjectEnv, project: Path) -> Running:
    """``running(files, ...)``: write the project, run its suite once."""

    def run(files: Mapping[str, str], runner: Runner = PYTEST, limits: SuiteLimits = LIMITS, **words: Any) -> SuiteRun:
        write_files(project, files)
        return run_suite(sandbox, env, project, runner=runner, limits=limits, **words)

    return run


def outcomes(run: SuiteRun) -> dict[str, str]:
    """Each test's own name -> how it ended."""
    return {result.id.rpartition("::")[2].rpartition(".")[2]: str(result.outcome) for result in run.results}


def result(run: SuiteRun, name: str) -> TestResult:
    return next(found for found in run.results if found.id.endswith(name))
