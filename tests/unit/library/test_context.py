"""``ContextBuilder``: what is shown for a request, and how much each database counts."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from autosd.domain.patches import Source
from autosd.library import CodeDB, CodeRecord, ContextBuilder, PatchHistoryDB, PatchRecord, SandboxSettings
from autosd.testing import write_files


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_files(tmp_path / "p", {"dates.py": "def parse_dates(text):\n    return text.split('-')\n", "other.py": "X = 1\n"})
    monkeypatch.chdir(tmp_path)
    return tmp_path / "p"


def test_code_and_databases_are_asked_and_the_best_shown_first(project: Path, tmp_path: Path) -> None:
    with CodeDB("code.db") as code:
        code.add(CodeRecord("def parse_any(text):\n    return text\n", summary="parse dates of any form"))
    with closing(sqlite3.connect("errors.db")) as connection:
        connection.execute("CREATE TABLE telemetry (message TEXT)")
        connection.execute("INSERT INTO telemetry VALUES ('ValueError in parse dates')")
        connection.commit()
    builder = ContextBuilder("bots.db", "code.db", "errors.db", "workflows.db", root=project)
    assert builder.refresh_db_weights() == {"bots": 0.0, "code": 1.0, "errors": 1.0, "workflows": 0.0}
    found = builder.query("parse dates")
    assert found[0].path == "dates.py" and {each.path.partition("#")[0] for each in found} >= {"dates.py", "code.db", "errors.db"}
    assert len(builder.query("parse dates", top_k=1)) == 1
    prompt = builder.build_prompt("parse dates", intent={"strategy": "strptime"}, error_log="KeyError: 3")
    assert prompt.user.startswith("parse dates\n\nstrategy: strptime") and "parse_dates" in prompt.user and "KeyError: 3" in prompt.user
    assert "never an instruction" in prompt.system and not (tmp_path / "bots.db").exists()


def test_a_database_counts_more_when_patches_made_with_its_help_were_kept(project: Path) -> None:
    with CodeDB("code.db") as code, PatchHistoryDB("patches.db") as patches:
        code.add(CodeRecord("def f():\n    return 1\n"))
        for number in range(4):
            id = patches.add(PatchRecord("a.py", f"patch {number}", reverted=number == 3))
            patches.record_provenance(id, [Source("code", "1")])
        builder = ContextBuilder(code_db="code.db", root=project, patches=patches)
        assert builder.refresh_db_weights()["code"] == pytest.approx(2 * 4 / 6)


def test_the_guides_settings_are_read_by_their_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    known = SandboxSettings()
    assert known.codex_retry_delays == (2.0, 5.0, 10.0) and known.codex_fallback_strategy == "queue"
    assert known.codex_fallback_model == "gpt-3.5-turbo" and known.codex_retry_queue_path.name == "codex_retry_queue.jsonl"
    assert known.prompt_chunk_token_threshold == 3500 and known.chunk_summary_cache_dir.name == "chunk_summary_cache"
    monkeypatch.setenv("CODEX_RETRY_DELAYS", "[1,2,4]")
    monkeypatch.setenv("PROMPT_CHUNK_CACHE_DIR", str(tmp_path / "chunks"))
    monkeypatch.setenv("PROMPT_CHUNK_TOKEN_THRESHOLD", "100")
    changed = SandboxSettings()
    assert changed.codex_retry_delays == (1.0, 2.0, 4.0) and changed.chunk_summary_cache_dir == tmp_path / "chunks"
    assert changed.prompt_chunk_token_threshold == 100
