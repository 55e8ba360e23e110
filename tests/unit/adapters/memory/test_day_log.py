"""The log for people: a file a day, an entry a change, nothing secret, and no code that breaks out of its fence."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from autosd.adapters.memory.day_log import SelfCodingLog
from autosd.domain.errors import AutosdError

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def entry(log: SelfCodingLog, code: str = "x = 1\n", **said: str) -> str:
    words = {"module_id": "c1", "purpose": "fix", "language": "python", "description": "a\nfix", **said}
    return log.log(NOON, code=code, **words).read_text("utf-8")  # type: ignore[arg-type]


def test_each_day_has_a_file_to_which_entries_are_added(tmp_path: Path) -> None:
    log = SelfCodingLog(tmp_path / "log")
    entry(log)
    text = entry(log, module_id="c2")
    [file] = (tmp_path / "log").iterdir()
    assert file.name == "self-coding-log-2026-03-04.md" and stat.S_IMODE(file.stat().st_mode) == 0o600
    assert text.index("## 12:00:00 c1") < text.index("## 12:00:00 c2")
    assert "- Purpose: fix\n- Language: python\n- Description: a fix\n\n```python\nx = 1\n```\n" in text


def test_code_with_a_fence_of_its_own_stays_inside(tmp_path: Path) -> None:
    assert "\n````python\n```\n# Title\n```\n````\n" in entry(SelfCodingLog(tmp_path), "```\n# Title\n```\n")


def test_secrets_are_taken_out(tmp_path: Path) -> None:
    text = entry(SelfCodingLog(tmp_path), f"key = 'ghp_{'a' * 30}'", description="password=hunter22", purpose="token=abcdefgh")
    assert "ghp_" not in text and "hunter22" not in text and "abcdefgh" not in text


def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(AutosdError, match="AUTOSD-LOG-UNUSABLE"):
        entry(SelfCodingLog(tmp_path / "file"))


def test_it_does_not_write_through_a_link(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.touch()
    (tmp_path / "self-coding-log-2026-03-04.md").symlink_to(target)
    with pytest.raises(AutosdError):
        entry(SelfCodingLog(tmp_path))
    assert target.read_text() == ""
