"""Which providers there are, what a model is called, and which of them the settings choose."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec

from autosd.domain.errors import AutosdError
from autosd.settings import Settings, table
from autosd.settings.rows import Setting

#: S1's model, where only a key says that there is to be one.
FIRST_MODEL = "openai:gpt-4-0125-preview"


@dataclass(frozen=True)
class Provider:
    """``extra`` is the part of autosd to install for it; ``free``: a key is needed only where the server wants one."""

    name: str
    extra: str
    url: Setting[str]
    key: Setting[str]
    free: bool = False

    def official(self, settings: Settings) -> bool:
        return settings[self.url] == self.url.default

    def needs_key(self, settings: Settings) -> bool:
        return not self.free and self.official(settings)

    def key_name(self) -> str:
        """The environment name that people know."""
        return self.key.aliases[0].name


PROVIDERS = {
    each.name: each
    for each in (
        Provider("openai", "openai", table.OPENAI_URL, table.OPENAI_KEY),
        Provider("anthropic", "anthropic", table.ANTHROPIC_URL, table.ANTHROPIC_KEY),
        Provider("ollama", "openai", table.OLLAMA_URL, table.OLLAMA_KEY, free=True),
        Provider("vllm", "openai", table.VLLM_URL, table.VLLM_KEY, free=True),
    )
}


def installed(provider: Provider) -> bool:
    """Whether its SDK is there; it is not imported for that."""
    return find_spec(provider.extra) is not None


def load_early(name: str) -> None:
    """Begin to import the SDK of a model that will be asked later: it takes as long as a small suite, which runs meanwhile."""
    provider = PROVIDERS.get(full_name(name).partition(":")[0])
    if provider is not None and installed(provider):
        threading.Thread(target=import_module, args=(provider.extra,), daemon=True).start()


@cache
def others() -> dict[str, EntryPoint]:
    """Providers that others registered as ``autosd.models``; the house's own names are taken."""
    return {point.name: point for point in entry_points(group="autosd.models") if point.name not in PROVIDERS}


def full_name(name: str) -> str:
    """``provider:model``. The guides say only the model: ``gpt-...`` is OpenAI's, ``claude-...`` is Anthropic's."""
    provider, colon, model = name.partition(":")
    if not colon:
        return f"anthropic:{name}" if name.startswith("claude") else f"openai:{name}"
    if not model.strip() or any(not each.isprintable() or each.isspace() for each in name):
        raise _unknown(name, "it names no model")
    if provider not in PROVIDERS and provider not in others():
        raise _unknown(name, f"there is no provider {provider[:40]!r}")
    return name


def _unknown(name: str, why: str) -> AutosdError:
    known = ", ".join([*PROVIDERS, *others()])
    return AutosdError(
        "AUTOSD-MODEL-UNKNOWN",
        f"{name[:80]!r} is no model: {why}.",
        f"Say provider:model, such as openai:gpt-4o or ollama:llama3:8b; the providers are {known}.",
    )


def chosen(settings: Settings) -> str | None:
    """The model that is used where none is named: the setting's; else, with OpenAI's key, the guides'; else none: the air gap is kept."""
    if settings[table.MODEL]:
        return full_name(settings[table.MODEL])
    return FIRST_MODEL if settings[table.OPENAI_KEY] else None


def required(settings: Settings) -> str:
    """``chosen``, or ``AUTOSD-MODEL-NONE``, which makes a change end as ``ai_core_unavailable``."""
    name = chosen(settings)
    if name is None:
        remedy = "Set SELF_CODING_MODEL (such as ollama:llama3 or openai:gpt-4o) and the provider's key, or name one with --model."
        raise AutosdError("AUTOSD-MODEL-NONE", "No model is set, and none is used unless one is.", remedy, exit_code=1)
    return name
