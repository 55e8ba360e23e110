"""Which model is meant: names, the settings' choice, keys, and providers that others registered."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from autosd.adapters.models import open_model
from autosd.adapters.models.naming import chosen, full_name
from autosd.domain.changes import Word
from autosd.domain.errors import AutosdError
from autosd.settings import Settings, load_settings, table
from autosd.views.changes import result_of

pytestmark = pytest.mark.slow

KEY = "sk" + "-canary-KEY0002abcdefghijklmnop"


def given(**env: str) -> Settings:
    return load_settings({"AUTOSD_HOME": "/nonexistent", **env})


def refusal(settings: Settings, name: str = "") -> AutosdError:
    with pytest.raises(AutosdError) as caught:
        open_model(settings, name)
    assert "\n" not in str(caught.value) and KEY not in str(caught.value)
    return caught.value


def test_without_a_name_and_without_a_key_there_is_no_model() -> None:
    assert chosen(given()) is None and chosen(given(ANTHROPIC_API_KEY=KEY)) is None
    error = refusal(given())
    assert error.code == "AUTOSD-MODEL-NONE" and result_of(error).word is Word.AI_CORE_UNAVAILABLE


def test_the_guides_names_choose_the_model() -> None:
    assert chosen(given(OPENAI_API_KEY=KEY)) == "openai:gpt-4-0125-preview"
    assert chosen(given(OPENAI_MODEL="gpt-4o")) == "openai:gpt-4o"
    assert chosen(given(OPENAI_MODEL="gpt-4o", SELF_CODING_MODEL="claude-sonnet-5-5")) == "anthropic:claude-sonnet-5-5"
    settings = given(CODEX_TIMEOUT="12", OPENAI_BASE_URL="http://gateway:8080/v1/", SELF_CODING_MODEL="ollama:llama3:8b")
    assert settings[table.MODEL_SECONDS] == 12.0 and settings[table.OPENAI_URL] == "http://gateway:8080/v1"
    assert chosen(settings) == "ollama:llama3:8b" and given()[table.MODEL_SECONDS] == 30.0
    assert (given()[table.TEMPERATURE], given()[table.MAX_TOKENS]) == (0.2, 3000)


@pytest.mark.parametrize("name", ["llama3:8b", "nobody:x", "openai:", "ollama: ", "openai:a b", "vllm:a\nb", ":x"])
def test_a_name_that_names_nothing_is_one_clear_line(name: str) -> None:
    error = refusal(given(OPENAI_API_KEY=KEY), name)
    assert error.code == "AUTOSD-MODEL-UNKNOWN" and "ollama" in error.remedy


def test_a_model_that_needs_a_key_says_so_before_anything_is_sent() -> None:
    assert refusal(given(), "openai:gpt-4o").code == "AUTOSD-MODEL-NO-KEY"
    assert "ANTHROPIC_API_KEY" in refusal(given(OPENAI_API_KEY=KEY), "claude-opus-5-5").remedy
    for env in ({"OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}, {"OPENAI_API_KEY": KEY}):
        assert open_model(given(**env), "gpt-4o").name == "openai:gpt-4o"
    assert open_model(given(), "ollama:llama3:8b").name == "ollama:llama3:8b"
    assert full_name("claude-haiku-5-5") == "anthropic:claude-haiku-5-5"


def test_keys_are_secrets_wherever_settings_are_shown() -> None:
    settings = given(OPENAI_API_KEY=KEY, VLLM_API_KEY="other-" + KEY)
    shown = repr(settings) + " ".join(map(repr, settings.shown()))
    assert KEY not in shown and {KEY, "other-" + KEY} <= set(settings.secrets)
    with pytest.raises(AutosdError) as caught:
        given(OPENAI_API_KEY=f"{KEY} pasted twice")
    assert caught.value.code == "AUTOSD-SETTING-INVALID" and KEY not in str(caught.value)


@pytest.mark.parametrize("url", ["ftp://x", "http://me:pw@host/v1", "http://host/v1?key=1", "localhost:8000", "http://", "http://h/a b"])
def test_an_address_is_plain(url: str) -> None:
    with pytest.raises(AutosdError) as caught:
        given(OPENAI_BASE_URL=url)
    assert caught.value.code == "AUTOSD-SETTING-INVALID" and "pw" not in str(caught.value)


def test_a_sdk_is_imported_only_when_it_is_chosen_and_nothing_is_sent() -> None:
    program = textwrap.dedent(
        f"""
        import socket, sys
        def refuse(*given, **named): raise SystemExit("the network was touched")
        socket.socket.connect = socket.getaddrinfo = refuse
        import autosd.adapters.models, autosd.acts.talks.models, autosd.app
        from autosd.settings import load_settings
        assert not {{"openai", "anthropic", "httpx2"}} & set(sys.modules)
        settings = load_settings({{"AUTOSD_HOME": "/nonexistent", "OPENAI_API_KEY": "{KEY}", "ANTHROPIC_API_KEY": "{KEY}"}})
        autosd.acts.talks.models.models(settings)
        assert not {{"openai", "anthropic", "httpx2"}} & set(sys.modules)
        model = autosd.adapters.models.open_model(settings, "openai:gpt-4o")
        assert "openai" in sys.modules and "anthropic" not in sys.modules
        autosd.adapters.models.open_model(settings, "anthropic:claude-sonnet-5-5")
        assert "{KEY}" not in repr(model)
        """
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_others_register_providers_by_entry_point(tmp_path: Path) -> None:
    info = tmp_path / "house_brain-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: house-brain\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[autosd.models]\nhouse = house_brain:make\nbroken = house_brain:nothing\nopenai = house_brain:make\n"
    )
    (tmp_path / "house_brain.py").write_text(
        "from autosd.testing import ScriptedModel\n\n\ndef make(model, settings):\n    return ScriptedModel(['hi'], f'house:{model}')\n"
    )
    program = textwrap.dedent(
        """
        from autosd.adapters.models import open_model
        from autosd.domain.errors import AutosdError
        from autosd.settings import load_settings
        settings = load_settings({"AUTOSD_HOME": "/nonexistent"})
        assert open_model(settings, "house:brain:1").name == "house:brain:1"
        for name, code in (("broken:x", "AUTOSD-MODEL-BROKEN"), ("openai:x", "AUTOSD-MODEL-NO-KEY")):
            try:
                open_model(settings, name)
            except AutosdError as error:
                assert error.code == code, error
        """
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env={"PYTHONPATH": str(tmp_path), "PATH": ""})
    assert done.returncode == 0, done.stdout + done.stderr
