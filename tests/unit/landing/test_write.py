"""Direct writes and their undoing: whole or not at all, one generation at a time, never over what somebody changed since."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from autosd.domain.decisions import Action
from autosd.domain.errors import AutosdError
from autosd.landing.revert import generation, roll_back
from autosd.landing.write import ApplyRecord, records, write_files, writes_on

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
Files = Mapping[str, str | None]


@pytest.fixture
def write(leave, tmp_path: Path):
    (tmp_path / "gen").mkdir(exist_ok=True)

    def go(before: Files, after: Files, *, change: str = "c1", later: float = 0, root: str = "gen") -> ApplyRecord:
        with ExitStack() as stack:
            permits = {path: stack.enter_context(leave(Action.WRITE, path)) for path in after}
            return write_files(
                permits, tmp_path, tmp_path / root, before, after, change=change, project="calc",
                request={"action": "self_build", "token": "ghp_" + "a" * 36}, now=NOW + timedelta(seconds=later),
            )  # fmt: skip

    return go


@pytest.fixture
def undo(leave, tmp_path: Path):
    def go(target: str, regression: str) -> ApplyRecord | None:
        record = generation(tmp_path, tmp_path / target, regression)
        with leave(Action.ROLLBACK) as permit:
            return record and roll_back(permit, "calc", record, regression)

    return go


def test_what_was_applied_and_what_was_there_are_kept_beside_each_other(write, tmp_path: Path) -> None:
    target = tmp_path / "gen/a.py"
    target.write_text("old\n")
    target.chmod(0o755)

    record = write({"gen/a.py": "old\n"}, {"gen/a.py": "new\n"})

    assert target.read_text() == "new\n" and target.stat().st_mode & 0o777 == 0o755
    assert record.place == tmp_path / "artifacts/autonomy-applied" / str(int(NOW.timestamp() * 1000))
    assert (record.place / "applied.py").read_text() == "new\n" and (record.place / "backup.py").read_text() == "old\n"
    text = (record.place / "metadata.json").read_text()
    assert f'"target": "{target}"' in text and '"backupPath": "backup.py"' in text and "ghp_" not in text


def test_again_is_the_same_write(write, tmp_path: Path) -> None:
    first = write({"gen/a.py": None}, {"gen/a.py": "new\n"})
    (tmp_path / "gen/a.py").unlink()  # as a run that was killed before it wrote left it

    again = write({"gen/a.py": None}, {"gen/a.py": "new\n"}, later=5)

    assert again.place == first.place and (tmp_path / "gen/a.py").read_text() == "new\n" and len(records(tmp_path)) == 1


def test_a_file_that_changed_since_the_proof_is_not_written_over(write, tmp_path: Path) -> None:
    (tmp_path / "gen/a.py").write_text("somebody's\n")

    with pytest.raises(AutosdError) as no:
        write({"gen/a.py": "old\n"}, {"gen/a.py": "new\n"})

    assert no.value.code == "AUTOSD-WRITE-CONFLICT"
    assert (tmp_path / "gen/a.py").read_text() == "somebody's\n" and records(tmp_path) == ()


@pytest.mark.parametrize("path", ["outside.py", "gen-evil/a.py", "gen/link.py", "gen/../outside.py"])
def test_nothing_outside_the_write_root_is_written(write, tmp_path: Path, path: str) -> None:
    (tmp_path / "gen/link.py").symlink_to(tmp_path / "outside.py")

    with pytest.raises(AutosdError):
        write({path: None}, {path: "new\n"})

    assert not (tmp_path / "outside.py").exists() and not (tmp_path / "gen-evil").exists()


def test_when_the_disk_says_no_everything_is_as_it_was(write, tmp_path: Path) -> None:
    (tmp_path / "gen/a.py").write_text("old\n")
    (tmp_path / "gen/b").write_text("a file where a folder would have to be\n")

    with pytest.raises(AutosdError) as no:
        write({"gen/a.py": "old\n", "gen/b/c.py": None}, {"gen/a.py": "new\n", "gen/b/c.py": "new\n"})

    assert no.value.code == "AUTOSD-WRITE-FAILED" and (tmp_path / "gen/a.py").read_text() == "old\n"
    assert records(tmp_path) == ()


def test_each_regression_takes_back_one_generation_and_the_first_removes_what_was_new(write, undo, tmp_path: Path) -> None:
    target = tmp_path / "gen/a.py"
    versions = [None, "one\n", "two\n", "three\n"]
    for number in range(3):
        write({"gen/a.py": versions[number]}, {"gen/a.py": versions[number + 1]}, change=f"c{number}", later=number)

    seen = []
    for number in range(4):
        undo("gen/a.py", f"regress-{number}.json")
        undo("gen/a.py", f"regress-{number}.json")  # answered again after a kill
        seen.append(target.read_text() if target.exists() else None)

    assert seen == ["two\n", "one\n", None, None]


def test_what_somebody_changed_since_is_not_rolled_back(write, undo, tmp_path: Path) -> None:
    write({"gen/a.py": None}, {"gen/a.py": "new\n"})
    (tmp_path / "gen/a.py").write_text("edited\n")

    with pytest.raises(AutosdError) as no:
        undo("gen/a.py", "regress-1.json")

    assert no.value.code == "AUTOSD-ROLLBACK-CONFLICT" and (tmp_path / "gen/a.py").read_text() == "edited\n"


def test_all_files_of_a_write_are_rolled_back_together(write, undo, tmp_path: Path) -> None:
    (tmp_path / "gen/a.py").write_text("a\n")
    write({"gen/a.py": "a\n", "gen/b.py": None}, {"gen/a.py": "A\n", "gen/b.py": "B\n"})

    undo("gen/b.py", "regress-1.json")

    assert (tmp_path / "gen/a.py").read_text() == "a\n" and not (tmp_path / "gen/b.py").exists()


def test_writes_of_a_day_are_counted_from_what_exists(write, tmp_path: Path) -> None:
    for number in range(3):
        write({f"gen/{number}.py": None}, {f"gen/{number}.py": "x\n"}, change=f"c{number}", later=number)
    (tmp_path / "artifacts/autonomy-applied/123").mkdir()

    assert (writes_on(tmp_path, NOW), writes_on(tmp_path, NOW + timedelta(days=1))) == (3, 0)
