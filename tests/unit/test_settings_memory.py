"""The rows of memory: the guides' names, their units, and where everything lies."""

from __future__ import annotations

from pathlib import Path

import pytest

from autosd.adapters.memory.opening import lessons_in, open_code, open_events, open_memory, open_patches
from autosd.domain.errors import AutosdError
from autosd.settings import load_settings, table


def test_each_file_is_where_the_guides_variable_says(tmp_path: Path) -> None:
    env = {"AUTOSD_HOME": str(tmp_path / "home"), "GPT_MEMORY_DB": str(tmp_path / "g.db"), "PATCH_HISTORY_DB_PATH": str(tmp_path / "p.db")}
    settings = load_settings(env)
    with open_memory(settings), open_patches(settings) as patches, open_code(settings, patches), open_events(settings):
        assert {each.name for each in tmp_path.glob("*.db")} == {"g.db", "p.db"}
        assert {each.name for each in (tmp_path / "home").glob("*.db")} == {"code.db", "events.db"}


def test_retention_interval_and_limits_are_read_in_the_guides_units(tmp_path: Path) -> None:
    env = {
        "AUTOSD_HOME": str(tmp_path), "GPT_MEMORY_RETENTION": "error_fix=2, Insight=0", "GPT_MEMORY_COMPACT_INTERVAL": "60",
        "SPIRAL_MAX_MEMORIES": "7", "SPIRAL_MEMORY_TTL_MS": "1500", "SELF_CODING_LOG_DIR": "log",
    }  # fmt: skip
    settings = load_settings(env, cwd=tmp_path)
    assert settings[table.MEMORY_RETENTION] == {"error_fix": 2, "insight": 0} and settings[table.MEMORY_COMPACT_SECONDS] == 60
    assert (settings[table.MAX_EVENTS], settings[table.EVENT_SECONDS]) == (7, 1.5)
    assert settings[table.SELF_CODING_LOG_FOLDER] == tmp_path / "log"
    assert {row.name: row.value for row in settings.shown()}["memory.retention"] == "error_fix=2,insight=0"


def test_a_memory_that_the_settings_name_compacts_itself(tmp_path: Path) -> None:
    with open_memory(load_settings({"AUTOSD_HOME": str(tmp_path), "GPT_MEMORY_RETENTION": "a=0"})) as memory:
        memory.log_interaction("p", "r", ["a"])
        assert [entry.prompt for entry in memory.entries()] == ["summary:a"]


def test_how_much_is_tried_out_is_a_setting(tmp_path: Path) -> None:
    settings = load_settings({"AUTOSD_HOME": str(tmp_path), "AUTOSD_MEMORY_EXPLORATION": "1"})
    with open_memory(settings) as memory:
        memory.log_interaction("rounding", "use Decimal")
        assert [lesson.proven for lesson in lessons_in(memory, settings).lessons_for("rounding")] == [False]
    with pytest.raises(AutosdError, match="AUTOSD_MEMORY_EXPLORATION"):
        load_settings({"AUTOSD_HOME": str(tmp_path), "AUTOSD_MEMORY_EXPLORATION": "2"})
