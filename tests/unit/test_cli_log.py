"""Nothing secret reaches the log, neither the screen's nor the file's."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from autosd.entrypoints.cli.log import start_log
from autosd.settings import load_settings


def test_a_secret_of_the_settings_is_redacted_in_both_logs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = "postgresql://someone:canary-7c1f0e52@host/db"
    start_log(load_settings({"AUTOSD_HOME": str(tmp_path), "DATABASE_URL": url}), verbose=True)
    logging.getLogger("autosd.somewhere").warning("connecting with %s", "canary-7c1f0e52")
    for handler in logging.getLogger("autosd").handlers:
        handler.flush()
    kept = "".join(path.read_text("utf-8") for path in tmp_path.rglob("*.log"))
    assert "connecting with" in kept and "connecting with" in capsys.readouterr().err
    assert "canary" not in kept
