"""S4's migration of proposals: its own examples, as people call it, again and again."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from autosd.acts.work.learning_desk import LearningDesk, opened_learning
from autosd.domain.actions import Principal, Risk
from autosd.domain.proposals import ProposalStatus
from autosd.entrypoints.cli.main import cli
from autosd.entrypoints.cli.shell import Shell
from autosd.settings import load_settings

CREATED = "2026-01-02T03:04:05"
OLD = [
    {"id": "a1", "created": CREATED, "title": "Cache it", "description": "because", "status": "applied", "source_item": {"score": 7.6}},
    {"id": "b2", "created": f"{CREATED}+00:00", "title": "Retry it", "status": "approved", "source_item": {"score": 5}},
    {"id": "c3", "title": "Odd", "status": "dreamt", "source_item": None},
    {"title": "without an id", "status": "approved"},
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "old" / "data" / "memory"
    place.mkdir(parents=True)
    (place / "improvement_proposals.json").write_text(json.dumps({"proposals": OLD}))
    return tmp_path / "old"


@pytest.fixture
def desk() -> Iterator[LearningDesk]:
    with opened_learning(load_settings(os.environ), Principal("tester", attended=True)) as opened:
        yield opened


def migrate(folder: Path) -> Result:
    return CliRunner().invoke(cli, ["migrate", "proposals", "--from", str(folder), "--json"], obj=Shell(argv=("--json",)))


def told(folder: Path) -> dict[str, Any]:
    value = json.loads(migrate(folder).stdout)
    assert isinstance(value, dict)
    return value


def test_the_guides_examples(folder: Path, desk: LearningDesk) -> None:
    assert told(folder) == {"result": "ok", "ok": True, "migrated": 3, "skipped": 0}
    applied, approved, odd = (desk.proposals.get(f"pv2_mig_{id}") for id in ("a1", "b2", "c3"))
    assert applied and approved and odd
    assert (applied.status, applied.priority, applied.risk) == (ProposalStatus.VERIFIED, 0.95, Risk.MEDIUM)
    assert (approved.status, approved.priority, approved.risk) == (ProposalStatus.APPROVED, 0.625, Risk.LOW)
    assert (odd.status, odd.priority, odd.confidence) == (ProposalStatus.PENDING, 0.625, 0.85)
    assert (applied.title, applied.description, applied.fingerprint) == ("Cache it", "because", "mig_a1")
    assert applied.created_at.isoformat() == "2026-01-02T03:04:05+00:00"
    assert applied.evidence == {"migrated_from_v1_id": "a1"} and applied.project == str(folder)


def test_a_second_run_migrates_nothing(folder: Path, desk: LearningDesk) -> None:
    told(folder)
    assert told(folder) == {"result": "ok", "ok": True, "migrated": 0, "skipped": 3}
    assert len(desk.proposals.find()) == 3


def test_no_file_is_no_error(tmp_path: Path) -> None:
    assert told(tmp_path) == {"result": "ok", "ok": True, "migrated": 0, "skipped": 0, "reason": "v1_not_found"}


@pytest.mark.parametrize("text", ["{ no json", '"a text"', '{"proposals": 3}', "\udcff"])
def test_a_file_that_is_no_such_thing_is_told_in_one_line(folder: Path, text: str) -> None:
    (folder / "data/memory/improvement_proposals.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    done = migrate(folder)
    assert getattr(done.exception, "code", "") == "AUTOSD-MIGRATE-INVALID" and done.exit_code == 1


@pytest.mark.parametrize("score", [True, "7", None, float("nan"), -4, 1e300])
def test_a_strange_score_gives_a_priority_all_the_same(folder: Path, desk: LearningDesk, score: object) -> None:
    old = [{"id": "x", "source_item": {"score": score}, "created": "soon", "title": None}]
    (folder / "data/memory/improvement_proposals.json").write_text(json.dumps(old))
    assert told(folder)["migrated"] == 1
    [found] = desk.proposals.find()
    assert 0 <= found.priority <= 1 and found.title == "untitled"
