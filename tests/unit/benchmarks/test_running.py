"""A run that is broken off keeps what it has, and the next one goes on from there."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import engine, records, run
from benchmarks.isolated import folder_of_its_own
from benchmarks.records import Results, Row
from benchmarks.tool import apply_diff, write_project


def row(name: str) -> Row:
    return Row(name, "no_candidate_found", False, False, False, 0.1, 1, 10.0, False)


def broken_off() -> Row:
    raise KeyboardInterrupt


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Results:
    monkeypatch.setattr(records, "BENCH", tmp_path)
    return Results("own", seed=0)


def test_what_was_done_before_ctrl_c_is_kept(results: Results) -> None:
    rows: dict[str, Row] = {}
    assert run.carry_out([("a", lambda: row("a")), ("b", broken_off), ("c", lambda: row("c"))], 1, rows, results) is False
    assert [each.id for each in results.rows()] == ["a"]


def test_all_work_done_is_said_so(results: Results) -> None:
    rows: dict[str, Row] = {}
    assert run.carry_out([(name, lambda name=name: row(name)) for name in "abc"], 2, rows, results) is True  # type: ignore[misc]
    assert set(rows) == {each.id for each in results.rows()} == set("abc")


def test_a_sample_is_the_same_for_the_same_seed() -> None:
    work = [(str(number), lambda: row("x")) for number in range(50)]
    draw = [run.chosen(work, run.parser().parse_args(["classics", "--sample", "5", "--seed", seed])) for seed in ("1", "1", "2")]
    assert draw[0] == draw[1] != draw[2] and len(draw[0]) == 5


def test_a_case_lies_far_from_what_is_kept_from_the_tool() -> None:
    with folder_of_its_own() as folder:
        write_project(folder, {"program.py": "x = 1\n"})
        assert not folder.is_relative_to(Path(__file__).parents[3])
        assert (folder / ".git").is_dir()
    assert not folder.exists()


def test_a_diff_is_applied_or_the_complaint_is_told() -> None:
    diff = "--- a/program.py\n+++ b/program.py\n@@ -1 +1 @@\n-x = 1\n+x = 2\n"
    with folder_of_its_own() as folder:
        write_project(folder, {"program.py": "x = 1\n"})
        assert apply_diff(folder, diff) == ""
        assert (folder / "program.py").read_text() == "x = 2\n"
        assert "patch does not apply" in apply_diff(folder, diff)


def test_the_code_under_measurement_is_frozen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "autosd").mkdir()
    (tmp_path / "autosd" / "part.py").write_text("x = 1\n")
    monkeypatch.setattr(engine, "SOURCES", tmp_path / "autosd")
    monkeypatch.setattr(engine, "BENCH", tmp_path / "bench")
    engine.digest.cache_clear()
    engine.frozen.cache_clear()
    try:
        copy = engine.frozen()
        (tmp_path / "autosd" / "part.py").write_text("x = 2\n")
        assert (copy / "autosd" / "part.py").read_text() == "x = 1\n"
    finally:
        engine.digest.cache_clear()
        engine.frozen.cache_clear()
