"""Settings: where values come from, who wins, and what is refused with one clear line."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as quick
from hypothesis import strategies as st

from autosd.domain.errors import AutosdError
from autosd.settings import TABLE, Settings, load_settings, table
from autosd.settings.kinds import FALSE_WORDS, TRUE_WORDS


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "project").mkdir()
    return tmp_path / "project"


def load(home: Path, env: dict[str, str] | None = None, **more: Any) -> Settings:
    return load_settings({"AUTOSD_HOME": str(home), **(env or {})}, **more)


def refusal(home: Path, env: dict[str, str] | None = None, **more: Any) -> AutosdError:
    with pytest.raises(AutosdError) as caught:
        load(home, env, **more)
    assert "\n" not in str(caught.value) and caught.value.exit_code == 2
    return caught.value


def test_with_nothing_said_every_setting_has_its_safe_default(home: Path) -> None:
    settings = load(home)
    assert settings[table.ENABLED] is None
    assert not any(settings[row] for row in (table.DRY_RUN, table.PUSH, table.PULL_REQUEST, table.DIRECT_WRITE, table.ALLOW_HIGH_RISK))
    assert settings[table.ALLOWED_SUFFIXES] == (".py", ".md", ".txt", ".json", ".yml", ".yaml")
    assert settings[table.AUDIT_LOG] == home / "audit.log.jsonl"
    assert settings[table.STORE_URL] == f"sqlite:///{home}/autosd.db"
    assert {settings.origin(row) for row in TABLE if row is not table.HOME} == {"default"}


def test_the_home_is_the_persons_own_folder_unless_said_otherwise(tmp_path: Path) -> None:
    assert load_settings({"HOME": str(tmp_path)}).home == tmp_path / ".autosd"
    assert load_settings({"HOME": str(tmp_path), "AUTOSD_HOME": "~/elsewhere"}).home == tmp_path / "elsewhere"
    assert load_settings({"AUTOSD_HOME": "relative"}, cwd=tmp_path).home == tmp_path / "relative"


def test_options_beat_the_environment_which_beats_the_files(home: Path, project: Path) -> None:
    (home / "autosd.toml").write_text("[fix]\nworkers = 3\nseed = 3\nmax_seconds = 3\n[suite]\ncommand = 'home'\ntimeout_seconds = 3\n")
    (project / "autosd.toml").write_text("[suite]\ncommand = 'project'\n")
    env = {"AUTOSD_FIX_WORKERS": "4", "AUTOSD_FIX_SEED": "4"}
    settings = load(home, env, project=project, options={"fix.workers": 5, "fix.seed": None})
    assert settings[table.FIX_WORKERS] == 5 and settings.origin(table.FIX_WORKERS) == "option"
    assert settings[table.FIX_SEED] == 4 and settings.origin(table.FIX_SEED) == "environment AUTOSD_FIX_SEED"
    assert settings[table.FIX_MAX_SECONDS] == 3.0 and settings.origin(table.FIX_MAX_SECONDS) == f"{home}/autosd.toml:4"
    assert settings[table.TEST_COMMAND] == "project" and settings.origin(table.TEST_COMMAND) == f"{project}/autosd.toml:2"
    assert settings[table.TEST_TIMEOUT] == 3.0


@pytest.mark.parametrize(
    ("name", "raw", "row", "value"),
    [
        ("SELFCODING_ENABLED", "1", table.ENABLED, True),
        ("ENABLE_SELF_CODING_ENGINE", "true", table.ENABLED, True),
        ("DRY_RUN", "1", table.DRY_RUN, True),
        ("SELFCODING_WRITE_ROOT", "gen", table.WRITE_ROOT, Path("gen")),
        ("SELF_IMPROVE_AUTO", "1", table.DIRECT_WRITE, True),
        ("STATIC_SEVERITY_BLOCK", "1", table.STATIC_SEVERITY, 1),
        ("SANDBOX_MEM_MB", "256", table.SANDBOX_MEMORY_MB, 256),
        ("SANDBOX_TIMEOUT_MS", "3000", table.SANDBOX_TIMEOUT, 3.0),
        ("SELF_CODING_ALLOWED_REPO_PREFIXES", "/a, /b/c", table.ALLOWED_REPOS, (Path("/a"), Path("/b/c"))),
        ("SELF_CODING_ALLOW_HIGH_RISK", "true", table.ALLOW_HIGH_RISK, True),
        ("SELF_CODING_ALLOWED_FILE_SUFFIXES", ".PY,js", table.ALLOWED_SUFFIXES, (".py", ".js")),
        ("SELF_CODING_TEST_COMMAND", "pytest -k 'a,b'", table.TEST_COMMAND, "pytest -k 'a,b'"),
        ("SELF_CODING_TEST_TIMEOUT_SECONDS", "60", table.TEST_TIMEOUT, 60.0),
        ("SELF_CODING_GIT_NAME", "Robot", table.COMMIT_NAME, "Robot"),
        ("SELF_CODING_GIT_EMAIL", "r@x.org", table.COMMIT_EMAIL, "r@x.org"),
        ("SELF_CODING_ENABLE_PUSH", "true", table.PUSH, True),
        ("SELF_CODING_ENABLE_PR", "true", table.PULL_REQUEST, True),
        ("AUTOSD_AUDIT_LOG", "/var/audit", table.AUDIT_LOG, Path("/var/audit")),
        ("DATABASE_URL", "postgres://h/db", table.STORE_URL, "postgresql://h/db"),
    ],
)
def test_every_name_of_the_guides_sets_its_setting(home: Path, name: str, raw: str, row: Any, value: Any) -> None:
    settings = load(home, {name: raw})
    assert settings[row] == value
    assert settings.origin(row) == f"environment {name}"


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_every_setting_can_say_its_value_in_the_words_it_reads(home: Path, row: Any) -> None:
    shown = row.kind.show(load(home)[row])
    if shown:
        assert row.kind.show(row.kind.parse(shown)) == shown
    assert row.sentence.endswith(".") and row.kind.allowed


@pytest.mark.parametrize("word", [word.upper() for word in TRUE_WORDS] + list(TRUE_WORDS))
def test_all_true_words_are_true(home: Path, word: str) -> None:
    assert load(home, {"SELF_CODING_ALLOW_HIGH_RISK": word})[table.ALLOW_HIGH_RISK] is True


@pytest.mark.parametrize("word", FALSE_WORDS)
def test_all_false_words_are_false(home: Path, word: str) -> None:
    assert load(home, {"SELFCODING_ENABLED": word})[table.ENABLED] is False


def test_an_empty_variable_counts_as_unset(home: Path) -> None:
    assert load(home, {"SELFCODING_ENABLED": "", "DRY_RUN": "  "})[table.ENABLED] is None


@pytest.mark.parametrize(
    ("env", "allowed"),
    [
        ({"DRY_RUN": "maybe"}, "1/true/yes/y/on"),
        ({"AUTOSD_FIX_WORKERS": "0"}, "1 to 64"),
        ({"AUTOSD_FIX_WORKERS": "2.5"}, "1 to 64"),
        ({"AUTOSD_FIX_MAX_SECONDS": "nan"}, "1 to 86400"),
        ({"AUTOSD_FIX_MAX_SECONDS": "inf"}, "1 to 86400"),
        ({"STATIC_SEVERITY_BLOCK": "3"}, "1 to 2"),  # in the original any number above 2 switched the gate off
        ({"SANDBOX_TIMEOUT_MS": "soon"}, "0.1 to 86400"),
        ({"AUTOSD_SANDBOX_LEVEL": "none"}, "auto, bubblewrap, landlock"),
        ({"SELF_CODING_ALLOWED_REPO_PREFIXES": "relative"}, "absolute paths"),
        ({"SELF_CODING_ALLOWED_FILE_SUFFIXES": ".py,*"}, "suffixes"),
        ({"DATABASE_URL": "mysql://root:hunter2@h/db"}, "sqlite:// or postgresql://"),
    ],
)
def test_a_bad_value_is_named_with_what_is_allowed(home: Path, env: dict[str, str], allowed: str) -> None:
    error = refusal(home, env)
    assert error.code == "AUTOSD-SETTING-INVALID"
    assert next(iter(env)) in error.message and allowed in error.remedy
    assert "hunter2" not in str(error)


def test_a_bad_value_in_a_file_is_named_with_its_line(home: Path) -> None:
    (home / "autosd.toml").write_text("# a comment\ndry_run = false\n\n[fix]\nseed = 1\nworkers = 'many'\n")
    assert f"{home}/autosd.toml:6: 'many' is no value of fix.workers" in refusal(home).message


@pytest.mark.parametrize(
    ("text", "hint"), [("fix.worker = 2", "fix.workers"), ("workers = 2", "fix.workers"), ("dryrun = true", "dry_run")]
)
def test_an_unknown_key_is_refused_with_the_nearest_name(home: Path, text: str, hint: str) -> None:
    (home / "autosd.toml").write_text(text)
    error = refusal(home)
    assert error.code == "AUTOSD-SETTING-UNKNOWN" and f"Did you mean {hint}?" in error.remedy


def test_an_unknown_variable_of_ours_is_shown_with_the_nearest_name(home: Path) -> None:
    settings = load(home, {"AUTOSD_FIX_WORKER": "3", "AUTOSD_TEST_POSTGRES_URL": "x", "OTHER": "y"})
    assert settings.unknown_variables == ("AUTOSD_FIX_WORKER (did you mean AUTOSD_FIX_WORKERS?)",)


@pytest.mark.parametrize("content", [b"a = ", b"\xff\xfe", b"x" * 70_000, b"a = " + b"[" * 5000])
def test_a_file_that_is_no_settings_file_is_one_clear_line(home: Path, content: bytes) -> None:
    (home / "autosd.toml").write_bytes(content)
    assert refusal(home).code == "AUTOSD-SETTINGS-UNREADABLE"


def test_a_projects_file_may_be_neither_a_link_nor_a_pipe(home: Path, project: Path) -> None:
    (project / "autosd.toml").symlink_to("/etc/passwd")
    assert "not a plain file" in refusal(home, project=project).message
    (project / "autosd.toml").unlink()
    os.mkfifo(project / "autosd.toml")
    assert "not a plain file" in refusal(home, project=project).message
    (project / "autosd.toml").unlink()
    (project / "autosd.toml").mkdir()
    assert "not a plain file" in refusal(home, project=project).message


def test_a_persons_own_file_may_be_a_link(home: Path, tmp_path: Path) -> None:
    (tmp_path / "dotfiles.toml").write_text("dry_run = true")
    (home / "autosd.toml").symlink_to(tmp_path / "dotfiles.toml")
    assert load(home)[table.DRY_RUN] is True


def test_home_cannot_be_moved_by_the_file_that_lies_in_it(home: Path) -> None:
    (home / "autosd.toml").write_text("home = '/elsewhere'\n")
    assert refusal(home).code == "AUTOSD-SETTING-INVALID"


@pytest.mark.parametrize("row", [row for row in TABLE if row.project is table.FromProject.NO], ids=lambda row: row.name)
def test_a_project_cannot_say_what_is_not_harmless(home: Path, project: Path, row: Any) -> None:
    unset = "1" if row.kind.name in ("flag or unset", "whole number", "number") or "optional" in row.kind.name else "/tmp"
    value = row.kind.show(load(home)[row]) or unset
    (project / "autosd.toml").write_text(f"{row.name} = '{value}'\n")
    assert refusal(home, project=project).code == "AUTOSD-SETTING-NOT-FOR-PROJECTS"


def test_a_project_may_ask_to_be_treated_more_strictly_never_less(home: Path, project: Path) -> None:
    (project / "autosd.toml").write_text("dry_run = true\nenabled = false\n[governance]\nprotected_paths = ['docs/']\n")
    settings = load(home, {"SELFCODING_ENABLED": "1", "AUTOSD_GOVERNANCE_PROTECTED_PATHS": "src/"}, project=project)
    assert settings[table.DRY_RUN] is True
    assert settings[table.ENABLED] is False
    assert set(settings[table.PROTECTED_PATHS]) == {"docs/", "src/"}
    for loose in ("dry_run = false", "enabled = true"):
        (project / "autosd.toml").write_text(loose)
        assert refusal(home, project=project).code == "AUTOSD-SETTING-NOT-FOR-PROJECTS"


def test_our_own_name_beats_the_guides_name(home: Path) -> None:
    settings = load(home, {"DATABASE_URL": "mysql://theirs/app", "AUTOSD_DATABASE_URL": "sqlite:////tmp/ours.db"})
    assert settings[table.STORE_URL] == "sqlite:////tmp/ours.db"
    assert load(home, {"AUTOSD_STORE_URL": "sqlite:///a", "DATABASE_URL": "sqlite:///b"})[table.STORE_URL] == "sqlite:///a"


def test_the_password_of_a_database_is_never_shown(home: Path) -> None:
    settings = load(home, {"DATABASE_URL": "postgresql://me:hunt%40er2/x@host/db?password=canary77"})
    shown = repr(settings) + " ".join(repr(item) for item in settings.shown())
    assert "hunt%40er2" not in shown and "canary77" not in shown and "postgresql://me:***@host/db" in shown
    assert set(settings.secrets) == {"hunt%40er2/x", "hunt@er2/x", "canary77"}


FLAGS = {
    "enabled": ("AUTOSD_ENABLED", "SELFCODING_ENABLED", "ENABLE_SELF_CODING_ENGINE"),
    "dry_run": ("AUTOSD_DRY_RUN", "DRY_RUN"),
}


@quick(deadline=None, database=None)
@given(st.data())
def test_no_order_of_sources_loosens_a_strict_value(data: st.DataObject) -> None:
    """Whoever says dry run, or off, wins: over options, both files and all names of the environment."""
    name = data.draw(st.sampled_from(sorted(FLAGS)))
    strict = table.BY_NAME[name].strict
    sources = [*FLAGS[name], "option"]
    said = {source: data.draw(st.sampled_from([None, True, False])) for source in sources}
    said[data.draw(st.sampled_from(sources))] = strict
    env = [(key, str(said[key])) for key in FLAGS[name] if said[key] is not None]
    random.Random(data.draw(st.integers(0, 99))).shuffle(env)
    settings = load_settings({"AUTOSD_HOME": "/nonexistent", **dict(env)}, options={name: said["option"]})
    assert settings[table.BY_NAME[name]] is strict
