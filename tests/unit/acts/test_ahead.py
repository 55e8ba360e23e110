"""Asking ahead through a governed conversation, as the settings say."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from autosd.acts.talks.ahead import asking_ahead
from autosd.acts.talks.talking import talk_for
from autosd.coding.models.prefetch import Ahead
from autosd.domain.models import Ask

from .talk_kit import SaidModel, ask, house, request_at


def task(root: Path, name: str) -> Ahead:
    def make() -> Ask:
        return ask(f"{name}: {(root / name).read_text()}")

    return Ahead(name, make, (name, "../outside"))


@pytest.mark.parametrize("stale", ["0", "1"])
def test_questions_are_asked_side_by_side_and_a_changed_file_needs_a_new_one(tmp_path: Path, stale: str) -> None:
    together = threading.Barrier(3, timeout=20)
    root = tmp_path / "tree"
    root.mkdir()
    for name in "abc":
        (root / name).write_text("1")

    def answer(asked: Ask) -> str:
        if asked.messages[-1].text.endswith("1"):
            together.wait()  # passed only when all three are under way at once
        return f"to {asked.messages[-1].text}"

    workers = {"AUTOSD_MODEL_PARALLEL_PROMPT_WORKERS": "3", "AUTOSD_MODEL_ALLOW_STALE_PARALLEL_PROMPTS": stale}
    with house(SaidModel([answer]), **workers) as app:
        talk, tasks = talk_for(app, request_at(root)), [task(root, name) for name in "abc"]
        with asking_ahead(app, talk, root) as ahead:
            ahead.begin(tasks)
            (root / "b").write_text("2")
            (tmp_path / "outside").write_text("not ours")
            texts = [ahead.reply(each).text for each in tasks]
        report = ahead.report()
        assert talk.spent.calls == (3 if stale == "1" else 4)
    assert texts == ["to a: 1", "to b: 1" if stale == "1" else "to b: 2", "to c: 1"]
    assert (report.hits, report.stale, report.wasted) == ((3, 0, 0) if stale == "1" else (2, 1, 1))
    assert "asked ahead" in str(report)


def test_one_worker_asks_nothing_ahead(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_text("1")
    model: Any = SaidModel(["x"])
    with house(model) as app, asking_ahead(app, talk_for(app, request_at(tmp_path)), tmp_path) as ahead:
        ahead.begin(task(tmp_path, name) for name in "ab")
        assert model.asks == []
