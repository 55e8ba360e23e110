"""The house opens what shows files by the guide's variables."""

from __future__ import annotations

from pathlib import Path

from autosd.app import open_shower
from autosd.domain.tokens import estimate
from autosd.settings import load_settings

CODE = "".join(f"def step_{n}(x):\n    return [x + {n}, x * {n}]\n\n\n" for n in range(40))


def test_the_guides_variables_say_how_a_file_is_shown_and_where_summaries_are_kept(tmp_path: Path) -> None:
    said = {"PROMPT_CHUNK_TOKEN_THRESHOLD": "50", "CHUNK_TOKEN_THRESHOLD": "100", "CHUNK_SUMMARY_CACHE_DIR": str(tmp_path / "kept")}
    shown = open_shower(load_settings({**said, "AUTOSD_HOME": str(tmp_path / "home")})).file_context(Path("x.py"), CODE)
    assert len(shown.summaries) > 10 and estimate(shown.text) <= 100
    assert len(list((tmp_path / "kept").glob("*.json"))) == 1


def test_the_older_name_of_the_cache_counts_where_the_newer_is_not_set(tmp_path: Path) -> None:
    env = {"AUTOSD_HOME": str(tmp_path / "home"), "PROMPT_CHUNK_CACHE_DIR": str(tmp_path / "old"), "PROMPT_CHUNK_TOKEN_THRESHOLD": "50"}
    open_shower(load_settings(env)).file_context(Path("x.py"), CODE)
    assert list((tmp_path / "old").glob("*.json"))
    open_shower(load_settings({**env, "CHUNK_SUMMARY_CACHE_DIR": str(tmp_path / "new")})).file_context(Path("x.py"), CODE)
    assert list((tmp_path / "new").glob("*.json"))


def test_by_default_summaries_are_kept_in_the_home(tmp_path: Path) -> None:
    settings = load_settings({"AUTOSD_HOME": str(tmp_path / "home"), "PROMPT_CHUNK_TOKEN_THRESHOLD": "50"})
    open_shower(settings).file_context(Path("x.py"), CODE)
    assert list((tmp_path / "home" / "chunk_summary_cache").glob("*.json"))
